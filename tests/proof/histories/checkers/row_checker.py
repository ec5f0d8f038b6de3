"""What is in SQL beside what was acknowledged: invariants 1, 2 and 8."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from domain.errors import ClaimRecordLost, EmailTaken
from tests.proof.histories.checkers.final_state import AccountRow, ClaimRow, Ending
from tests.proof.histories.checkers.quote_history import Anomaly, Excuse, Story
from tests.proof.histories.faults.fault_log import Course
from tests.proof.histories.history import Kind, Operation


def anomalies_of_rows(ending: Ending) -> Iterator[Anomaly]:
    """Of the rows by themselves."""
    for email in _repeated(account.email for account in ending.accounts):
        yield Anomaly(1, f"there are two accounts with the e-mail {email}")
    for quote_id in _repeated(claim.quote_id for claim in ending.claims):
        yield Anomaly(1, f"there are two claims of {quote_id}")
    for quote_id in _repeated(quote.quote_id for quote in ending.quotes):
        yield Anomaly(1, f"there are two quotes {quote_id}")
    owners = {claim.account_id for claim in ending.claims}
    for account in ending.accounts:
        if account.account_id not in owners:
            yield Anomaly(1, f"the account of {account.email} has no claim: only one that is committed makes it")


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def anomalies_of_claims(story: Story, accounts: dict[str, AccountRow], course: Course) -> Iterator[Anomaly]:
    """Of one quote. `accounts` are by their id."""
    if story.row and not story.claim:
        yield Anomaly(1, f"the quote {story.quote_id} has no claim")
    if story.claim:
        yield from _anomalies_of_claim(story, story.claim, accounts, course)
    yield from _uncommitted(story, accounts)
    yield from _shared(story)
    emails = {account.email for account in accounts.values()}
    for asked in story.operations:
        if asked.met(ClaimRecordLost):
            yield Anomaly(2, f"there was a tombstone without a claim: {asked}")
        if asked.met(EmailTaken) and asked.asked.email not in emails:
            yield Anomaly(1, f"nobody has the e-mail, but this was answered: {asked}")


def _anomalies_of_claim(
    story: Story, claim: ClaimRow, accounts: dict[str, AccountRow], course: Course
) -> Iterator[Anomaly]:
    owner = accounts.get(claim.account_id or "")
    if owner is None:
        yield Anomaly(2, f"the claim of {story.quote_id} has no account")
    elif owner.email not in {asked.asked.email for asked in story.perhaps_done(Kind.CLAIM)}:
        yield Anomaly(2, f"{story.quote_id} belongs to {owner.email}, who cannot have claimed it")
    if story.row and story.row.account_id != claim.account_id:
        yield Anomaly(2, f"{story.quote_id} belongs to another account than its claim")
    if claim.is_done and not story.row:
        yield Anomaly(2, f"the claim of {story.quote_id} is done, but there is no quote")
    if claim.cleanup != "verified":
        yield Anomaly(5, f"the cleanup of {story.quote_id} came to no end: {claim.cleanup}, cause {claim.cause}")
    if not claim.is_done:
        excuse = _excuse_for_nothing(story, course) if claim.has_expired else None
        yield Anomaly(5, f"the claim of {story.quote_id} ended as {claim.state}, cause {claim.cause}", excuse)


def _excuse_for_nothing(story: Story, course: Course) -> Excuse | None:
    """Why there may have been nothing to fetch for a claim that was taken while the store was away."""
    if any(course.may_lose(story.key, start.completed) for start in story.done(Kind.START)):
        return Excuse.LOST_START
    claims = story.perhaps_done(Kind.CLAIM)
    is_troubled = any(course.is_troubled(story.key, claim.invoked, claim.completed) for claim in claims)
    return Excuse.BOTH if is_troubled and story.perhaps_done(Kind.DISCARD) else None


def _uncommitted(story: Story, accounts: dict[str, AccountRow]) -> Iterator[Anomaly]:
    for claim in story.done(Kind.CLAIM):
        account = accounts.get(claim.answer.account_id or "")
        if not story.claim or not account or account.email != claim.asked.email:
            yield Anomaly(2, f"it has not got its rows: {claim}")
        elif story.claim.account_id != claim.answer.account_id:
            yield Anomaly(2, f"another account than it was told has the quote: {claim}")


def _shared(story: Story) -> Iterator[Anomaly]:
    claims: list[Operation] = story.done(Kind.CLAIM)
    if len(people := {str(claim.asked.email) for claim in claims}) > 1:
        yield Anomaly(8, f"{story.quote_id} was given to each of {', '.join(sorted(people))}")
    if len(told := {str(claim.answer.account_id) for claim in claims}) > len(people):
        yield Anomaly(8, f"one person was told of several accounts for {story.quote_id}: {', '.join(sorted(told))}")
