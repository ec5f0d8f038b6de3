"""Rules of calls that are always refused, and of calls for operators that are always answered."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from tests.proof.http.harness.operations import Operations
from tests.proof.http.harness.responses import json_of
from tests.proof.http.model import answers
from tests.proof.http.model.entities import Object, Person, Quote, Store
from tests.proof.http.rules.decorators import read_only_rule
from tests.proof.http.rules.strategies import (
    CALLS,
    INVALID_APPLICANTS,
    INVALID_QUOTES,
    INVALID_TAGS,
    METHODS,
    UNKNOWN,
    Body,
    applicants,
    bodies,
    numbers,
)


class RefusalRules(Operations):
    """Calls that are never right, and calls for operators."""

    @read_only_rule(
        quote=numbers, other=numbers, call=st.sampled_from(CALLS), token=st.sampled_from(["made up", "other", "key"])
    )
    def call_with_a_forged_token(self, quote: Quote, other: Quote, call: tuple[str, str], token: str) -> None:
        forged = {"made up": "qk_made_up", "key": f"qk_k9{quote.token[5:]}", "other": other.token}[token]
        if forged != quote.token:
            self._expect(self._send_valid(call, quote, token=forged), {answers.NO_QUOTE})

    @read_only_rule(quote=numbers, call=st.sampled_from(CALLS))
    def call_without_a_token(self, quote: Quote, call: tuple[str, str]) -> None:
        response = self._send_valid(call, quote, token=None)
        self._expect(response, {answers.TOKEN_MISSING})
        assert response.headers["WWW-Authenticate"]

    @read_only_rule(quote=numbers, call=st.sampled_from(CALLS), quote_id=st.sampled_from([UNKNOWN, "nonsense", "qt_"]))
    def call_for_an_unknown_quote(self, quote: Quote, call: tuple[str, str], quote_id: str) -> None:
        unknown = Quote(quote_id, quote.token, None, self.model.now, None)
        self._expect(self._send_valid(call, unknown, token=quote.token), {answers.NO_QUOTE})

    @read_only_rule(quote=numbers, call=st.sampled_from([*CALLS[1:3], CALLS[4], ("POST", None)]), body=bodies)
    def send_a_body_that_is_not_allowed(self, quote: Quote, call: tuple[str, str | None], body: Body) -> None:
        (method, path), (data, media_type, answer) = call, body
        url = "/v1/quotes" if path is None else f"/v1/quotes/{quote.quote_id}{path}"
        response = self._send(method, url, data, {"Quote-Token": quote.token, "Content-Type": media_type})
        self._expect(response, {answer})

    @read_only_rule(odd=st.sampled_from(INVALID_QUOTES))
    def start_with_an_odd_member(self, odd: tuple[Object, str]) -> None:
        self._expect_pointer(self._send("POST", "/v1/quotes", json.dumps(odd[0])), odd[1])

    @read_only_rule(quote=numbers, person=applicants, odd=st.sampled_from(INVALID_APPLICANTS))
    def register_with_an_odd_member(self, quote: Quote, person: Person, odd: tuple[Object, str]) -> None:
        body = {"email": person.email, "password": person.password} | odd[0]
        self._expect_pointer(self._call("POST", quote, "/registration", body), odd[1])

    @read_only_rule(quote=numbers, call=st.sampled_from(CALLS[1:]), tag=st.sampled_from(INVALID_TAGS))
    def send_a_malformed_if_match(self, quote: Quote, call: tuple[str, str], tag: str) -> None:
        tag = tag.replace("REVISION", str(quote.revisions[-1]))
        self._expect(self._send_valid(call, quote, token=quote.token, headers={"If-Match": tag}), {answers.MALFORMED})

    @read_only_rule(
        quote=numbers, call=st.sampled_from(CALLS), accept=st.sampled_from(["text/html", "application/json;q=0, */*"])
    )
    def ask_for_another_form(self, quote: Quote, call: tuple[str, str], accept: str) -> None:
        self._expect(
            self._send_valid(call, quote, token=quote.token, headers={"Accept": accept}), {answers.NOT_ACCEPTABLE}
        )

    @read_only_rule(
        path=st.sampled_from([*METHODS]), method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    )
    def use_a_method_that_is_not_there(self, path: str, method: str) -> None:
        method = "OPTIONS" if method in METHODS[path] else method
        response = self._send(method, path)
        assert set(response.headers["Allow"].split(", ")) == METHODS[path]
        self._expect(response, {answers.OK if method == "OPTIONS" else answers.NO_METHOD})

    @read_only_rule(path=st.sampled_from(["/nope", "/v1", "/v1/nope", "/v1/quotes/a/b/c", "//v1/quotes"]))
    def look_where_nothing_is(self, path: str) -> None:
        self._expect(self._send("GET", path), {answers.NO_PATH})

    @read_only_rule(path=st.sampled_from(["/healthz", "/openapi.json"]))
    def ask_whether_it_lives(self, path: str) -> None:
        assert self._expect(self._send("GET", path), {answers.OK}) == answers.OK

    @read_only_rule()
    def ask_whether_it_is_ready(self) -> None:
        response = self._send("GET", "/readyz")
        self._expect(response, self.model.to_readiness())
        checks = {name: what == "ok" for name, what in json_of(response)["checks"].items()}
        assert checks == {
            "store": self.model.store in (Store.UP, Store.FULL),
            "database": not self.model.is_database_away,
        }
