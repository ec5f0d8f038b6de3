"""Checks answers to repeated registrations with an Idempotency-Key."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.errors import IdempotencyKeyReused, QuoteClaimedByAnother
from domain.model import QuoteId
from domain.use_cases.register_and_claim import Registered
from tests.proof.schedules.checkers.invariants import Invariant, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.faults.port_calls import Call
from tests.proof.schedules.simulation.system import SimulatedSystem


@dataclass(frozen=True, slots=True)
class Request:
    """A registration as its Idempotency-Key identifies it; the password is not part of it."""

    key: str | None
    email: str
    name: str | None


@dataclass
class IdempotencyChecker:
    """Requests by the name of their task, for comparison."""

    system: SimulatedSystem
    model: Model
    by_task: dict[str, Request] = field(default_factory=dict)

    def check(self, quote_id: QuoteId, request: Request, answer: object) -> None:
        """Check the answer to a registration."""
        made_by = self._made_by(quote_id)
        is_reused = made_by is not None and made_by.key == request.key is not None and made_by != request
        if isinstance(answer, IdempotencyKeyReused) and not is_reused:
            raise Violation(
                Invariant.TRUE_ANSWER, f"the answer was idempotency-key-reused, but {made_by} claimed the quote"
            )
        if isinstance(answer, Registered) and is_reused:
            raise Violation(Invariant.REPLAY, f"{request} was answered as a repeat of {made_by}")
        claim = self.system.database.claim(quote_id)
        if isinstance(answer, QuoteClaimedByAnother) and is_reused and claim and claim.account_id:
            raise Violation(
                Invariant.TRUE_ANSWER, f"{request} did not get idempotency-key-reused, but it has the key of {made_by}"
            )

    def _made_by(self, quote_id: QuoteId) -> Request | None:
        """Return the request that committed the claim, or None if another use case did."""
        owner = self.model.owners.get(quote_id)
        for name, call, *_ in self.system.scheduler.history:
            if isinstance(call, Call) and call.name == "claims.add":
                claim = call.args[0].claim
                if claim.quote_id == quote_id and claim.account_id == owner:
                    return self.by_task.get(str(name))
        return None
