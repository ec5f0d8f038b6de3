"""Who goes on in a scene and how far, and what befalls the quote meanwhile."""

from __future__ import annotations

from domain.use_cases.start_quote import Started
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.clients.quote_clients import person
from tests.proof.schedules.simulation.scheduler import Actor
from tests.proof.schedules.simulation.simulation import Trial

AGAIN = 2
"""How often somebody comes again who is refused for the moment."""


def goes_on(trial: Trial, actor: Actor) -> None:
    """To its end, and nobody else."""
    while not actor.has_expired:
        trial.stage.let(actor)


def goes_on_to(trial: Trial, actor: Actor, call: str) -> None:
    """Up to that call; to its end, where it does not come so far."""
    while not actor.has_expired and actor.next_call != call:
        trial.stage.let(actor)


def paused(trial: Trial, quote: Started) -> None:
    """A claimer who has read the draft, and stands still until its lease has ended."""
    goes_on_to(trial, trial.people.claims(quote, person(), repeats=AGAIN), "claims.add")
    lease_ended(trial, quote)


def lease_ended(trial: Trial, quote: Started) -> None:
    ref = trial.notes.refs[quote.quote_id]
    view = trial.site.store.view(ref)
    if view and view.holder:
        trial.site.store.end_lease(ref)
        trial.notes.excuse(quote.quote_id, Excuse.LEASE_ENDED)


def expired(trial: Trial, quote: Started) -> None:
    trial.site.store.end_time(trial.notes.refs[quote.quote_id])
    trial.notes.excuse(quote.quote_id, Excuse.EXPIRED)


def damaged(trial: Trial, quote: Started) -> None:
    trial.site.store.corrupt(trial.notes.refs[quote.quote_id])
    trial.notes.excuse(quote.quote_id, Excuse.CORRUPTED)


def gone_back(trial: Trial, quote: Started, copies: int = 1) -> None:
    """To the draft that stood there last, or to an older one."""
    ref = trial.notes.refs[quote.quote_id]
    drafts = [view for view in trial.notes.copies[quote.quote_id] if view and view.draft]
    trial.site.store.put_back(ref, drafts[-copies])
    trial.site.store.pass_time(ref, trial.notes.newest(quote.quote_id))
    trial.notes.excuse(quote.quote_id, Excuse.ROLLED_BACK)
