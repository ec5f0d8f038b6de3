from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from domain.claims import ClaimState, Cleanup
from domain.model import QuoteId, QuoteRef
from domain.ports import Clock, QuoteTokens
from domain.repairing.ports import ClaimRecords, StoreScan
from domain.repairing.schedule import RepairSchedule
from domain.repairing.summaries import ClaimSummary, KeyKind, StoredKey

_BATCH = 500
_LATE = timedelta(minutes=10)
"""A running reconciler is never so far behind, except in an outage."""


Examined: TypeAlias = Callable[[str, int], None]
"""Called after each batch, with the kind of things that were examined and their number."""


class FindingKind(enum.StrEnum):
    """The kinds of faults that a check from outside can see."""

    QUOTE_WITHOUT_CLAIM = "quote-without-claim"
    CLAIM_WITHOUT_QUOTE = "claim-without-quote"
    OWNERS_DIFFER = "owners-differ"
    REVISIONS_DIFFER = "revisions-differ"
    DISCARDED_BUT_KEPT = "discarded-but-kept"
    STATE_UNKNOWN = "state-unknown"
    PAYLOAD_MISSING = "payload-missing"
    PAYLOAD_LEFT = "payload-left"
    OVERDUE = "overdue"
    NEVER_DUE = "never-due"
    DRAFT_LEFT = "draft-left"
    TOMBSTONE_WITHOUT_CLAIM = "tombstone-without-claim"
    RECORD_UNREADABLE = "record-unreadable"
    KEY_WITHOUT_TTL = "key-without-ttl"


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken invariant. `subject` is the id of the quote or the name of the key."""

    kind: FindingKind
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class VerifyClaims:
    """
    Compare claims, quotes and the store, and report contradictions. It only reads, in batches, while the service runs.
    Work in progress is not a finding.
    """

    records: ClaimRecords
    scan: StoreScan
    tokens: QuoteTokens
    clock: Clock
    schedule: RepairSchedule

    def __call__(self, examined: Examined) -> Iterator[Finding]:
        """
        Yield the findings, as they are found.

        Raises: StoreUnavailable, DatabaseUnavailable
        """
        # Read the store first: a tombstone is younger than its claim, so each tombstone read has a claim by now.
        tombstones: set[str] = set()
        for keys in self.scan.all_keys():
            examined("keys", len(keys))
            tombstones.update(key.name for key in keys if key.kind is KeyKind.TOMBSTONE)
            yield from _findings_of_keys(keys)
        unchecked = 0
        for claims in self._claims():
            examined("claims", len(claims))
            unchecked += sum(not self.tokens.knows(claim.key_id) for claim in claims)
            yield from self._findings_of_claims(claims, tombstones)
        if unchecked:
            examined("claims of retired server keys (their drafts cannot be looked up)", unchecked)
        for name in sorted(tombstones):
            detail = "the store has a tombstone, the database has no claim: a commit was lost"
            if unchecked:
                detail += ", or it belongs to a claim of a retired server key"
            yield Finding(FindingKind.TOMBSTONE_WITHOUT_CLAIM, name, detail)
        yield from self._quotes_without_claim(examined)

    def _claims(self) -> Iterator[list[ClaimSummary]]:
        after: QuoteId | None = None
        while batch := self.records.claims(after, _BATCH):
            yield batch
            after = batch[-1].quote_id

    def _findings_of_claims(self, claims: list[ClaimSummary], tombstones: set[str]) -> Iterator[Finding]:
        now = self.clock.now()
        named = [claim for claim in claims if self.tokens.knows(claim.key_id)]
        refs = [QuoteRef(claim.quote_id, claim.key_id) for claim in named]
        tombstones.difference_update(map(self.scan.name, refs))
        for claim in claims:
            yield from _findings_of_claim(claim)
            yield from _findings_of_time(claim, now, now + self.schedule.longest_wait)
        for claim, key in zip(named, self.scan.look_up(refs), strict=True):
            is_wanted = claim.cleanup is Cleanup.PENDING or claim.state is ClaimState.FETCH_PENDING
            if key and key.kind is KeyKind.DRAFT and not is_wanted:
                detail = f"its draft is in the store, although its clean-up is {claim.cleanup}"
                yield Finding(FindingKind.DRAFT_LEFT, claim.quote_id, detail)

    def _quotes_without_claim(self, examined: Examined) -> Iterator[Finding]:
        after: QuoteId | None = None
        while batch := self.records.claimed(after, _BATCH):
            examined("quotes", len(batch))
            for quote_id, has_claim in batch:
                if not has_claim:
                    yield Finding(FindingKind.QUOTE_WITHOUT_CLAIM, quote_id, "the quote's row has no claim")
            after = batch[-1][0]


def _findings_of_keys(keys: Sequence[StoredKey]) -> Iterator[Finding]:
    for key in keys:
        if not key.ends:
            yield Finding(FindingKind.KEY_WITHOUT_TTL, key.name, f"this {key.kind} has no TTL, and would stay for ever")
        if key.kind is KeyKind.UNREADABLE:
            yield Finding(FindingKind.RECORD_UNREADABLE, key.name, "this version cannot read the value of this key")


def _findings_of_time(claim: ClaimSummary, now: datetime, latest: datetime) -> Iterator[Finding]:
    is_settled = claim.cleanup is Cleanup.VERIFIED and claim.state not in (ClaimState.FETCH_PENDING, ClaimState.RETRY)
    if claim.next_at is None and not is_settled:
        detail = "work is left to do, but no reconciler will look at it"
        yield Finding(FindingKind.NEVER_DUE, claim.quote_id, detail)
    elif claim.next_at and claim.next_at < now - _LATE:
        detail = f"check that a reconciler runs: it was due at {claim.next_at:%Y-%m-%d %H:%M:%S}Z"
        yield Finding(FindingKind.OVERDUE, claim.quote_id, detail)
    elif claim.next_at and claim.next_at > latest:
        detail = f"check the clocks of all machines: it is due only at {claim.next_at:%Y-%m-%d %H:%M:%S}Z"
        yield Finding(FindingKind.NEVER_DUE, claim.quote_id, detail)


def _findings_of_claim(claim: ClaimSummary) -> Iterator[Finding]:
    def found(kind: FindingKind, detail: str) -> Finding:
        return Finding(kind, claim.quote_id, detail)

    if claim.state is ClaimState.UNKNOWN:
        yield found(
            FindingKind.STATE_UNKNOWN, "a newer version wrote this state, and only that version can change the claim"
        )
    if claim.state is ClaimState.RETRY and not claim.has_payload:
        yield found(FindingKind.PAYLOAD_MISSING, "its state is retry, but it has no payload to build its quote from")
    if claim.state in (ClaimState.FETCH_PENDING, ClaimState.DONE, ClaimState.DISCARDED) and claim.has_payload:
        yield found(FindingKind.PAYLOAD_LEFT, f"its state is {claim.state}, but the raw draft is still kept")
    if claim.state is ClaimState.DONE and not claim.quote:
        yield found(FindingKind.CLAIM_WITHOUT_QUOTE, "its state is done, but it has no quote")
    if claim.state is ClaimState.DISCARDED and (claim.quote or claim.account_id):
        yield found(FindingKind.DISCARDED_BUT_KEPT, "it was discarded, but still has a quote or an owner")
    if claim.quote and claim.state is not ClaimState.DISCARDED and claim.quote.account_id != claim.account_id:
        yield found(FindingKind.OWNERS_DIFFER, "the quote belongs to another account than the claim")
    if claim.quote and claim.state is ClaimState.DONE and claim.quote.source_revision != claim.source_revision:
        yield found(FindingKind.REVISIONS_DIFFER, "quote and claim have different revisions")
