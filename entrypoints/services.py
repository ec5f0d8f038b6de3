"""The use cases of visitors and customers, built over the ports and the steps that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from domain.errors import QuoteholdError
from domain.ports import Probe
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
from entrypoints.steps import Ports, Steps


class RateLimitStorage(NamedTuple):
    """
    The storage that counts requests, as `limits` takes it: URL and options. `pseudonym` turns an address into a keyed
    hash that does not reveal it.
    """

    url: str
    options: dict[str, Any]
    pseudonym: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of visitors and customers. `probes` are the ports that must answer before the service can work."""

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
    def over(cls, ports: Ports, steps: Steps) -> Services:
        """Build the use cases over these adapters and steps."""
        quotes, sessions, accounts, claims = ports.quotes, ports.sessions, ports.accounts, ports.claims
        tokens, hasher, clock, ids = ports.tokens, ports.hasher, ports.clock, ports.ids
        missing, authenticate, open_session = steps.missing, steps.authenticate, steps.open_session
        return cls(
            start_quote=StartQuote(quotes, tokens, ids),
            get_quote=GetQuote(quotes, tokens, missing),
            save_details=SaveDetails(quotes, tokens, ids, missing),
            merge_details=MergeDetails(quotes, tokens, ids, missing),
            discard_quote=DiscardQuote(quotes, tokens, missing),
            register_and_claim=RegisterAndClaim(claims, hasher, tokens, clock, ids, steps.commit, open_session),
            claim_quote=ClaimQuote(tokens, authenticate, steps.commit, claims),
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
        """Yield the name and the error of each probe that fails."""
        for name, probe in self.probes.items():
            try:
                probe.check()
            except QuoteholdError as error:
                yield name, error
