"""
What the core needs from outside; what repairs need besides is in `repair_ports.py`. Each method states its guarantee;
an adapter keeps it and does not repeat it.

Any method of a store may raise `StoreUnavailable`, any that reaches the database `DatabaseUnavailable`, and either
`Overloaded`, within its deadline; the docstrings name only what else they raise.
"""

from __future__ import annotations

import abc
from datetime import datetime

from domain.claims import ClaimedQuote, ClaimPosition, ClaimWithAccount, ClaimWithQuote, NewClaim
from domain.model import (
    Access,
    AccessToken,
    Account,
    AccountId,
    ClaimToken,
    Details,
    Draft,
    KeyId,
    Quote,
    QuoteId,
    QuoteRef,
    QuoteToken,
    Revision,
    Saved,
    SaveId,
    Session,
    StoredDraft,
)


class Probe(abc.ABC):
    """Something without which the service cannot work."""

    @abc.abstractmethod
    def check(self) -> None:
        """Return if it can be used now, and otherwise raise what its methods would raise."""


class QuoteStore(Probe):
    """
    Temporary quotes. Every one has a lifetime, and every method is atomic and may be repeated: the same call again
    has the same effect, and but for `discard` (which finds nothing then) the same answer. Time is the store's own.
    """

    @abc.abstractmethod
    def create(self, ref: QuoteRef, save: SaveId, product: str | None, details: Details) -> Saved:
        """
        Keep a new quote.

        Raises: DraftGone (it is past its end already), RevisionMismatch (its name is taken), DetailsTooLarge, StoreFull
        """

    @abc.abstractmethod
    def save(self, ref: QuoteRef, save: SaveId, details: Details, expected: Revision | None) -> Saved:
        """
        Replace the details and restart the lifetime. Never brings back a quote that is gone.

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, DetailsTooLarge, StoreFull
        """

    @abc.abstractmethod
    def get(self, ref: QuoteRef) -> Quote:
        """
        Return the quote; its TTL is not restarted. Past the maximum age it is gone, also where a claim has carried the
        draft.

        Raises: DraftGone, DraftClaimed, DraftUnreadable
        """

    @abc.abstractmethod
    def discard(self, ref: QuoteRef, expected: Revision | None) -> None:
        """
        Delete the draft. One that cannot be read has no revision that could be expected.

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, DraftUnreadable
        """

    @abc.abstractmethod
    def begin_claim(self, ref: QuoteRef, claim: ClaimToken, expected: Revision | None) -> StoredDraft:
        """
        Freeze the draft for this claimer for the length of a lease, restart its TTL (at most one TTL past the maximum
        age), and return it. The lease keeps saves and discards out; a claim does not depend on it (docs/protocol.md,
        1.1 and 1.2). A draft that cannot be read is returned as NO_REVISION, and not frozen.

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, StoreReadOnly
        """

    @abc.abstractmethod
    def peek(self, ref: QuoteRef) -> StoredDraft:
        """
        The draft as it is stored, without freezing it: for a claim while the store takes no writes. One that cannot
        be read is returned as NO_REVISION.

        Raises: DraftGone, DraftClaimed
        """

    @abc.abstractmethod
    def abort_claim(self, ref: QuoteRef, claim: ClaimToken) -> None:
        """Open the draft again if this claimer froze it; otherwise do nothing."""

    @abc.abstractmethod
    def finish_claim(self, ref: QuoteRef, committed: Revision, undecodable: bytes | None = None) -> StoredDraft | None:
        """
        Put a tombstone where the draft was, also where there is nothing; or, if the draft is newer than what was
        committed, leave it and return it. One that cannot be read may be newer, and goes only if the claim has these
        very bytes (`undecodable`) or wants nothing of it (LAST_REVISION).

        Raises: DraftUnreadable
        """

    @abc.abstractmethod
    def encode(self, ref: QuoteRef, draft: Draft) -> bytes:
        """
        A draft in the form of this store; no I/O.

        Raises: DetailsTooLarge
        """

    @abc.abstractmethod
    def decode(self, ref: QuoteRef, raw: bytes) -> Draft:
        """
        Read a stored draft; no I/O.

        Raises: DraftUnreadable
        """


MOST_SESSIONS = 50
"""Of one account at once: more than a person has devices, fewer than would take room from quotes."""


class Sessions(abc.ABC):
    """Sessions of accounts. A session opens also when the store is full."""

    @abc.abstractmethod
    def open(self, account: Account) -> Access:
        """
        Atomically begin a session that ends by itself after the access token's TTL, and end those that the account
        opened under older credentials. Of more than MOST_SESSIONS of an account, the oldest end.
        """

    @abc.abstractmethod
    def find(self, token: AccessToken) -> Session | None:
        """The session of this token, or None if there is none or it has ended."""

    @abc.abstractmethod
    def close(self, token: AccessToken) -> bool:
        """End the session of this token, at once. Whether there was one."""

    @abc.abstractmethod
    def close_all(self, account_id: AccountId) -> None:
        """End all sessions of an account, at once."""

    @abc.abstractmethod
    def count(self, account: Account) -> int:
        """How many sessions of the account are open under its present credentials."""


class Accounts(abc.ABC):
    """Customers. They are added by `Claims.add`, with their first claim."""

    @abc.abstractmethod
    def find(self, account_id: AccountId) -> Account | None:
        """The account, or None if there is none or it was erased."""

    @abc.abstractmethod
    def with_email(self, email_key: str) -> Account | None:
        """The account with exactly this normal form of an e-mail."""

    @abc.abstractmethod
    def put_credentials(self, before: Account, after: Account) -> bool:
        """
        Put the password hash and the credentials version of `after` in the account's place, if they are still those of
        `before`. Whether they are those of `after` now: an unknown fate at COMMIT is resolved.
        """

    @abc.abstractmethod
    def erase(self, account_id: AccountId, now: datetime, credentials_version: int | None = None) -> bool:
        """
        In one transaction: delete the account and its quotes, make each of its claims a discarded one, due now, and
        anonymise the audit entries on what was its own. Whether there was such an account, with that version of its
        credentials where one is named: with another one nothing is done. An unknown fate at COMMIT is resolved.
        """


class Claims(Probe):
    """Committed claims, and the quotes built from them: the truth about what was claimed."""

    @abc.abstractmethod
    def add(self, new: NewClaim) -> None:
        """
        Commit the account, the claim and the quote in one transaction: all of them or none. A transient error is
        repeated, at most twice. An unknown fate at COMMIT is resolved by the same transaction on a fresh connection,
        so that "it was committed after all" is a ClaimConflict with one's own claim.

        Raises: ClaimConflict, QuoteRefused, CommitUnknown
        """

    @abc.abstractmethod
    def with_account(self, quote_id: QuoteId) -> ClaimWithAccount | None:
        """The committed claim of this quote with its account, or None."""

    @abc.abstractmethod
    def quote(self, quote_id: QuoteId) -> ClaimedQuote | None:
        """The claimed quote, or None where it is not built (yet) or was deleted."""

    @abc.abstractmethod
    def with_quote(self, quote_id: QuoteId) -> ClaimWithQuote | None:
        """The committed claim of this quote with the quote, as they are at one moment, or None."""

    @abc.abstractmethod
    def of_account(self, account_id: AccountId, after: ClaimPosition | None, limit: int) -> list[ClaimWithQuote]:
        """The account's claims, the newest first (by time of claim, then by id); those that come after that place."""

    @abc.abstractmethod
    def discard(self, quote_id: QuoteId, account_id: AccountId, now: datetime) -> bool:
        """
        In one transaction: delete the quote of this account, make its claim a discarded one, due now, and anonymise
        its audit entries. Whether the claim was this account's. An unknown fate at COMMIT is resolved.
        """

    @abc.abstractmethod
    def take_newer(self, quote_id: QuoteId, stored: StoredDraft, draft: Draft | None) -> bool:
        """
        In one transaction: where the claim is older than `stored`, raise its revision and replace the quote's details
        by `draft` (state done; None if it cannot be decoded) or the kept payload by `stored` (states retry and dead).
        Its cleanup begins anew, and a dead claim is tried again, now. A claim in another state is left as it is.
        Whether the claim is now at least as new as `stored`, so that the draft may go.

        Raises: QuoteRefused
        """


class PasswordHasher(abc.ABC):
    """A slow, salted, one-way hash. Where too many wait for one already, it raises `Overloaded` at once."""

    @abc.abstractmethod
    def hash(self, password: str) -> str:
        """A self-describing hash, different each time."""

    @abc.abstractmethod
    def verify(self, password_hash: str | None, password: str) -> bool:
        """
        Whether this is the password of that hash. Without a hash it is not, and that takes as long to find out: who
        asks cannot tell an account that does not exist from a wrong password.
        """

    @abc.abstractmethod
    def is_outdated(self, password_hash: str) -> bool:
        """Whether a hash made now would be made in another way; no work."""


class QuoteTokens(abc.ABC):
    """Makes and checks the secrets of temporary quotes; no I/O, nothing is stored."""

    @abc.abstractmethod
    def issue(self, quote_id: QuoteId) -> tuple[QuoteRef, QuoteToken]:
        """The token of a new quote, by the newest server key."""

    @abc.abstractmethod
    def verify(self, quote_id: str, token: str) -> QuoteRef:
        """
        Check the token in constant time.

        Raises: QuoteNotFound, for whatever is wrong with either
        """

    @abc.abstractmethod
    def knows(self, key_id: KeyId) -> bool:
        """Whether that server key is in the ring, so that the names of its quotes can be made."""


class Clock(abc.ABC):
    """The time of this machine."""

    @abc.abstractmethod
    def now(self) -> datetime:
        """In UTC, cut to whole milliseconds."""


class Ids(abc.ABC):
    """Fresh, unguessable names."""

    @abc.abstractmethod
    def quote_id(self) -> QuoteId: ...

    @abc.abstractmethod
    def account_id(self) -> AccountId: ...

    @abc.abstractmethod
    def save_id(self) -> SaveId: ...

    @abc.abstractmethod
    def claim_token(self) -> ClaimToken: ...
