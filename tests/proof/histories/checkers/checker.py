"""The checker: compares a history and the final state with docs/protocol.md, section 10; counts excused losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import QuoteholdError
from tests.proof.histories.checkers.draft_checker import anomalies_of_drafts
from tests.proof.histories.checkers.final_state import FinalState
from tests.proof.histories.checkers.quote_history import Anomaly, Excuse, split_by_quote
from tests.proof.histories.checkers.row_checker import anomalies_of_claims, anomalies_of_rows
from tests.proof.histories.faults.fault_log import FaultLog
from tests.proof.histories.history import Kind, Operation, Outcome

SERVED = "every client is served"
"""A slot migration disturbs no client, a failover none for longer than it takes (rows 28 and 29)."""
DOCUMENTED = "every error is documented"


@dataclass(frozen=True, slots=True)
class Report:
    """
    The result of a check.

    `failovers` are the planned ones and those in the servers' logs. `refusals` are the times, in seconds after the
    first fault, at which a client heard that a server was unreachable. `pending` are claims taken without their draft.
    `violations` are sentences; it is empty if no invariant was broken.
    """

    failovers: int
    counts: Mapping[tuple[Kind, Outcome], int]
    excused: Mapping[Excuse, int]
    refusals: Sequence[float]
    most_refusals: int
    pending: int
    violations: Sequence[str]

    def number(self, outcome: Outcome, *kinds: Kind) -> int:
        """Return the number of operations with that outcome, of these kinds or of all."""
        return sum(
            count for (kind, ended), count in self.counts.items() if ended is outcome and kind in (kinds or Kind)
        )

    @property
    def acknowledged(self) -> int:
        """The number of successful saves and claims."""
        return self.number(Outcome.OK, Kind.SAVE, Kind.CLAIM)

    @property
    def last_refusal(self) -> float:
        """The last refusal, in seconds after the fault."""
        return max(self.refusals, default=0.0)

    @property
    def figure(self) -> str:
        """The report in one line, without the violations."""
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


def acknowledged(history: Sequence[Operation]) -> int:
    """Return the number of successful saves and claims."""
    return sum(operation.is_ok and operation.kind in (Kind.SAVE, Kind.CLAIM) for operation in history)


def check(history: Sequence[Operation], final_state: FinalState, fault_log: FaultLog) -> Report:
    """Check a history. Operations after the reconciler's last pass are checked, but not counted."""
    counted = [operation for operation in history if operation.completed < fault_log.reconciled]
    fault = min((fault.began for fault in fault_log.faults), default=min((one.invoked for one in counted), default=0.0))
    refused = [operation for operation in counted if operation.was_refused]
    anomalies = list(_anomalies(history, final_state, fault_log))
    return Report(
        failovers=len(fault_log.faults),
        counts=Counter((operation.kind, operation.outcome) for operation in counted),
        excused=Counter(anomaly.excuse for anomaly in anomalies if anomaly.excuse),
        refusals=[operation.completed - fault for operation in refused],
        most_refusals=max(Counter(operation.invocation.client for operation in refused).values(), default=0),
        pending=sum(operation.answer.is_pending for operation in counted),
        violations=[str(anomaly) for anomaly in anomalies if not anomaly.excuse],
    )


def _anomalies(history: Sequence[Operation], final_state: FinalState, fault_log: FaultLog) -> Iterator[Anomaly]:
    accounts = {account.account_id: account for account in final_state.accounts}
    yield from anomalies_of_rows(final_state)
    for quote in split_by_quote(history, final_state):
        yield from anomalies_of_claims(quote, accounts, fault_log)
        yield from anomalies_of_drafts(quote, fault_log)
    for stored in final_state.stored:
        if not stored.ends:
            yield Anomaly(6, f"the key {stored.key} has no TTL")
    for finding in final_state.findings:
        yield Anomaly(5, f"`quotes claims verify` finds {finding}")
    for operation in history:
        yield from _anomalies_of_answer(operation, final_state.names.get(operation.quote_id, ""), fault_log)


def _anomalies_of_answer(operation: Operation, key: str, fault_log: FaultLog) -> Iterator[Anomaly]:
    """Yield answers that no client may get in any state of the quote."""
    is_troubled = fault_log.is_troubled(key, operation.invoked, operation.completed)
    if operation.was_refused and not is_troubled:
        yield Anomaly(SERVED, f"nothing was broken, but: {operation}: {operation.answer.words}")
    if operation.answer.is_pending and not is_troubled and operation.completed < fault_log.reconciled:
        yield Anomaly(SERVED, f"nothing was broken, but the quote was left pending: {operation}")
    if operation.answer.error and not issubclass(operation.answer.error, QuoteholdError):
        yield Anomaly(DOCUMENTED, f"an undocumented error: {operation}: {operation.answer.words}")
