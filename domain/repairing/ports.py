"""The ports of reconcilers, operators and checkers, under the same rules as `domain/ports.py`."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.claims import Claim, ClaimedQuote
from domain.model import QuoteId, QuoteRef
from domain.repairing.audit import AuditEntry
from domain.repairing.summaries import CauseCount, ClaimFilter, ClaimSummary, StoredKey


class Outbox(abc.ABC):
    """The claims as a queue of work that is left to do. Any number of reconcilers and operators may use it at once."""

    @abc.abstractmethod
    def due(self, now: datetime, limit: int) -> list[Claim]:
        """
        Return up to `limit` claims that are due, the longest overdue first. Leave out claims in a state that this
        version does not know. The cost grows with the number of due claims, not of all claims.
        """

    @abc.abstractmethod
    def find(self, quote_id: QuoteId) -> Claim | None:
        """Return the claim of this quote, or None."""

    @abc.abstractmethod
    def undeliverable(self, finished_before: datetime, limit: int) -> list[Claim]:
        """
        Return up to `limit` dead claims that still hold a payload, although their last clean-up pass is over, and their
        first one was made at that time or earlier.
        """

    @abc.abstractmethod
    def change(
        self, before: Claim, after: Claim, *, quote: ClaimedQuote | None = None, entry: AuditEntry | None = None
    ) -> Claim:
        """
        Replace the claim `before` by `after` in one transaction, if its version and revision are still those of
        `before`. Return the claim as it is now: `after` with the next version.

        The same transaction stores `quote` and keeps the audit entry. If there is an older quote, only its product,
        details and revision are replaced. If `after` is discarded, the quote is deleted instead.

        After a COMMIT without an answer, the same transaction runs again, as in `Claims.add`. If the first COMMIT did
        succeed, that raises ClaimChanged.

        Raises: ClaimChanged, QuoteRefused, CommitUnknown
        """


class ClaimRecords(abc.ABC):
    """Claims and their audit log, for operators."""

    @abc.abstractmethod
    def find(self, which: ClaimFilter, after: QuoteId | None, limit: int) -> list[Claim]:
        """Return up to `limit` claims that fit the filter, in the order of their quote ids, after that id."""

    @abc.abstractmethod
    def counts(self, which: ClaimFilter) -> list[CauseCount]:
        """Return the number of claims that fit the filter, for each state and cause."""

    @abc.abstractmethod
    def claims(self, after: QuoteId | None, limit: int) -> list[ClaimSummary]:
        """Return a batch of all claims, in the order of their quote ids, after that id."""

    @abc.abstractmethod
    def claimed(self, after: QuoteId | None, limit: int) -> list[tuple[QuoteId, bool]]:
        """Return a batch of all claimed quotes, in the order of their ids: each id, and whether it has a claim."""

    @abc.abstractmethod
    def log(self, entry: AuditEntry) -> None:
        """
        Keep an audit entry without changing the claim. Anonymise it if the claim has another owner by now, or none.
        """

    @abc.abstractmethod
    def audit_log(self, quote_id: QuoteId | None, limit: int) -> list[AuditEntry]:
        """
        Return the latest entries, the oldest of them first, of one claim or of all claims. An entry is changed only
        when its claim loses its owner: then it is anonymised.
        """


class StoreScan(abc.ABC):
    """The keys of a store, for a check from outside. It only reads, and never reads the whole store at once."""

    @abc.abstractmethod
    def all_keys(self) -> Iterator[Sequence[StoredKey]]:
        """
        Yield all keys of the service, in batches. A key that is made or deleted meanwhile may be missing, and a key may
        come twice.
        """

    @abc.abstractmethod
    def name(self, ref: QuoteRef) -> str:
        """Return the name of the quote's key, without I/O."""

    @abc.abstractmethod
    def look_up(self, refs: Sequence[QuoteRef]) -> list[StoredKey | None]:
        """Return the stored key of each of these quotes, in their order; None for a quote without one."""
