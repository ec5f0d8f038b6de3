"""All scenarios by name; failpoints make each of their calls fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tests.proof.schedules.scenarios import account_scenarios, repair_scenarios, visitor_scenarios
from tests.proof.schedules.simulation.simulation import Simulation

Scenario: TypeAlias = Callable[[Simulation], None]

SCENARIOS: dict[str, Scenario] = {
    scenario.__name__.replace("_", " "): scenario
    for scenario in (
        visitor_scenarios.saves,
        visitor_scenarios.merges_while_somebody_saves,
        visitor_scenarios.discards,
        visitor_scenarios.registers,
        visitor_scenarios.registers_again,
        visitor_scenarios.registers_with_an_email_that_is_taken,
        visitor_scenarios.saves_while_a_claimer_is_paused,
        visitor_scenarios.two_register,
        visitor_scenarios.discards_while_a_claimer_is_paused,
        visitor_scenarios.discards_while_the_commit_is_on_its_way,
        visitor_scenarios.saves_and_discards_what_is_being_claimed,
        visitor_scenarios.discards_what_is_pending,
        visitor_scenarios.comes_back_when_the_tombstone_has_ended,
        visitor_scenarios.registers_while_the_store_takes_no_writes,
        visitor_scenarios.registers_when_little_time_is_left,
        visitor_scenarios.the_store_loses_a_save,
        repair_scenarios.registers_while_the_store_is_away,
        repair_scenarios.saves_after_a_claim_without_the_store,
        repair_scenarios.the_store_goes_back_after_the_claim,
        repair_scenarios.the_store_goes_back_after_the_first_pass,
        repair_scenarios.registers_again_while_a_pending_draft_ends,
        repair_scenarios.the_database_refuses_the_quote,
        repair_scenarios.an_operator_repairs_what_was_saved_again,
        repair_scenarios.the_record_is_damaged,
        repair_scenarios.the_draft_ends_before_it_is_fetched,
        repair_scenarios.what_nobody_has_repaired_is_deleted,
        repair_scenarios.a_reconciler_is_overtaken,
        repair_scenarios.an_operator_retries_while_a_reconciler_gives_up,
        repair_scenarios.a_reconciler_takes_over_what_is_older_by_then,
        repair_scenarios.another_record_that_cannot_be_read_takes_the_place_of_the_first,
        account_scenarios.claims_for_an_account,
        account_scenarios.claims_again_for_the_same_account_and_for_another,
        account_scenarios.two_claim_for_their_accounts,
        account_scenarios.the_account_is_erased_while_it_claims,
        account_scenarios.the_password_changes_while_the_account_claims,
        account_scenarios.the_password_changes_while_somebody_logs_in,
        account_scenarios.registers_again_with_the_same_key,
        account_scenarios.the_owner_deletes_the_quote,
        account_scenarios.the_owner_deletes_what_is_pending,
        account_scenarios.the_owner_is_erased,
        account_scenarios.the_owner_of_what_an_operator_has_tried_to_repair_is_erased,
        account_scenarios.the_owner_looks_at_everything,
    )
}
