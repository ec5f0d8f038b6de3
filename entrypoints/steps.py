"""The adapters of the ports, and the steps that several use cases share. Each step is built here, once."""

from __future__ import annotations

from dataclasses import dataclass

from domain.accounts.open_session import OpenSession
from domain.claiming.commit_claim import CommitClaim
from domain.claiming.fetch_draft import FetchDraft
from domain.claiming.finish_claim import FinishClaim
from domain.claiming.missing_draft import MissingDraft
from domain.ports import Accounts, Claims, Clock, Ids, PasswordHasher, QuoteStore, QuoteTokens, Sessions
from domain.repairing.schedule import RepairSchedule
from domain.use_cases.authenticate import Authenticate


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
class Steps:
    """The steps of a claim and of a session, for the use cases of visitors, customers, reconcilers and operators."""

    missing: MissingDraft
    fetch: FetchDraft
    finish: FinishClaim
    commit: CommitClaim
    authenticate: Authenticate
    open_session: OpenSession

    @classmethod
    def over(cls, ports: Ports, schedule: RepairSchedule) -> Steps:
        """Build the steps over these adapters."""
        missing = MissingDraft(ports.claims, ports.clock, schedule.lifetime)
        fetch = FetchDraft(ports.quotes, missing, schedule.delay)
        finish = FinishClaim(ports.quotes, ports.claims)
        return cls(
            missing=missing,
            fetch=fetch,
            finish=finish,
            commit=CommitClaim(
                quotes=ports.quotes,
                accounts=ports.accounts,
                claims=ports.claims,
                clock=ports.clock,
                ids=ports.ids,
                missing=missing,
                fetch=fetch,
                finish=finish,
            ),
            authenticate=Authenticate(ports.sessions, ports.accounts),
            open_session=OpenSession(ports.sessions),
        )
