"""Rules of faults: time passes, servers fail and recover, a reconciler runs."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from tests.proof.http.harness.harness import OUTAGES
from tests.proof.http.harness.operations import Operations
from tests.proof.http.model.entities import Fate, Object, Quote, Store
from tests.proof.http.rules.decorators import counted_rule, when
from tests.proof.http.rules.strategies import durations, numbers, objects, seconds


class FaultRules(Operations):
    """Faults of the service's surroundings."""

    # Time.

    @counted_rule(seconds=seconds)
    def seconds_pass(self, seconds: int) -> None:
        self.service.clock.advance(timedelta(seconds=seconds))

    @when(lambda model: bool(model.open_quotes))
    @counted_rule(hours=st.sampled_from([1, 1, 6, 6, 12, 23, 24, 25, 31 * 24 + 1]))
    def hours_pass(self, hours: int) -> None:
        self.service.clock.advance(timedelta(hours=hours))

    @when(lambda model: bool(model.open_quotes))
    @counted_rule(quote=numbers, has_expired=st.booleans())
    def a_quote_s_time_ends(self, quote: Quote, *, has_expired: bool) -> None:
        """Let a draft's TTL end, or nearly."""
        if draft := quote.live(self.model.now):
            early = timedelta(milliseconds=0 if has_expired else 1)
            self.service.clock.advance(max(timedelta(), draft.ends - early - self.model.now))

    @when(lambda model: model.is_all_up)
    @counted_rule(quote=numbers, days=st.sampled_from([2, 31]), details=objects)
    def a_quote_is_saved_each_day(self, quote: Quote, days: int, details: Object) -> None:
        for _ in range(days):
            self.service.clock.advance(timedelta(hours=23))
            self._save_details(quote, "PUT", details, details, "absent")

    # Servers.

    @when(lambda model: model.store is Store.UP)
    @counted_rule(store=st.sampled_from([*OUTAGES]), lasts=durations)
    def the_store_goes_away(self, store: Store, lasts: int) -> None:
        """Stop the store, or only its writes; its sessions too."""
        self.steps_to_recovery = lasts
        self._break_store(store)

    @when(lambda model: not model.is_database_away)
    @counted_rule(lasts=durations)
    def the_database_goes_away(self, lasts: int) -> None:
        self.steps_to_recovery = lasts
        self.model.is_database_away = self.service.database.is_down = True

    @when(lambda model: not model.are_sessions_away)
    @counted_rule(lasts=durations)
    def the_sessions_go_away(self, lasts: int) -> None:
        self.steps_to_recovery = lasts
        self.model.are_sessions_away = True
        self._set_sessions()

    @when(lambda model: not (model.is_all_up and model.takes_sessions))
    @counted_rule()
    def the_servers_are_back(self) -> None:
        self.end_outages()

    @counted_rule(fate=st.sampled_from([None, None, None, "applied", "dropped"]))
    def a_reconciler_passes(self, fate: Fate | None) -> None:
        """Run a reconciler, perhaps too early or during an outage: its result is right, but it may do nothing."""
        self._reconcile(fate)

    @when(lambda model: model.is_all_up and bool(model.claimed_quotes))
    @counted_rule()
    def a_reconciler_passes_after_an_hour(self) -> None:
        """Run a reconciler after the longest back-off."""
        self.service.clock.advance(timedelta(hours=1))
        self._reconcile(None)
        self._assert_settled()
