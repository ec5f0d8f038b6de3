from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import QuoteholdError
from domain.model import Lifetime
from domain.ports import Accounts, Claims, Clock, Ids, PasswordHasher, Probe, QuoteStore, QuoteTokens, Sessions
from domain.repairs import RepairSchedule
from domain.use_cases.account_quotes import GetAccountQuote, ListAccountQuotes
from domain.use_cases.afterlife import Afterlife
from domain.use_cases.discard_quote import DiscardQuote
from domain.use_cases.finish_claim import FinishClaim
from domain.use_cases.get_quote import GetQuote
from domain.use_cases.merge_details import MergeDetails
from domain.use_cases.register_and_claim import RegisterAndClaim
from domain.use_cases.save_details import SaveDetails
from domain.use_cases.start_quote import StartQuote
from domain.use_cases.take_draft import TakeDraft


@dataclass(frozen=True, slots=True)
class Ports:
    """One adapter for each port."""

    quotes: QuoteStore
    sessions: Sessions
    accounts: Accounts
    claims: Claims
    tokens: QuoteTokens
    hasher: PasswordHasher
    clock: Clock
    ids: Ids


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that an entrypoint can ask of the core. `probes` are what must answer before it can work."""

    start_quote: StartQuote
    get_quote: GetQuote
    save_details: SaveDetails
    merge_details: MergeDetails
    discard_quote: DiscardQuote
    register_and_claim: RegisterAndClaim
    get_account_quote: GetAccountQuote
    list_account_quotes: ListAccountQuotes
    probes: dict[str, Probe]

    @classmethod
    def over(cls, ports: Ports, lifetime: Lifetime, schedule: RepairSchedule) -> Services:
        """The use cases over these adapters."""
        quotes, tokens, ids, clock = ports.quotes, ports.tokens, ports.ids, ports.clock
        afterlife = Afterlife(ports.claims, clock, lifetime)
        return cls(
            start_quote=StartQuote(quotes, tokens, ids),
            get_quote=GetQuote(quotes, tokens, afterlife),
            save_details=SaveDetails(quotes, tokens, ids, afterlife),
            merge_details=MergeDetails(quotes, tokens, ids, afterlife),
            discard_quote=DiscardQuote(quotes, tokens, afterlife),
            register_and_claim=RegisterAndClaim(
                quotes=quotes,
                accounts=ports.accounts,
                claims=ports.claims,
                sessions=ports.sessions,
                hasher=ports.hasher,
                tokens=tokens,
                clock=clock,
                ids=ids,
                afterlife=afterlife,
                take=TakeDraft(quotes, afterlife, schedule),
                finish=FinishClaim(quotes, ports.claims),
            ),
            get_account_quote=GetAccountQuote(ports.claims),
            list_account_quotes=ListAccountQuotes(ports.claims),
            probes={"store": quotes, "database": ports.claims},
        )

    def failures(self) -> Iterator[tuple[str, QuoteholdError]]:
        """What does not answer as it should, by name."""
        for name, probe in self.probes.items():
            try:
                probe.check()
            except QuoteholdError as error:
                yield name, error
