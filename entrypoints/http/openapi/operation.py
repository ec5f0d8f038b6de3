"""The OpenAPI operation of a declared call."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from marshmallow import Schema

from entrypoints.http.openapi.blueprint import Operation
from entrypoints.http.openapi.call_examples import EXAMPLES
from entrypoints.http.openapi.components import (
    CURSOR,
    EVERYWHERE,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    LIMIT,
    OF_LIMITS,
    QUOTE_ID,
    REQUEST_ID,
)
from entrypoints.http.openapi.declaration import Declaration, Links
from entrypoints.http.openapi.responses import ANYWHERE, UNDER_V1, refusals
from entrypoints.http.requests.bodies import JSON, MERGE_PATCH, OptionalBody


def operation(call: Declaration, name: str) -> Operation:
    """Return the operation that documents the call; `name` is its operationId."""
    common = {header: header for header in (*EVERYWHERE, *(OF_LIMITS if call.limit else ()))}
    kinds = (*ANYWHERE, *(UNDER_V1 if call.blueprint.url_prefix else ()), *call.problems)
    refused, shared = refusals(kinds, common, is_limited=call.limit is not None)
    document: dict[str, Any] = {
        "operationId": name,
        "security": [{secret.value: [] for secret in call.secrets}] if call.secrets else [],
        "responses": dict(sorted((_successes(call, common) | refused).items())),
    }
    if parameters := _parameters(call):
        document["parameters"] = parameters
    if call.body:
        document["requestBody"] = _request_body(call.body, call.method)
    return Operation(document, shared, [*([QUOTE_ID] if "<quote_id>" in call.path else []), REQUEST_ID])


def _parameters(call: Declaration) -> list[str]:
    declared = {
        IF_MATCH: call.if_match,
        IF_NONE_MATCH: call.not_modified,
        IDEMPOTENCY_KEY: call.idempotency_key,
        LIMIT: call.page,
        CURSOR: call.page,
    }
    return [name for name, is_declared in declared.items() if is_declared]


def _request_body(schema: type[Schema], method: str) -> dict[str, Any]:
    media_types = (MERGE_PATCH, JSON) if method == "PATCH" else (JSON,)
    content = {media_type: _content(schema) for media_type in media_types}
    return {"required": not issubclass(schema, OptionalBody), "content": content}


def _successes(call: Declaration, common: dict[str, str]) -> dict[int, Any]:
    own = [*call.headers, *(["ETag"] if call.etag else [])]
    headers = common | {header: header for header in own}
    responses = {call.status: _success(call, HTTPStatus(call.status).phrase, headers)}
    if call.links:
        responses[call.status]["links"] = _links(call.links)
    for status, description in call.also.items():
        responses[status] = _success(call, description, common)
    if call.not_modified:
        responses[304] = {"description": "The client already has this revision.", "headers": headers}
    return responses


def _success(call: Declaration, description: str, headers: dict[str, str]) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description, "headers": headers}
    return response | ({"content": {JSON: _content(call.answer)}} if call.answer else {})


def _content(schema: type[Schema]) -> dict[str, Any]:
    return {"schema": schema, "example": EXAMPLES[schema]}


def _links(links: Links) -> dict[str, Any]:
    return {
        name: {
            "operationId": name,
            "parameters": {"quote_id": f"$response.body#{links.pointer}"},
            "description": "Send the secrets that the call needs.",
        }
        for name in links.operations
    }
