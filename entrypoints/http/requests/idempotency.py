"""The Idempotency-Key header (IETF draft draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import re

from flask import request

from entrypoints.http.problems.http_errors import MalformedRequest

LONGEST_KEY = 255
_PRINTABLE = re.compile(r"[ -~]+")
# The draft defines it as a string of RFC 9651, in quotes. Many clients send the text without quotes.
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')


def idempotency_key() -> str | None:
    """
    Return the key of this request, or None if it has none. A key in quotes and the same key without quotes are equal.

    Raises: MalformedRequest
    """
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    text = header.strip(" \t")
    if quoted := _STRING.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    if not _PRINTABLE.fullmatch(text) or len(text) > LONGEST_KEY:
        raise MalformedRequest(
            f"Give 1 to {LONGEST_KEY} printable ASCII characters in Idempotency-Key, such as a UUID."
        )
    return text
