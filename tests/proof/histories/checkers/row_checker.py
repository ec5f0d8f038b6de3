"""The checker of SQL rows: invariants 1, 2 and 8 of docs/protocol.md, section 10."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from domain.errors import ClaimRecordLost, EmailTaken
from tests.proof.histories.checkers.final_state import AccountRow, ClaimRow, FinalState
from tests.proof.histories.checkers.quote_history import Anomaly, Excuse, QuoteHistory
from tests.proof.histories.faults.fault_log import FaultLog
from tests.proof.histories.history import Kind, Operation


def anomalies_of_rows(final_state: FinalState) -> Iterator[Anomaly]:
    """Yield the anomalies of the rows alone."""
    for email in _repeated(account.email for account in final_state.accounts):
        yield Anomaly(1, f"there are two accounts with the e-mail {email}")
    for quote_id in _repeated(claim.quote_id for claim in final_state.claims):
        yield Anomaly(1, f"there are two claims of {quote_id}")
    for quote_id in _repeated(quote.quote_id for quote in final_state.quotes):
        yield Anomaly(1, f"there are two quotes {quote_id}")
    owners = {claim.account_id for claim in final_state.claims}
    for account in final_state.accounts:
        if account.account_id not in owners:
            yield Anomaly(1, f"the account of {account.email} has no claim: only one that is committed makes it")


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def anomalies_of_claims(quote: QuoteHistory, accounts: dict[str, AccountRow], fault_log: FaultLog) -> Iterator[Anomaly]:
    """Yield the anomalies of one quote. `accounts` are by their id."""
    if quote.row and not quote.claim:
        yield Anomaly(1, f"the quote {quote.quote_id} has no claim")
    if quote.claim:
        yield from _anomalies_of_claim(quote, quote.claim, accounts, fault_log)
    yield from _uncommitted(quote, accounts)
    yield from _shared(quote)
    emails = {account.email for account in accounts.values()}
    for operation in quote.operations:
        if operation.met(ClaimRecordLost):
            yield Anomaly(2, f"there was a tombstone without a claim: {operation}")
        if operation.met(EmailTaken) and operation.invocation.email not in emails:
            yield Anomaly(1, f"no account has the e-mail, but the answer was: {operation}")


def _anomalies_of_claim(
    quote: QuoteHistory, claim: ClaimRow, accounts: dict[str, AccountRow], fault_log: FaultLog
) -> Iterator[Anomaly]:
    owner = accounts.get(claim.account_id or "")
    if owner is None:
        yield Anomaly(2, f"the claim of {quote.quote_id} has no account")
    elif owner.email not in {operation.invocation.email for operation in quote.possibly_done(Kind.CLAIM)}:
        yield Anomaly(2, f"{quote.quote_id} belongs to {owner.email}, who cannot have claimed it")
    if quote.row and quote.row.account_id != claim.account_id:
        yield Anomaly(2, f"{quote.quote_id} belongs to another account than its claim")
    if claim.is_done and not quote.row:
        yield Anomaly(2, f"the claim of {quote.quote_id} is done, but there is no quote")
    if claim.cleanup != "verified":
        yield Anomaly(5, f"the clean-up of {quote.quote_id} did not finish: {claim.cleanup}, cause {claim.cause}")
    if not claim.is_done:
        excuse = _excuse_for_nothing(quote, fault_log) if claim.has_expired else None
        yield Anomaly(5, f"the claim of {quote.quote_id} ended as {claim.state}, cause {claim.cause}", excuse)


def _excuse_for_nothing(quote: QuoteHistory, fault_log: FaultLog) -> Excuse | None:
    """Return the excuse for a pending claim without a draft to fetch."""
    if any(fault_log.may_lose(quote.key, start.completed) for start in quote.done(Kind.START)):
        return Excuse.LOST_START
    claims = quote.possibly_done(Kind.CLAIM)
    is_troubled = any(fault_log.is_troubled(quote.key, claim.invoked, claim.completed) for claim in claims)
    return Excuse.BOTH if is_troubled and quote.possibly_done(Kind.DISCARD) else None


def _uncommitted(quote: QuoteHistory, accounts: dict[str, AccountRow]) -> Iterator[Anomaly]:
    for claim in quote.done(Kind.CLAIM):
        account = accounts.get(claim.answer.account_id or "")
        if not quote.claim or not account or account.email != claim.invocation.email:
            yield Anomaly(2, f"its rows are missing: {claim}")
        elif quote.claim.account_id != claim.answer.account_id:
            yield Anomaly(2, f"the quote is in another account than the answer says: {claim}")


def _shared(quote: QuoteHistory) -> Iterator[Anomaly]:
    claims: list[Operation] = quote.done(Kind.CLAIM)
    if len(emails := {str(claim.invocation.email) for claim in claims}) > 1:
        yield Anomaly(8, f"{quote.quote_id} was given to each of {', '.join(sorted(emails))}")
    if len(account_ids := {str(claim.answer.account_id) for claim in claims}) > len(emails):
        yield Anomaly(8, f"one e-mail got several accounts for {quote.quote_id}: {', '.join(sorted(account_ids))}")
