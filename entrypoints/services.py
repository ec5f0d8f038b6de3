from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from domain.accounts.open_session import OpenSession
from domain.claiming.commit_claim import CommitClaim
from domain.claiming.fetch_draft import FetchDraft
from domain.claiming.finish_claim import FinishClaim
from domain.claiming.missing_draft import MissingDraft
from domain.errors import QuoteholdError
from domain.model import Lifetime
from domain.ports import Accounts, Claims, Clock, Ids, PasswordHasher, Probe, QuoteStore, QuoteTokens, Sessions
from domain.repairing.schedule import RepairSchedule
from domain.use_cases.authenticate import Authenticate
from domain.use_cases.change_password import ChangePassword
from domain.use_cases.claim_quote import ClaimQuote
from domain.use_cases.discard_account_quote import DiscardAccountQuote
from domain.use_cases.discard_quote import DiscardQuote
from domain.use_cases.erase_account import EraseAccount
from domain.use_cases.export_account import ExportAccount
from domain.use_cases.get_account_quote import GetAccountQuote
from domain.use_cases.get_quote import GetQuote
from domain.use_cases.list_account_quotes import ListAccountQuotes
from domain.use_cases.log_in import LogIn
from domain.use_cases.log_out import LogOut
from domain.use_cases.merge_details import MergeDetails
from domain.use_cases.register_and_claim import RegisterAndClaim
from domain.use_cases.save_details import SaveDetails
from domain.use_cases.start_quote import StartQuote


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


class RateLimitStorage(NamedTuple):
    """
    Where requests are counted: a storage of `limits`, by its URL and options. `pseudonym` makes of an address a text
    by which nobody can tell it.
    """

    url: str
    options: dict[str, Any]
    pseudonym: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that an entrypoint can ask of the core. `probes` are what must answer before it can work."""

    start_quote: StartQuote
    get_quote: GetQuote
    save_details: SaveDetails
    merge_details: MergeDetails
    discard_quote: DiscardQuote
    register_and_claim: RegisterAndClaim
    claim_quote: ClaimQuote
    log_in: LogIn
    log_out: LogOut
    authenticate: Authenticate
    change_password: ChangePassword
    export_account: ExportAccount
    erase_account: EraseAccount
    get_account_quote: GetAccountQuote
    list_account_quotes: ListAccountQuotes
    discard_account_quote: DiscardAccountQuote
    probes: dict[str, Probe]

    @classmethod
    def over(cls, ports: Ports, lifetime: Lifetime, schedule: RepairSchedule) -> Services:
        """The use cases over these adapters."""
        quotes, sessions, accounts, claims = ports.quotes, ports.sessions, ports.accounts, ports.claims
        tokens, hasher, clock, ids = ports.tokens, ports.hasher, ports.clock, ports.ids
        missing = MissingDraft(claims, clock, lifetime)
        authenticate = Authenticate(sessions, accounts)
        open_session = OpenSession(sessions)
        claim = CommitClaim(
            quotes=quotes,
            accounts=accounts,
            claims=claims,
            clock=clock,
            ids=ids,
            missing=missing,
            fetch=FetchDraft(quotes, missing, schedule.delay),
            finish=FinishClaim(quotes, claims),
        )
        return cls(
            start_quote=StartQuote(quotes, tokens, ids),
            get_quote=GetQuote(quotes, tokens, missing),
            save_details=SaveDetails(quotes, tokens, ids, missing),
            merge_details=MergeDetails(quotes, tokens, ids, missing),
            discard_quote=DiscardQuote(quotes, tokens, missing),
            register_and_claim=RegisterAndClaim(claims, hasher, tokens, clock, ids, claim, open_session),
            claim_quote=ClaimQuote(tokens, authenticate, claim, claims),
            log_in=LogIn(accounts, sessions, hasher),
            log_out=LogOut(sessions),
            authenticate=authenticate,
            change_password=ChangePassword(authenticate, accounts, hasher, open_session),
            export_account=ExportAccount(authenticate, claims, quotes, sessions, clock),
            erase_account=EraseAccount(authenticate, accounts, sessions, hasher, clock),
            get_account_quote=GetAccountQuote(authenticate, claims),
            list_account_quotes=ListAccountQuotes(authenticate, claims),
            discard_account_quote=DiscardAccountQuote(authenticate, claims, clock),
            probes={"store": quotes, "database": claims},
        )

    def failures(self) -> Iterator[tuple[str, QuoteholdError]]:
        """What does not answer as it should, by name."""
        for name, probe in self.probes.items():
            try:
                probe.check()
            except QuoteholdError as error:
                yield name, error
