"""The state machine: all rules, and the invariants that hold after each step."""

from __future__ import annotations

import sys
from datetime import timedelta

from hypothesis.stateful import RuleBasedStateMachine, invariant

from domain.use_cases.verify_claims import FindingKind
from tests.proof.http.harness.responses import answer_of, not_none, same
from tests.proof.http.rules.account_rules import AccountRules
from tests.proof.http.rules.fault_rules import FaultRules
from tests.proof.http.rules.quote_rules import QuoteRules
from tests.proof.http.rules.refusal_rules import RefusalRules


class HttpMachine(QuoteRules, AccountRules, RefusalRules, FaultRules, RuleBasedStateMachine):
    """Reads the rows and records after each step, without the service."""

    @invariant()
    def there_is_one_account_for_each_email(self) -> None:
        keys = sorted(account.email.key for account in self.service.database.accounts.values())
        assert keys == sorted(self.model.accounts)

    @invariant()
    def every_claim_has_its_rows(self) -> None:
        database = self.service.database
        claims = {str(quote_id): row for quote_id, row in database.claims.items()}
        rows = {str(quote_id): row for quote_id, row in database.quotes.items()}
        claimed = {quote.quote_id: quote.claim for quote in self.model.quotes if quote.claim}
        assert set(claims) == set(claimed)
        details = {quote_id: claim.details for quote_id, claim in claimed.items() if claim.details is not None}
        assert same({quote_id: row.details for quote_id, row in rows.items()}, details)
        for quote_id, claim in claimed.items():
            if claim.is_discarded:
                assert claims[quote_id].account_id is None
                continue
            account = database.accounts[not_none(claims[quote_id].account_id)]
            assert account.email.key == claim.person.key
            assert self.model.accounts[claim.person.key].account_id in (None, account.account_id)
            assert claim.details is None or rows[quote_id].account_id == account.account_id

    @invariant()
    def the_store_holds_the_drafts_and_no_others(self) -> None:
        assert self._stored_drafts() == {quote.quote_id for quote in self.model.quotes if quote.live(self.model.now)}

    @invariant()
    def every_quote_reads_as_it_should(self) -> None:
        for quote in self.model.quotes if self.model.is_all_up else ():
            response = self.reader.get(f"/v1/quotes/{quote.quote_id}", headers={"Quote-Token": quote.token})
            assert answer_of(response) in self.model.to_read(quote)
            if response.status_code == 200:
                self._assert_shown(response, quote)

    @invariant()
    def a_checker_finds_nothing(self) -> None:
        """A reconciler may only be overdue, if time has passed without one."""
        if self.model.is_all_up:
            assert not [found for found in self.service.findings() if found.kind is not FindingKind.OVERDUE]

    @invariant()
    def no_secret_is_kept(self) -> None:
        stored = repr(self.service.database) + repr(self.service.quotes._entries)
        assert not [secret for secret in self.secrets if secret in stored]

    def teardown(self) -> None:
        """Check the end: all servers are back, a reconciler has run, and every acknowledged save is kept."""
        self.tally.examples += 1
        if sys.exc_info()[0]:  # a step has failed: later findings would hide it
            return
        self.end_outages()
        self.service.clock.advance(timedelta(hours=1))
        self._reconcile(None)
        self._assert_settled()
        self.service.reconcile_until_settled()
        assert self.service.findings() == []
        self._assert_settled()
        self.every_claim_has_its_rows()
        self.the_store_holds_the_drafts_and_no_others()
        self.every_quote_reads_as_it_should()
