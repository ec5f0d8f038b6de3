"""Request bodies: strict JSON, read once and checked by a schema."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

from flask import Request, current_app, request
from gunicorn.http.errors import ParseException
from marshmallow import Schema, ValidationError

from domain.errors import Overloaded
from domain.model import Json
from entrypoints.http.problems.http_errors import (
    TOO_LARGE,
    BodyTooLarge,
    InvalidRequest,
    MalformedRequest,
    UnsupportedMediaType,
)
from entrypoints.http.requests.strict_json import NotAllowed, read_json
from entrypoints.http.server.request_hooks import BODY_READ, BODY_SECONDS, DeadlineFlask

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
MOST_ERRORS = 20
"""The most errors in one answer. Without it, thousands of unknown members would get an answer five times as long."""


class OptionalBody(Schema):
    """A schema for a body that may be left out."""


def read_body(schema: Schema) -> Any:
    """
    Return the body of this request, as the schema loads it.

    Raises: MalformedRequest, UnsupportedMediaType, BodyTooLarge, InvalidRequest
    """
    try:
        return schema.load(_json(schema))
    except ValidationError as error:
        raise invalid(error, "members of the body") from error


def invalid(error: ValidationError, of: str) -> InvalidRequest:
    """Return the error as a problem, with the first MOST_ERRORS wrong members."""
    return InvalidRequest(list(islice(pointed("", error.messages_dict), MOST_ERRORS)), of)


def _json(schema: Schema) -> dict[str, Json]:
    body = _read(request)
    if not body and isinstance(schema, OptionalBody):
        return {}
    _refuse_other_types(request)
    try:
        value = read_json(body)
    except NotAllowed as error:
        raise MalformedRequest(str(error)) from error
    if not isinstance(value, dict):
        raise InvalidRequest([("", "Send a JSON object. The body is another value.")])
    return value


def _read(req: Request) -> bytes:
    app = cast("DeadlineFlask", current_app)
    try:
        with app.deadline(BODY_SECONDS):
            body = req.get_data(cache=False)
    except Overloaded as error:
        raise MalformedRequest(
            f"Send the whole body within {BODY_SECONDS:.0f} s. It did not arrive in that time."
        ) from error
    except ParseException as error:
        raise MalformedRequest("Correct the chunks of the body. They are not well formed.") from error
    # werkzeug cuts a body without a length at the limit, and hides the rest. So the limit is one byte larger.
    if len(body) == app.config["MAX_CONTENT_LENGTH"]:
        raise BodyTooLarge(TOO_LARGE)
    # No other layer checks this. Without it, a client that was cut off would save a part of its body.
    if req.content_length is not None and len(body) < req.content_length:
        raise MalformedRequest("Send the whole body. It is shorter than its Content-Length.")
    req.environ[BODY_READ] = True
    return body


def _refuse_other_types(req: Request) -> None:
    taken = (JSON, MERGE_PATCH) if req.method == "PATCH" else (JSON,)
    if req.mimetype not in taken:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(taken)}.")
    if req.environ.get("HTTP_TRANSFER_ENCODING", "chunked").lower() != "chunked":
        raise MalformedRequest("Send the body in the Transfer-Encoding chunked, or without one.")
    if req.environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")


def pointed(pointer: str, messages: Json | Mapping[str, Any]) -> Any:
    """Yield JSON pointers (RFC 6901) and sentences from marshmallow's nested messages."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            step = "" if name == "_schema" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            yield from pointed(pointer + step, inner)
    elif isinstance(messages, list):
        yield from ((pointer, str(message)) for message in messages)
