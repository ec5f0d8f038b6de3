"""Losses by a failover are excused and counted, but not losses at other times or on other shards."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from redis.crc import key_slot

from domain.errors import (
    ClaimInProgress,
    CommitUnknown,
    DatabaseUnavailable,
    EmailTaken,
    Overloaded,
    QuoteAlreadyClaimed,
    QuoteExpired,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnreachable,
)
from tests.proof.histories.checkers.checker import SERVED
from tests.proof.histories.checkers.final_state import ClaimRow
from tests.proof.histories.checkers.quote_history import Excuse
from tests.proof.histories.faults.fault_log import MOVED_ON, Fault, Window
from tests.proof.histories.faults.server_logs import promotions, unplanned_failovers
from tests.proof.histories.history import Answer, Invocation, Kind, Outcome, Recorder, outcome_of
from tests.proof.histories.support.handmade_histories import (
    DONE,
    KEY,
    KILL,
    NOTHING,
    OPEN,
    OPENED,
    QUOTE,
    STALE,
    broken,
    claim,
    discard,
    holding,
    read,
    report,
    save,
    start,
)
from tests.servers.node import Node

BEFORE, AFTER = KILL.began - 0.3, KILL.began + 1.0
"""Times of a save that may not be replicated, and of one that the next primary acknowledged."""
RETURNED = 111.0
"""A time at which the stale primary takes writes."""
WELL = 130.0
ELSEWHERE = replace(KILL, slots=frozenset({key_slot(KEY.encode()) + 1}))


def excused(*of: Any) -> dict[Excuse, int]:
    """Return the excuses of a history without violations."""
    found = report(*of)
    assert found.violations == []
    return dict(found.excused)


def test_a_save_that_was_acknowledged_a_moment_before_the_failover_may_be_lost() -> None:
    history = (*OPENED, save(3, BEFORE))
    assert excused(history, OPEN, KILL) == {Excuse.LOST_SAVE: 1}
    assert excused((*history, claim(AFTER)), DONE, KILL) == {Excuse.LOST_SAVE: 1}
    assert excused((*history, read(AFTER, shown=2), save(4, WELL)), holding(OPEN, 4), KILL) == {Excuse.LOST_SAVE: 1}
    assert excused((*history, save(4, BEFORE + 0.1)), OPEN, KILL) == {Excuse.LOST_SAVE: 2}


@pytest.mark.parametrize("when", [KILL.began - 2, AFTER, WELL])
def test_a_save_that_was_acknowledged_at_another_time_may_not_be_lost(when: float) -> None:
    assert broken((*OPENED, save(3, when)), OPEN, KILL) == ["invariant 3"]


def test_a_save_to_another_shard_may_not_be_lost() -> None:
    assert broken((*OPENED, save(3, BEFORE)), OPEN, ELSEWHERE) == ["invariant 3"]


def test_a_write_of_the_stale_primary_may_be_lost_and_its_reads_are_not_losses() -> None:
    assert excused((*OPENED, save(3, RETURNED)), OPEN, STALE) == {Excuse.LOST_SAVE: 1}
    assert broken((*OPENED, save(3, RETURNED)), OPEN, KILL) == ["invariant 3"]
    assert excused((*OPENED, save(3, AFTER), read(RETURNED, shown=2)), holding(OPEN, 3), STALE) == {}
    assert excused((*OPENED, read(RETURNED, error=QuoteExpired)), OPEN, STALE) == {Excuse.STALE: 1}


def test_a_quote_that_was_started_a_moment_before_the_failover_may_be_lost_with_its_saves() -> None:
    history = (start(BEFORE), save(1, BEFORE + 0.1), save(2, AFTER, error=QuoteExpired))
    assert excused(history, NOTHING, KILL) == {Excuse.LOST_START: 1, Excuse.LOST_SAVE: 1}
    assert broken((start(), save(1, BEFORE)), NOTHING, KILL) == ["invariant 4"]


def test_a_lost_quote_that_was_claimed_while_the_store_was_away_ends_as_a_dead_claim() -> None:
    nothing_to_fetch = replace(DONE, claims=(ClaimRow(QUOTE, "ac_maria", "dead", "expired"),), quotes=())
    history = (start(BEFORE), claim(AFTER, is_pending=True))
    assert excused(history, nothing_to_fetch, KILL) == {Excuse.LOST_START: 2}
    assert "invariant 5" in broken((*OPENED, claim(AFTER, is_pending=True)), nothing_to_fetch, KILL)


def test_a_discard_may_be_lost_and_then_the_quote_be_saved_or_claimed() -> None:
    history = (*OPENED, discard(BEFORE))
    assert excused(history, OPEN, KILL) == {Excuse.LOST_DISCARD: 1}
    assert excused((*history, save(3, AFTER)), holding(OPEN, 3), KILL) == {Excuse.LOST_DISCARD: 1}
    assert excused((*history, claim(AFTER)), DONE, KILL) == {Excuse.BOTH: 1}
    assert broken((*OPENED, discard(50.0), claim(AFTER)), DONE, KILL) == ["invariant 4"]
    assert broken((*OPENED, claim(BEFORE), discard(AFTER)), DONE, KILL) == ["invariant 4"]


def test_a_claim_and_a_discard_at_once_may_both_be_done_where_the_store_lost_the_freeze() -> None:
    history = (*OPENED, claim(AFTER), discard(AFTER))
    assert excused(history, DONE, KILL) == {Excuse.BOTH: 1}
    assert broken(history, DONE, ELSEWHERE) == ["invariant 4"]


def test_a_draft_that_a_failover_brought_back_may_take_saves_which_then_are_in_sql() -> None:
    history = (*OPENED, claim(BEFORE), save(3, AFTER), read(AFTER, shown=2))
    assert excused(history, holding(DONE, 3), KILL) == {Excuse.RESURRECTED: 1, Excuse.STALE: 1}
    assert broken(history, DONE, KILL) == ["invariant 3"]


@pytest.mark.parametrize("when", [KILL.began - 2, WELL])
def test_a_draft_that_was_claimed_at_another_time_may_not_take_saves(when: float) -> None:
    assert broken((*OPENED, claim(when), save(3, when + 1)), holding(DONE, 3), KILL) == ["invariant 7"]


def test_after_all_passes_of_the_reconciler_nothing_is_excused() -> None:
    history = (*OPENED, claim(AFTER), save(3, WELL))
    assert [
        violation[:11] for violation in report(history, holding(DONE, 3), KILL, reconciled=WELL - 1).violations
    ] == ["invariant 7"]


def test_refusals_are_counted_by_the_time_of_the_fault_and_must_be_over_soon() -> None:
    refusals = [save(3, AFTER + n, error=StoreUnreachable) for n in (0.0, 0.5)]
    found = report((*OPENED, *refusals), OPEN, KILL)
    assert ([round(moment, 3) for moment in found.refusals], found.most_refusals, found.violations) == (
        [1.1, 1.6],
        2,
        [],
    )
    assert broken((*OPENED, save(3, WELL, error=StoreUnreachable)), OPEN, KILL) == [SERVED]
    assert broken((*OPENED, save(3, AFTER, error=StoreUnreachable)), OPEN, ELSEWHERE) == [SERVED]


def test_operations_are_counted_by_their_outcome() -> None:
    found = report((*OPENED, save(3, AFTER, error=StoreUnreachable), read(4.0, shown=2)), OPEN, KILL)
    assert tuple(found.number(outcome) for outcome in Outcome) == (4, 0, 1)
    assert found.acknowledged == 2
    assert "1 failovers; 4/0/1 operations ok/fail/unknown (start 1/0/0, save 2/0/1, read 1/0/0" in found.figure


def test_failovers_are_read_from_the_logs_of_the_servers(tmp_path: Path) -> None:
    node = cast("Node", SimpleNamespace(folder=tmp_path))
    now, offset = time.monotonic(), time.time() - time.monotonic()
    words = ["PRIMARY MODE enabled (user", "Ready", "Failover election won: I'm"]
    times = [datetime.fromtimestamp(now + offset + n).astimezone() for n in range(len(words))]
    lines = [f"7:M {when:%d %b %Y %H:%M:%S.%f}"[:-3] + f" * {said}\n" for when, said in zip(times, words, strict=True)]
    (tmp_path / "server.log").write_text("".join(lines))
    assert promotions([node], now - 1) == pytest.approx([now, now + 2], abs=0.4)
    assert promotions([node], now + 3) == []


def test_the_last_of_two_failovers_wins_and_an_unplanned_one_is_a_fault_too() -> None:
    second = Fault(20.0, 20.0, Window(10.0, 20.0 + MOVED_ON))
    assert unplanned_failovers([10.0, 20.0], 2) == []
    assert unplanned_failovers([10.0, 20.0], 1) == [second]
    assert unplanned_failovers([10.0, 20.0], 0) == [Fault(10.0, 10.0, Window(10.0, 10.0 + MOVED_ON)), second]


# Outcomes of errors.


@pytest.mark.parametrize(
    ("outcome", "errors"),
    [
        (Outcome.FAIL, [ClaimInProgress, QuoteAlreadyClaimed, QuoteExpired, EmailTaken]),
        (Outcome.FAIL, [StoreReadOnly, StoreFull, Overloaded, DatabaseUnavailable]),
        (Outcome.UNKNOWN, [StoreUnreachable, StoreUnavailable, CommitUnknown, KeyError]),
    ],
)
def test_each_error_of_a_save_has_its_outcome(outcome: Outcome, errors: list[type[Exception]]) -> None:
    for error in errors:
        assert outcome is outcome_of(Kind.SAVE, error.__new__(error)), error


def test_a_read_that_failed_has_done_nothing() -> None:
    assert Outcome.FAIL is outcome_of(Kind.READ, StoreUnreachable("away"))


def test_every_call_is_recorded_with_its_time_and_its_answer() -> None:
    recorder, invocation = Recorder(), Invocation("c1", Kind.SAVE, QUOTE, 1)

    def refuse() -> Answer:
        raise StoreUnreachable("away")

    done, unknown = recorder.run(invocation, lambda: Answer(revision=7)), recorder.run(invocation, refuse)
    assert [done, unknown] == recorder.operations
    assert (Outcome.OK, Answer(revision=7)) == (done.outcome, done.answer)
    assert (Outcome.UNKNOWN, StoreUnreachable, "away") == (unknown.outcome, unknown.answer.error, unknown.answer.words)
    assert done.invoked <= done.completed <= unknown.invoked <= unknown.completed
