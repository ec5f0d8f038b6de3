"""The whole service over in-memory adapters, for tests of the use cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.keyring import Keyring
from adapters.memory.database import MemoryAccounts, MemoryClaims
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.records import MemoryClaimRecords
from adapters.memory.scan import MemoryStoreScan
from domain.claims import Claim
from domain.errors import StoreUnreachable
from domain.model import AccessToken, Applicant, Details, Email, KeyId, Lifetime, Quote, QuoteRef, Revision, SaveId
from domain.repairing.schedule import MOST_ATTEMPTS, RepairSchedule
from domain.repairing.summaries import KeyKind
from domain.use_cases.claim_quote import ClaimQuoteResult
from domain.use_cases.reconcile_claims import Outcome
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from domain.use_cases.verify_claims import Finding
from entrypoints.operations import Operations, RepairPorts
from entrypoints.services import Services
from entrypoints.steps import Ports, Steps
from tests.doubles.clock import ManualClock
from tests.doubles.database import FaultyDatabase
from tests.doubles.hashers import PlainPasswordHasher
from tests.doubles.ids import CountingIds
from tests.doubles.quotes import FaultyQuoteStore
from tests.doubles.sessions import FaultySessions

LEASE = timedelta(seconds=15)
REPAIR_DELAY = timedelta(seconds=30)
MAX_DETAILS = 64 * 1024
EMAIL = "maria@example.com"
PASSWORD = "correct horse battery"


class InMemoryService:
    """The in-memory adapter of each port, and all use cases over them."""

    def __init__(self) -> None:
        self.lifetime = Lifetime(timedelta(hours=24), timedelta(days=30))
        self.clock = ManualClock()
        self.ids = CountingIds(self.clock)
        self.tokens = Keyring({KeyId("k1"): b"1" * 32})
        self.database = FaultyDatabase()
        self.quotes = FaultyQuoteStore(self.clock, self.lifetime, lease=LEASE, max_details=MAX_DETAILS)
        self.sessions = FaultySessions(self.clock, timedelta(days=30))
        self.accounts = MemoryAccounts(self.database)
        self.claims = MemoryClaims(self.database, self.clock)
        ports = Ports(
            quotes=self.quotes,
            sessions=self.sessions,
            accounts=self.accounts,
            claims=self.claims,
            tokens=self.tokens,
            hasher=PlainPasswordHasher(),
            clock=self.clock,
            ids=self.ids,
        )
        schedule = RepairSchedule(REPAIR_DELAY, self.lifetime)
        steps = Steps.over(ports, schedule)
        self.services = Services.over(ports, steps)
        self.outbox = MemoryOutbox(self.database)
        repairs = RepairPorts(self.outbox, MemoryClaimRecords(self.database), MemoryStoreScan(self.quotes))
        self.operations = Operations.over(ports, repairs, steps, schedule)

    def start(self, product: str | None = "motor", **details: Any) -> Started:
        return self.services.start_quote(product, details)

    def get(self, quote: Started) -> Quote:
        return self.services.get_quote(quote.quote_id, quote.token)

    def save(self, quote: Started, details: Details) -> Quote:
        """Replace the details of the open quote."""
        return self.services.save_details(quote.quote_id, quote.token, details)

    def register(
        self,
        quote: Started,
        who: Applicant | None = None,
        expected: Revision | None = None,
        key: str | None = None,
        token: str | None = None,
    ) -> Registered:
        """Register an applicant (by default `applicant()`) with the quote and its token, or with another token."""
        return self.services.register_and_claim(
            quote.quote_id, token or quote.token, who or applicant(), expected, key=key
        )

    def claim_quote(self, quote: Started, token: AccessToken, expected: Revision | None = None) -> ClaimQuoteResult:
        """Claim the quote for the account of that access token."""
        return self.services.claim_quote(quote.quote_id, quote.token, token, expected)

    def log_in(self, email: str = EMAIL) -> AccessToken:
        return self.services.log_in(Email(email, email), PASSWORD).access.token

    def register_while_the_store_is_away(self, quote: Started, who: Applicant | None = None) -> Registered:
        """Register while the store is out of reach, so that the quote is pending afterwards."""
        self.quotes.outage = StoreUnreachable("away")
        registered = self.register(quote, who)
        self.quotes.outage = None
        return registered

    def claim(self, quote: Started) -> Claim:
        return self.database.claims[quote.quote_id]

    def change_claim(self, quote: Started, **changes: Any) -> None:
        """Change fields of the claim's row behind the service's back."""
        self.database.claims[quote.quote_id] = replace(self.claim(quote), **changes)

    def reconcile(self) -> list[Outcome]:
        """Run one pass, and return the outcome of each claim that was due."""
        outcomes: list[Outcome] = []
        self.operations.reconcile(lambda: False, outcomes.append)
        return outcomes

    def reconcile_after(self, duration: timedelta) -> list[Outcome]:
        self.clock.advance(duration)
        return self.reconcile()

    def reconcile_until_settled(self) -> None:
        """Run passes, each at the time of the next due claim, until no claim has a next time."""
        for _ in range(100):
            if not (times := [claim.next_at for claim in self.database.claims.values() if claim.next_at]):
                return
            self.clock.advance(max(timedelta(), min(times) - self.clock.now()))
            self.reconcile()
        raise AssertionError("some claim is still due after 100 passes")

    def reconcile_until_dead(self) -> None:
        """Run passes, each one hour (the longest back-off) later, until some claim is dead."""
        for _ in range(MOST_ATTEMPTS):
            if Outcome.DEAD in self.reconcile_after(timedelta(hours=1)):
                return
        raise AssertionError(f"no claim is dead after {MOST_ATTEMPTS} passes")

    def findings(self) -> list[Finding]:
        """Return the findings of `quotes claims verify`."""
        return list(self.operations.verify(lambda name, number: None))

    def save_past_the_claim(self, quote: Started) -> None:
        """Store a draft `{"late": true}` newer than its claim, as after a failover that brought the draft back."""
        ref = self.ref(quote)
        self.quotes._entries.pop(ref, None)
        self.clock.advance(timedelta(milliseconds=1))
        self.quotes.create(ref, SaveId(b"late    "), "motor", {"late": True})

    def has_tombstone(self, quote: Started) -> bool:
        return self.quotes.kinds().get(self.ref(quote)) is KeyKind.TOMBSTONE

    def ref(self, quote: Started) -> QuoteRef:
        return self.tokens.verify(quote.quote_id, quote.token)


def access_to(registered: Registered) -> AccessToken:
    assert registered.access_token
    return registered.access_token


def applicant(email: str = EMAIL, password: str = PASSWORD, name: str | None = "Maria") -> Applicant:
    return Applicant(Email(email, email.casefold()), password, name)
