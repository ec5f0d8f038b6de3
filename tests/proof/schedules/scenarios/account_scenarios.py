"""Scenarios of accounts and the quotes in them."""

from __future__ import annotations

from tests.proof.schedules.clients.account_clients import ACCOUNT_EMAILS
from tests.proof.schedules.clients.quote_clients import EMAILS, PASSWORDS, make_applicant
from tests.proof.schedules.scenarios.initial_states import (
    claimed,
    left_in_the_store,
    pending,
    refused_by_the_database,
    saved,
)
from tests.proof.schedules.scenarios.steps import RETRIES, end_lease, run_to_end, run_until_call
from tests.proof.schedules.simulation.simulation import Simulation

CYD, DAN = ACCOUNT_EMAILS


def claims_for_an_account(simulation: Simulation) -> None:
    quote = saved(simulation)
    simulation.account_clients.seed_account(CYD)
    simulation.account_clients.claim(quote, CYD, repeats=RETRIES)
    simulation.scheduler.run_all()
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def claims_again_for_the_same_account_and_for_another(simulation: Simulation) -> None:
    quote = left_in_the_store(simulation)
    simulation.account_clients.seed_account(DAN)
    simulation.account_clients.claim(quote, EMAILS[0], repeats=RETRIES)
    simulation.account_clients.claim(quote, DAN, repeats=RETRIES)
    simulation.scheduler.run_all()


def two_claim_for_their_accounts(simulation: Simulation) -> None:
    quote = saved(simulation)
    for email in ACCOUNT_EMAILS:
        simulation.account_clients.seed_account(email)
    run_until_call(simulation, simulation.account_clients.claim(quote, CYD, repeats=RETRIES), "claims.add")
    end_lease(simulation, quote)
    run_to_end(simulation, simulation.account_clients.claim(quote, DAN, repeats=RETRIES))
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()


def the_account_is_erased_while_it_claims(simulation: Simulation) -> None:
    quote = saved(simulation)
    simulation.account_clients.seed_account(CYD)
    slow = simulation.account_clients.claim(quote, CYD, repeats=RETRIES)
    run_until_call(simulation, slow, "claims.add")
    run_to_end(simulation, simulation.account_clients.erase(quote, CYD, repeats=1))
    simulation.scheduler.run_all()
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()


def the_password_changes_while_the_account_claims(simulation: Simulation) -> None:
    quote = saved(simulation)
    simulation.account_clients.seed_account(CYD)
    slow = simulation.account_clients.change_password(quote, CYD)
    run_until_call(simulation, slow, "accounts.put_credentials")
    run_until_call(simulation, simulation.account_clients.claim(quote, CYD, repeats=1), "accounts.find")
    run_to_end(simulation, simulation.account_clients.change_password(quote, CYD))
    simulation.scheduler.run_all()


def the_password_changes_while_somebody_logs_in(simulation: Simulation) -> None:
    quote = saved(simulation)
    simulation.account_clients.seed_account(CYD)
    run_until_call(simulation, simulation.account_clients.log_in(quote, CYD), "sessions.open")
    run_to_end(simulation, simulation.account_clients.change_password(quote, CYD))
    for _ in range(3):
        simulation.account_clients.view_account(quote, CYD)
    simulation.scheduler.run_all()
    simulation.account_clients.log_out(quote, CYD)
    simulation.account_clients.log_in(quote, CYD)
    simulation.scheduler.run_all()


def registers_again_with_the_same_key(simulation: Simulation) -> None:
    quote = saved(simulation)
    for applicant in (
        make_applicant(),
        make_applicant(),
        make_applicant(password=PASSWORDS[1]),
        make_applicant(name="Ada"),
        make_applicant(EMAILS[1]),
    ):
        simulation.clients.register(quote, applicant, repeats=RETRIES, key="a key")
    simulation.clients.register(quote, make_applicant(name="Ada"), repeats=RETRIES, key="another key")
    simulation.scheduler.run_all()


def the_owner_deletes_the_quote(simulation: Simulation) -> None:
    quote = left_in_the_store(simulation)
    simulation.account_clients.seed_account(DAN)
    simulation.account_clients.delete(quote, DAN)
    simulation.account_clients.delete(quote, repeats=1)
    simulation.clients.reconcile(2)
    simulation.clients.read(quote)
    simulation.scheduler.run_all()


def the_owner_deletes_what_is_pending(simulation: Simulation) -> None:
    quote = pending(simulation)
    slow = simulation.clients.reconcile()
    run_until_call(simulation, slow, "outbox.change")
    run_until_call(simulation, slow, "quotes.begin_claim")
    simulation.account_clients.delete(quote, repeats=1)
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def the_owner_is_erased(simulation: Simulation) -> None:
    quote = claimed(simulation)
    simulation.account_clients.erase(quote, is_wrong=True)
    simulation.account_clients.erase(quote, repeats=1)
    simulation.clients.reconcile(3)
    simulation.scheduler.run_all()


def the_owner_of_what_an_operator_has_tried_to_repair_is_erased(simulation: Simulation) -> None:
    quote = refused_by_the_database(simulation)
    with simulation.running_to_end():
        simulation.clients.retry(quote)
    simulation.account_clients.erase(quote, repeats=1)
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def the_owner_looks_at_everything(simulation: Simulation) -> None:
    quote = claimed(simulation)
    simulation.account_clients.view_account(quote)
    simulation.scheduler.run_all()
