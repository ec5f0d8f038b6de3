"""The callers of a fuzz run: visitors with quotes and customers with accounts, made over HTTP."""

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
class Actors:
    """
    All callers of one run, each made at its first use.

    `base_url` is the service's. `tokens`, `etags` and `owners` hold, by the id of a quote, its token, its latest entity
    tag, and the access token that opens it once it is claimed.
    """

    base_url: str
    tokens: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def quote(self) -> str:
        """Start a quote, and return its id."""
        answer = self._call("POST", "/v1/quotes", json={"product": "motor", "details": {"vehicle": {"make": "Seat"}}})
        self.started(answer)
        return str(answer["quote_id"])

    def started(self, quote: dict[str, Any]) -> None:
        self.tokens[quote["quote_id"]] = quote["quote_token"]
        self.saved(quote)

    def saved(self, quote: dict[str, Any]) -> None:
        self.etags[quote["quote_id"]] = f'"{quote["revision"]}"'

    def customer(self) -> Customer:
        """Register a customer for one call alone."""
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
        """The customer of all calls that end no session."""
        return self.customer()

    @cached_property
    def returning(self) -> Customer:
        """The customer of all log-ins. An account's sessions are limited, so a log-in may end the oldest."""
        return self.customer()

    @cached_property
    def cursor(self) -> str:
        """The cursor of the second page of the lasting customer's quotes."""
        self.claimed_quote()
        self.claimed_quote()
        headers = {"Authorization": f"Bearer {self.lasting.access_token}"}
        return str(self._call("GET", "/v1/account/quotes?limit=1", headers=headers)["next_cursor"])

    def claimed_quote(self) -> str:
        """Claim a quote for the lasting customer, and return its id."""
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
