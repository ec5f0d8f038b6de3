"""The quotes in an account over HTTP: list, read, delete, and claim one more, exactly as the contract says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from domain.errors import StoreUnreachable
from tests.e2e.support.http_customer import DETAILS, PRODUCT, Customer, code, pointers, register, started
from tests.support.answers import json_body
from tests.support.in_memory_service import InMemoryService

NOT_FOUND = (404, "quote-not-found")
LIST = "/v1/account/quotes"
CURSOR = "1795435200000-qt_01M844DZG00000000000000001"


def ids(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200
    return [item["quote_id"] for item in json_body(answer)["items"]]


def url(quote: dict[str, Any]) -> str:
    return f"{LIST}/{quote['quote_id']}"


def pending(service: InMemoryService, maria: Customer) -> dict[str, Any]:
    """Claim a quote whose draft is still to be fetched."""
    quote = started(maria.client)
    service.quotes.outage = StoreUnreachable("away")
    answer = maria.claim(quote)
    service.quotes.outage = None
    assert (answer.status_code, json_body(answer)["status"]) == (201, "pending")
    return quote


def expired(service: InMemoryService, maria: Customer) -> dict[str, Any]:
    """Claim a quote whose draft expired before it was fetched."""
    quote = pending(service, maria)
    service.clock.advance(timedelta(days=2))
    service.reconcile()
    return quote


def refused(service: InMemoryService, maria: Customer) -> dict[str, Any]:
    """Claim a quote that an operator has to repair."""
    service.database.refuse_quotes = True
    quote = started(maria.client)
    maria.claim(quote)
    for _ in range(8):
        service.reconcile_after(timedelta(hours=1))
    service.database.refuse_quotes = False
    return quote


class TestTheList:
    def test_shows_the_newest_first_over_all_pages(self, service: InMemoryService, maria: Customer) -> None:
        for n in range(6):
            service.clock.advance(timedelta(seconds=n % 2))  # some are claimed in the same millisecond
            maria.claimed()
        everything = ids(maria.call("GET", LIST))
        assert everything == sorted(everything, reverse=True)
        seen: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = maria.call("GET", f"{LIST}?limit=3" + (f"&cursor={cursor}" if cursor else ""))
            assert set(json_body(page)) == {"items", "next_cursor"}
            seen.append(ids(page))
            cursor = json_body(page)["next_cursor"]
        assert [len(page) for page in seen] == [3, 3, 1]
        assert [quote_id for page in seen for quote_id in page] == everything

    def test_has_twenty_on_a_page_and_at_most_a_hundred(self, maria: Customer) -> None:
        for _ in range(100):
            maria.claimed()
        assert [len(ids(maria.call("GET", f"{LIST}{asked}"))) for asked in ("", "?limit=1", "?limit=100")] == [
            20,
            1,
            100,
        ]

    def test_does_not_shift_where_a_quote_is_deleted_or_claimed_meanwhile(self, maria: Customer) -> None:
        for _ in range(3):
            maria.claimed()
        everything = ids(maria.call("GET", LIST))
        first = maria.call("GET", f"{LIST}?limit=2")
        maria.call("DELETE", f"{LIST}/{ids(first)[1]}")
        maria.claimed()
        assert ids(maria.call("GET", f"{LIST}?limit=2&cursor={json_body(first)['next_cursor']}")) == everything[2:]

    @pytest.mark.parametrize(
        ("query", "where"),
        [
            *((f"limit={limit}", ["/limit"]) for limit in ("0", "101", "-1", "1.5", "ten", "", "1&limit=2")),
            *((f"cursor={cursor}", ["/cursor"]) for cursor in ("", "x", CURSOR.lower(), CURSOR[:-1], f"9{'9' * 14}-x")),
            (f"cursor={CURSOR}&cursor={CURSOR}", ["/cursor"]),
            ("page=2", ["/page"]),
            ("limit=0&cursor=x&page=2", ["/cursor", "/limit", "/page"]),
        ],
    )
    def test_an_impossible_page_is_refused_with_pointers(self, maria: Customer, query: str, where: list[str]) -> None:
        assert pointers(maria.call("GET", f"{LIST}?{query}")) == where

    def test_a_query_with_many_errors_lists_the_first_twenty(self, maria: Customer) -> None:
        wrong = "&".join(f"p{number}=1" for number in range(300))
        assert len(pointers(maria.call("GET", f"{LIST}?{wrong}"))) == 20

    def test_needs_an_access_token_before_its_query_is_read(self, client: FlaskClient) -> None:
        assert code(client.get(f"{LIST}?limit=0")) == (401, "access-token-missing")

    def test_shows_the_quotes_of_one_customer_alone(self, client: FlaskClient, maria: Customer) -> None:
        bob = Customer.registered(client, "bob@example.com")
        assert set(ids(maria.call("GET", LIST))).isdisjoint(ids(bob.call("GET", LIST)))
        assert ids(maria.call("GET", f"{LIST}?cursor={CURSOR}")) == []


class TestOneQuote:
    def test_that_is_claimed_has_all_its_members(self, maria: Customer) -> None:
        quote = maria.claimed()
        answer = maria.call("GET", url(quote))
        assert (answer.status_code, answer.json) == (200, quote)
        assert set(quote) == {"quote_id", "status", "product", "details", "created_at", "claimed_at"}
        assert (quote["status"], quote["product"], quote["details"]) == ("claimed", PRODUCT, DETAILS)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", quote["claimed_at"])

    @pytest.mark.parametrize(
        ("make", "status", "reason"),
        [(pending, "pending", None), (expired, "failed", "expired"), (refused, "failed", "needs-repair")],
    )
    def test_that_is_pending_or_failed_has_its_status(
        self, service: InMemoryService, maria: Customer, make: Any, status: str, reason: str | None
    ) -> None:
        quote = make(service, maria)
        shown = json_body(maria.call("GET", url(quote)))
        assert (shown["status"], shown.get("reason")) == (status, reason)
        assert (shown["product"], shown["details"], shown["claimed_at"]) == (None, None, None)
        assert ("reason" in shown) is bool(reason)
        assert shown in json_body(maria.call("GET", LIST))["items"]

    @pytest.mark.parametrize("make", [lambda service, maria: maria.claimed(), pending, expired, refused])
    def test_is_deleted_in_every_state_and_stays_so(self, service: InMemoryService, maria: Customer, make: Any) -> None:
        quote = make(service, maria)
        answer = maria.call("DELETE", url(quote))
        assert (answer.status_code, answer.data) == (204, b"")
        assert code(maria.call("DELETE", url(quote))) == code(maria.call("GET", url(quote))) == NOT_FOUND
        assert quote["quote_id"] not in ids(maria.call("GET", LIST))
        service.reconcile_until_settled()
        assert code(maria.call("GET", url(quote))) == NOT_FOUND
        assert service.findings() == []

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_of_others_or_of_nobody_is_not_found(self, client: FlaskClient, maria: Customer, method: str) -> None:
        bob = Customer.registered(client, "bob@example.com")
        for quote_id in (bob.claimed()["quote_id"], started(client)["quote_id"], "qt_x", "x" * 500):
            assert code(maria.call(method, f"{LIST}/{quote_id}")) == NOT_FOUND
        assert len(ids(bob.call("GET", LIST))) == 2


class TestAClaim:
    def test_is_a_new_quote_of_the_account_and_then_the_same(self, maria: Customer) -> None:
        quote = started(maria.client)
        first, again = maria.claim(quote), maria.claim(quote)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json == again.json == json_body(maria.call("GET", url(quote)))

    def test_needs_both_secrets(self, client: FlaskClient, maria: Customer) -> None:
        quote = started(client)
        path, token = f"/v1/quotes/{quote['quote_id']}/claim", {"Quote-Token": quote["quote_token"]}
        assert code(client.post(path, headers=token)) == (401, "access-token-missing")
        assert code(Customer(client, "at_made_up").claim(quote)) == (401, "access-token-invalid")
        assert code(maria.call("POST", path)) == (401, "quote-token-missing")
        assert code(maria.claim(quote, Quote_Token="qk_made_up")) == NOT_FOUND
        assert client.get(f"/v1/quotes/{quote['quote_id']}", headers=token).status_code == 200

    def test_of_another_s_quote_is_refused(self, client: FlaskClient, maria: Customer) -> None:
        bob = Customer.registered(client, "bob@example.com")
        quote = started(client)
        assert bob.claim(quote).status_code == 201
        assert code(maria.claim(quote)) == (409, "quote-claimed")
        assert code(register(client, quote)) == (409, "quote-claimed")

    def test_a_request_while_another_runs_must_wait(self, service: InMemoryService, maria: Customer) -> None:
        quote = started(maria.client)
        ref = service.tokens.verify(quote["quote_id"], quote["quote_token"])
        service.quotes.begin_claim(ref, service.ids.claim_token(), None)
        answer = maria.claim(quote)
        assert code(answer) == (409, "claim-in-progress")
        assert int(answer.headers["Retry-After"]) == 15

    def test_of_an_expired_quote_says_where_to_start_again(self, service: InMemoryService, maria: Customer) -> None:
        quote = started(maria.client)
        service.clock.advance(timedelta(hours=25))
        answer = maria.claim(quote)
        assert (code(answer), json_body(answer)["restart"]) == (
            (410, "quote-expired"),
            {"method": "POST", "href": "/v1/quotes"},
        )

    def test_of_another_revision_is_refused_with_the_present_one(self, maria: Customer) -> None:
        quote = started(maria.client)
        answer = maria.claim(quote, If_Match='"1"')
        assert (code(answer), answer.headers["ETag"]) == ((412, "revision-mismatch"), f'"{quote["revision"]}"')
        assert maria.claim(quote, If_Match=f'"{quote["revision"]}"').status_code == 201
        assert code(maria.claim(quote, If_Match="W/1")) == (400, "malformed-request")
