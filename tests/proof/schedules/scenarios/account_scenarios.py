"""What owners do with their accounts and with the quotes in them, and what comes between."""

from __future__ import annotations

from tests.proof.schedules.clients.account_clients import OWNERS
from tests.proof.schedules.clients.quote_clients import EMAILS, PASSWORDS, person
from tests.proof.schedules.scenarios.initial_states import (
    claimed,
    left_in_the_store,
    pending,
    refused_by_the_database,
    saved,
)
from tests.proof.schedules.scenarios.steps import AGAIN, goes_on, goes_on_to, lease_ended
from tests.proof.schedules.simulation.simulation import Trial

CYD, DAN = OWNERS


def claims_for_an_account(trial: Trial) -> None:
    quote = saved(trial)
    trial.owners.settle(CYD)
    trial.owners.claims(quote, CYD, repeats=AGAIN)
    trial.stage.play()
    trial.people.reconciles(2)
    trial.stage.play()


def claims_again_for_the_same_account_and_for_another(trial: Trial) -> None:
    quote = left_in_the_store(trial)
    trial.owners.settle(DAN)
    trial.owners.claims(quote, EMAILS[0], repeats=AGAIN)
    trial.owners.claims(quote, DAN, repeats=AGAIN)
    trial.stage.play()


def two_claim_for_their_accounts(trial: Trial) -> None:
    quote = saved(trial)
    for email in OWNERS:
        trial.owners.settle(email)
    goes_on_to(trial, trial.owners.claims(quote, CYD, repeats=AGAIN), "claims.add")
    lease_ended(trial, quote)
    goes_on(trial, trial.owners.claims(quote, DAN, repeats=AGAIN))
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()


def the_account_is_erased_while_it_claims(trial: Trial) -> None:
    quote = saved(trial)
    trial.owners.settle(CYD)
    slow = trial.owners.claims(quote, CYD, repeats=AGAIN)
    goes_on_to(trial, slow, "claims.add")
    goes_on(trial, trial.owners.erases(quote, CYD, repeats=1))
    trial.stage.play()
    trial.people.claims(quote, person(), repeats=AGAIN)
    trial.stage.play()


def the_password_changes_while_the_account_claims(trial: Trial) -> None:
    quote = saved(trial)
    trial.owners.settle(CYD)
    slow = trial.owners.changes_password(quote, CYD)
    goes_on_to(trial, slow, "accounts.put_credentials")
    goes_on_to(trial, trial.owners.claims(quote, CYD, repeats=1), "accounts.find")
    goes_on(trial, trial.owners.changes_password(quote, CYD))
    trial.stage.play()


def the_password_changes_while_somebody_logs_in(trial: Trial) -> None:
    quote = saved(trial)
    trial.owners.settle(CYD)
    goes_on_to(trial, trial.owners.logs_in(quote, CYD), "sessions.open")
    goes_on(trial, trial.owners.changes_password(quote, CYD))
    for _ in range(3):
        trial.owners.looks(quote, CYD)
    trial.stage.play()
    trial.owners.logs_out(quote, CYD)
    trial.owners.logs_in(quote, CYD)
    trial.stage.play()


def registers_again_with_the_same_key(trial: Trial) -> None:
    quote = saved(trial)
    for who in (person(), person(), person(password=PASSWORDS[1]), person(name="Ada"), person(EMAILS[1])):
        trial.people.claims(quote, who, repeats=AGAIN, key="a key")
    trial.people.claims(quote, person(name="Ada"), repeats=AGAIN, key="another key")
    trial.stage.play()


def the_owner_deletes_the_quote(trial: Trial) -> None:
    quote = left_in_the_store(trial)
    trial.owners.settle(DAN)
    trial.owners.deletes(quote, DAN)
    trial.owners.deletes(quote, repeats=1)
    trial.people.reconciles(2)
    trial.people.reads(quote)
    trial.stage.play()


def the_owner_deletes_what_is_pending(trial: Trial) -> None:
    quote = pending(trial)
    slow = trial.people.reconciles()
    goes_on_to(trial, slow, "outbox.change")
    goes_on_to(trial, slow, "quotes.begin_claim")
    trial.owners.deletes(quote, repeats=1)
    trial.people.reconciles(2)
    trial.stage.play()


def the_owner_is_erased(trial: Trial) -> None:
    quote = claimed(trial)
    trial.owners.erases(quote, is_wrong=True)
    trial.owners.erases(quote, repeats=1)
    trial.people.reconciles(3)
    trial.stage.play()


def the_owner_of_what_an_operator_has_tried_to_repair_is_erased(trial: Trial) -> None:
    quote = refused_by_the_database(trial)
    with trial.undisturbed():
        trial.people.retries(quote)
    trial.owners.erases(quote, repeats=1)
    trial.people.reconciles(2)
    trial.stage.play()


def the_owner_looks_at_everything(trial: Trial) -> None:
    quote = claimed(trial)
    trial.owners.looks(quote)
    trial.stage.play()
