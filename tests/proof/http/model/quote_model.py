"""
The model of quotes: the content and the effect of each answer.

A quote is at most two things at a time: a draft in the store and a claim in the database.
"""

from __future__ import annotations

from tests.proof.http.model.allowed_answers import AllowedAnswers
from tests.proof.http.model.answers import BUSY, CLAIMED, CREATED, DATABASE_AWAY, EMAIL_TAKEN, EXPIRED, Answer
from tests.proof.http.model.entities import (
    LEASE,
    SESSION,
    TTL,
    Account,
    Claim,
    Draft,
    Expects,
    Fate,
    Object,
    Person,
    Quote,
    Request,
    stamp,
)


class QuoteModel(AllowedAnswers):
    """The content of each answer, and its effect."""

    # The content of each answer.

    def shown(self, quote: Quote) -> Object:
        """Return an open quote, without the time of its last save."""
        draft = quote.live(self.now)
        assert draft
        return {
            "quote_id": quote.quote_id,
            "status": "open",
            "product": quote.product,
            "details": draft.details,
            "revision": draft.revision,
            "created_at": stamp(quote.created_at),
            "expires_at": stamp(min(draft.ends, quote.max_age_end)),
        }

    def receipt(self, quote: Quote) -> Object:
        """Return the answer to a registration, without the access token."""
        claim = quote.claim
        assert claim
        return {
            "account": self.account(self.accounts[claim.person.key]),
            "quote": {
                "quote_id": quote.quote_id,
                "status": claim.status,
                "claimed_at": stamp(claim.at) if claim.status == "claimed" else None,
            },
            "token_type": "Bearer",
            "expires_at": stamp(self.now + SESSION) if self.takes_sessions else None,
        }

    def account(self, account: Account) -> Object:
        return {
            "account_id": account.account_id,
            "email": account.person.email,
            "name": account.person.name,
            "created_at": stamp(account.created_at),
        }

    def links(self, quote: Quote, answer: Answer) -> dict[str, Object]:
        """Return the links of a problem."""
        account, claim = f"/v1/account/quotes/{quote.quote_id}", f"/v1/quotes/{quote.quote_id}/claim"
        login = {"method": "POST", "href": "/v1/sessions"}
        links: dict[Answer, dict[str, Object]] = {
            EXPIRED: {"restart": {"method": "POST", "href": "/v1/quotes"}},
            CLAIMED: {"quote": {"method": "GET", "href": account}},
            EMAIL_TAKEN: {"login": login, "claim": {"method": "POST", "href": claim}},
        }
        return links.get(answer, {})

    # The effect of each answer.

    def apply_save(self, quote: Quote, details: Object, revision: int) -> None:
        """Apply a save; it restarts the TTL."""
        quote.draft = Draft(details, revision, min(self.now + TTL, quote.max_age_end))
        quote.revisions.append(revision)

    def apply_discard(self, quote: Quote) -> None:
        quote.draft = None

    def apply_registration(
        self,
        quote: Quote,
        person: Person,
        expects: Expects,
        fate: Fate | None,
        answer: Answer,
        request: Request | None = None,
    ) -> None:
        """Apply a registration, also a refused one: it may have frozen the draft and restarted its TTL."""
        if self.is_repeated(quote, request):
            return
        is_lost = bool(fate) and answer == DATABASE_AWAY and not self.is_database_away
        frozen = self._frozen_draft(quote, expects, answer)
        if quote.claim is None and (answer == CREATED or (is_lost and fate == "applied")):
            self.accounts[person.key] = Account(person, self.now)
            self._claim(quote, person, None if self._is_blind(quote) else quote.live(self.now), request)
        if frozen:
            self._release(quote, frozen, answer, is_lost=is_lost)

    def apply_pass(self, quote: Quote, status: str, *, has_draft: bool) -> None:
        """Check the result of a reconciler's pass, and apply it."""
        draft, claim = quote.live(self.now), quote.claim
        assert claim, "a claim that no client made"
        if claim.status == "pending" and status != "pending":
            assert status == ("claimed" if draft else "failed")
            claim.status, claim.details = ("claimed", draft.details) if draft else ("failed", None)
        assert claim.status == status
        if draft and not has_draft:
            assert status in ("claimed", "discarded"), "the draft of a claim that has no quote yet is gone"
            self._merge_late_draft(quote, draft)

    def _release(self, quote: Quote, frozen: Draft, answer: Answer, *, is_lost: bool = False) -> None:
        """Release a draft that a claim had frozen."""
        frozen.ends = min(self.now + TTL, quote.max_age_end + TTL)
        frozen.frozen_until = self.now + LEASE if is_lost else None
        if quote.claim and quote.claim.status in ("claimed", "discarded") and answer != DATABASE_AWAY:
            self._merge_late_draft(quote, frozen)

    def _claim(self, quote: Quote, person: Person, draft: Draft | None, request: Request | None = None) -> None:
        details = draft.details if draft else None
        quote.claim = Claim(person, self.now, "claimed" if draft else "pending", details, request)

    def _merge_late_draft(self, quote: Quote, draft: Draft) -> None:
        """Merge a draft that was saved after the claim, unless the owner has deleted the quote."""
        assert quote.claim
        quote.draft = None
        if not quote.claim.is_discarded:
            quote.claim.details = draft.details

    def _frozen_draft(self, quote: Quote, expects: Expects, answer: Answer) -> Draft | None:
        """Return the draft, if this registration has frozen it."""
        draft = quote.live(self.now)
        if draft is None or self._obstacles(draft, expects) or self._no_writes() or answer == BUSY:
            return None
        return draft
