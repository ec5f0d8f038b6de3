"""The scenes in which every call is made to fail, by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tests.proof.schedules import belongings, repairs, visits
from tests.proof.schedules.trial import Trial

Scene: TypeAlias = Callable[[Trial], None]

SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", " "): scene
    for scene in (
        visits.saves,
        visits.merges_while_somebody_saves,
        visits.discards,
        visits.registers,
        visits.registers_again,
        visits.registers_with_an_email_that_is_taken,
        visits.saves_while_a_claimer_is_paused,
        visits.two_register,
        visits.discards_while_a_claimer_is_paused,
        visits.discards_while_the_commit_is_on_its_way,
        visits.saves_and_discards_what_is_being_claimed,
        visits.discards_what_is_pending,
        visits.comes_back_when_the_tombstone_has_ended,
        visits.registers_while_the_store_takes_no_writes,
        visits.registers_when_little_time_is_left,
        visits.the_store_loses_a_save,
        repairs.registers_while_the_store_is_away,
        repairs.saves_after_a_claim_without_the_store,
        repairs.the_store_goes_back_after_the_claim,
        repairs.the_store_goes_back_after_the_first_pass,
        repairs.registers_again_while_a_pending_draft_ends,
        repairs.the_database_refuses_the_quote,
        repairs.an_operator_mends_what_was_saved_again,
        repairs.the_record_is_damaged,
        repairs.the_draft_ends_before_it_is_fetched,
        repairs.what_nobody_has_repaired_is_deleted,
        repairs.a_reconciler_is_overtaken,
        repairs.an_operator_retries_while_a_reconciler_gives_up,
        repairs.a_reconciler_takes_over_what_is_older_by_then,
        repairs.another_record_that_cannot_be_read_takes_the_place_of_the_first,
        belongings.claims_for_an_account,
        belongings.claims_again_for_the_same_account_and_for_another,
        belongings.two_claim_for_their_accounts,
        belongings.the_account_is_erased_while_it_claims,
        belongings.the_password_changes_while_the_account_claims,
        belongings.the_password_changes_while_somebody_logs_in,
        belongings.registers_again_with_the_same_key,
        belongings.the_owner_deletes_the_quote,
        belongings.the_owner_deletes_what_is_pending,
        belongings.the_owner_is_erased,
        belongings.the_owner_of_what_an_operator_has_tried_to_repair_is_erased,
        belongings.the_owner_looks_at_everything,
    )
}
