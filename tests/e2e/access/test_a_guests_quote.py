"""
The attack of CVE-2026-94462, against another product: any customer claims a guest's cart by its id.

An id is public: links, logs and referrers hold it. Here it opens nothing, not even together with every secret that the
attacker can have.
"""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.e2e.access.support.actors import PASSWORD, PRIVATE, Actors, Visited
from tests.support.answers import json_body

OF_A_QUOTE = (
    ("GET", "", None),
    ("PUT", "/details", {"stolen": True}),
    ("PATCH", "/details", {"stolen": True}),
    ("DELETE", "", None),
    ("POST", "/registration", {"email": "mallory@example.com", "password": PASSWORD}),
    ("POST", "/claim", None),
)
"""Every call on a visitor's quote, and on an account's."""
OF_AN_ACCOUNT = ("GET", "DELETE")


class Mallory:
    """An attacker: an ordinary customer with the id of another visitor's quote."""

    def __init__(self, actors: Actors) -> None:
        self.client = actors.inspected.client
        self.access = str(actors.bob.access)
        self.quote = actors.another_visitor
        claimed = actors.bob.quote.token
        made_up = self.quote.token[:5] + "A" * 32
        self.secrets = (None, "", self.quote.token, claimed, made_up, self.access, f"Bearer {self.access}")
        """The texts that Mallory sends as the quote's token."""

    def asks(self, method: str, path: str, body: Any = None, token: str | None = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.access}"} | ({} if token is None else {"Quote-Token": token})
        return self.client.open(path, method=method, headers=headers, json=body)

    def tries_everything_on(self, quote_id: str) -> list[TestResponse]:
        visits = [
            self.asks(method, f"/v1/quotes/{quote_id}{rest}", body, token)
            for method, rest, body in OF_A_QUOTE
            for token in self.secrets
        ]
        return visits + [self.asks(method, f"/v1/account/quotes/{quote_id}") for method in OF_AN_ACCOUNT]

    def sees(self) -> str:
        """Return everything that the service shows Mallory."""
        paths = ("/v1/account", "/v1/account/export", "/v1/account/quotes")
        return "".join(self.asks("GET", path).text for path in paths)


class Guest:
    """A visitor with the token of the quote."""

    def __init__(self, actors: Actors, quote: Visited) -> None:
        self.client = actors.inspected.client
        self.url = f"/v1/quotes/{quote.id}"
        self.token = {"Quote-Token": quote.token}

    def reads(self) -> TestResponse:
        return self.client.get(self.url, headers=self.token)

    def saves(self, details: Any) -> TestResponse:
        return self.client.put(f"{self.url}/details", headers=self.token, json=details)

    def registers(self, email: str) -> TestResponse:
        person = {"email": email, "password": PASSWORD}
        return self.client.post(f"{self.url}/registration", headers=self.token, json=person)


@pytest.fixture
def mallory(actors: Actors) -> Mallory:
    return Mallory(actors)


@pytest.fixture
def guest(actors: Actors) -> Guest:
    return Guest(actors, actors.visitor)


def assert_nothing_came_of_it(answers: list[TestResponse]) -> None:
    assert {answer.status_code for answer in answers} == {401, 404}
    assert not [answer for answer in answers if PRIVATE in answer.text]


def test_a_customer_who_knows_the_id_of_a_guests_quote_can_do_nothing_with_it(
    actors: Actors, mallory: Mallory, guest: Guest
) -> None:
    read, before = guest.reads(), actors.inspected.everything()
    assert_nothing_came_of_it(mallory.tries_everything_on(actors.visitor.id))
    assert actors.inspected.everything() == before
    assert actors.visitor.id not in mallory.sees()
    again = guest.reads()
    assert (again.status_code, again.data, again.headers["ETag"]) == (200, read.data, read.headers["ETag"])
    assert json_body(guest.saves({"note": "still mine"}))["details"] == {"note": "still mine"}
    assert guest.registers(actors.new_email()).status_code == 201


def test_a_customer_can_do_nothing_with_a_quote_that_its_guest_has_claimed(
    actors: Actors, mallory: Mallory, guest: Guest
) -> None:
    access = json_body(guest.registers(actors.new_email()))["access_token"]
    before = actors.inspected.everything()
    assert_nothing_came_of_it(mallory.tries_everything_on(actors.visitor.id))
    assert actors.inspected.everything() == before
    assert actors.visitor.id not in mallory.sees()
    mine = actors.inspected.client.get(
        f"/v1/account/quotes/{actors.visitor.id}", headers={"Authorization": f"Bearer {access}"}
    )
    assert (mine.status_code, json_body(mine)["details"]) == (200, {"note": PRIVATE})


def test_a_visitor_who_is_not_a_customer_can_do_nothing_with_it(actors: Actors, mallory: Mallory, guest: Guest) -> None:
    mallory.access = "at_" + "A" * 64
    before = guest.reads().data
    assert_nothing_came_of_it(mallory.tries_everything_on(actors.visitor.id))
    assert guest.reads().data == before


def test_a_token_that_is_stolen_after_the_claim_opens_nothing(actors: Actors, mallory: Mallory, guest: Guest) -> None:
    """The token ended with the claim, for all but the account that has the quote."""
    guest.registers(actors.new_email())
    before = actors.inspected.everything()
    for method, rest, body in OF_A_QUOTE:
        answer = mallory.asks(method, f"/v1/quotes/{actors.visitor.id}{rest}", body, actors.visitor.token)
        assert (answer.status_code, json_body(answer)["code"]) == (409 if method == "POST" else 410, "quote-claimed")
        assert PRIVATE not in answer.text
    assert actors.inspected.everything() == before


def test_a_bearer_shows_its_own_account_alone(actors: Actors, mallory: Mallory) -> None:
    seen = mallory.sees()
    for other in (actors.maria, actors.careful, actors.erased):
        for secret in (other.email, other.account.account_id, other.quote.id):
            assert secret not in seen
    assert actors.bob.email in seen
    assert actors.bob.quote.id in seen
