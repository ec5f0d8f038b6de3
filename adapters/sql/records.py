from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, Database, fn

from adapters.sql.models import AuditRow, ClaimRow, QuoteRow
from adapters.sql.rows import audit_entry_of, audit_row, cause_of, claim_of, cleanup_of, state_of
from adapters.sql.transactions import Transactions
from domain.claims import Cause, Claim, ClaimState
from domain.model import AccountId, KeyId, QuoteId, Revision, instant, milliseconds
from domain.repairing.audit import AuditEntry
from domain.repairing.ports import ClaimRecords
from domain.repairing.summaries import CauseCount, ClaimFilter, ClaimSummary, QuoteSummary

_FIRST = QuoteId("")
"""An id before every other."""


@dataclass(frozen=True, slots=True)
class SqlClaimRecords(ClaimRecords):
    transactions: Transactions

    def find(self, which: ClaimFilter, after: QuoteId | None, limit: int) -> list[Claim]:
        def claims(database: Database) -> list[Claim]:
            query = ClaimRow.select().where(*_conditions(database, which, after))
            return [claim_of(row) for row in query.order_by(ClaimRow.quote_id).limit(limit).execute(database)]

        return self.transactions.read(claims)

    def counts(self, which: ClaimFilter) -> list[CauseCount]:
        group = (ClaimRow.state, ClaimRow.cause)
        columns = (*group, fn.COUNT(ClaimRow.quote_id), fn.MIN(ClaimRow.created_at))

        def counts(database: Database) -> list[CauseCount]:
            query = ClaimRow.select(*columns).where(*_conditions(database, which)).group_by(*group).order_by(*group)
            return _merged(query.tuples().execute(database))

        return self.transactions.read(counts)

    def claims(self, after: QuoteId | None, limit: int) -> list[ClaimSummary]:
        query = ClaimRow.select(
            ClaimRow.quote_id,
            ClaimRow.key_id,
            ClaimRow.account,
            ClaimRow.state,
            ClaimRow.source_revision,
            ClaimRow.cleanup,
            ClaimRow.next_at,
            ClaimRow.payload.is_null(False),
            QuoteRow.account,
            QuoteRow.source_revision,
        ).join(QuoteRow, JOIN.LEFT_OUTER, on=(ClaimRow.quote_id == QuoteRow.quote_id))
        return [_claim_summary(*row) for row in self._batch(query, ClaimRow.quote_id, after, limit)]

    def claimed(self, after: QuoteId | None, limit: int) -> list[tuple[QuoteId, bool]]:
        query = QuoteRow.select(QuoteRow.quote_id, ClaimRow.quote_id.is_null(False)).join(
            ClaimRow, JOIN.LEFT_OUTER, on=(ClaimRow.quote_id == QuoteRow.quote_id)
        )
        rows = self._batch(query, QuoteRow.quote_id, after, limit)
        return [(QuoteId(quote_id), bool(has_claim)) for quote_id, has_claim in rows]

    def log(self, entry: AuditEntry) -> None:
        def insert(database: Database) -> None:
            its_claim = ClaimRow.quote_id == entry.quote_id
            # Lock the claim's row: an erasure of its owner comes before this, or finds the entry.
            ClaimRow.update(version=ClaimRow.version).where(its_claim).execute(database)
            row = ClaimRow.select(ClaimRow.account).where(its_claim).get_or_none(database)
            kept = entry if row is None or row.account_id == entry.account_id else entry.anonymised()
            AuditRow.insert(audit_row(kept)).execute(database)

        self.transactions.write(insert)

    def audit_log(self, quote_id: QuoteId | None, limit: int) -> list[AuditEntry]:
        query = AuditRow.select() if quote_id is None else AuditRow.select().where(AuditRow.quote_id == quote_id)
        return [audit_entry_of(row) for row in reversed(self._all(query.order_by(AuditRow.act_id.desc()).limit(limit)))]

    def _batch(self, query: Any, key: Any, after: QuoteId | None, limit: int) -> list[Any]:
        return self._all(query.where(key > (after or _FIRST)).order_by(key).limit(limit).tuples())

    def _all(self, query: Any) -> list[Any]:
        def rows(database: Database) -> list[Any]:
            return list(query.execute(database))

        return self.transactions.read(rows)


def _conditions(database: Database, which: ClaimFilter, after: QuoteId | None = None) -> list[Any]:
    conditions: list[Any] = [ClaimRow.quote_id > (after or _FIRST)]
    if which.states:
        conditions.append(ClaimRow.state.in_(_words(database, which.states)))
    if which.causes:
        conditions.append(_has_cause(which.causes))
    if which.claimed_before:
        conditions.append(ClaimRow.created_at < milliseconds(which.claimed_before))
    if which.claimed_after:
        conditions.append(ClaimRow.created_at > milliseconds(which.claimed_after))
    return conditions


def _words(database: Database, states: Sequence[ClaimState]) -> list[str]:
    """Return the words of these states; UNKNOWN stands for each word in the table that this version does not know."""
    words = [state.value for state in states]
    if ClaimState.UNKNOWN in states:
        words += [word for word in _present_words(database) if state_of(word) is ClaimState.UNKNOWN]
    return words


def _present_words(database: Database) -> Iterator[str]:
    """
    Yield each word in the column of states once, from one to the next by its index: few reads, however many claims.
    NOT IN would read all of them.
    """
    word = ""
    while word := ClaimRow.select(fn.MIN(ClaimRow.state)).where(ClaimRow.state > word).scalar(database):
        yield word


def _has_cause(causes: Sequence[Cause]) -> Any:
    if Cause.UNKNOWN not in causes:
        return ClaimRow.cause.in_([cause.value for cause in causes])
    unwanted = [cause.value for cause in Cause if cause not in causes]
    return ClaimRow.cause.is_null(False) & ClaimRow.cause.not_in(unwanted)


def _merged(rows: Iterable[tuple[str, str | None, int, int]]) -> list[CauseCount]:
    """Add up the counts of all words that this version does not know, because it shows them as one word."""
    counts: dict[tuple[ClaimState, Cause | None], CauseCount] = {}
    for state, cause, count, oldest in rows:
        key = state_of(state), cause_of(cause)
        earlier = counts.get(key, CauseCount(*key, 0, instant(oldest)))
        counts[key] = CauseCount(*key, earlier.count + count, min(earlier.oldest, instant(oldest)))
    return list(counts.values())


def _claim_summary(
    quote_id: str,
    key_id: str,
    account_id: str | None,
    state: str,
    revision: int,
    cleanup: str,
    next_at: int | None,
    has_payload: int,
    quote_account: str | None,
    quote_revision: int | None,
) -> ClaimSummary:
    quote = None
    if quote_account is not None and quote_revision is not None:
        quote = QuoteSummary(QuoteId(quote_id), AccountId(quote_account), Revision(quote_revision))
    return ClaimSummary(
        quote_id=QuoteId(quote_id),
        key_id=KeyId(key_id),
        account_id=None if account_id is None else AccountId(account_id),
        state=state_of(state),
        source_revision=Revision(revision),
        cleanup=cleanup_of(cleanup),
        next_at=None if next_at is None else instant(next_at),
        has_payload=bool(has_payload),
        quote=quote,
    )
