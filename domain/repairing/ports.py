"""What reconcilers, operators and checkers need from outside, under the same rules as `ports.py`."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.claims import Claim, ClaimedQuote
from domain.model import QuoteId, QuoteRef
from domain.repairing.audit import AuditEntry
from domain.repairing.summaries import CauseCount, ClaimFilter, ClaimSummary, StoredKey


class Outbox(abc.ABC):
    """The claims as a queue of what is left to be done; any number of reconcilers and operators may use it at once."""

    @abc.abstractmethod
    def due(self, now: datetime, limit: int) -> list[Claim]:
        """
        Claims whose time has come, the longest overdue first; none whose state this version does not know. It costs
        what these rows cost, not all rows.
        """

    @abc.abstractmethod
    def find(self, quote_id: QuoteId) -> Claim | None:
        """The claim of this quote."""

    @abc.abstractmethod
    def undeliverable(self, finished_before: datetime, limit: int) -> list[Claim]:
        """
        Dead claims that still hold a payload though the store was cleaned up long ago: their last pass was
        made, and the first of them before that time.
        """

    @abc.abstractmethod
    def change(
        self, before: Claim, after: Claim, *, quote: ClaimedQuote | None = None, entry: AuditEntry | None = None
    ) -> Claim:
        """
        In one transaction: put `after` in the claim's place, if it has still the version and the revision of `before`;
        then put its quote, in the place of an older one if there is one, and keep the entry. A discarded claim has no
        quote: it is deleted. The claim as it is now, which is `after` with the next version.

        An unknown fate at COMMIT is resolved as in `Claims.add`: "it was committed after all" is a ClaimChanged.

        Raises: ClaimChanged, QuoteRefused, CommitUnknown
        """


class ClaimRecords(abc.ABC):
    """Claims and their audit log, for operators."""

    @abc.abstractmethod
    def find(self, which: ClaimFilter, after: QuoteId | None, limit: int) -> list[Claim]:
        """By quote id; those that come after that one."""

    @abc.abstractmethod
    def counts(self, which: ClaimFilter) -> list[CauseCount]:
        """By state and cause."""

    @abc.abstractmethod
    def claims(self, after: QuoteId | None, limit: int) -> list[ClaimSummary]:
        """All claims in the order of their quote ids, a batch at a time."""

    @abc.abstractmethod
    def claimed(self, after: QuoteId | None, limit: int) -> list[tuple[QuoteId, bool]]:
        """All quotes in the order of their ids, a batch at a time, and whether each has a claim."""

    @abc.abstractmethod
    def log(self, entry: AuditEntry) -> None:
        """Keep an entry that changes nothing; an anonymised one, where the claim has another owner by now, or none."""

    @abc.abstractmethod
    def audit_log(self, quote_id: QuoteId | None, limit: int) -> list[AuditEntry]:
        """
        Return the latest entries, the oldest of them first, of one claim or of all. An entry changes only when its
        claim loses its owner: then it is anonymised.
        """


class StoreScan(abc.ABC):
    """The keys of a store, for a check from outside: reads only, and never a whole store at once."""

    @abc.abstractmethod
    def all_keys(self) -> Iterator[Sequence[StoredKey]]:
        """
        All keys of the service, in batches. What is made or deleted meanwhile may be missing; a key may come twice.
        """

    @abc.abstractmethod
    def name(self, ref: QuoteRef) -> str:
        """The name of the quote's key; no I/O."""

    @abc.abstractmethod
    def look_up(self, refs: Sequence[QuoteRef]) -> list[StoredKey | None]:
        """What is stored for each of these quotes, in their order; None for nothing."""
