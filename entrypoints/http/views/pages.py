"""Pages in HTML: the contract to try out at /docs, and an explanation of each problem at /problems."""

from __future__ import annotations

from importlib.resources import files

from flask import Blueprint, Response, abort, render_template

from entrypoints.http.problems.pages import PAGES, ROWS

blueprint = Blueprint("pages", "entrypoints.http", template_folder="templates")

_TEXT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Swagger UI's style sheet holds its icons as data. It sets styles by script, which no policy forbids.
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_OURS = files("entrypoints.http") / "static"
_SWAGGER_UI = files("flask_swagger_ui") / "dist"
_CSS = "text/css; charset=utf-8"
_JAVASCRIPT = "text/javascript; charset=utf-8"
_ASSETS = {
    "site.css": (_OURS, _CSS),
    "problems.css": (_OURS, _CSS),
    "docs.css": (_OURS, _CSS),
    "docs.js": (_OURS, _JAVASCRIPT),
    "favicon.svg": (_OURS, "image/svg+xml"),
    "swagger-ui.css": (_SWAGGER_UI, _CSS),
    "swagger-ui-bundle.js": (_SWAGGER_UI, _JAVASCRIPT),
}
"""The folder and the media type of each asset. No other file is served: no name leads out of the two folders."""


@blueprint.route("/docs")
def docs() -> Response:
    """Show Swagger UI for /openapi.json. The package's own page is not used: it has an inline script."""
    return _page(render_template("docs.html"), _DOCS_POLICY)


@blueprint.route("/problems")
def problems() -> Response:
    """List all problems, by status."""
    return _page(render_template("problems.html", rows=ROWS), _TEXT_POLICY)


@blueprint.route("/problems/<code>")
def problem(code: str) -> Response:
    """Show the page that the `type` of a problem leads to. It is HTML for every Accept header."""
    examples = PAGES.get(code) or abort(404)
    return _page(render_template(f"problems/{code}.html", code=code, examples=examples), _TEXT_POLICY)


@blueprint.route("/assets/<name>")
def asset(name: str) -> Response:
    """Return a style sheet, a script or an icon of the pages."""
    folder, media_type = _ASSETS.get(name) or abort(404)
    return Response(folder.joinpath(name).read_bytes(), content_type=media_type)


def _page(html: str, policy: str) -> Response:
    return Response(html, headers={"Content-Security-Policy": policy}, content_type="text/html; charset=utf-8")
