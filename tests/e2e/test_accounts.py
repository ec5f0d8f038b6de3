"""Sessions and the account over HTTP, exactly as the contract says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from domain.errors import (
    DatabaseUnavailable,
    Overloaded,
    QuoteholdError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)
from tests.doubles.hashers import PlainPasswordHasher
from tests.e2e.support.http_customer import (
    EMAIL,
    PASSWORD,
    Customer,
    code,
    log_in,
    pointers,
    register,
    started,
)
from tests.support.answers import json_body
from tests.support.in_memory_service import InMemoryService

NEW = "another horse battery"
SESSION_ENDED = (401, "access-token-invalid")


def change(maria: Customer, password: Any = PASSWORD, new: Any = NEW) -> TestResponse:
    return maria.call("PUT", "/v1/account/password", {"password": password, "new_password": new})


class TestSessions:
    def test_a_log_in_answers_with_a_session_and_the_account(self, client: FlaskClient, maria: Customer) -> None:
        answer = log_in(client)
        assert answer.status_code == 201
        assert set(json_body(answer)) == {"access_token", "token_type", "expires_at", "account"}
        assert json_body(answer)["token_type"] == "Bearer"
        assert json_body(answer)["access_token"].startswith("at_")
        assert json_body(answer)["account"] == json_body(maria.call("GET", "/v1/account"))
        assert Customer(client, json_body(answer)["access_token"]).call("GET", "/v1/account").status_code == 200
        assert log_in(client, "MARIA@Example.com").status_code == 201

    def test_an_unknown_email_and_a_wrong_password_are_answered_alike(
        self, client: FlaskClient, maria: Customer
    ) -> None:
        unknown, wrong = log_in(client, "nobody@example.com"), log_in(client, password="wrong")
        assert code(unknown) == code(wrong) == (401, "bad-credentials")
        assert unknown.headers["WWW-Authenticate"] == wrong.headers["WWW-Authenticate"] == "Password"
        texts = [answer.text.replace(answer.headers["X-Request-Id"], "") for answer in (unknown, wrong)]
        assert texts[0] == texts[1]

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({}, ["/email", "/password"]),
            ({"email": "no address", "password": PASSWORD}, ["/email"]),
            ({"email": EMAIL, "password": ""}, ["/password"]),
            ({"email": EMAIL, "password": "x" * 1025}, ["/password"]),
            ({"email": EMAIL, "password": 1}, ["/password"]),
            ({"email": EMAIL, "password": PASSWORD, "remember": True}, ["/remember"]),
        ],
    )
    def test_an_invalid_body_is_refused_with_pointers(self, client: FlaskClient, body: Any, where: list[str]) -> None:
        assert pointers(client.post("/v1/sessions", json=body)) == where

    def test_a_log_out_ends_this_session_alone(self, client: FlaskClient, maria: Customer) -> None:
        other = Customer(client, json_body(log_in(client))["access_token"])
        answer = maria.call("DELETE", "/v1/sessions/current")
        assert (answer.status_code, answer.data) == (204, b"")
        assert code(maria.call("DELETE", "/v1/sessions/current")) == SESSION_ENDED
        assert code(maria.call("GET", "/v1/account")) == SESSION_ENDED
        assert other.call("GET", "/v1/account").status_code == 200

    def test_a_session_ends_by_itself(self, service: InMemoryService, maria: Customer) -> None:
        service.clock.advance(timedelta(days=30) - timedelta(milliseconds=1))
        assert maria.call("GET", "/v1/account").status_code == 200
        service.clock.advance(timedelta(milliseconds=1))
        assert code(maria.call("GET", "/v1/account")) == SESSION_ENDED


class TestAnOutdatedHash:
    """Passwords that were hashed with other parameters."""

    @pytest.fixture(autouse=True)
    def newer_hasher(self, service: InMemoryService) -> None:
        """Let log-ins hash with other parameters than registrations, before a client is made."""
        services = service.services
        service.services = replace(services, log_in=replace(services.log_in, hasher=PlainPasswordHasher("newer")))

    def test_is_replaced_at_a_log_in_and_sessions_go_on(self, service: InMemoryService, maria: Customer) -> None:
        assert log_in(maria.client, password="wrong").status_code == 401
        assert {account.password_hash[:6] for account in service.database.accounts.values()} == {"plain:"}
        fresh = Customer(maria.client, json_body(log_in(maria.client))["access_token"])
        assert {account.password_hash for account in service.database.accounts.values()} == {f"newer:{PASSWORD}"}
        assert [each.call("GET", "/v1/account").status_code for each in (maria, fresh)] == [200, 200]

    @pytest.mark.parametrize("outage", [DatabaseUnavailable("away"), Overloaded("busy")])
    def test_that_cannot_be_replaced_now_fails_no_log_in(
        self, service: InMemoryService, maria: Customer, outage: Exception
    ) -> None:
        with mock.patch.object(service.accounts, "put_credentials", side_effect=outage):
            assert log_in(maria.client).status_code == 201
        hasher: Any = service.services.log_in.hasher
        with mock.patch.object(hasher, "hash", side_effect=outage):
            assert log_in(maria.client).status_code == 201


class TestTheAccount:
    def test_the_profile_has_the_account_s_own_data(self, maria: Customer) -> None:
        answer = maria.call("GET", "/v1/account")
        assert answer.status_code == 200
        assert set(json_body(answer)) == {"account_id", "email", "name", "created_at"}
        assert (json_body(answer)["email"], json_body(answer)["name"]) == (EMAIL, "Maria")
        assert maria.call("HEAD", "/v1/account").status_code == 200

    def test_a_new_password_ends_every_session_and_begins_one(self, client: FlaskClient, maria: Customer) -> None:
        other = Customer(client, json_body(log_in(client))["access_token"])
        answer = change(maria)
        assert answer.status_code == 200
        assert set(json_body(answer)) == {"access_token", "token_type", "expires_at"}
        assert [code(old.call("GET", "/v1/account")) for old in (maria, other)] == [SESSION_ENDED] * 2
        assert Customer(client, json_body(answer)["access_token"]).call("GET", "/v1/account").status_code == 200
        assert (log_in(client).status_code, log_in(client, password=NEW).status_code) == (401, 201)

    def test_without_the_old_password_nothing_is_changed(self, client: FlaskClient, maria: Customer) -> None:
        answer = change(maria, "wrong")
        assert (code(answer), answer.headers["WWW-Authenticate"]) == ((401, "bad-credentials"), "Password")
        assert maria.call("GET", "/v1/account").status_code == 200
        assert log_in(client).status_code == 201

    @pytest.mark.parametrize(("new", "where"), [("short", "/new_password"), ("password1", "/new_password")])
    def test_a_refused_password_is_pointed_at(self, maria: Customer, new: str, where: str) -> None:
        assert pointers(change(maria, new=new)) == [where]
        assert pointers(maria.call("PUT", "/v1/account/password", {})) == ["/new_password", "/password"]

    def test_the_export_has_the_account_its_quotes_and_its_sessions(self, client: FlaskClient, maria: Customer) -> None:
        log_in(client)
        quote = maria.claimed()
        answer = maria.call("GET", "/v1/account/export")
        assert answer.status_code == 200
        assert set(json_body(answer)) == {"account", "quotes", "sessions", "exported_at"}
        assert json_body(answer)["account"] == json_body(maria.call("GET", "/v1/account"))
        assert json_body(answer)["quotes"] == json_body(maria.call("GET", "/v1/account/quotes"))["items"]
        assert quote in json_body(answer)["quotes"]
        assert json_body(answer)["sessions"] == 2

    def test_an_erased_account_is_gone_and_its_email_is_free(self, client: FlaskClient, maria: Customer) -> None:
        wrong = maria.call("DELETE", "/v1/account", {"password": "wrong"})
        assert code(wrong) == (401, "bad-credentials")
        assert pointers(maria.call("DELETE", "/v1/account", {})) == ["/password"]
        assert maria.call("GET", "/v1/account").status_code == 200
        answer = maria.call("DELETE", "/v1/account", {"password": PASSWORD})
        assert (answer.status_code, answer.data) == (204, b"")
        assert code(maria.call("GET", "/v1/account")) == SESSION_ENDED
        assert code(log_in(client)) == (401, "bad-credentials")
        assert register(client, started(client)).status_code == 201


class TestTheStoreOfSessionsIsAway:
    @pytest.mark.parametrize("outage", [StoreUnreachable("away"), StoreReadOnly("a replica"), StoreFull("full")])
    def test_a_registration_gets_no_session_and_its_customer_logs_in_later(
        self, service: InMemoryService, client: FlaskClient, outage: QuoteholdError
    ) -> None:
        service.sessions.outage = outage
        answer = register(client, started(client))
        assert (answer.status_code, json_body(answer)["access_token"], json_body(answer)["expires_at"]) == (
            201,
            None,
            None,
        )
        assert json_body(answer)["token_type"] == "Bearer"
        service.sessions.outage = None
        assert log_in(client).status_code == 201

    def test_a_password_is_changed_and_its_session_follows_at_the_next_log_in(
        self, service: InMemoryService, client: FlaskClient, maria: Customer
    ) -> None:
        with mock.patch.object(service.sessions, "open", side_effect=StoreUnreachable("away")):
            answer = change(maria)
        assert (answer.status_code, json_body(answer)["access_token"], json_body(answer)["expires_at"]) == (
            200,
            None,
            None,
        )
        assert code(maria.call("GET", "/v1/account")) == SESSION_ENDED
        assert log_in(client, password=NEW).status_code == 201

    def test_everything_else_can_be_repeated_later(
        self, service: InMemoryService, client: FlaskClient, maria: Customer
    ) -> None:
        quote = started(client)
        service.sessions.outage = StoreUnreachable("away")
        answers = [
            log_in(client),
            maria.call("DELETE", "/v1/sessions/current"),
            *(maria.call("GET", f"/v1/account{path}") for path in ("", "/export", "/quotes", "/quotes/x")),
            change(maria),
            maria.call("DELETE", "/v1/account", {"password": PASSWORD}),
            maria.call("DELETE", "/v1/account/quotes/x"),
            maria.claim(quote),
        ]
        assert {code(answer) for answer in answers} == {(503, "store-unavailable")}
        service.sessions.outage = None
        assert (log_in(client).status_code, maria.claim(quote).status_code) == (201, 201)
