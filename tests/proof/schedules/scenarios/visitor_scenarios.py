"""What people come to a quote for; whoever is refused for the moment comes again."""

from __future__ import annotations

from datetime import timedelta

from tests.proof.schedules.clients.quote_clients import EMAILS, PASSWORDS, person
from tests.proof.schedules.faults.port_calls import STORE, Fault
from tests.proof.schedules.scenarios.initial_states import claimed, pending, saved
from tests.proof.schedules.scenarios.steps import AGAIN, goes_on, goes_on_to, gone_back, paused
from tests.proof.schedules.simulation.simulation import Trial


def saves(trial: Trial) -> None:
    quote = trial.start()
    trial.people.saves(quote, 2)
    trial.people.merges(quote)
    trial.people.reads(quote)
    trial.stage.play()


def merges_while_somebody_saves(trial: Trial) -> None:
    quote = trial.start()
    goes_on_to(trial, trial.people.merges(quote), "quotes.save")
    goes_on(trial, trial.people.saves(quote))
    trial.stage.play()


def discards(trial: Trial) -> None:
    quote = saved(trial)
    trial.people.discards(quote, repeats=1)
    trial.people.saves(quote)
    trial.stage.play()


def registers(trial: Trial) -> None:
    quote = saved(trial)
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()
    trial.people.reconciles(3)
    trial.stage.play()


def registers_again(trial: Trial) -> None:
    quote = claimed(trial)
    for who in (person(), person(password=PASSWORDS[1]), person(EMAILS[1])):
        trial.people.claims(quote, who, repeats=AGAIN)
    trial.stage.play()


def registers_with_an_email_that_is_taken(trial: Trial) -> None:
    claimed(trial)
    quote = saved(trial)
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()
    trial.people.claims(quote, person(EMAILS[1]), repeats=AGAIN)
    trial.stage.play()


def registers_while_the_store_takes_no_writes(trial: Trial) -> None:
    quote = saved(trial)
    trial.weather = lambda call: Fault.READ_ONLY if call.port in STORE and call.is_write else Fault.NONE
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()
    trial.people.reconciles()
    trial.stage.play()


def registers_when_little_time_is_left(trial: Trial) -> None:
    quote = saved(trial)
    trial.site.store.shorten(trial.notes.refs[quote.quote_id], timedelta(minutes=1))
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()


def two_register(trial: Trial) -> None:
    quote = saved(trial)
    paused(trial, quote)
    goes_on(trial, trial.people.claims(quote, person(EMAILS[1]), repeats=AGAIN))
    trial.stage.play()


def saves_while_a_claimer_is_paused(trial: Trial) -> None:
    quote = saved(trial)
    paused(trial, quote)
    goes_on(trial, trial.people.saves(quote))
    trial.stage.play()
    trial.people.reconciles(2)
    trial.stage.play()


def discards_while_a_claimer_is_paused(trial: Trial) -> None:
    quote = saved(trial)
    paused(trial, quote)
    goes_on(trial, trial.people.discards(quote))
    trial.stage.play()


def saves_and_discards_what_is_being_claimed(trial: Trial) -> None:
    quote = saved(trial)
    claimer = trial.people.claims(quote, person(), repeats=AGAIN)
    goes_on_to(trial, claimer, "claims.add")
    goes_on(trial, trial.people.saves(quote))
    goes_on(trial, trial.people.discards(quote))
    trial.stage.play()


def discards_while_the_commit_is_on_its_way(trial: Trial) -> None:
    quote = saved(trial)
    claimer = trial.people.claims(quote, person())
    with trial.unlike_before(lambda call: Fault.LATE if call.method == "add" else Fault.NONE):
        goes_on(trial, claimer)
    goes_on(trial, trial.people.discards(quote))
    trial.stage.play()
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()


def discards_what_is_pending(trial: Trial) -> None:
    quote = pending(trial)
    trial.people.discards(quote)
    trial.people.reconciles(2)
    trial.stage.play()


def comes_back_when_the_tombstone_has_ended(trial: Trial) -> None:
    quote = claimed(trial)
    trial.site.store.end_time(trial.notes.refs[quote.quote_id])
    trial.people.reads(quote)
    trial.people.saves(quote)
    trial.people.discards(quote)
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()


def the_store_loses_a_save(trial: Trial) -> None:
    quote = saved(trial)
    with trial.undisturbed():
        trial.people.saves(quote)
    gone_back(trial, quote, copies=2)
    trial.people.saves(quote)
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()
