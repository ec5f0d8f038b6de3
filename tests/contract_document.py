"""Checks an answer against the OpenAPI document, so that the document stays true."""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

from entrypoints.http.app import openapi_document

_DOCUMENT = openapi_document()
_NAME = "urn:openapi"
_REGISTRY: Registry[Any] = Registry().with_resource(_NAME, DRAFT202012.create_resource(_DOCUMENT))


def assert_documented(response: TestResponse) -> None:
    """The status is documented for this call, with this media type, a schema that fits, and the headers it has."""
    path, method = response.request.path, response.request.method.replace("HEAD", "GET")
    if method == "OPTIONS" or path == "/openapi.json":
        return
    operations = next(
        (item for template, item in _DOCUMENT["paths"].items() if re.fullmatch(_pattern(template), path)), None
    )
    operation = (operations or {}).get(method.lower())
    if operation is None:
        assert response.status_code in (404, 405)
        return
    documented = operation["responses"].get(str(response.status_code))
    assert documented, f"{method} {path} does not document {response.status_code}: {response.text}"
    for header in ("ETag", "Location", "Retry-After", "Idempotency-Replayed", "WWW-Authenticate"):
        assert (header not in response.headers) or header in documented.get("headers", {}), header
    if response.data:
        reference = documented["content"][response.mimetype]["schema"]["$ref"]
        Draft202012Validator({"$ref": _NAME + reference}, registry=_REGISTRY).validate(response.json)
        if response.status_code >= 400:
            assert f"`{response.json['code']}`" in documented["description"]


def _pattern(template: str) -> str:
    return re.sub(r"\{[^}]+\}", "[^/]+", template)
