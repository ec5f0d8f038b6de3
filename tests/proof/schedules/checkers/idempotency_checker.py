"""Which request has claimed a quote, and what others with its Idempotency-Key are told."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.errors import IdempotencyKeyReused, QuoteClaimedByAnother
from domain.model import QuoteId
from domain.use_cases.register_and_claim import Registered
from tests.proof.schedules.checkers.invariants import Broken, Rule
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.faults.port_calls import Call
from tests.proof.schedules.simulation.system import Site


@dataclass(frozen=True, slots=True)
class Request:
    """Its Idempotency-Key, and what it asks for; the password has no part in it."""

    key: str | None
    email: str
    name: str | None


@dataclass
class Requests:
    """`of` says what each actor asks for."""

    site: Site
    notes: Notes
    of: dict[str, Request] = field(default_factory=dict)

    def judge(self, quote_id: QuoteId, request: Request, answer: object) -> None:
        """What is told to who registers."""
        made_by = self._made_by(quote_id)
        is_reused = made_by is not None and made_by.key == request.key is not None and made_by != request
        if isinstance(answer, IdempotencyKeyReused) and not is_reused:
            raise Broken(Rule.TOLD, f"the key is called another request's, which was {made_by}")
        if isinstance(answer, Registered) and is_reused:
            raise Broken(Rule.REPLAY, f"{request} is taken for a repetition of {made_by}")
        claim = self.site.database.claim(quote_id)
        if isinstance(answer, QuoteClaimedByAnother) and is_reused and claim and claim.account_id:
            raise Broken(Rule.TOLD, f"{request} is not told that its key is that of {made_by}")

    def _made_by(self, quote_id: QuoteId) -> Request | None:
        """The request whose claim was committed; None if it was another use case's."""
        owner = self.notes.owners.get(quote_id)
        for name, call, *_ in self.site.stage.history:
            if isinstance(call, Call) and call.name == "claims.add":
                claim = call.args[0].claim
                if claim.quote_id == quote_id and claim.account_id == owner:
                    return self.of.get(str(name))
        return None
