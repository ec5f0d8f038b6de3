"""The WSGI application, for gunicorn: `gunicorn -c deploy/gunicorn.conf.py wsgi:app`."""

import os

from entrypoints.bootstrap import bootstrap, rate_limit_storage
from entrypoints.http.app import create_app
from entrypoints.http.server.deadline import deadline
from entrypoints.settings.settings import Settings

settings = Settings.from_environ(os.environ)
app = create_app(bootstrap(settings), settings, deadline=deadline, rate_limit_storage=rate_limit_storage(settings))
