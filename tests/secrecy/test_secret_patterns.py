"""A secret is found in every form in which it may be written, and no other text is mistaken for one."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from tests.secrecy.ledger import Kind, Ledger
from tests.secrecy.secret_patterns import SecretPatterns

QUOTE_TOKEN = f"qk_k1{secrets.token_urlsafe(24)}"
OLD_TOKEN, ACCESS_TOKEN = f"at_{secrets.token_urlsafe(32)}", f"at_{secrets.token_urlsafe(48)}"
PASSWORD = 'Grün "geht" immer'
SECRETS = {
    QUOTE_TOKEN: Kind.QUOTE_TOKEN,
    OLD_TOKEN: Kind.ACCESS_TOKEN,
    ACCESS_TOKEN: Kind.ACCESS_TOKEN,
    PASSWORD: Kind.PASSWORD,
}


def found_in(text: str | bytes) -> set[str]:
    """Return the secrets that are found in the text, with other bytes around it."""
    data = text if isinstance(text, bytes) else text.encode()
    return {hit.secret for hit in SecretPatterns.of(SECRETS).hits(b"\xff before " + data + b"\0 and after")}


@pytest.mark.parametrize("token", [QUOTE_TOKEN, OLD_TOKEN, ACCESS_TOKEN], ids=["quote", "access", "longer access"])
@pytest.mark.parametrize(
    "written",
    [
        str,
        lambda token: f"/v1/{token}/x",
        lambda token: f"prefix_{token}-suffix",
        lambda token: token[-32:],
        lambda token: token[-32:-16],
        lambda token: token[-16:],
        lambda token: f"x{token[-25:-9]}y",
        lambda token: b64encode(token.encode()).decode(),
        lambda token: token.encode().hex(),
    ],
    ids=["", "within a path", "within a word", "its end", "cut off", "begun late", "amidst", "base64", "hex"],
)
def test_a_token_is_found(token: str, written: Callable[[str], str]) -> None:
    assert found_in(written(token)) == {token}


@pytest.mark.parametrize(
    "written",
    [
        str,
        lambda password: json.dumps({"password": password}),
        quote,
        quote_plus,
        *(lambda password, n=n: b64encode(b"user:"[:n] + password.encode()).decode() for n in (0, 1, 2)),
        lambda password: password.encode().hex(),
        *(lambda password, n=n: hashlib.new(n, password.encode()).hexdigest() for n in ("md5", "sha256")),
    ],
    ids=["", "JSON", "address", "form", "base64", "base64 after 1", "base64 after 2", "hex", "md5", "sha256"],
)
def test_a_password_is_found(written: Callable[[str], str]) -> None:
    assert found_in(written(PASSWORD)) == {PASSWORD}


def test_a_token_that_was_not_noted_is_found_by_its_form() -> None:
    for unknown in (f"qk_k1{secrets.token_urlsafe(24)}", f"at_{secrets.token_urlsafe(48)}"):
        assert found_in(f"Quote-Token: {unknown}\r\n") == {unknown}


@pytest.mark.parametrize(
    "text",
    [
        secrets.token_urlsafe(32),
        hashlib.sha256(ACCESS_TOKEN.encode()).hexdigest(),
        f"s:{ACCESS_TOKEN[3:24]}",
        "qk_made_up",
        "created_at_and_other_columns_of_a_table_with_a_long_name",
        "correct horse",
        secrets.token_bytes(100_000),
    ],
    ids=["random", "its hash", "the key of a session", "no token", "a name", "no password", "bytes"],
)
def test_a_text_that_is_not_a_secret_is_not_reported(text: str | bytes) -> None:
    assert found_in(text) == set()


def test_secrets_that_are_sent_or_answered_are_noted() -> None:
    ledger = Ledger()
    ledger.note_text(f"PUT / HTTP/1.1\r\nQuote-Token: {QUOTE_TOKEN}\r\n\r\n".encode() + json.dumps({"a": 1}).encode())
    ledger.note_text(json.dumps({"access_token": ACCESS_TOKEN, "expires_at": "2026"}))
    ledger.note_text(
        json.dumps({"current_password": PASSWORD, "password": "short", "new_password": "x" * 7 + "y"}).encode()
    )
    assert set(ledger.secrets) == {QUOTE_TOKEN, ACCESS_TOKEN, PASSWORD, "x" * 7 + "y"}
    assert ledger.count() == {"quote tokens": 1, "access tokens": 1, "passwords": 2}


def test_a_piece_of_a_password_in_hex_is_not_reported() -> None:
    patterns = SecretPatterns.of({"abcdefghijk": Kind.PASSWORD})

    assert [hit.secret for hit in patterns.hits(b"abcdefghijk".hex().encode())] == ["abcdefghijk"]
    assert list(patterns.hits(b"abcdefghij".hex().encode())) == []


def test_a_text_that_holds_one_secret_many_times_is_reported_once() -> None:
    hits = list(SecretPatterns.of(SECRETS).hits(QUOTE_TOKEN.encode() * 1000))

    assert len([hit for hit in hits if hit.secret == QUOTE_TOKEN]) == 1


def test_a_text_that_repeats_one_letter_or_is_too_short_is_not_a_password() -> None:
    ledger = Ledger()
    ledger.note_text('{"password": "xxxxxxxxxxxx", "new_password": "short"} {"password": "xxxxxxxxxxxy"}')

    assert ledger.secrets == {"xxxxxxxxxxxy": Kind.PASSWORD}


def test_a_password_that_the_contract_shows_to_everyone_is_not_a_secret() -> None:
    ledger = Ledger()
    ledger.note_text('{"password": "a duck, a pond, a boat", "new_password": "two boats and one duck"}')
    assert dict(ledger.secrets) == {"two boats and one duck": Kind.PASSWORD}
