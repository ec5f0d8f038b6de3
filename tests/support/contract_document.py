"""The check of an answer against the OpenAPI document, so that the document stays true."""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

from entrypoints.http.app import openapi_document

DOCUMENT = openapi_document()
_NAME = "urn:openapi"
_REGISTRY: Registry[Any] = Registry().with_resource(_NAME, DRAFT202012.create_resource(DOCUMENT))
_OF_HTTP = {"Content-Type", "Content-Length", "Vary"}
"""Headers that HTTP itself defines for an answer; OpenAPI leaves the first two out."""
_OF_CORS = "Access-Control-"
_ELSEWHERE = {"X-Request-Id", "Allow", "Cache-Control", "X-Content-Type-Options", "Referrer-Policy"}
_ELSEWHERE |= {"Content-Security-Policy", "Strict-Transport-Security"}
"""Headers of an answer outside of all documented calls: of OPTIONS, of an unknown method or path."""


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the document, or the target of its reference."""
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved(found)


def validate(value: Any, schema: dict[str, Any]) -> None:
    """
    Check a value against a schema of the document.

    Raises: ValidationError
    """
    local = {"$ref": _NAME + schema["$ref"]} if "$ref" in schema else schema
    Draft202012Validator(local, registry=_REGISTRY).validate(value)


def assert_documented(response: TestResponse) -> None:
    """Check that the document has this status of this call, its media type, its schema and its headers."""
    path, method = response.request.path, response.request.method.replace("HEAD", "GET")
    items = (item for template, item in DOCUMENT["paths"].items() if re.fullmatch(_pattern(template), path))
    operations: dict[str, Any] = next(items, {})
    operation = operations.get(method.lower())
    if operation is None:
        assert response.status_code in ((200,) if method == "OPTIONS" and operations else (404, 405))
        assert _headers(response) <= _ELSEWHERE
        return
    assert response.status_code != 405, "the document has this method, so it must be allowed"
    documented = resolved(operation["responses"].get(str(response.status_code), {}))
    assert documented, f"{method} {path} does not document {response.status_code}: {response.text}"
    _assert_headers(response, documented["headers"])
    if response.data:
        _assert_body(response, documented["content"][response.mimetype])


def _assert_headers(response: TestResponse, documented: dict[str, Any]) -> None:
    assert _headers(response) <= set(documented)
    for name, reference in documented.items():
        header = resolved(reference)
        assert name in response.headers or not header.get("required"), name
        for value in response.headers.getlist(name):
            validate(int(value) if header["schema"]["type"] == "integer" else value, header["schema"])


def _assert_body(response: TestResponse, media: dict[str, Any]) -> None:
    validate(response.json, media["schema"])
    if response.status_code >= 400:
        assert response.json
        assert response.json["code"] in media["examples"]


def _headers(response: TestResponse) -> set[str]:
    return {name for name, _ in response.headers if name not in _OF_HTTP and not name.startswith(_OF_CORS)}


def _pattern(template: str) -> str:
    return re.sub(r"\{[^}]+\}", "[^/]+", template)
