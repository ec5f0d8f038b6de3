"""Mutants in the use cases of quotes, and the list of all mutants of the HTTP machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.memory.quotes import MemoryQuoteStore
from adapters.memory.sessions import MemorySessions
from domain import errors
from domain.accounts.open_session import OpenSession
from domain.claiming.commit_claim import CommitClaim
from domain.claiming.finish_claim import FinishClaim
from domain.claiming.missing_draft import MissingDraft
from domain.claims import QuoteStatus
from domain.model import AccessToken, Quote
from domain.repairing.repair_claim import RepairClaim
from domain.use_cases import merge_details
from domain.use_cases.register_and_claim import RegisterAndClaim
from domain.use_cases.save_details import SaveDetails
from entrypoints.http.problems.table import ANSWERS
from entrypoints.http.requests import conditional
from entrypoints.http.schemas import emails, fields
from tests.proof.http.mutants.account_mutants import ACCOUNT_MUTANTS

Mutant = Callable[[pytest.MonkeyPatch], None]


def a_save_that_ignores_if_match(monkeypatch: pytest.MonkeyPatch) -> None:
    _change_call(monkeypatch, SaveDetails, lambda call, *args: call(*args[:-1], None))


def a_save_that_does_not_start_the_ttl_again(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = MemoryQuoteStore.save

    def save(store: Any, ref: Any, *args: Any) -> Any:
        before = store._entries.get(ref)
        saved = honest(store, ref, *args)
        store._entries[ref] = replace(store._entries[ref], ends=before.ends)
        return replace(saved, expires_at=before.ends)

    monkeypatch.setattr(MemoryQuoteStore, "save", save)


def a_read_that_starts_the_ttl_again(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = MemoryQuoteStore.get

    def get(store: Any, ref: Any) -> Any:
        quote = honest(store, ref)
        ends = store._end(ref, store._clock.now())
        store._entries[ref] = replace(store._entries[ref], ends=ends)
        return replace(quote, expires_at=ends)

    monkeypatch.setattr(MemoryQuoteStore, "get", get)


def a_draft_that_is_read_past_its_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(store: Any, ref: Any) -> Any:
        stored = store.peek(ref)
        draft = store.decode(ref, stored.raw)
        ends = min(store.ends(ref), store._lifetime.max_age_end(ref.quote_id))
        return Quote(ref.quote_id, draft.product, draft.details, stored.revision, ends)

    monkeypatch.setattr(MemoryQuoteStore, "get", get)


def an_if_match_without_quotes_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional, "_ONE_TAG", re.compile('(?P<weak>W/)?"?(?P<tag>[^", ]*)"?'))


def a_patch_that_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_details, "merge_patch", lambda target, patch: patch)


def a_discard_that_deletes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryQuoteStore, "discard", lambda *_: None)


def a_claimed_quote_that_is_still_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FinishClaim, "__call__", lambda *_: None)


def a_late_save_that_the_claim_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FinishClaim, "_take_over", lambda *_: None)


def an_expired_quote_that_is_told_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.claiming.missing_draft.QuoteExpired", lambda _: errors.QuoteNotFound())


def an_expired_quote_without_a_way_to_start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_without_extras(monkeypatch, errors.QuoteExpired)


def a_503_without_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_without_extras(monkeypatch, errors.StoreUnavailable)


def a_412_without_the_present_etag(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_without_extras(monkeypatch, errors.RevisionMismatch)


def a_registration_that_ignores_if_match(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = CommitClaim.__call__
    monkeypatch.setattr(
        CommitClaim, "__call__", lambda self, ref, claimant, expected: honest(self, ref, claimant, None)
    )


def a_replay_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        RegisterAndClaim, "_is_same_person", lambda self, mine, applicant: mine.email.key == applicant.email.key
    )


def a_replay_that_does_not_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _change_call(monkeypatch, RegisterAndClaim, lambda call, *args: replace(call(*args), replayed=False))


def a_registration_that_fails_without_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenSession, "__call__", lambda self, account: self.sessions.open(account))


def a_pending_quote_that_is_told_as_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    def tell(call: Any, *args: Any) -> Any:
        registered = call(*args)
        return replace(registered, quote=replace(registered.quote, status=QuoteStatus.CLAIMED))

    _change_call(monkeypatch, RegisterAndClaim, tell)


def a_pending_quote_that_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RepairClaim, "_fetched", lambda self, claim: claim)


def a_taken_email_that_leaves_the_quote_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CommitClaim, "_reopen", lambda *_: None)


def an_email_of_which_case_makes_two(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = emails.parse_email
    monkeypatch.setattr(fields, "parse_email", lambda text: replace(honest(text), key=text))


def a_claimed_quote_that_is_told_as_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MissingDraft, "refuse_if_claimed", lambda *_: None)


def a_304_for_what_the_client_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional, "is_known", lambda revision: True)


def an_access_token_that_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = MemorySessions.open
    monkeypatch.setattr(
        MemorySessions, "open", lambda self, account: replace(honest(self, account), token=AccessToken("at_always"))
    )


def a_quote_token_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(call: Any, quote_id: Any, token: Any, *args: Any) -> Any:
        registered = call(quote_id, token, *args)
        claims = call.__self__.claims._database.claims
        claims[quote_id] = replace(claims[quote_id], last_error=f"for {token}")
        return registered

    _change_call(monkeypatch, RegisterAndClaim, keep)


def _change_call(monkeypatch: pytest.MonkeyPatch, use_case: Any, change: Callable[..., Any]) -> None:
    """Call the use case through `change`."""
    honest = use_case.__call__
    monkeypatch.setattr(use_case, "__call__", lambda self, *args: change(honest.__get__(self), *args))


def _answer_without_extras(monkeypatch: pytest.MonkeyPatch, kind: type[errors.QuoteholdError]) -> None:
    monkeypatch.setitem(ANSWERS, kind, replace(ANSWERS[kind], more=lambda _: ({}, {})))


MUTANTS: tuple[Mutant, ...] = (
    a_save_that_ignores_if_match,
    a_save_that_does_not_start_the_ttl_again,
    a_read_that_starts_the_ttl_again,
    a_draft_that_is_read_past_its_cap,
    an_if_match_without_quotes_that_is_taken,
    a_patch_that_replaces,
    a_discard_that_deletes_nothing,
    a_claimed_quote_that_is_still_open,
    a_late_save_that_the_claim_forgets,
    an_expired_quote_that_is_told_as_unknown,
    an_expired_quote_without_a_way_to_start_again,
    a_503_without_retry_after,
    a_412_without_the_present_etag,
    a_registration_that_ignores_if_match,
    a_replay_without_the_password,
    a_replay_that_does_not_say_so,
    a_registration_that_fails_without_sessions,
    a_pending_quote_that_is_told_as_claimed,
    a_pending_quote_that_is_never_fetched,
    a_taken_email_that_leaves_the_quote_frozen,
    an_email_of_which_case_makes_two,
    a_claimed_quote_that_is_told_as_expired,
    a_304_for_what_the_client_does_not_have,
    an_access_token_that_is_used_again,
    a_quote_token_that_is_kept,
    *ACCOUNT_MUTANTS,
)
