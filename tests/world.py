"""A whole service over in-memory adapters, for tests that ask what the use cases do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from adapters.keyring import Keyring
from adapters.memory.database import MemoryAccounts, MemoryClaims, MemoryDatabase
from adapters.memory.quotes import MemoryQuoteStore
from adapters.memory.sessions import MemorySessions
from adapters.memory.system import CountingIds, ManualClock, PlainPasswordHasher
from domain.model import Applicant, Email, KeyId, Lifetime, QuoteRef
from domain.use_cases.afterlife import Afterlife
from domain.use_cases.discard_quote import DiscardQuote
from domain.use_cases.finish_claim import FinishClaim
from domain.use_cases.get_quote import GetQuote
from domain.use_cases.merge_details import MergeDetails
from domain.use_cases.register_and_claim import RegisterAndClaim
from domain.use_cases.save_details import SaveDetails
from domain.use_cases.start_quote import Started, StartQuote
from domain.use_cases.take_draft import TakeDraft
from entrypoints.services import Services

LEASE = timedelta(seconds=15)
MAX_DETAILS = 64 * 1024
PASSWORD = "correct horse battery"


class World:
    """The ports, each in memory, and the use cases over them."""

    def __init__(self) -> None:
        self.lifetime = Lifetime(timedelta(hours=24), timedelta(days=30))
        self.clock = ManualClock()
        self.ids = CountingIds(self.clock)
        self.tokens = Keyring({KeyId("k1"): b"1" * 32})
        self.database = MemoryDatabase()
        self.quotes = MemoryQuoteStore(self.clock, self.lifetime, lease=LEASE, max_details=MAX_DETAILS)
        self.sessions = MemorySessions(self.clock, timedelta(days=30))
        self.accounts = MemoryAccounts(self.database)
        self.claims = MemoryClaims(self.database)
        self.services = self._services()

    def start(self, product: str | None = "motor", **details: Any) -> Started:
        return self.services.start_quote(product, details)

    def ref(self, quote: Started) -> QuoteRef:
        return self.tokens.verify(quote.quote_id, quote.token)

    def _services(self) -> Services:
        quotes, tokens, ids = self.quotes, self.tokens, self.ids
        afterlife = Afterlife(self.claims, self.clock, self.lifetime)
        return Services(
            start_quote=StartQuote(quotes, tokens, ids),
            get_quote=GetQuote(quotes, tokens, afterlife),
            save_details=SaveDetails(quotes, tokens, ids, afterlife),
            merge_details=MergeDetails(quotes, tokens, ids, afterlife),
            discard_quote=DiscardQuote(quotes, tokens, afterlife),
            register_and_claim=RegisterAndClaim(
                quotes,
                self.accounts,
                self.claims,
                self.sessions,
                PlainPasswordHasher(),
                tokens,
                self.clock,
                ids,
                afterlife,
                TakeDraft(quotes, afterlife),
                FinishClaim(quotes, self.claims),
            ),
            probes={"store": quotes, "database": self.claims},
        )


def applicant(email: str = "maria@example.com", password: str = PASSWORD, name: str | None = "Maria") -> Applicant:
    return Applicant(Email(email, email.casefold()), password, name)
