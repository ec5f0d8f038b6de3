"""After the erasure of an account no store holds data of the customer, for quotes in every state."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from unittest import mock

import pytest

from adapters.redis.quotes import RedisQuoteStore
from adapters.sql.outbox import SqlOutbox
from domain.errors import StoreUnreachable
from domain.model import AccessToken, Applicant, Email
from domain.repairing.audit import Operator
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from entrypoints import bootstrap
from entrypoints.processes.progress import StatusLine
from entrypoints.processes.reconciler import Reconciler
from entrypoints.settings.settings import Settings
from tests.contract.support.sql_backends import SqliteBackend
from tests.doubles.hashers import KeyedHasher
from tests.support.in_memory_service import applicant
from tests.support.real_service import KEYRING, RealService, sql_of
from tests.support.real_service_fixtures import store_settings
from tests.support.reconciled_service import ReconciledService
from tests.support.stored_bytes import files_of, found, keys_of, rows_of

HOUR = timedelta(hours=1)
ZDENKA = Applicant(
    Email("Zdenka+Motor@Quittenbaum.Example", "zdenka+motor@quittenbaum.example"),
    "Wellensittich im Treppenhaus",
    "Zdenka Quittenbaum-Ölschläger",
)
PERSONAL = {ZDENKA.email.address, ZDENKA.email.key, ZDENKA.name or "", KeyedHasher().hash(ZDENKA.password)}
DAMAGED = b"\x01O damaged, and in it: Rhabarberkuchen"


@dataclass
class Customer:
    """The words that identify the customer, and the secrets that must never be stored."""

    session: AccessToken
    words: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, registered: Registered) -> Customer:
        assert registered.access
        token = registered.access.token
        return cls(token, {*PERSONAL, registered.account.account_id}, {token, ZDENKA.password})


def away(call: str) -> AbstractContextManager[Any]:
    """Let each use of one call fail before it reaches the store."""
    return mock.patch.object(RedisQuoteStore, call, side_effect=StoreUnreachable("away"))


def started(service: RealService, customer: Customer, word: str) -> Started:
    quote = service.services.start_quote("motor", {"vehicle": {"nickname": word}, "notes": [f"bought of {word}"]})
    customer.words.add(word)
    customer.secrets.add(quote.token)
    return quote


def claimed(service: RealService, customer: Customer, word: str) -> Started:
    quote = started(service, customer, word)
    claim(service, customer, quote)
    return quote


def claim(service: RealService, customer: Customer, quote: Started) -> None:
    service.services.claim_quote(quote.quote_id, quote.token, customer.session)


def registered(service: RealService) -> Customer:
    """Register with an idempotency key, so that the claim has a request mark; the quote is built and cleaned up."""
    quote = service.services.start_quote("motor", {"nickname": "Apfelstrudel"})
    register = service.services.register_and_claim
    customer = Customer.of(register(quote.quote_id, quote.token, ZDENKA, key="her key"))
    row = service.claim(quote.quote_id)
    customer.words |= {"Apfelstrudel", row["request_key_hash"], row["request_fingerprint"]}
    customer.secrets |= {quote.token, "her key"}
    return customer


def erase(service: RealService, customer: Customer) -> None:
    service.services.erase_account(customer.session, ZDENKA.password)


def with_quotes_in_every_state(reconciled: ReconciledService) -> Customer:
    customer = registered(reconciled)
    dead, unreadable = started(reconciled, customer, "Butterkeks"), started(reconciled, customer, "Rhabarberkuchen")
    reconciled.admin.set(reconciled.key(unreadable), DAMAGED, keepttl=True)
    reconciled.sql.refuse("INSERT", "quote")
    claim(reconciled, customer, dead)
    claim(reconciled, customer, unreadable)
    for _ in range(8):
        reconciled.reconcile(HOUR)
    retried = claimed(reconciled, customer, "Croissant")
    reconciled.sql.allow("quote")
    with away("begin_claim"):
        pending = claimed(reconciled, customer, "Dampfnudel")
    with away("finish_claim"):
        not_cleaned_up = claimed(reconciled, customer, "Eierlikör")
    operator = Operator("carol", f"{ZDENKA.name} has called, 0171-5550")
    customer.words.add("0171-5550")
    reconciled.operations.show(dead.quote_id, operator)
    reconciled.operations.retry(retried.quote_id, operator)
    states = [
        reconciled.claim(quote.quote_id)["state"] for quote in (dead, unreadable, retried, pending, not_cleaned_up)
    ]
    assert states == ["dead", "dead", "retry", "fetch_pending", "done"]
    assert [reconciled.state(quote) for quote in (pending, not_cleaned_up)] == [b"O", b"C"]
    return customer


def test_nothing_of_an_erased_customer_is_left_in_any_store_or_in_the_log(
    reconciled: ReconciledService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    customer = with_quotes_in_every_state(reconciled)
    other = reconciled.register(reconciled.start(), applicant("bob@example.com", name="Bob"))
    assert found(customer.words, rows_of(reconciled.sql)) == customer.words - {
        "Dampfnudel"
    }  # that one is in Redis alone
    assert found(customer.words, keys_of(reconciled.admin)) >= {"Dampfnudel", "Eierlikör"}

    erase(reconciled, customer)
    assert found(customer.words, rows_of(reconciled.sql)) == set()
    reconciled.reconcile_to_the_end()

    traces = customer.words | customer.secrets
    assert found(traces, [*rows_of(reconciled.sql), *keys_of(reconciled.admin)]) == set()
    assert found(traces - {customer_id(customer)}, [caplog.text.encode()]) == set()
    assert found(["bob@example.com"], rows_of(reconciled.sql)) == {"bob@example.com"}
    assert reconciled.services.log_out.sessions.count(other.account) == 1
    reconciled.assert_verified()
    if isinstance(reconciled.sql, SqliteBackend):
        close_all(reconciled)
        assert found(traces, files_of(reconciled.sql)) == set()


@pytest.mark.parametrize("real_service", ["redis+mariadb", "cluster+postgresql"], indirect=True)
def test_the_promise_holds_on_the_other_stores(real_service: RealService, request: pytest.FixtureRequest) -> None:
    store = request.node.callspec.params["real_service"].partition("+")[0]
    settings = store_settings(request, store)
    customer = registered(real_service)
    with away("begin_claim"):
        claimed(real_service, customer, "Dampfnudel")
    with away("finish_claim"):
        claimed(real_service, customer, "Eierlikör")
    with closing(request.getfixturevalue(f"{store}_server{'s' * (store == 'cluster')}").client()) as admin:
        assert found(customer.words, keys_of(admin)) >= {"Dampfnudel", "Eierlikör", customer_id(customer)}
        erase(real_service, customer)
        pass_over_all(real_service, settings)
        traces = customer.words | customer.secrets
        assert found(traces, [*rows_of(real_service.sql), *keys_of(admin)]) == set()


def pass_over_all(real_service: RealService, settings: dict[str, str]) -> None:
    """Run the passes of the reconciler that are due."""
    given = {"QUOTES_DATABASE_URL": real_service.sql.url, "QUOTES_SECRET_KEYS": KEYRING, **settings}
    operations = bootstrap.operations(Settings.from_environ(given))
    reconciler = Reconciler(operations.reconcile, operations.purge, StatusLine())
    reconciler.run_once()
    assert reconciler.outage is None
    outbox, retry = cast("SqlOutbox", operations.reconcile.outbox), cast("RedisQuoteStore", operations.retry.quotes)
    outbox.transactions.database.close()
    retry._client.close()


def customer_id(customer: Customer) -> str:
    """Return the account id. Logs may hold it, since it says nothing about the person."""
    return next(word for word in customer.words if word.startswith("ac_"))


def close_all(reconciled: ReconciledService) -> None:
    """Close every connection to the database, so that SQLite moves its log into the file and deletes the log."""
    outbox = cast("SqlOutbox", reconciled.operations.reconcile.outbox)
    for database in (sql_of(reconciled.services), outbox.transactions.database):
        database.close()
