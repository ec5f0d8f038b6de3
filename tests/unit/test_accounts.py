"""The export of an account's data, and the erasure of an account."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from domain.claims import ClaimState, QuoteStatus
from domain.errors import AccessTokenInvalid, BadCredentials, DatabaseUnavailable, StoreUnreachable
from domain.model import AccessToken, Draft
from domain.use_cases.start_quote import Started
from tests.doubles.quotes import CORRUPT
from tests.support.in_memory_service import PASSWORD, InMemoryService, access_to, applicant


class TestExport:
    def test_has_the_account_its_quotes_and_the_number_of_its_sessions(
        self, service: InMemoryService, quote: Started
    ) -> None:
        registered = service.register(quote)
        service.log_in()
        exported = service.services.export_account(access_to(registered))
        assert registered.account == exported.account
        assert [(item.quote.quote_id, item.quote.details) for item in exported.quotes] == [
            (quote.quote_id, quote.details)
        ]
        assert (exported.sessions, exported.exported_at) == (2, service.clock.now())

    def test_has_all_of_more_quotes_than_are_read_at_once(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        for _ in range(250):
            other = service.start()
            service.services.claim_quote(other.quote_id, other.token, token)
        assert {item.quote.quote_id for item in service.services.export_account(token).quotes} == set(
            service.database.claims
        )

    def test_has_a_draft_that_could_not_be_made_a_quote(self, service: InMemoryService, quote: Started) -> None:
        service.database.refuse_quotes = True
        [item] = service.services.export_account(access_to(service.register(quote))).quotes
        assert (item.quote.status, item.draft, item.unreadable) == (
            QuoteStatus.PENDING,
            Draft("motor", quote.details),
            None,
        )

    def test_has_the_bytes_of_an_unreadable_draft(self, service: InMemoryService, quote: Started) -> None:
        service.quotes.corrupt(service.ref(quote))
        [item] = service.services.export_account(access_to(service.register(quote))).quotes
        assert (item.draft, item.unreadable) == (None, CORRUPT)

    def test_has_nothing_of_others(self, service: InMemoryService, quote: Started) -> None:
        service.register(quote)
        other = access_to(service.register(service.start(), applicant("bob@example.com")))
        exported = service.services.export_account(other)
        assert exported.account.email.address == "bob@example.com"
        assert quote.quote_id not in [item.quote.quote_id for item in exported.quotes]
        assert exported.sessions == 1


class TestErasure:
    def test_account_quotes_and_sessions_are_gone(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        service.services.erase_account(token, PASSWORD)
        assert not service.database.accounts
        assert not service.database.quotes
        assert service.claim(quote).state is ClaimState.DISCARDED
        assert service.sessions.find(token) is None
        with pytest.raises(AccessTokenInvalid):
            service.services.authenticate(token)

    def test_needs_the_password(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        with pytest.raises(BadCredentials):
            service.services.erase_account(token, "wrong")
        assert service.services.authenticate(token)

    def test_is_refused_when_the_password_changes_meanwhile(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        hasher: Any = service.services.erase_account.hasher

        def late(password_hash: str, password: str) -> bool:
            with mock.patch.object(hasher, "verify", return_value=True):
                service.services.change_password(token, PASSWORD, "another horse battery")
            return True

        with mock.patch.object(hasher, "verify", side_effect=late), pytest.raises(AccessTokenInvalid):
            service.services.erase_account(token, PASSWORD)
        assert service.database.accounts
        assert quote.quote_id in service.database.quotes

    def test_needs_a_session(self, service: InMemoryService, quote: Started) -> None:
        service.register(quote)
        with pytest.raises(AccessTokenInvalid):
            service.services.erase_account(AccessToken("at_x"), PASSWORD)
        assert service.database.accounts

    def test_is_done_though_the_sessions_cannot_be_deleted_now(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        with mock.patch.object(service.sessions, "close_all", side_effect=StoreUnreachable("away")):
            service.services.erase_account(token, PASSWORD)
        assert not service.database.accounts
        with pytest.raises(AccessTokenInvalid):
            service.services.authenticate(token)

    def test_is_not_done_while_the_database_is_away(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        with (
            mock.patch.object(service.accounts, "erase", side_effect=DatabaseUnavailable("down")),
            pytest.raises(DatabaseUnavailable),
        ):
            service.services.erase_account(token, PASSWORD)
        assert service.services.authenticate(token)
