"""
A strict JSON reader: it takes only values that every store keeps and every client reads alike (RFC 8259, most of
I-JSON's limits).

Decimals are rounded to the nearest double. Refused are duplicate keys, NaN and Infinity, numbers beyond the range of a
double, integers beyond 2^53, lone surrogates, NUL characters, and nesting deeper than 30. Members are not counted: the
size of the body bounds their number, and the time grows in proportion to that size. The slowest body that was found,
200 kB of brackets 30 deep, takes 25 ms. The parser alone takes half of that.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter

from domain.model import Json

MAX_DEPTH = 30
_MAX_INTEGER = 2**53
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b"{}[]"))
_SIGNIFICANT = re.compile(r"-?[0.]*[1-9]")
_ESCAPE_OF_ONE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")


class NotAllowed(ValueError):
    """A body that is not JSON, or not allowed. The sentence says how to correct it."""


def read_json(body: bytes) -> Json:
    """
    Return the value of a body.

    Raises: NotAllowed
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotAllowed(f"Correct the body, which is not UTF-8: byte {error.start} is wrong.") from error
    _refuse_deep(body)
    try:
        value: Json = _DECODER.decode(text)
    except NotAllowed:
        raise
    except ValueError as error:
        raise NotAllowed(f"Correct the body, which is not JSON: {error}.") from error
    # Such characters can come from escapes only: UTF-8 has no surrogates, and JSON has no raw control characters.
    if _ESCAPE_OF_ONE.search(text):
        _refuse_characters(value)
    return value


def _refuse_deep(body: bytes) -> None:
    """
    Raise NotAllowed if the body is nested too deep. This runs before the parser, which would exhaust its stack. It
    does not loop over characters: each step is one pass over `bytes`. A body that is not JSON may pass, nested at most
    twice as deep; the parser refuses it.
    """
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return
    without_escapes = body.replace(rb"\\", b"").replace(rb"\"", b"")
    outside_strings = b"".join(without_escapes.split(b'"')[::2])
    brackets = outside_strings.translate(_BRACKETS, _OTHERS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")  # the innermost level, everywhere
    if b"[]" in brackets or brackets.count(b"[") > MAX_DEPTH:
        raise NotAllowed(f"Nest the body less. It is nested deeper than {MAX_DEPTH}.")


def _refuse_characters(value: Json) -> None:
    match value:
        case str() if found := _SURROGATE_OR_NUL.search(value):
            raise NotAllowed(f"Remove U+{ord(found[0]):04X} from the string. It is not a character that can be stored.")
        case list():
            for item in value:
                _refuse_characters(item)
        case dict():
            for name, item in value.items():
                _refuse_characters(name)
                _refuse_characters(item)
        case _:
            pass


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise NotAllowed(f"Send each member once. {json.dumps(twice[:80])} stands twice in one object.")
    return members


def _integer(digits: str) -> float:
    if digits == "-0":
        return -0.0  # no int has that sign
    # The digits are counted first: int() takes quadratic time for very long numbers.
    if len(digits) > 17 or abs(number := int(digits)) > _MAX_INTEGER:
        raise NotAllowed(f"Send the integer {digits[:20]} as a string. It is beyond 2^53.")
    return number


def _decimal(digits: str) -> float:
    number = float(digits)
    if math.isinf(number) or (number == 0 and _SIGNIFICANT.match(digits)):
        raise NotAllowed(f"Send the number {digits[:20]} as a string. It is beyond the range of a double.")
    return number


def _constant(name: str) -> None:
    raise NotAllowed(f"Remove {name}. It is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
