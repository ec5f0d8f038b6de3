"""Who calls: visitors with quotes and customers with accounts, made over HTTP as anybody would make them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests

PASSWORD = "none of the examples has this"
_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Customer:
    email: str
    access_token: str


@dataclass
class Cast:
    """
    Knows, by its id, the token of every quote that was started, its latest entity tag, and the access token that opens
    it once it is claimed.

    `base_url` is the service's. Nobody is made before they are needed.
    """

    base_url: str
    tokens: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def quote(self) -> str:
        """The id of a fresh quote, whose token is known."""
        answer = self._call("POST", "/v1/quotes", json={"product": "motor", "details": {"vehicle": {"make": "Seat"}}})
        self.started(answer)
        return str(answer["quote_id"])

    def started(self, quote: dict[str, Any]) -> None:
        self.tokens[quote["quote_id"]] = quote["quote_token"]
        self.saved(quote)

    def saved(self, quote: dict[str, Any]) -> None:
        self.etags[quote["quote_id"]] = f'"{quote["revision"]}"'

    def customer(self) -> Customer:
        """Somebody who has just registered, and whom nobody else counts on."""
        quote_id = self.quote()
        email = f"{quote_id}@example.com"
        answer = self._call(
            "POST",
            f"/v1/quotes/{quote_id}/registration",
            json={"email": email, "password": PASSWORD},
            headers={"Quote-Token": self.tokens[quote_id]},
        )
        self.owners[quote_id] = answer["access_token"]
        return Customer(email, answer["access_token"])

    @cached_property
    def lasting(self) -> Customer:
        """The customer of all calls that end nothing."""
        return self.customer()

    @cached_property
    def returning(self) -> Customer:
        """Whoever logs in: an account has so many sessions, and the latest ends the oldest."""
        return self.customer()

    @cached_property
    def cursor(self) -> str:
        """Of the second page of the lasting customer's quotes."""
        self.claimed_quote()
        self.claimed_quote()
        headers = {"Authorization": f"Bearer {self.lasting.access_token}"}
        return str(self._call("GET", "/v1/account/quotes?limit=1", headers=headers)["next_cursor"])

    def claimed_quote(self) -> str:
        """The id of a quote that the lasting customer has just claimed."""
        quote_id, token = self.quote(), self.lasting.access_token
        self._call(
            "POST",
            f"/v1/quotes/{quote_id}/claim",
            headers={"Quote-Token": self.tokens[quote_id], "Authorization": f"Bearer {token}"},
        )
        self.owners[quote_id] = token
        return quote_id

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = requests.request(method, self.base_url.rstrip("/") + path, timeout=_SECONDS, **more)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
