"""For `gunicorn -c deploy/gunicorn.conf.py wsgi:app`: the configuration that is part of the package."""

from entrypoints.http.server.gunicorn_conf import *  # noqa: F403 - gunicorn reads settings as names of this module
