"""The answer checker: compares each answer with the answers that the model allows."""

from __future__ import annotations

from datetime import timedelta

from werkzeug.test import TestResponse

from tests.proof.http.harness.harness import Harness
from tests.proof.http.harness.responses import answer_of, json_of, not_none, same
from tests.proof.http.model import answers
from tests.proof.http.model.answers import Answer
from tests.proof.http.model.entities import LEASE, Account, Object, Quote, stamp


class AnswerChecker(Harness):
    """Checks an answer, its headers and its body against the model."""

    def _expect(self, response: TestResponse, allowed: set[Answer], quote: Quote | None = None) -> Answer:
        """Return the answer, after checking that it is allowed, with its headers and links."""
        answer = answer_of(response)
        assert answer in allowed, f"{answer} where {allowed} would be right: {response.text}"
        self.tally.answers[str(answer)] += 1
        wait = int(response.headers.get("Retry-After", 0))
        assert (wait > 0) is (answer.status == 503 or answer == answers.BUSY)
        assert answer != answers.BUSY or wait <= LEASE.total_seconds()
        if quote:
            self._assert_links(response, answer, quote)
            if quote.live(self.model.now) and quote.is_past_max_age(self.model.now):
                self.tally.answers[f"{answer} past the maximum age"] += 1
        return answer

    def _assert_links(self, response: TestResponse, answer: Answer, quote: Quote) -> None:
        assert answer != answers.MISMATCH or response.headers["ETag"] == self._etag(quote)
        for name, link in self.model.links(quote, answer).items():
            assert json_of(response)[name] in (link, {**link, "status": quote.claim and quote.claim.status})

    def _expect_pointer(self, response: TestResponse, pointer: str) -> None:
        self._expect(response, {answers.INVALID})
        assert [error["pointer"] for error in json_of(response)["errors"]] == [pointer]

    def _assert_shown(self, response: TestResponse, quote: Quote) -> None:
        self._assert_quote(json_of(response), response.headers["ETag"], quote)

    def _assert_quote(self, shown: Object, etag: str, quote: Quote) -> None:
        expected = self.model.shown(quote)
        updated_at = shown.pop("updated_at")
        assert same(shown, expected), f"{shown} where {expected} would be right"
        assert etag == f'"{expected["revision"]}"'
        assert expected["created_at"] <= updated_at <= stamp(self.model.now + timedelta(seconds=1))

    def _assert_receipt(self, receipt: Object, quote: Quote) -> None:
        account = self.model.accounts[not_none(quote.claim).person.key]
        account.account_id = account.account_id or receipt["account"]["account_id"]
        token = receipt.pop("access_token")
        assert receipt == self.model.receipt(quote)
        assert (token is not None) is self.model.takes_sessions
        if token:
            self._add_session(token, account)

    def _add_session(self, token: str, account: Account) -> None:
        assert token.startswith("at_")
        assert token not in self.secrets, "each access token must be new"
        self.secrets.add(token)
        self.model.add_session(token, account)

    def _assert_settled(self) -> None:
        """Check that each claim is done, and that the store holds no draft of it."""
        claimed = self.model.claimed_quotes
        assert all(not_none(quote.claim).status != "pending" for quote in claimed)
        assert not self._stored_drafts() & {quote.quote_id for quote in claimed}
