"""The export contains all data about a customer: every column that a table has, or gets later."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from peewee import Model

from adapters.sql.database import SqlDatabase
from adapters.sql.models import AccountRow, ClaimRow, QuoteRow
from domain.claims import Cause, ClaimState, NewClaim, RequestMark
from domain.model import Account, Draft, Email, Revision, instant, timestamp
from entrypoints.http.app import create_app
from entrypoints.settings.settings import Settings
from tests.contract.support.builders import NOW, a_claim, a_claim_to_repair, a_quote, a_quote_id, an_account
from tests.contract.support.database_fixtures import Ports, sql_ports
from tests.contract.support.service_on_database import ServiceOnDatabase
from tests.contract.support.sql_backends import SqliteBackend
from tests.doubles.quotes import CORRUPT
from tests.support.answers import json_body
from tests.support.checking_client import Client

pytestmark = pytest.mark.backend("sqlite")

KEPT_BACK = {
    "account.email_key": "made of the e-mail, which is handed out as it was typed",
    "account.password_hash": "a secret: it serves to check the password",
    "account.credentials_version": "a secret's count: it serves to end sessions",
    "quote.source_revision": "names the draft that the quote was built from, which is no more",
    "claim.key_id": "names one of the service's own keys",
    "claim.state": "told in the customer's own words: status",
    "claim.cause": "told in the customer's own words: reason",
    "claim.source_revision": "as that of the quote",
    "claim.request_key_hash": "serves to recognise a repeated request",
    "claim.request_fingerprint": "serves to recognise a repeated request; made of what is handed out",
    "claim.created_at": "handed out as claimed_at, once the quote is claimed",
    "claim.cleanup": "the service's bookkeeping",
    "claim.attempts": "the service's bookkeeping",
    "claim.next_at": "the service's bookkeeping",
    "claim.last_error": "what the service met, without the customer's values",
    "claim.updated_at": "the service's bookkeeping",
    "claim.finished_at": "the service's bookkeeping",
    "claim.version": "the service's bookkeeping",
}
"""The columns that the export does not hand out, each with the reason."""
SECRETS = ("account.password_hash", "claim.request_key_hash", "claim.request_fingerprint", "claim.last_error")
TABLES: tuple[type[Model], ...] = (AccountRow, QuoteRow, ClaimRow)
COLUMNS = [f"{table._meta.table_name}.{name}" for table in TABLES for name in table._meta.columns]


@pytest.fixture
def sql_backend(tmp_path: Path) -> SqliteBackend:
    return SqliteBackend(tmp_path / "quotes.db")


@pytest.fixture
def ports(database: SqlDatabase) -> Ports:
    return sql_ports(database)


@pytest.fixture
def zdenka(ports: Ports, service_on_database: ServiceOnDatabase) -> Account:
    """An account with a distinct value in every column, and a quote in every state."""
    zdenka = Account(an_account().account_id, Email("Zdenka@Q.example", "zdenka@q.example"), "Zdenka", "$hash$", NOW, 7)
    born = replace(zdenka, created_at=NOW - timedelta(days=400))
    claimed = a_claim(a_quote_id(), zdenka.account_id, created_at=NOW - timedelta(days=3))
    claimed = replace(claimed, request=RequestMark("a" * 64, "b" * 64), cause=Cause.EXPIRED, version=31)
    ports.claims.add(NewClaim(born, claimed, a_quote(claimed, product="caravan", details={"dog": "Rex"})))
    stored = a_claim(a_quote_id(), zdenka.account_id, key_id="key-7", last_error="it went wrong", attempts=41)
    readable = service_on_database.quotes.encode(stored.ref, Draft("yacht", {"cat": "Mog"}))
    for changes in (
        {"state": ClaimState.DEAD, "cause": Cause.QUOTE_REFUSED, "payload": readable, "finished_at": NOW},
        {"state": ClaimState.DEAD, "cause": Cause.DRAFT_UNREADABLE, "payload": CORRUPT + b" cow"},
        {"state": ClaimState.RETRY, "cause": Cause.QUOTE_REFUSED, "payload": readable},
        {"state": ClaimState.FETCH_PENDING, "source_revision": Revision(0), "last_error": None},
    ):
        ports.claims.add(NewClaim(None, replace(stored, quote_id=a_quote_id(), **changes), None))
    ports.claims.add(a_claim_to_repair(an_account("bob@example.com"), payload=b"of Bob"))
    return born


def export(service: ServiceOnDatabase, account: Account) -> dict[str, Any]:
    app = create_app(service.services, Settings.from_environ({}))
    app.test_client_class = Client
    token = service.sessions.open(account).token
    answer = app.test_client().get("/v1/account/export", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    document: dict[str, Any] = json_body(answer)
    return document


def values(backend: SqliteBackend, account: Account, column: str) -> set[Any]:
    """Return the values of this column in the rows of this account."""
    table, _, name = column.partition(".")
    found = backend.fetch(f"SELECT {name} FROM {table} WHERE account_id = '{account.account_id}'")  # noqa: S608 - constants
    return {value for (value,) in found if value is not None}


def is_in(value: Any, document: dict[str, Any], service: ServiceOnDatabase) -> bool:
    """Tell whether the document has the value, as stored or in the form of the export."""
    text = json.dumps(document)
    if isinstance(value, bytes):  # a payload
        drafts = [quote["draft"]["details"] for quote in document["quotes"] if "draft" in quote]
        return b64encode(value).decode() in text or json.loads(value)[1] in drafts
    if isinstance(value, int):
        return timestamp(instant(value)) in text
    if value.startswith("{"):
        return json.loads(value) in [quote["details"] for quote in document["quotes"]]
    return json.dumps(value) in text


def test_every_column_is_handed_out_or_there_is_a_reason_why_not(
    sql_backend: SqliteBackend, service_on_database: ServiceOnDatabase, zdenka: Account
) -> None:
    document = export(service_on_database, zdenka)
    stored = {column: values(sql_backend, zdenka, column) for column in COLUMNS}
    assert [column for column in COLUMNS if not stored[column]] == [], "give these a value here"
    missing = {
        column for column in COLUMNS if not all(is_in(value, document, service_on_database) for value in stored[column])
    }
    assert missing - KEPT_BACK.keys() == set(), "hand these out, or say why not"
    text = json.dumps(document)
    assert [column for column in SECRETS if any(str(value) in text for value in stored[column])] == []


def test_no_reason_is_given_for_a_column_that_does_not_exist() -> None:
    assert KEPT_BACK.keys() - COLUMNS == set()


def test_quotes_in_every_state_are_exported_with_the_kept_parts_of_their_drafts(
    service_on_database: ServiceOnDatabase, zdenka: Account
) -> None:
    quotes = export(service_on_database, zdenka)["quotes"]
    facts = [
        {
            name: quote.get(name)
            for name in ("status", "reason", "details", "draft", "unreadable_draft")
            if quote.get(name) is not None
        }
        for quote in quotes
    ]
    draft = {"product": "yacht", "details": {"cat": "Mog"}}
    assert facts == [
        {"status": "pending"},
        {"status": "pending", "draft": draft},
        {"status": "failed", "reason": "needs-repair", "unreadable_draft": b64encode(CORRUPT + b" cow").decode()},
        {"status": "failed", "reason": "needs-repair", "draft": draft},
        {"status": "claimed", "details": {"dog": "Rex"}},
    ]


def test_of_many_quotes_every_one_is_handed_out_once(
    ports: Ports, service_on_database: ServiceOnDatabase, zdenka: Account
) -> None:
    claims = [a_claim(a_quote_id(), zdenka.account_id, created_at=NOW + timedelta(hours=n // 7)) for n in range(250)]
    for number, claim in enumerate(claims):
        ports.claims.add(NewClaim(None, claim, a_quote(claim, details={"number": number})))
    document = export(service_on_database, zdenka)
    exported = [quote["details"] for quote in document["quotes"] if quote["status"] == "claimed"]
    assert sorted(details["number"] for details in exported if "number" in details) == list(range(250))
    assert len(document["quotes"]) == 250 + 5
    assert document["sessions"] == 1
