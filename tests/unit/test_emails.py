"""E-mail addresses: their forms, and addresses that count as the same."""

from __future__ import annotations

import pytest

from entrypoints.http.schemas.emails import NotAnEmail, parse_email


def test_an_address_is_shown_as_it_was_typed() -> None:
    assert parse_email("Maria.G@Example.COM").address == "Maria.G@Example.COM"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MARIA@example.com", "maria@EXAMPLE.com"),
        ("zo\u00eb@example.com", "zoe\u0308@example.com"),
        ("a@b\u00fccher.example", "a@xn--bcher-kva.example"),
        ("stra\u00dfe@example.com", "STRASSE@example.com"),
        ("\uff41b@example.com", "ab@example.com"),
    ],
    ids=["case", "composition", "idn", "folding", "width"],
)
def test_forms_of_one_address_are_the_same(one: str, other: str) -> None:
    assert parse_email(one).key == parse_email(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zo\u00eb@example.com", "zoe@example.com"),
        ("a.b@example.com", "ab@example.com"),
        ("a+x@b.example", "a@b.example"),
    ],
    ids=["accent", "dot", "tag"],
)
def test_different_addresses_are_different(one: str, other: str) -> None:
    assert parse_email(one).key != parse_email(other).key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@",
        "a@",
        "@b.example",
        "a b@c.example",
        "a@b..example",
        "x" * 65 + "@b.example",
        "\ufdfa" * 20 + "@b.example",
    ],
)
def test_a_text_that_is_not_an_address_is_refused(text: str) -> None:
    with pytest.raises(NotAnEmail, match=r"."):
        parse_email(text)
