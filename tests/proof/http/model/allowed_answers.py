"""
The allowed answers: for each call and each state of a quote, the set of right answers.

If several reasons for a refusal hold, each of them is allowed, since docs/contract.md does not order them. If none
holds, the call must succeed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.proof.http.model.answers import (
    BUSY,
    CLAIMED,
    CREATED,
    DATABASE_AWAY,
    DISCARDED,
    EMAIL_TAKEN,
    EXPIRED,
    KEY_REUSED,
    MISMATCH,
    OK,
    OVERLOADED,
    QUOTE_OF_ANOTHER,
    STORE_AWAY,
    STORE_FULL,
    TOO_LARGE,
    Answer,
)
from tests.proof.http.model.entities import Account, Draft, Expects, Fate, Person, Quote, Request, Store

_NO_READS = {Store.AWAY: STORE_AWAY, Store.OVERLOADED: OVERLOADED}
_NO_WRITES = _NO_READS | {Store.READ_ONLY: STORE_AWAY}
_NO_SAVES = _NO_WRITES | {Store.FULL: STORE_FULL}


@dataclass
class AllowedAnswers:
    """All quotes and accounts, and the servers that are down."""

    clock: Callable[[], datetime]
    quotes: list[Quote] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    store: Store = Store.UP
    is_database_away: bool = False
    are_sessions_away: bool = False

    @property
    def now(self) -> datetime:
        return self.clock()

    @property
    def open_quotes(self) -> list[Quote]:
        """Return the quotes that can be claimed."""
        return [quote for quote in self.quotes if quote.live(self.now) and not quote.claim]

    @property
    def claimed_quotes(self) -> list[Quote]:
        return [quote for quote in self.quotes if quote.claim]

    @property
    def late_quotes(self) -> list[Quote]:
        """Return the claimed quotes with a draft that is still in the store."""
        return [quote for quote in self.claimed_quotes if quote.live(self.now)]

    @property
    def is_all_up(self) -> bool:
        return self.store is Store.UP and not self.is_database_away

    @property
    def takes_sessions(self) -> bool:
        return not self.are_sessions_away and self.store not in _NO_WRITES

    # Allowed answers of each call.

    def to_start(self) -> set[Answer]:
        return self._no_saves() or {CREATED}

    def to_read(self, quote: Quote) -> set[Answer]:
        if self.store in _NO_READS:
            return self._unreadable(quote)
        if not quote.live(self.now) or quote.is_past_max_age(self.now):
            return self._ended(quote)
        return {OK} | self._known(quote)

    def to_save(self, quote: Quote, expects: Expects, *, is_too_large: bool = False) -> set[Answer]:
        if self.store in _NO_READS:
            return self._unreadable(quote)
        draft = quote.live(self.now)
        reasons = ({TOO_LARGE} if is_too_large else set()) | self._no_saves()
        if not draft or quote.is_past_max_age(self.now):
            return reasons | self._ended(quote) | (self._obstacles(draft, Expects.NOTHING) if draft else set())
        return (reasons | self._obstacles(draft, expects) or {OK}) | self._known(quote)

    def to_discard(self, quote: Quote, expects: Expects) -> set[Answer]:
        if self.is_database_away:
            return {DATABASE_AWAY} | self._no_writes()
        if quote.claim:
            return {CLAIMED}
        if draft := quote.live(self.now):
            return self._no_writes() or self._obstacles(draft, expects) or {DISCARDED}
        return {DISCARDED} | self._no_writes()

    def to_register(
        self, quote: Quote, person: Person, expects: Expects, fate: Fate | None, request: Request | None = None
    ) -> set[Answer]:
        if self.is_repeated(quote, request):
            # Only the database is asked.
            is_same = quote.claim and quote.claim.request == request
            return (self._owner_refusals(quote, person) or {CREATED}) if is_same else {KEY_REUSED}
        if self.store is Store.OVERLOADED:
            return {OVERLOADED}
        reasons = {DATABASE_AWAY} if self.is_database_away else set()
        if self._is_blind(quote):
            # If-Match cannot be compared; the store may still know that the quote was claimed.
            reasons |= self._no_writes() if expects is not Expects.NOTHING and not quote.claim else set()
        elif draft := quote.live(self.now):
            # Also past its maximum age: a refused registration has restarted the draft's TTL, so it can be
            # repeated until that TTL ends too (docs/protocol.md, 3.5).
            reasons |= self._obstacles(draft, Expects.NOTHING if quote.claim else expects) & self._claim_refusals()
        elif not quote.claim:
            return reasons or {EXPIRED}
        reasons |= self._owner_refusals(quote, person)
        lost = {DATABASE_AWAY} if fate and not quote.claim else {CREATED}
        return (reasons or lost) | self._blind_replay(quote, expects)

    def to_readiness(self) -> set[Answer]:
        return self._no_writes() | ({DATABASE_AWAY} if self.is_database_away else set()) or {OK}

    def is_repeated(self, quote: Quote, request: Request | None) -> bool:
        """Return whether a request with that key is known to have claimed the quote."""
        known = quote.claim and quote.claim.request
        return bool(known and request and known.key == request.key and not self.is_database_away)

    def _claim_refusals(self) -> set[Answer]:
        """Return the refusals that a claim meets; only a writable store knows of another claim's lease."""
        return {MISMATCH} if self._no_writes() else {BUSY, MISMATCH}

    def _blind_replay(self, quote: Quote, expects: Expects) -> set[Answer]:
        is_asked_blind = self._is_blind(quote) and expects is not Expects.NOTHING
        return self._no_writes() if quote.claim and is_asked_blind else set()

    def _is_blind(self, quote: Quote) -> bool:
        """Tell whether the draft is unknown: the store is away, or is read-only, may be behind, and shows no draft."""
        is_unseen = self.store is Store.AWAY or not quote.live(self.now)
        return bool(self._no_writes()) and is_unseen and not quote.has_expired(self.now)

    def _owner_refusals(self, quote: Quote, person: Person) -> set[Answer]:
        if quote.claim:
            owner = quote.claim.person
            if quote.claim.is_discarded:
                return {QUOTE_OF_ANOTHER}
            return set() if (owner.key, owner.password) == (person.key, person.password) else {QUOTE_OF_ANOTHER}
        return {EMAIL_TAKEN} if person.key in self.accounts else set()

    def _unreadable(self, quote: Quote) -> set[Answer]:
        is_certain = self.store is Store.AWAY and quote.has_expired(self.now)
        return self._ended(quote) if is_certain else {_NO_READS[self.store]}

    def _ended(self, quote: Quote) -> set[Answer]:
        """Return the answers for an ended quote; a store may know a claim while the database is down."""
        known_answers = {CLAIMED} if quote.claim else {EXPIRED}
        return known_answers if not self.is_database_away else {DATABASE_AWAY} | (known_answers & {CLAIMED})

    def _known(self, quote: Quote) -> set[Answer]:
        """Return CLAIMED for a claimed quote: its draft reads as open until the next pass, and both are right."""
        return {CLAIMED} if quote.claim else set()

    def _no_writes(self) -> set[Answer]:
        return {_NO_WRITES[self.store]} if self.store in _NO_WRITES else set()

    def _no_saves(self) -> set[Answer]:
        return {_NO_SAVES[self.store]} if self.store in _NO_SAVES else set()

    def _obstacles(self, draft: Draft, expects: Expects) -> set[Answer]:
        frozen = {BUSY} if draft.frozen_until and self.now < draft.frozen_until else set()
        return frozen | ({MISMATCH} if expects is Expects.OTHER else set())
