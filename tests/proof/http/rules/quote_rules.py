"""Rules of visitors and their quotes."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from tests.proof.http.harness.operations import MOST_OPEN, MOST_QUOTES, Operations
from tests.proof.http.harness.responses import not_none
from tests.proof.http.model import answers
from tests.proof.http.model.entities import TTL, Expects, Fate, Object, Person, Quote, Store, merged
from tests.proof.http.rules.decorators import counted_rule, read_only_rule, when
from tests.proof.http.rules.strategies import applicants, if_matches, numbers, objects, products


class QuoteRules(Operations):
    """Visitors and their quotes."""

    # Quotes.

    @initialize(product=products, details=objects)
    def a_first_quote(self, product: str | None, details: Object) -> None:
        self._start_quote({"product": product, "details": details})

    @when(lambda model: len(model.quotes) < MOST_QUOTES and len(model.open_quotes) < MOST_OPEN)
    @counted_rule(product=products, details=st.none() | objects, has_body=st.booleans())
    def start(self, product: str | None, details: Object | None, *, has_body: bool) -> None:
        self._start_quote({"product": product, "details": details} if has_body else None)

    @counted_rule(
        quote=numbers, tag=st.sampled_from(["absent", "present", "weak", "several", "star", "stale", 'not a tag, "'])
    )
    def read(self, quote: Quote, tag: str) -> None:
        present = self._etag(quote)
        tags = {"present": present, "weak": f"W/{present}", "several": f'"1", {present}', "star": "*", "stale": '"1"'}
        headers = {} if tag == "absent" else {"If-None-Match": tags.get(tag, tag)}
        response = self._call("GET", quote, headers=headers)
        if response.status_code == 304:
            assert tag in ("present", "weak", "several", "star")
            assert (response.headers["ETag"], response.data) == (present, b"")
            assert answers.OK in self.model.to_read(quote)
            self.tally.answers["304"] += 1
        elif self._expect(response, self.model.to_read(quote), quote) == answers.OK:
            assert tag not in ("present", "weak", "several", "star")
            self._assert_shown(response, quote)

    @read_only_rule(quote=numbers)
    def look_at_the_head(self, quote: Quote) -> None:
        response = self._call("HEAD", quote)
        assert response.data == b""
        assert response.status_code in {answer.status for answer in self.model.to_read(quote)}
        assert response.status_code != 200 or response.headers["ETag"] == self._etag(quote)

    @counted_rule(quote=numbers, details=objects, if_match=if_matches)
    def save(self, quote: Quote, details: Object, if_match: str) -> None:
        self._save_details(quote, "PUT", details, details, if_match)

    @counted_rule(quote=numbers, patch=objects, if_match=if_matches)
    def merge(self, quote: Quote, patch: Object, if_match: str) -> None:
        draft = quote.live(self.model.now)
        self._save_details(quote, "PATCH", patch, merged(draft.details if draft else {}, patch), if_match)

    @when(lambda model: bool(model.late_quotes))
    @counted_rule(late=numbers, details=objects)
    def save_beside_its_claim(self, late: Quote, details: Object) -> None:
        """Save before the store knows of the claim: an accepted save is kept."""
        self._save_details(late, "PUT", details, details, "absent")

    @counted_rule(quote=numbers, method=st.sampled_from(["PUT", "PATCH"]))
    def save_too_much(self, quote: Quote, method: str) -> None:
        response = self._call(method, quote, "/details", {"a": "x" * 64 * 1024})
        self._expect(response, self.model.to_save(quote, Expects.NOTHING, is_too_large=True), quote)

    @counted_rule(quote=numbers, if_match=if_matches)
    def discard(self, quote: Quote, if_match: str) -> None:
        headers, expects = self._if_match(quote, if_match)
        allowed = self.model.to_discard(quote, expects)
        if self._expect(self._call("DELETE", quote, headers=headers), allowed, quote) == answers.DISCARDED:
            self.model.apply_discard(quote)

    # Registration.

    @counted_rule(quote=numbers, person=applicants, if_match=if_matches)
    def register(self, quote: Quote, person: Person, if_match: str) -> None:
        self._register(quote, person, if_match)

    @counted_rule(quote=numbers, person=applicants, fate=st.sampled_from(["applied", "dropped"]))
    def register_but_the_answer_to_commit_is_lost(self, quote: Quote, person: Person, fate: Fate) -> None:
        """Register with a lost commit; an existing claim is not committed again."""
        self._register(quote, person, "absent", None if quote.claim else fate)

    @when(lambda model: model.store is Store.UP)
    @counted_rule(quote=numbers, person=applicants, store=st.sampled_from([Store.AWAY, Store.READ_ONLY]))
    def register_while_the_store_is_away(self, quote: Quote, person: Person, store: Store) -> None:
        self._break_store(store)
        self._register(quote, person, "absent")
        self._repair_store()

    @when(lambda model: bool(model.claimed_quotes))
    @counted_rule(claimed=numbers, if_match=if_matches)
    def register_again(self, claimed: Quote, if_match: str) -> None:
        self._register(claimed, not_none(claimed.claim).person, if_match)

    @when(lambda model: bool(model.claimed_quotes))
    @counted_rule(claimed=numbers, if_match=if_matches)
    def register_again_with_a_wrong_password(self, claimed: Quote, if_match: str) -> None:
        self._register(claimed, Person(not_none(claimed.claim).person.email, "not that password"), if_match)

    @when(lambda model: bool(model.accounts and model.open_quotes))
    @counted_rule(quote=numbers, number=numbers, is_shouted=st.booleans())
    def register_with_a_taken_email(self, quote: Quote, number: int, *, is_shouted: bool) -> None:
        person = self._customer(number)
        email = person.email.upper() if is_shouted else person.email
        self._register(quote, Person(email, person.password, person.name), "absent")

    @when(lambda model: model.is_all_up and bool(model.accounts and model.open_quotes))
    @counted_rule(open_quote=numbers, number=numbers, person=applicants, details=objects, is_repeated=st.booleans())
    def register_with_a_taken_email_just_before_the_cap(
        self, open_quote: Quote, number: int, person: Person, details: Object, *, is_repeated: bool
    ) -> None:
        """Register just before the maximum age: a refused registration restarts the draft's TTL past it."""
        clock = self.service.clock
        while open_quote.max_age_end - clock.now() > TTL:
            clock.advance(timedelta(hours=23))
            self._save_details(open_quote, "PUT", details, details, "absent")
        clock.advance(max(timedelta(), open_quote.max_age_end - timedelta(minutes=1) - clock.now()))
        self._register(open_quote, self._customer(number), "absent")
        clock.advance(max(timedelta(), open_quote.max_age_end - clock.now()))
        self._save_details(open_quote, "PATCH", details, details, "absent")
        if is_repeated:
            self._register(open_quote, person, "absent")

    def _customer(self, number: int) -> Person:
        accounts = list(self.model.accounts.values())
        return accounts[number % len(accounts)].person
