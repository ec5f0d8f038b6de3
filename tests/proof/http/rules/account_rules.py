"""Rules of account owners, with sessions that are open or have ended."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.proof.http.harness.operations import Operations
from tests.proof.http.harness.responses import json_of, same
from tests.proof.http.model import answers
from tests.proof.http.model.entities import Account, Object, Person, Quote, Session
from tests.proof.http.rules.decorators import counted_rule, read_only_rule, when
from tests.proof.http.rules.strategies import ACCOUNT_CALLS, KEYS, PASSWORDS, applicants, if_matches, numbers


class AccountRules(Operations):
    """Owners, their sessions and the quotes in their accounts."""

    @counted_rule(quote=numbers, person=applicants, key=st.sampled_from(KEYS), if_match=if_matches)
    def register_with_a_key(self, quote: Quote, person: Person, key: str, if_match: str) -> None:
        self._register(quote, person, if_match, key=key)

    @when(lambda model: any(quote.claim and quote.claim.request for quote in model.quotes))
    @counted_rule(
        number=numbers, name=st.sampled_from([None, None, "Another"]), password=st.sampled_from([None, *PASSWORDS])
    )
    def register_again_with_its_key(self, number: int, name: str | None, password: str | None) -> None:
        keyed = [quote for quote in self.model.quotes if quote.claim and quote.claim.request]
        quote = keyed[number % len(keyed)]
        assert quote.claim
        assert quote.claim.request
        owner, request = quote.claim.person, quote.claim.request
        person = Person(request.email, password or owner.password, name or request.name)
        self._register(quote, person, "absent", key=request.key)

    @when(lambda model: bool(model.accounts))
    @counted_rule(number=numbers, password=st.sampled_from([None, None, None, *PASSWORDS]))
    def log_in(self, number: int, password: str | None) -> None:
        account = self._account(number)
        self._log_in(Person(account.person.email, password or account.person.password))

    @counted_rule(person=applicants)
    def log_in_as_anybody(self, person: Person) -> None:
        self._log_in(person)

    @when(lambda model: bool(model.sessions))
    @counted_rule(session=numbers)
    def log_out(self, session: Session) -> None:
        response = self._send_as("DELETE", "/v1/sessions/current", session)
        if self._expect(response, self.model.to_log_out(session)) == answers.DISCARDED:
            session.is_closed = True

    @when(lambda model: bool(model.sessions))
    @counted_rule(
        session=numbers, password=st.sampled_from([None, None, None, *PASSWORDS]), new=st.sampled_from(PASSWORDS)
    )
    def change_the_password(self, session: Session, password: str | None, new: str) -> None:
        given = password or session.account.person.password
        response = self._send_as("PUT", "/v1/account/password", session, {"password": given, "new_password": new})
        if self._expect(response, self.model.to_change(session, given, answers.OK)) == answers.OK:
            self.model.apply_password_change(session.account, new)
            self._assert_access(json_of(response), session.account)

    @when(lambda model: bool(model.sessions))
    @counted_rule(session=numbers, password=st.sampled_from([None, None, *PASSWORDS]))
    def erase_the_account(self, session: Session, password: str | None) -> None:
        given = password or session.account.person.password
        response = self._send_as("DELETE", "/v1/account", session, {"password": given})
        if self._expect(response, self.model.to_change(session, given, answers.DISCARDED)) == answers.DISCARDED:
            self.model.apply_erasure(session.account)

    @when(lambda model: bool(model.sessions))
    @counted_rule(quote=numbers, session=numbers, if_match=if_matches)
    def claim(self, quote: Quote, session: Session, if_match: str) -> None:
        self._claim_quote(quote, session, if_match)

    @when(lambda model: bool(model.open_sessions and model.open_quotes))
    @counted_rule(open_quote=numbers, number=numbers, is_repeated=st.booleans())
    def claim_what_is_open(self, open_quote: Quote, number: int, *, is_repeated: bool) -> None:
        sessions = self.model.open_sessions
        session = sessions[number % len(sessions)]
        self._claim_quote(open_quote, session, "absent")
        if is_repeated:
            self._claim_quote(open_quote, session, "present")

    @when(lambda model: bool(model.open_sessions and model.claimed_quotes))
    @counted_rule(claimed=numbers, number=numbers)
    def delete_from_the_account(self, claimed: Quote, number: int) -> None:
        sessions = self.model.open_sessions
        mine = [session for session in sessions if self.model.is_owner(claimed, session)] or sessions
        session = mine[number % len(mine)]
        response = self._send_as("DELETE", f"/v1/account/quotes/{claimed.quote_id}", session)
        if self._expect(response, self.model.to_delete(claimed, session)) == answers.DISCARDED:
            self.model.apply_deletion(claimed)

    @when(lambda model: bool(model.sessions))
    @counted_rule(quote=numbers, session=numbers)
    def read_in_the_account(self, quote: Quote, session: Session) -> None:
        response = self._send_as("GET", f"/v1/account/quotes/{quote.quote_id}", session)
        if self._expect(response, self.model.to_get(quote, session)) == answers.OK:
            assert same(json_of(response), self.model.owned(quote))

    @when(lambda model: bool(model.sessions))
    @counted_rule(session=numbers, limit=st.sampled_from([1, 2, 20]))
    def list_the_account(self, session: Session, limit: int) -> None:
        shown: list[Object] = []
        page: Object = {"next_cursor": ""}
        while page["next_cursor"] is not None:
            query = f"limit={limit}" + (f"&cursor={page['next_cursor']}" if shown else "")
            response = self._send_as("GET", f"/v1/account/quotes?{query}", session)
            if self._expect(response, self.model.to_look(session)) != answers.OK:
                return
            page = json_of(response)
            assert len(page["items"]) <= limit
            shown += page["items"]
        assert same(shown, self.model.account_quotes(session.account))

    @when(lambda model: bool(model.sessions))
    @counted_rule(session=numbers)
    def export_the_account(self, session: Session) -> None:
        response = self._send_as("GET", "/v1/account/export", session)
        if self._expect(response, self.model.to_look(session)) == answers.OK:
            export = json_of(response)
            assert same(export["quotes"], self.model.account_quotes(session.account))
            assert export["account"] == self.model.account(session.account)
            assert export["sessions"] == sum(one.account is session.account for one in self.model.open_sessions)

    @when(lambda model: bool(model.sessions))
    @read_only_rule(session=numbers)
    def read_the_account(self, session: Session) -> None:
        response = self._send_as("GET", "/v1/account", session)
        if self._expect(response, self.model.to_look(session)) == answers.OK:
            assert json_of(response) == self.model.account(session.account)

    @read_only_rule(call=st.sampled_from(ACCOUNT_CALLS), is_forged=st.booleans())
    def call_without_a_session(self, call: tuple[str, str, Object | None], *, is_forged: bool) -> None:
        method, path, body = call
        headers = {"Authorization": "Bearer at_made_up"} if is_forged else {}
        response = self._send(method, path, None if body is None else json.dumps(body), headers)
        away = {answers.STORE_AWAY} if is_forged and not self.model.takes_sessions else set()
        answer = self._expect(response, away or {answers.NO_SESSION if is_forged else answers.NO_ACCESS_TOKEN})
        assert answer == answers.STORE_AWAY or response.headers["WWW-Authenticate"].startswith("Bearer")

    def _claim_quote(self, quote: Quote, session: Session, if_match: str) -> None:
        headers, expects = self._if_match(quote, if_match)
        allowed = self.model.to_claim(quote, session, expects)
        response = self._call("POST", quote, "/claim", None, headers | self._authorization(session))
        answer = self._expect(response, allowed, quote)
        self.model.apply_claim(quote, session, expects, answer)
        if answer in (answers.OK, answers.CREATED):
            assert same(json_of(response), self.model.owned(quote))
            self.tally.answers[f"claimed, {answer}"] += 1

    def _log_in(self, person: Person) -> None:
        body = {"email": person.email, "password": person.password}
        response = self._send("POST", "/v1/sessions", json.dumps(body))
        if self._expect(response, self.model.to_log_in(person)) == answers.CREATED:
            account, shown = self.model.accounts[person.key], json_of(response)
            account.account_id = account.account_id or shown["account"]["account_id"]
            assert shown.pop("account") == self.model.account(account)
            self._assert_access(shown, account)

    def _assert_access(self, shown: Object, account: Account) -> None:
        token = shown.pop("access_token")
        assert shown == self.model.access()
        self._add_session(token, account)

    def _account(self, number: int) -> Account:
        accounts = list(self.model.accounts.values())
        return accounts[number % len(accounts)]

    def _send_as(self, method: str, path: str, session: Session, body: Any = None) -> TestResponse:
        return self._send(method, path, None if body is None else json.dumps(body), self._authorization(session))

    def _authorization(self, session: Session) -> dict[str, str]:
        return {"Authorization": f"Bearer {session.token}"}
