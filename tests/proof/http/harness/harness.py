"""The harness: the service over in-memory adapters, where a test advances the time and stops servers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from domain import errors
from entrypoints.http.app import create_app
from entrypoints.http.requests.context import EXTENSION
from entrypoints.settings.settings import Settings
from tests.proof.http.model.account_model import AccountModel
from tests.proof.http.model.entities import Expects, Quote, Store
from tests.support.checking_client import Client
from tests.support.in_memory_service import InMemoryService

PATCH_TYPE = "application/merge-patch+json"
OUTAGES: dict[Store, errors.QuoteholdError] = {
    Store.AWAY: errors.StoreUnreachable("refused"),
    Store.OVERLOADED: errors.Overloaded("no connection is free"),
    Store.READ_ONLY: errors.StoreReadOnly("READONLY"),
    Store.FULL: errors.StoreFull("OOM"),
}


@dataclass
class Tally:
    """The number of examples, of steps by rule, and of answers."""

    hits: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    examples: int = 0


@cache
def _app() -> Flask:
    """Make the app once: the libraries keep the parts of an app until the process ends."""
    return create_app(InMemoryService().services, Settings.from_environ({}))


class Harness:
    """The service, the model beside it, and calls. `Client` checks each answer as well."""

    tally: ClassVar[Tally] = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.service = InMemoryService()
        self.model = AccountModel(self.service.clock.now)
        app = _app()
        app.extensions[EXTENSION] = self.service.services
        self.reader = FlaskClient(app, app.response_class)
        self.client = Client(app, app.response_class)
        self.secrets: set[str] = set()
        self.requests = 0
        self.steps_to_recovery = self.steps_since_read_only_rule = 0

    # Calls.

    def _send(self, method: str, path: str, data: Any = None, headers: Mapping[str, str] | None = None) -> TestResponse:
        self.requests += 1
        named = {"X-Request-Id": f"request-{self.requests}", "Content-Type": "application/json"} | dict(headers or {})
        response = self.client.open(path, method=method, data=data, headers=named)
        assert response.headers["X-Request-Id"] == named["X-Request-Id"]
        return response

    def _call(
        self, method: str, quote: Quote, path: str = "", body: Any = None, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        media_type = {"Content-Type": PATCH_TYPE} if method == "PATCH" else {}
        own = {"Quote-Token": quote.token} | media_type | dict(headers or {})
        return self._send(method, f"/v1/quotes/{quote.quote_id}{path}", None if body is None else json.dumps(body), own)

    def _send_valid(
        self, call: tuple[str, str], quote: Quote, *, token: str | None, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        """Make a call that is right, except for its headers."""
        body = {"email": "new@example.com", "password": "correct horse battery"} if call[0] == "POST" else {}
        own = ({"Quote-Token": token} if token else {}) | dict(headers or {})
        return self._send(call[0], f"/v1/quotes/{quote.quote_id}{call[1]}", json.dumps(body), own)

    def _etag(self, quote: Quote) -> str:
        return f'"{quote.revisions[-1]}"'

    def _if_match(self, quote: Quote, which: str) -> tuple[dict[str, str], Expects]:
        present = self._etag(quote)
        older = [revision for revision in quote.revisions if revision != quote.revisions[-1]] or [1]
        tags = {"star": "*", "stale": f'"{older[-1]}"', "weak": f"W/{present}", "foreign": '"abc"', "present": present}
        expects = {"absent": Expects.NOTHING, "star": Expects.NOTHING, "present": Expects.PRESENT}
        headers = {} if which == "absent" else {"If-Match": tags[which]}
        return headers, expects.get(which, Expects.OTHER)

    # Outages.

    def _set_sessions(self) -> None:
        self.service.sessions.outage = None if self.model.takes_sessions else errors.StoreUnreachable("refused")

    def end_outages(self) -> None:
        self.model.is_database_away = self.service.database.is_down = self.model.are_sessions_away = False
        self._repair_store()

    def _break_store(self, store: Store) -> None:
        self.model.store, quotes = store, self.service.quotes
        if store is Store.FULL:
            # Not by `write_outage`: a full store refuses calls that need room, and still deletes, freezes and claims.
            vars(quotes).update(create=_full, save=_full)
        elif store is Store.READ_ONLY:
            quotes.write_outage = OUTAGES[store]
        else:
            quotes.outage = OUTAGES[store]
        self._set_sessions()

    def _repair_store(self) -> None:
        self.model.store, quotes = Store.UP, self.service.quotes
        quotes.outage = quotes.write_outage = None
        for method in ("create", "save"):
            vars(quotes).pop(method, None)
        self._set_sessions()

    def _stored_drafts(self) -> set[str]:
        """Return the quotes that have a draft, read without the store, which may be down."""
        entries = self.service.quotes._entries.items()
        return {ref.quote_id for ref, entry in entries if entry.ends > self.model.now and not entry.tombstone}


def _full(*_: Any) -> None:
    raise OUTAGES[Store.FULL]
