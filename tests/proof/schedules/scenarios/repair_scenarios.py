"""What a reconciler, an operator and an eraser do about claims, and what comes between."""

from __future__ import annotations

from tests.proof.schedules.clients.quote_clients import person
from tests.proof.schedules.scenarios.initial_states import (
    claimed,
    left_in_the_store,
    newer_is_refused,
    pending,
    refused_and_saved_again,
    saved,
)
from tests.proof.schedules.scenarios.steps import AGAIN, damaged, expired, goes_on, goes_on_to, gone_back, lease_ended
from tests.proof.schedules.simulation.simulation import Trial

_TO_THE_LAST = 12
"""So many passes, and a claim that cannot be repaired is dead and cleaned up after."""


def registers_while_the_store_is_away(trial: Trial) -> None:
    quote = pending(trial)
    trial.people.reconciles(3)
    trial.people.reads(quote)
    trial.stage.play()


def saves_after_a_claim_without_the_store(trial: Trial) -> None:
    quote = pending(trial)
    trial.people.saves(quote)
    trial.stage.play()
    trial.people.reconciles(3)
    trial.stage.play()


def the_store_goes_back_after_the_claim(trial: Trial) -> None:
    quote = claimed(trial)
    gone_back(trial, quote)
    trial.people.saves(quote)
    trial.people.reconciles(4)
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()


def the_store_goes_back_after_the_first_pass(trial: Trial) -> None:
    quote = claimed(trial)
    with trial.undisturbed():
        trial.people.reconciles()
    gone_back(trial, quote)
    trial.people.reconciles(2)
    trial.stage.play()


def registers_again_while_a_pending_draft_ends(trial: Trial) -> None:
    quote = pending(trial)
    goes_on_to(trial, trial.people.claims(quote, person(), repeats=AGAIN), "claims.add")
    expired(trial, quote)
    trial.stage.play()
    trial.people.reconciles(2)
    trial.stage.play()


def the_database_refuses_the_quote(trial: Trial) -> None:
    quote = trial.start()
    with trial.undisturbed():
        trial.people.saves(quote, poison=True)
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()
    trial.people.reconciles(2)
    trial.stage.play()
    trial.people.retries(quote, repaired=True)
    trial.people.reconciles(2)
    trial.stage.play()


def an_operator_mends_what_was_saved_again(trial: Trial) -> None:
    quote = refused_and_saved_again(trial)
    trial.people.retries(quote, repaired=True)
    trial.people.reconciles(3)
    trial.stage.play()


def the_record_is_damaged(trial: Trial) -> None:
    quote = saved(trial)
    damaged(trial, quote)
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()
    trial.people.reconciles(2)
    trial.people.gives_up(quote)
    trial.people.reconciles(2)
    trial.stage.play()


def what_nobody_has_repaired_is_deleted(trial: Trial) -> None:
    quote = newer_is_refused(trial)
    with trial.undisturbed():
        trial.people.reconciles(_TO_THE_LAST)
    trial.people.purges(in_time=False)
    trial.people.purges()
    trial.people.retries(quote)
    trial.people.reconciles(2)
    trial.stage.play()


def the_draft_ends_before_it_is_fetched(trial: Trial) -> None:
    quote = pending(trial)
    expired(trial, quote)
    trial.people.reconciles(2)
    trial.people.retries(quote)
    trial.people.reconciles(2)
    trial.stage.play()


def a_reconciler_is_overtaken(trial: Trial) -> None:
    quote = pending(trial)
    slow = trial.people.reconciles()
    goes_on_to(trial, slow, "quotes.begin_claim")
    goes_on(trial, trial.people.reconciles())
    trial.people.reads(quote)
    trial.stage.play()


def an_operator_retries_while_a_reconciler_gives_up(trial: Trial) -> None:
    quote = pending(trial)
    expired(trial, quote)
    slow = trial.people.reconciles()
    goes_on_to(trial, slow, "quotes.finish_claim")
    goes_on(trial, trial.people.retries(quote))
    trial.stage.play()
    trial.people.reconciles(2)
    trial.stage.play()


def a_reconciler_takes_over_what_is_older_by_then(trial: Trial) -> None:
    quote = left_in_the_store(trial)
    lease_ended(trial, quote)
    goes_on(trial, trial.people.saves(quote))
    slow = trial.people.reconciles()
    goes_on_to(trial, slow, "claims.take_newer")
    goes_on(trial, trial.people.saves(quote))
    goes_on(trial, trial.people.claims(quote, person(), repeats=AGAIN))
    trial.stage.play()


def another_record_that_cannot_be_read_takes_the_place_of_the_first(trial: Trial) -> None:
    quote = saved(trial)
    damaged(trial, quote)
    claimer = trial.people.claims(quote, person(), repeats=AGAIN)
    goes_on_to(trial, claimer, "quotes.finish_claim")
    damaged(trial, quote)
    trial.stage.play()
    trial.people.reconciles(2)
    trial.stage.play()
