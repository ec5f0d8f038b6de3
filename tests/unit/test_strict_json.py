"""The reader of JSON bodies: the exact values that it accepts, and the sentences of its refusals."""

from __future__ import annotations

import json
import random
import re

import pytest

from entrypoints.http.answers import to_json
from entrypoints.http.requests.strict_json import NotAllowed, read_json
from tests.support.json_cases import ACCEPTED, REFUSED, Accepted, Refused


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_a_text_is_accepted(case: Accepted) -> None:
    assert repr(read_json(case.body)) == repr(case.value)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_an_accepted_value_is_written_and_read_again_alike(case: Accepted) -> None:
    written = to_json(read_json(case.body))
    assert repr(read_json(written)) == repr(case.value)
    assert repr(json.loads(written)) == repr(case.value)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_text_is_refused(case: Refused) -> None:
    with pytest.raises(NotAllowed, match=case.why) as refusal:
        read_json(case.body)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert len(sentence) < 200
    assert sentence.isprintable()


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_nothing_may_stand_before_or_behind(case: Accepted) -> None:
    for body in (case.body + b"x", b"x" + case.body, case.body + b",", case.body + b"\0", b"\xef\xbb\xbf" + case.body):
        with pytest.raises(NotAllowed):
            read_json(body)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_a_text_that_was_cut_off_is_refused(case: Accepted) -> None:
    """The text is in an object, since no beginning of an object is an object."""
    body = b'{"a":' + case.body + b"}"
    for end in {1, len(body) // 3, len(body) // 2, len(body) - 1}:
        with pytest.raises(NotAllowed):
            read_json(body[:end])


def test_any_bytes_are_read_or_refused_without_another_error() -> None:
    """A value that is read equals the one that the standard library reads."""
    rng = random.Random(20261124)  # noqa: S311 - the same bodies in each run
    alphabet = [b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"0", b"9", b"-", b".", b"e", b"true", b"null", b" ",
                b"a", b"\xc3\xa9", b"\xff", b"\\u0000", b"\\ud83c", b"\\udfe0", b'"a":', b"\n", b"\x00"]  # fmt: skip
    read = 0
    for _ in range(20_000):
        body = b"".join(rng.choices(alphabet, k=rng.randint(1, 12)))
        try:
            value = read_json(body)
        except NotAllowed:
            continue
        read += 1
        assert value == json.loads(body)
    assert read > 200


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'["\\"[",', b'["\\\\",'])
def test_nesting_deeper_than_thirty_levels_is_refused(opening: bytes) -> None:
    closing = b"}" if opening[:1] == b"{" else b"]"
    for depth in range(1, 60):
        body = opening * depth + b"1" + closing * depth
        if depth <= 30:
            read_json(body)
        else:
            with pytest.raises(NotAllowed, match="deeper than 30"):
                read_json(body)


def test_a_sentence_never_repeats_much_of_the_body() -> None:
    secret = "correct horse battery staple" * 20
    bodies = [f'{{"password":"{secret}"', f'{{"{secret}":1,"{secret}":2}}', f'"{secret}\\u0000"', "9" * 900, secret]
    for body in bodies:
        with pytest.raises(NotAllowed) as refusal:
            read_json(body.encode())
        assert len(re.sub(r"[^9a-z]", "", str(refusal.value))) < 200
