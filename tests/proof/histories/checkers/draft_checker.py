"""What has become of each quote's saves, its draft and its end: invariants 3, 4, 5 and 7."""

from __future__ import annotations

from collections.abc import Iterator

from domain.errors import QuoteAlreadyClaimed, QuoteClaimedByAnother, QuoteExpired
from tests.proof.histories.checkers.quote_history import Anomaly, Excuse, Story
from tests.proof.histories.faults.fault_log import Course
from tests.proof.histories.history import Kind, Operation


def anomalies_of_drafts(story: Story, course: Course) -> Iterator[Anomaly]:
    """All of them."""
    for look in (_overtaken, _gone, _never_sent, _left, _late, _claimed_and_discarded, _back, _mistaken):
        yield from look(story, course)


def _overtaken(story: Story, course: Course) -> Iterator[Anomaly]:
    """Acknowledged saves of which, later, less was there: in the end, or for one who read."""
    reads = [read for read in story.done(Kind.READ) if not course.is_stale(story.key, read.completed)]
    for save in story.done(Kind.SAVE):
        less = [read for read in reads if read.invoked > save.completed and (read.answer.number or 0) < save.number]
        if less:
            yield _lost(
                story, save, course, f"and then there was this: {less[0]}, which showed {less[0].answer.number}"
            )
        elif story.number is not None and story.number < save.number:
            yield _lost(story, save, course, f"and in the end there is {story.number}")


def _gone(story: Story, course: Course) -> Iterator[Anomaly]:
    """A quote that is nowhere, with all that was saved to it."""
    if not story.is_gone:
        return
    for start in story.done(Kind.START):
        excuse = Excuse.LOST_START if course.may_lose(story.key, start.completed) else None
        yield Anomaly(4, f"the quote is gone, and nobody discarded it: {start}", excuse)
    for save in story.done(Kind.SAVE):
        yield _lost(story, save, course, "and in the end there is nothing")


def _lost(story: Story, save: Operation, course: Course, what: str) -> Anomaly:
    excuse = Excuse.LOST_SAVE if course.may_lose(story.key, save.completed) else None
    return Anomaly(3, f"a save is lost: {save}, {what}", excuse)


def _never_sent(story: Story, course: Course) -> Iterator[Anomaly]:
    sent = {operation.number for operation in story.perhaps_done(Kind.START, Kind.SAVE)}
    if story.number is not None and story.number not in sent:
        yield Anomaly(3, f"{story.quote_id} holds {story.number}, which nobody can have saved to it")


def _left(story: Story, course: Course) -> Iterator[Anomaly]:
    if story.claim and story.has_draft:
        yield Anomaly(5, f"the draft of {story.quote_id} was left beside its claim")


def _late(story: Story, course: Course) -> Iterator[Anomaly]:
    """What was answered as if the quote were open, though its claim had been acknowledged before that was asked."""
    claim = story.first_claim
    if not claim:
        return
    is_troubled = course.is_troubled(story.key, claim.invoked, claim.completed)
    for late in story.done(Kind.SAVE, Kind.READ):
        if late.invoked > claim.completed:
            excuse = Excuse.RESURRECTED if late.kind is Kind.SAVE else Excuse.STALE
            is_excused = is_troubled and late.completed < course.reconciled
            yield Anomaly(7, f"{late}, though there was before: {claim}", excuse if is_excused else None)


def _claimed_and_discarded(story: Story, course: Course) -> Iterator[Anomaly]:
    claim = story.first_claim
    for discard in story.done(Kind.DISCARD):
        if claim:
            excuse = Excuse.BOTH if _may_both_be_done(story, claim, discard, course) else None
            yield Anomaly(4, f"both were acknowledged: {claim}, and {discard}", excuse)


def _may_both_be_done(story: Story, claim: Operation, discard: Operation, course: Course) -> bool:
    if discard.invoked > claim.completed:
        return False  # SQL is asked first, and had the claim
    if discard.completed < claim.invoked:
        return course.may_lose(story.key, discard.completed)
    began, ended = min(claim.invoked, discard.invoked), max(claim.completed, discard.completed)
    return course.is_troubled(story.key, began, ended)


def _back(story: Story, course: Course) -> Iterator[Anomaly]:
    """A draft that was discarded, and is there in the end, or took a save."""
    for discard in story.done(Kind.DISCARD):
        excuse = Excuse.LOST_DISCARD if course.may_lose(story.key, discard.completed) else None
        later = [save for save in story.done(Kind.SAVE) if save.invoked > discard.completed]
        if later or (story.has_draft and not story.claim):
            yield Anomaly(4, f"the draft was there after this: {discard}", excuse)


def _mistaken(story: Story, course: Course) -> Iterator[Anomaly]:
    """Answers about the quote's end that are not true."""
    for asked in story.operations:
        if asked.met(QuoteAlreadyClaimed, QuoteClaimedByAnother) and not story.claim:
            yield Anomaly(7, f"there is no claim, but this was answered: {asked}")
        if asked.met(QuoteExpired) and not story.is_gone and not _was_discarded_before(story, asked):
            excuse = Excuse.STALE if _may_be_missed(story, asked, course) else None
            yield Anomaly(4, f"the quote was there, but this was answered: {asked}", excuse)


def _may_be_missed(story: Story, asked: Operation, course: Course) -> bool:
    """Whether a stale primary may have answered, or the quote was lost, and is discarded since."""
    is_nowhere = story.number is None
    is_lost = any(course.may_lose(story.key, start.completed) for start in story.done(Kind.START))
    return course.is_stale(story.key, asked.completed) or (is_nowhere and is_lost)


def _was_discarded_before(story: Story, asked: Operation) -> bool:
    return any(discard.invoked < asked.completed for discard in story.perhaps_done(Kind.DISCARD))
