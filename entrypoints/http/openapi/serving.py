"""The function that Flask calls for a declared call: it reads the request, calls the view, writes the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, NamedTuple

from flask import Response

from entrypoints.http.answers import etag, to_json
from entrypoints.http.limits.counting import count_email
from entrypoints.http.limits.marks import LIMITED
from entrypoints.http.openapi.declaration import Declaration, Secret
from entrypoints.http.requests import conditional, context, idempotency, paging
from entrypoints.http.requests.bodies import JSON, read_body

_View = Callable[..., Any]
_Readers = Mapping[str, Callable[[], Any]]


class Answer(NamedTuple):
    """A view's result with headers, or with a status other than the declared status."""

    value: Any
    headers: Mapping[str, str] = {}
    status: int | None = None


def serving(call: Declaration, view: _View) -> _View:
    """
    Return the function for Flask. It reads the body, the quote's token, the access token, the headers and the query, in
    this order. The first error is the answer.
    """
    readers, answered = _readers(call), _writer(call)

    @wraps(view)
    def serve(**path: Any) -> Response:
        return answered(view(context.services(), **path, **{name: read() for name, read in readers.items()}))

    if call.limit is not None:
        vars(serve)[LIMITED] = call.limit
    return serve


def _readers(call: Declaration) -> _Readers:
    readers: dict[str, Callable[[], Any]] = {}
    if call.body is not None:
        body = partial(read_body, call.body())
        readers["body"] = partial(_counted, body, call.email) if call.email else body
    if Secret.QUOTE_TOKEN in call.secrets:
        readers["quote_token"] = context.quote_token
    if Secret.ACCESS_TOKEN in call.secrets:
        readers["access_token"] = context.access_token
    if call.if_match:
        readers["expected"] = conditional.expected_revision
    if call.idempotency_key:
        readers["key"] = idempotency.idempotency_key
    if call.page:
        readers["page"] = paging.page
    return readers


def _counted(body: Callable[[], Any], email: Callable[[Any], Any]) -> Any:
    """Read the body, and count its e-mail before any secret is checked: a guess with a wrong secret counts too."""
    value = body()
    count_email(email(value))
    return value


def _writer(call: Declaration) -> Callable[[Any], Response]:
    schema = call.answer() if call.answer else None

    def answered(result: Any) -> Response:
        if isinstance(result, Response):
            return result
        value, headers, status = result if isinstance(result, Answer) else Answer(result)
        if call.etag:
            headers = {"ETag": etag(value.revision), **headers}
            if call.not_modified and conditional.is_known(value.revision):
                return Response(status=304, headers=headers)
        if schema is None:
            return Response(status=status or call.status, headers=headers)
        return Response(to_json(schema.dump(value)), status or call.status, headers, content_type=JSON)

    return answered
