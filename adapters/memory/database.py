"""Accounts and claims in memory: views of one `MemoryDatabase`."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.claims import (
    Claim,
    ClaimedQuote,
    ClaimPosition,
    ClaimState,
    ClaimWithAccount,
    ClaimWithQuote,
    Cleanup,
    NewClaim,
)
from domain.errors import ClaimConflict
from domain.model import Account, AccountId, Draft, QuoteId, StoredDraft
from domain.ports import Accounts, Claims, Clock
from domain.repairing.audit import AuditEntry


@dataclass(slots=True)
class MemoryDatabase:
    """The rows, by key. Transactions are serial: each holds the one lock."""

    accounts: dict[AccountId, Account] = field(default_factory=dict)
    claims: dict[QuoteId, Claim] = field(default_factory=dict)
    quotes: dict[QuoteId, ClaimedQuote] = field(default_factory=dict)
    audit_entries: list[AuditEntry] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._lock:
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run the block as a transaction: any exception undoes it."""
        with self.reading():
            before = dict(self.accounts), dict(self.claims), dict(self.quotes), list(self.audit_entries)
            try:
                yield
            except BaseException:  # a time-out undoes it too, as in a real database
                self.accounts, self.claims, self.quotes, self.audit_entries = before
                raise

    def discard(self, claim: Claim, now: datetime) -> None:
        """Delete the owner of the claim and the owner's data. To be called within `writing`."""
        self.claims[claim.quote_id] = replace(claim.discarded(now), version=claim.version + 1)
        self.quotes.pop(claim.quote_id, None)
        self.anonymise_entries(lambda entry: entry.quote_id == claim.quote_id)

    def anonymise_entries(self, which: Callable[[AuditEntry], bool]) -> None:
        """Anonymise these audit entries. To be called within `writing`."""
        self.audit_entries = [entry.anonymised() if which(entry) else entry for entry in self.audit_entries]

    def put_quote(self, quote: ClaimedQuote) -> None:
        """Store a copy of the quote. To be called within `writing`."""
        self.quotes[quote.quote_id] = copy.deepcopy(quote)


class MemoryAccounts(Accounts):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def find(self, account_id: AccountId) -> Account | None:
        with self._database.reading():
            return self._database.accounts.get(account_id)

    def with_email(self, email_key: str) -> Account | None:
        with self._database.reading():
            accounts = self._database.accounts.values()
            return next((account for account in accounts if account.email.key == email_key), None)

    def put_credentials(self, before: Account, after: Account) -> bool:
        with self._database.writing():
            present = self._database.accounts.get(before.account_id)
            if present is None or _credentials(present) not in (_credentials(before), _credentials(after)):
                return False
            self._database.accounts[before.account_id] = replace(
                present, password_hash=after.password_hash, credentials_version=after.credentials_version
            )
            return True

    def erase(self, account_id: AccountId, now: datetime, credentials_version: int | None = None) -> bool:
        with self._database.writing():
            present = self._database.accounts.get(account_id)
            if present is None or credentials_version not in (None, present.credentials_version):
                return False
            for claim in [claim for claim in self._database.claims.values() if claim.account_id == account_id]:
                self._database.discard(claim, now)
            self._database.anonymise_entries(lambda entry: entry.account_id == account_id)
            del self._database.accounts[account_id]
            return True


class MemoryClaims(Claims):
    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, new: NewClaim) -> None:
        with self._database.writing():
            if new.account:
                self._add_account(new.account)
            self._add_claim(new.claim)
            if new.quote:
                self._database.put_quote(new.quote)

    def with_account(self, quote_id: QuoteId) -> ClaimWithAccount | None:
        with self._database.reading():
            claim = self._database.claims.get(quote_id)
            if claim is None:
                return None
            account = None if claim.account_id is None else self._database.accounts[claim.account_id]
            return ClaimWithAccount(claim, account)

    def quote(self, quote_id: QuoteId) -> ClaimedQuote | None:
        with self._database.reading():
            return copy.deepcopy(self._database.quotes.get(quote_id))

    def with_quote(self, quote_id: QuoteId) -> ClaimWithQuote | None:
        with self._database.reading():
            claim = self._database.claims.get(quote_id)
            return None if claim is None else self._owned(claim)

    def of_account(self, account_id: AccountId, after: ClaimPosition | None, limit: int) -> list[ClaimWithQuote]:
        with self._database.reading():
            claims = [claim for claim in self._database.claims.values() if claim.account_id == account_id]
            claims.sort(key=_age, reverse=True)
            if after is not None:
                last = after.claimed_at, after.quote_id
                claims = [claim for claim in claims if _age(claim) < last]
            return [self._owned(claim) for claim in claims[:limit]]

    def discard(self, quote_id: QuoteId, account_id: AccountId, now: datetime) -> bool:
        with self._database.writing():
            claim = self._database.claims.get(quote_id)
            if claim is None or claim.account_id != account_id:
                return False
            self._database.discard(claim, now)
            return True

    def take_newer(self, quote_id: QuoteId, stored: StoredDraft, draft: Draft | None) -> bool:
        with self._database.writing():
            claim = self._database.claims.get(quote_id)
            if claim is None or claim.source_revision >= stored.revision:
                return claim is not None
            newer = replace(
                claim,
                source_revision=stored.revision,
                cleanup=Cleanup.PENDING,
                finished_at=None,
                next_at=claim.next_at or self._clock.now(),
            )
            if claim.state is ClaimState.RETRY:
                newer = replace(newer, payload=stored.raw)
            elif claim.state is ClaimState.DEAD:
                now = self._clock.now()
                newer = replace(newer, payload=stored.raw, state=ClaimState.RETRY, attempts=0, next_at=now)
            elif claim.state is ClaimState.DONE and draft:
                if quote := self._database.quotes.get(quote_id):
                    self._database.put_quote(replace(quote, details=draft.details, source_revision=stored.revision))
            else:
                return False
            self._database.claims[quote_id] = newer
            return True

    def check(self) -> None:
        with self._database.reading():
            pass

    def _owned(self, claim: Claim) -> ClaimWithQuote:
        return ClaimWithQuote(claim, copy.deepcopy(self._database.quotes.get(claim.quote_id)))

    def _add_account(self, account: Account) -> None:
        emails = {other.email.key for other in self._database.accounts.values()}
        if account.account_id in self._database.accounts or account.email.key in emails:
            raise ClaimConflict("The account or its e-mail exists already.")
        self._database.accounts[account.account_id] = account

    def _add_claim(self, claim: Claim) -> None:
        is_stranger = claim.account_id is not None and claim.account_id not in self._database.accounts
        if claim.quote_id in self._database.claims or is_stranger:
            raise ClaimConflict("The quote has a claim already, or the account does not exist.")
        self._database.claims[claim.quote_id] = claim


def _credentials(account: Account) -> tuple[str, int]:
    return account.password_hash, account.credentials_version


def _age(claim: Claim) -> tuple[datetime, QuoteId]:
    return claim.created_at, claim.quote_id
