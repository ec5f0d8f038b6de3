"""The WSGI application."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from flask_smorest import Api
from werkzeug.middleware.proxy_fix import ProxyFix

from entrypoints.http.answers import OrjsonProvider
from entrypoints.http.limits.counting import limit_rates
from entrypoints.http.openapi.components import describe
from entrypoints.http.openapi.responses import INFO, SERVERS
from entrypoints.http.problems.table import handle_framework_error, register_error_handlers
from entrypoints.http.requests.context import DOCUMENT, EXTENSION
from entrypoints.http.schemas.quotes import ProblemSchema
from entrypoints.http.server.cors import let_in
from entrypoints.http.server.request_hooks import Deadline, DeadlineFlask, install_hooks
from entrypoints.http.views import account, account_quotes, pages, quotes, registration, sessions
from entrypoints.http.views import health as operations
from entrypoints.services import RateLimitStorage, Services
from entrypoints.settings.settings import Settings

_ESCAPED = 3
"""The factor by which escapes lengthen a text in bytes. Clients may escape every character."""
_ENVELOPE = 4096
"""Bytes that a body may have beyond its details: the members around them, and white space."""


class _Api(Api):
    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None
    handle_http_exception = staticmethod(handle_framework_error)

    def _register_responses(self) -> None:
        """Register no response: each call declares its own."""

    def _register_pagination_header(self) -> None:
        """Register no header: the cursor of the next page is in the body."""


def create_app(
    services: Services,
    settings: Settings,
    deadline: Deadline | None = None,
    rate_limit_storage: RateLimitStorage | None = None,
) -> Flask:
    """
    Return an app over these use cases; it opens no connection. `deadline` limits each request, if the server can
    interrupt one. Requests are counted if the settings say so and a storage is given.
    """
    app = DeadlineFlask("quotehold", deadline)
    app.json = OrjsonProvider(app)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_details * _ESCAPED + _ENVELOPE + 1
    app.extensions[EXTENSION] = services
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # else a redirect carries the token to the Host that the client named
    install_hooks(app)
    app.extensions[DOCUMENT] = as_text(_api(app).spec.to_dict())
    app.register_blueprint(pages.blueprint)
    register_error_handlers(app)
    if settings.rate_limits and rate_limit_storage:
        limit_rates(app, settings, rate_limit_storage)
    if settings.cors_origins:
        let_in(app, settings.cors_origins)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]  # as Flask's manual says
    return app


def openapi_document() -> dict[str, Any]:
    """Return the contract as an OpenAPI 3.1 document."""
    return dict(_api(Flask("quotehold", static_folder=None)).spec.to_dict())


def as_text(document: dict[str, Any]) -> str:
    """Return the document as text: the same text is served, printed and kept in docs/."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _api(app: Flask) -> Api:
    app.config.update(
        API_TITLE="Quotehold",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
    )
    api = _Api(app, spec_kwargs={"info": INFO, "servers": SERVERS})
    describe(api.spec)
    for module in (quotes, registration, sessions, account, account_quotes, operations):
        api.register_blueprint(module.blueprint)
        module.blueprint.describe(api.spec)
    return api
