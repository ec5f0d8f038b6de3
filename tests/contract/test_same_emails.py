"""E-mails of one account: the normal form decides, on each database, independent of its collation."""

from __future__ import annotations

import pytest

from domain.errors import BadCredentials, EmailTaken
from entrypoints.http.schemas.emails import parse_email
from tests.contract.support.service_on_database import ServiceOnDatabase

SAME = {
    "case": ("Maria.G@Example.COM", "maria.g@example.com", "MARIA.G@EXAMPLE.COM"),
    "width": ("\uff4d\uff41\uff52\uff49\uff41@example.com", "maria@example.com"),
    "ligature": ("\ufb01ona@example.com", "fiona@example.com"),
    "composition": ("zo\u00eb@example.com", "zoe\u0308@example.com", "ZO\u00cb@example.com"),
    "sharp s": ("stra\u00dfe@example.com", "STRASSE@example.com", "stra\u1e9ee@example.com"),
    "final sigma": ("\u03bf\u03b4\u03cc\u03c2@example.com", "\u039f\u0394\u038c\u03a3@example.com"),
    "idn": ("a@b\u00fccher.example", "a@xn--bcher-kva.example", "A@XN--BCHER-KVA.example", "a@B\u00dcCHER.example"),
}
"""Spellings of one address; the first one registers."""
OTHERS = {
    "accent": ("zo\u00eb@example.com", "zoe@example.com", "zo\u00e9@example.com"),
    "dotless i": ("ira@example.com", "\u0131ra@example.com"),
    "stroke": ("ol\u00f8@example.com", "olo@example.com"),
    "alphabet": ("maria@example.com", "m\u0430ria@example.com"),
    "umlaut and its transcription": ("m\u00fcller@example.com", "mueller@example.com", "muller@example.com"),
    "dot": ("a.b@example.com", "ab@example.com"),
    "tag": ("a+x@example.com", "a@example.com"),
    "kana": ("\u306f@example.com", "\u3070@example.com", "\u30cf@example.com"),
    "domain": ("a@b\u00fccher.example", "a@bucher.example"),
}
"""Different addresses that people, or a collation, may take for the same."""


def test_an_address_that_is_the_same_has_an_account_already_and_any_spelling_of_it_logs_in(
    service_on_database: ServiceOnDatabase,
) -> None:
    for what, (typed, *others) in SAME.items():
        account = service_on_database.register(typed)
        assert account.email.address == typed, what
        for other in (typed, *others):
            with pytest.raises(EmailTaken):
                service_on_database.register(other)
            assert service_on_database.log_in(other) == account, (what, other)


def test_addresses_that_differ_have_accounts_of_their_own(service_on_database: ServiceOnDatabase) -> None:
    every = dict.fromkeys(email for emails in OTHERS.values() for email in emails)
    accounts = {email: service_on_database.register(email) for email in every}
    assert len({account.account_id for account in accounts.values()}) == len(every)
    for email, account in accounts.items():
        assert (service_on_database.log_in(email), account.email.address) == (account, email)
    with pytest.raises(BadCredentials):
        service_on_database.log_in("zo\u00e8@example.com")


def test_all_forms_of_an_address_are_spelt_as_they_were_typed_and_found_by_one_normal_form() -> None:
    for emails in SAME.values():
        assert len({parse_email(email).key for email in emails}) == 1
        assert [parse_email(email).address for email in emails] == list(emails)
    assert parse_email("Zo\u00cb@B\u00dcCHER.example").key == "zo\u00eb@xn--bcher-kva.example"
