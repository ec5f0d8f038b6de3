"""
The record of a quote: one Redis STRING, a short binary header and the payload. The scripts write it.

    bytes  field
    1      format version
    1      state: O open, C being claimed, T tombstone
    6      revision, big-endian
    8      id of the last save                     (not in T, which ends before it)
    4 + 16 lease end in unix seconds, claim token  (only in C)
    1 + n  product: length and ASCII
    ...    payload: codec id, then the details
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from domain.errors import DraftUnreadable
from domain.model import Details, Draft, Revision

VERSION = 1
OPEN, CLAIMING, TOMBSTONE = b"O", b"C", b"T"
_BODY_STARTS = {OPEN: 16, CLAIMING: 36}
_JSON = b"\x01"
"""Codec id: the details as compact JSON in UTF-8."""


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of a record. `body` is empty in a tombstone."""

    state: bytes
    revision: Revision
    body: bytes

    def draft(self) -> Draft:
        """
        Return the draft of this record.

        Raises: DraftUnreadable
        """
        end = 1 + self.body[0]
        try:
            product = self.body[1:end].decode("ascii")
        except UnicodeDecodeError as error:
            raise DraftUnreadable(f"the product is not ASCII: {error}") from error
        return Draft(product or None, decode_payload(self.body[end:]))


def parse(value: bytes) -> Record:
    """
    Return the fields of these bytes.

    Raises: DraftUnreadable
    """
    state = value[1:2]
    if value[:1] != bytes([VERSION]) or len(value) < 8 or state not in (OPEN, CLAIMING, TOMBSTONE):
        raise DraftUnreadable(f"the {len(value)} bytes are not a record of format {VERSION}")
    revision = Revision(int.from_bytes(value[2:8], "big"))
    if state == TOMBSTONE:
        return Record(state, revision, b"")
    body = value[_BODY_STARTS[state] :]
    if not body:
        raise DraftUnreadable(f"a record cut off after {len(value)} bytes")
    return Record(state, revision, body)


def body(product: str | None, payload: bytes) -> bytes:
    """Return the end of a record, from the product on."""
    name = (product or "").encode("ascii")
    return bytes([len(name)]) + name + payload


def encode_record(product: str | None, payload: bytes) -> bytes:
    """Return an open record that no script has written: revision and save id are zero."""
    return bytes([VERSION]) + OPEN + bytes(6 + 8) + body(product, payload)


def encode_payload(details: Details) -> bytes:
    """Return the codec id and the details."""
    return _JSON + orjson.dumps(details)


def decode_payload(payload: bytes) -> Details:
    """
    Return the details.

    Raises: DraftUnreadable
    """
    if payload[:1] != _JSON:
        raise DraftUnreadable(f"this version does not know the codec {payload[:1].hex() or '(missing)'}")
    try:
        details = orjson.loads(payload[1:])
    except orjson.JSONDecodeError as error:
        raise DraftUnreadable(f"the payload is not JSON: {error}") from error
    if not isinstance(details, dict):
        raise DraftUnreadable("the payload is not a JSON object")
    return details
