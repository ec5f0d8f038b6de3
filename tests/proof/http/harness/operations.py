"""Operations: each calls the service, checks the answer and updates the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from domain import errors
from tests.proof.http.harness.checker import AnswerChecker
from tests.proof.http.harness.responses import json_of, not_none
from tests.proof.http.model import answers
from tests.proof.http.model.entities import Fate, Object, Person, Quote, Request, Session

MOST_QUOTES, MOST_OPEN = 12, 4


class Operations(AnswerChecker):
    """Calls that may be refused; the model is updated with their effect."""

    def begin_step(self, name: str) -> None:
        """Count the step; end an outage after its last step; start a quote if none is open."""
        self.tally.hits[name] += 1
        self.steps_since_read_only_rule += 1
        self.steps_to_recovery -= 1
        if self.steps_to_recovery == 0:
            self.end_outages()
        if not self.model.open_quotes and self.model.is_all_up and len(self.model.quotes) < MOST_QUOTES:
            self._start_quote({"product": "motor", "details": {"vehicle": {"make": "Seat"}}})

    def resolve(self, name: str, value: Any) -> Any:
        """Return the quote or session of that number; more often a quote that has a draft."""
        model = self.model
        kinds: dict[str, Sequence[Quote | Session]] = {
            "quote": [*model.open_quotes, *model.open_quotes, *model.late_quotes, *model.quotes],
            "other": model.quotes,
            "open_quote": model.open_quotes,
            "claimed": model.claimed_quotes,
            "late": model.late_quotes,
            "session": [*model.open_sessions, *model.open_sessions, *model.sessions],
        }
        return kinds[name][value % len(kinds[name])] if name in kinds else value

    def _start_quote(self, body: Object | None) -> Quote | None:
        body = None if body is None else {name: value for name, value in body.items() if value is not None}
        response = self._send("POST", "/v1/quotes", None if body is None else json.dumps(body))
        if self._expect(response, self.model.to_start()) != answers.CREATED:
            return None
        shown = json_of(response)
        quote = Quote(shown["quote_id"], shown.pop("quote_token"), (body or {}).get("product"), self.model.now, None)
        self.secrets.add(quote.token)
        self.model.quotes.append(quote)
        self.model.apply_save(quote, (body or {}).get("details", {}), shown["revision"])
        assert response.headers["Location"] == f"/v1/quotes/{quote.quote_id}"
        self._assert_quote(shown, response.headers["ETag"], quote)
        return quote

    def _save_details(self, quote: Quote, method: str, body: Object, details: Object, if_match: str) -> None:
        headers, expects = self._if_match(quote, if_match)
        allowed = self.model.to_save(quote, expects)
        response = self._call(method, quote, "/details", body, headers)
        if self._expect(response, allowed, quote) == answers.OK:
            revision = json_of(response)["revision"]
            assert revision > quote.revisions[-1]
            self.model.apply_save(quote, details, revision)
            self._assert_shown(response, quote)

    def _register(
        self, quote: Quote, person: Person, if_match: str, fate: Fate | None = None, key: str | None = None
    ) -> None:
        headers, expects = self._if_match(quote, if_match)
        request = None if key is None else Request(key, person.email, person.name)
        headers |= {} if key is None else {"Idempotency-Key": key}
        allowed = self.model.to_register(quote, person, expects, fate, request)
        body = {"email": person.email, "password": person.password} | ({"name": person.name} if person.name else {})
        self.service.database.lose_next_commit = fate
        response = self._call("POST", quote, "/registration", body, headers)
        self.service.database.lose_next_commit = None
        answer, is_replay = self._expect(response, allowed, quote), quote.claim is not None
        self.model.apply_registration(quote, person, expects, fate, answer, request)
        if answer == answers.CREATED:
            assert response.headers.get("Idempotency-Replayed") == ("true" if is_replay else None)
            self.tally.answers[f"receipt {not_none(quote.claim).status}{' again' if is_replay else ''}"] += 1
            self._assert_receipt(json_of(response), quote)

    def _reconcile(self, fate: Fate | None) -> None:
        self.service.database.lose_next_commit = fate
        with suppress(errors.Unavailable):
            self.service.reconcile()
        self.service.database.lose_next_commit = None
        drafts = self._stored_drafts()
        status = {"done": "claimed", "fetch_pending": "pending", "dead": "failed", "discarded": "discarded"}
        states = {str(quote_id): status[row.state] for quote_id, row in self.service.database.claims.items()}
        for quote in self.model.claimed_quotes:
            self.model.apply_pass(quote, states[quote.quote_id], has_draft=quote.quote_id in drafts)
