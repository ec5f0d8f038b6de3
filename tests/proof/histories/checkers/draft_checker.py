"""The checker of saves and drafts: invariants 3, 4, 5 and 7 of docs/protocol.md, section 10."""

from __future__ import annotations

from collections.abc import Iterator

from domain.errors import QuoteAlreadyClaimed, QuoteClaimedByAnother, QuoteExpired
from tests.proof.histories.checkers.quote_history import Anomaly, Excuse, QuoteHistory
from tests.proof.histories.faults.fault_log import FaultLog
from tests.proof.histories.history import Kind, Operation


def anomalies_of_drafts(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    """Yield the anomalies of one quote's saves and draft."""
    for find in (
        _lost_saves,
        _lost_quotes,
        _unsent_numbers,
        _left_drafts,
        _late_answers,
        _claimed_and_discarded,
        _returned_drafts,
        _false_answers,
    ):
        yield from find(quote, fault_log)


def _lost_saves(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    """Yield acknowledged saves that a later read or the final state lacks."""
    reads = [read for read in quote.done(Kind.READ) if not fault_log.is_stale(quote.key, read.completed)]
    for save in quote.done(Kind.SAVE):
        less = [read for read in reads if read.invoked > save.completed and (read.answer.number or 0) < save.number]
        if less:
            yield _lost_save(
                quote,
                save,
                fault_log,
                f"and then there was this: {less[0]}, which showed {less[0].answer.number}",
            )
        elif quote.number is not None and quote.number < save.number:
            yield _lost_save(quote, save, fault_log, f"and in the end there is {quote.number}")


def _lost_quotes(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    """Yield a quote that is gone with all of its saves."""
    if not quote.is_gone:
        return
    for start in quote.done(Kind.START):
        excuse = Excuse.LOST_START if fault_log.may_lose(quote.key, start.completed) else None
        yield Anomaly(4, f"the quote is gone, and nobody discarded it: {start}", excuse)
    for save in quote.done(Kind.SAVE):
        yield _lost_save(quote, save, fault_log, "and in the end there is nothing")


def _lost_save(quote: QuoteHistory, save: Operation, fault_log: FaultLog, detail: str) -> Anomaly:
    excuse = Excuse.LOST_SAVE if fault_log.may_lose(quote.key, save.completed) else None
    return Anomaly(3, f"a save is lost: {save}, {detail}", excuse)


def _unsent_numbers(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    sent = {operation.number for operation in quote.possibly_done(Kind.START, Kind.SAVE)}
    if quote.number is not None and quote.number not in sent:
        yield Anomaly(3, f"{quote.quote_id} holds {quote.number}, but no client can have saved that")


def _left_drafts(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    if quote.claim and quote.has_draft:
        yield Anomaly(5, f"the draft of {quote.quote_id} was left beside its claim")


def _late_answers(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    """Yield answers as for an open quote after an acknowledged claim."""
    claim = quote.first_claim
    if not claim:
        return
    is_troubled = fault_log.is_troubled(quote.key, claim.invoked, claim.completed)
    for late in quote.done(Kind.SAVE, Kind.READ):
        if late.invoked > claim.completed:
            excuse = Excuse.RESURRECTED if late.kind is Kind.SAVE else Excuse.STALE
            is_excused = is_troubled and late.completed < fault_log.reconciled
            yield Anomaly(7, f"{late}, though there was before: {claim}", excuse if is_excused else None)


def _claimed_and_discarded(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    claim = quote.first_claim
    for discard in quote.done(Kind.DISCARD):
        if claim:
            excuse = Excuse.BOTH if _may_both_be_done(quote, claim, discard, fault_log) else None
            yield Anomaly(4, f"both were acknowledged: {claim}, and {discard}", excuse)


def _may_both_be_done(quote: QuoteHistory, claim: Operation, discard: Operation, fault_log: FaultLog) -> bool:
    if discard.invoked > claim.completed:
        return False  # SQL is asked first, and had the claim
    if discard.completed < claim.invoked:
        return fault_log.may_lose(quote.key, discard.completed)
    began, ended = min(claim.invoked, discard.invoked), max(claim.completed, discard.completed)
    return fault_log.is_troubled(quote.key, began, ended)


def _returned_drafts(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    """Yield a discarded draft that took a save or is there in the end."""
    for discard in quote.done(Kind.DISCARD):
        excuse = Excuse.LOST_DISCARD if fault_log.may_lose(quote.key, discard.completed) else None
        later = [save for save in quote.done(Kind.SAVE) if save.invoked > discard.completed]
        if later or (quote.has_draft and not quote.claim):
            yield Anomaly(4, f"the draft existed after its discard: {discard}", excuse)


def _false_answers(quote: QuoteHistory, fault_log: FaultLog) -> Iterator[Anomaly]:
    """Yield false answers about the end of the quote."""
    for operation in quote.operations:
        if operation.met(QuoteAlreadyClaimed, QuoteClaimedByAnother) and not quote.claim:
            yield Anomaly(7, f"there is no claim, but the answer was: {operation}")
        if operation.met(QuoteExpired) and not quote.is_gone and not _was_discarded_before(quote, operation):
            excuse = Excuse.STALE if _may_be_missed(quote, operation, fault_log) else None
            yield Anomaly(4, f"the quote existed, but the answer was: {operation}", excuse)


def _may_be_missed(quote: QuoteHistory, operation: Operation, fault_log: FaultLog) -> bool:
    """Return whether a stale primary may have answered, or the quote was lost and then discarded."""
    is_nowhere = quote.number is None
    is_lost = any(fault_log.may_lose(quote.key, start.completed) for start in quote.done(Kind.START))
    return fault_log.is_stale(quote.key, operation.completed) or (is_nowhere and is_lost)


def _was_discarded_before(quote: QuoteHistory, operation: Operation) -> bool:
    return any(discard.invoked < operation.completed for discard in quote.possibly_done(Kind.DISCARD))
