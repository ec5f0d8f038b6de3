"""gunicorn's configuration: `gunicorn -c python:entrypoints.http.server.gunicorn_conf wsgi:app`."""

from gevent import monkey

monkey.patch_all()  # before any other import: a driver that is imported unpatched blocks a whole worker

import os  # noqa: E402 - below the patch
import sys  # noqa: E402 - below the patch

import gunicorn.http.wsgi  # noqa: E402 - below the patch
import gunicorn.util  # noqa: E402 - below the patch

from entrypoints.bootstrap import CONCURRENCY  # noqa: E402 - below the patch
from entrypoints.http.server.gunicorn_errors import write_refusal  # noqa: E402 - below the patch
from entrypoints.processes.log_format import LINE  # noqa: E402 - below the patch
from entrypoints.settings.settings import Settings, SettingsError  # noqa: E402 - below the patch


def _settings() -> Settings:
    for name in Settings.unknown(os.environ):
        sys.stderr.write(f"quotes: {name} is not a setting and is ignored; see `quotes config`\n")
    try:
        settings = Settings.from_environ(os.environ)
        settings.require_servers()
    except SettingsError as error:
        sys.stderr.write(f"quotes: {error}\n")
        raise SystemExit(2) from None
    return settings


_given = _settings()
bind = [str(_given.bind)]  # `quotes serve` overrides it by --bind fd://…
workers = _given.workers
worker_class = "entrypoints.http.server.gevent_worker.FairGeventWorker"
worker_connections = CONCURRENCY  # connections of one worker; more wait in the backlog
backlog = 1024
preload_app = False  # connections and threads are made in each worker, after the fork
control_socket_disable = True

timeout = 30  # a worker that blocks its loop this long is replaced; a request ends after REQUEST_SECONDS
graceful_timeout = 10  # longer than that deadline
keepalive = 5

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = ""  # the application counts proxies itself: QUOTES_TRUSTED_PROXIES
forwarder_headers = ""
gunicorn.http.wsgi.SERVER = "quotehold"  # type: ignore[attr-defined]  # the Server header has no setting
gunicorn.util.write_error = write_refusal  # type: ignore[assignment]  # nor has the form of its own answers
umask = 0o077  # only its owner may read a SQLite file

accesslog = None  # the application logs requests, without their secrets
logger_class = "entrypoints.http.server.access_log.ServerLog"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "entrypoints.processes.log_format.LineFormatter",
            "fmt": LINE,
        }
    },
    "filters": {
        "no-input": {"()": "entrypoints.http.server.access_log.NoInput"},
        "request-id": {"()": "entrypoints.http.server.access_log.RequestId"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request-id"],
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {"gunicorn.error": {"handlers": ["stderr"], "filters": ["no-input"], "propagate": False}},
}
