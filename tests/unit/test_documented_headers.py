"""The documented headers are exactly the accepted ones, so a client can check a header before it sends it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from entrypoints.http.problems.http_errors import MalformedRequest
from entrypoints.http.requests.conditional import expected_revision
from entrypoints.http.requests.idempotency import idempotency_key
from tests.support.contract_document import DOCUMENT

READERS: dict[str, Callable[[], object]] = {"If-Match": expected_revision, "Idempotency-Key": idempotency_key}
TAKEN = {"If-Match": ("*", '"1"', 'W/"1"', '""', '"\xe9"', '"a,b"'), "Idempotency-Key": ("a", "a b", '"a"', "~" * 255)}
REFUSED = {
    "If-Match": ("", "1", "**", 'w/"1"', 'W/ "1"', '"1', '"a b"', '"1", "2"', '"1"x', "'1'"),
    "Idempotency-Key": ("", " ", "\xe9", "a\tb", "~" * 256),
}


def is_documented(name: str, text: str) -> bool:
    schema = DOCUMENT["components"]["parameters"][name]["schema"]
    return bool(re.search(schema["pattern"], text)) and len(text) <= schema.get("maxLength", len(text))


def is_taken(name: str, text: str) -> bool:
    with Flask("test").test_request_context(headers={name: text}):
        try:
            READERS[name]()
        except MalformedRequest:
            return False
    return True


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in TAKEN for text in TAKEN[name]])
def test_a_documented_header_is_accepted(name: str, text: str) -> None:
    assert is_documented(name, text)
    assert is_taken(name, text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in REFUSED for text in REFUSED[name]])
def test_an_undocumented_header_is_refused(name: str, text: str) -> None:
    assert not is_documented(name, text)
    assert not is_taken(name, text)
