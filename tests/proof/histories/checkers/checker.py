"""A history and its ending, checked against the invariants of the protocol; what a failover may do is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import QuoteholdError
from tests.proof.histories.checkers.draft_checker import anomalies_of_drafts
from tests.proof.histories.checkers.final_state import Ending
from tests.proof.histories.checkers.quote_history import Anomaly, Excuse, stories
from tests.proof.histories.checkers.row_checker import anomalies_of_claims, anomalies_of_rows
from tests.proof.histories.faults.fault_log import Course
from tests.proof.histories.history import Kind, Operation, Outcome

SERVED = "faults 28 and 29"
"""A slot that moves disturbs nobody, and a failover nobody for longer than it takes."""
TOLD = "domain/errors.py"


@dataclass(frozen=True, slots=True)
class Report:
    """
    What a history shows. `failovers` are those that were meant, and those that the servers' logs show besides.
    `refusals` are the times, in seconds after the first fault, at which a client was told that a server was away, and
    `pending` are the claims that were taken without their draft meanwhile. `violations` are sentences, and none where
    all is well.
    """

    failovers: int
    counts: Mapping[tuple[Kind, Outcome], int]
    excused: Mapping[Excuse, int]
    refusals: Sequence[float]
    most_refusals: int
    pending: int
    violations: Sequence[str]

    def number(self, outcome: Outcome, *kinds: Kind) -> int:
        """So many operations of these kinds, or of all, ended so."""
        return sum(
            count for (kind, ended), count in self.counts.items() if ended is outcome and kind in (kinds or Kind)
        )

    @property
    def acknowledged(self) -> int:
        """Saves and claims that were answered with success."""
        return self.number(Outcome.OK, Kind.SAVE, Kind.CLAIM)

    @property
    def last_refusal(self) -> float:
        """Seconds after the fault."""
        return max(self.refusals, default=0.0)

    @property
    def figure(self) -> str:
        """All of it in one line, but for the violations."""
        by_kind = ", ".join(
            f"{kind} {'/'.join(str(self.number(outcome, kind)) for outcome in Outcome)}" for kind in Kind
        )
        refused = (
            f"{len(self.refusals)} refusals, {min(self.refusals):.1f} s to {self.last_refusal:.1f} s after the fault, "
            f"at most {self.most_refusals} a client"
            if self.refusals
            else "no refusals"
        )
        excused = ", ".join(f"{self.excused.get(excuse, 0)} {excuse}" for excuse in Excuse)
        total = "/".join(str(self.number(outcome)) for outcome in Outcome)
        operations = f"{total} operations ok/fail/unknown ({by_kind})"
        return f"{self.failovers} failovers; {operations}; {refused}; {self.pending} claims pending, {excused}"


def check(history: Sequence[Operation], ending: Ending, course: Course) -> Report:
    """What was asked after the reconciler's last pass is checked too, but not counted."""
    counted = [operation for operation in history if operation.completed < course.reconciled]
    fault = min((fault.began for fault in course.faults), default=min((one.invoked for one in counted), default=0.0))
    refused = [operation for operation in counted if operation.was_refused]
    anomalies = list(_anomalies(history, ending, course))
    return Report(
        failovers=len(course.faults),
        counts=Counter((operation.kind, operation.outcome) for operation in counted),
        excused=Counter(anomaly.excuse for anomaly in anomalies if anomaly.excuse),
        refusals=[operation.completed - fault for operation in refused],
        most_refusals=max(Counter(operation.asked.client for operation in refused).values(), default=0),
        pending=sum(operation.answer.is_pending for operation in counted),
        violations=[str(anomaly) for anomaly in anomalies if not anomaly.excuse],
    )


def _anomalies(history: Sequence[Operation], ending: Ending, course: Course) -> Iterator[Anomaly]:
    accounts = {account.account_id: account for account in ending.accounts}
    yield from anomalies_of_rows(ending)
    for story in stories(history, ending):
        yield from anomalies_of_claims(story, accounts, course)
        yield from anomalies_of_drafts(story, course)
    for stored in ending.stored:
        if not stored.ends:
            yield Anomaly(6, f"the key {stored.key} has no TTL")
    for finding in ending.findings:
        yield Anomaly(5, f"the service's own checker finds {finding}")
    for operation in history:
        yield from _anomalies_of_answer(operation, ending.names.get(operation.quote_id, ""), course)


def _anomalies_of_answer(operation: Operation, key: str, course: Course) -> Iterator[Anomaly]:
    """Answers that no client should get, whatever became of the quote."""
    is_troubled = course.is_troubled(key, operation.invoked, operation.completed)
    if operation.was_refused and not is_troubled:
        yield Anomaly(SERVED, f"nothing was broken, but: {operation}: {operation.answer.words}")
    if operation.answer.is_pending and not is_troubled and operation.completed < course.reconciled:
        yield Anomaly(SERVED, f"nothing was broken, but the quote was left pending: {operation}")
    if operation.answer.error and not issubclass(operation.answer.error, QuoteholdError):
        yield Anomaly(TOLD, f"no error that is documented: {operation}: {operation.answer.words}")
