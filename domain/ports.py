"""
The ports: interfaces that the core needs from outside. `domain/repairing/ports.py` has the further ports of repairs.

The docstrings state the guarantees. An adapter keeps them and does not repeat them.

Any method of a store may raise `StoreUnavailable`, and any method that reaches the database `DatabaseUnavailable`. Both
may raise `Overloaded`. Each of these comes within the deadline of its call. The docstrings name further errors only.
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
    """A part without which the service cannot work."""

    @abc.abstractmethod
    def check(self) -> None:
        """Return if the part can be used now. Otherwise raise the error that its methods would raise."""


class QuoteStore(Probe):
    """
    Temporary quotes. Each has a lifetime, measured by the store's own clock.

    Each method is atomic and may be repeated. The same call again has the same effect and the same answer, except that
    a repeated `discard` finds nothing.
    """

    @abc.abstractmethod
    def create(self, ref: QuoteRef, save: SaveId, product: str | None, details: Details) -> Saved:
        """
        Keep a new quote, and return its revision and its end.

        Raises: DraftGone (the quote is past its end already), RevisionMismatch (its name is taken), DetailsTooLarge,
            StoreFull
        """

    @abc.abstractmethod
    def save(self, ref: QuoteRef, save: SaveId, details: Details, expected: Revision | None) -> Saved:
        """
        Replace the details, restart the TTL, and return the new revision and end. Never bring back a quote that is
        gone. With `expected`, save only if the quote is at that revision.

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, DetailsTooLarge, StoreFull
        """

    @abc.abstractmethod
    def get(self, ref: QuoteRef) -> Quote:
        """
        Return the quote, without restarting its TTL. Past the maximum age it is gone, even if a claim has restarted its
        TTL beyond that.

        Raises: DraftGone, DraftClaimed, DraftUnreadable
        """

    @abc.abstractmethod
    def discard(self, ref: QuoteRef, expected: Revision | None) -> None:
        """
        Delete the draft. With `expected`, delete it only at that revision. An unreadable draft has no revision: it is
        deleted only without `expected`.

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, DraftUnreadable
        """

    @abc.abstractmethod
    def begin_claim(self, ref: QuoteRef, claim: ClaimToken, expected: Revision | None) -> StoredDraft:
        """
        Freeze the draft for this claim token until the draft lease ends, restart its TTL (at most one TTL past the
        maximum age), and return it. With `expected`, freeze it only at that revision. The lease keeps saves and
        discards out. A claim does not depend on it (docs/protocol.md, 1.1 and 1.2). An unreadable draft is not frozen,
        and is returned with NO_REVISION.

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, StoreReadOnly
        """

    @abc.abstractmethod
    def peek(self, ref: QuoteRef) -> StoredDraft:
        """
        Return the stored draft without freezing it, for a claim while the store takes no writes. An unreadable draft is
        returned with NO_REVISION.

        Raises: DraftGone, DraftClaimed
        """

    @abc.abstractmethod
    def abort_claim(self, ref: QuoteRef, claim: ClaimToken) -> None:
        """Open the draft again if this claim token froze it; otherwise do nothing."""

    @abc.abstractmethod
    def finish_claim(self, ref: QuoteRef, committed: Revision, undecodable: bytes | None = None) -> StoredDraft | None:
        """
        Put a tombstone in the draft's place, even if nothing is stored there, and return None. Leave a draft that is
        newer than the revision `committed`, and return it instead.

        An unreadable draft may be newer than the claim. It is replaced only if it equals `undecodable`, the bytes that
        the claim holds, or if `committed` is LAST_REVISION.

        Raises: DraftUnreadable (an unreadable draft stays)
        """

    @abc.abstractmethod
    def encode(self, ref: QuoteRef, draft: Draft) -> bytes:
        """
        Return the draft in the form of this store, without I/O.

        Raises: DetailsTooLarge
        """

    @abc.abstractmethod
    def decode(self, ref: QuoteRef, raw: bytes) -> Draft:
        """
        Return the draft that these stored bytes hold, without I/O.

        Raises: DraftUnreadable
        """


MOST_SESSIONS = 50
"""The limit for one account: more than a person has devices, and too few to take much room from quotes."""


class Sessions(abc.ABC):
    """Sessions of accounts. A session can be opened even when the store is full."""

    @abc.abstractmethod
    def open(self, account: Account) -> Access:
        """
        Atomically open a session, end the account's sessions of older credentials, and return a fresh access token. The
        session ends by itself after the access token's TTL. If an account has more than MOST_SESSIONS, the oldest end.
        """

    @abc.abstractmethod
    def find(self, token: AccessToken) -> Session | None:
        """Return the session of this token, or None if there is none or it has ended."""

    @abc.abstractmethod
    def close(self, token: AccessToken) -> bool:
        """End the session of this token at once. Return whether there was an open one."""

    @abc.abstractmethod
    def close_all(self, account_id: AccountId) -> None:
        """End all sessions of an account at once."""

    @abc.abstractmethod
    def count(self, account: Account) -> int:
        """Return the number of open sessions of the account under its present credentials."""


class Accounts(abc.ABC):
    """Customers' accounts. `Claims.add` adds an account, with its first claim."""

    @abc.abstractmethod
    def find(self, account_id: AccountId) -> Account | None:
        """Return the account, or None if there is none or it was erased."""

    @abc.abstractmethod
    def with_email(self, email_key: str) -> Account | None:
        """Return the account with exactly this normal form of its e-mail, or None."""

    @abc.abstractmethod
    def put_credentials(self, before: Account, after: Account) -> bool:
        """
        Replace the account's password hash and credentials version by those of `after`, if they still equal those of
        `before`. Return whether they equal those of `after` now. After a COMMIT without an answer, look whether it
        succeeded.
        """

    @abc.abstractmethod
    def erase(self, account_id: AccountId, now: datetime, credentials_version: int | None = None) -> bool:
        """
        Erase the account in one transaction: delete it and its quotes, discard each of its claims, due now, and
        anonymise the audit entries on its present and former claims. Return whether there was such an account. With
        `credentials_version`, an account at another version is left unchanged, and the result is False. After a COMMIT
        without an answer, look whether it succeeded.
        """


class Claims(Probe):
    """Committed claims, and the quotes built from them. They decide whether a quote was claimed."""

    @abc.abstractmethod
    def add(self, new: NewClaim) -> None:
        """
        Commit the account, the claim and the quote in one transaction: all of them or none.

        After a transient error the transaction is repeated, at most twice. After a COMMIT without an answer, the same
        transaction runs again on a fresh connection. If the first COMMIT did succeed, that raises ClaimConflict, and
        the claim in the database is the caller's own.

        Raises: ClaimConflict, QuoteRefused, CommitUnknown
        """

    @abc.abstractmethod
    def with_account(self, quote_id: QuoteId) -> ClaimWithAccount | None:
        """Return the committed claim of this quote with its account, or None."""

    @abc.abstractmethod
    def quote(self, quote_id: QuoteId) -> ClaimedQuote | None:
        """Return the claimed quote, or None if it is not built (yet) or was deleted."""

    @abc.abstractmethod
    def with_quote(self, quote_id: QuoteId) -> ClaimWithQuote | None:
        """Return the committed claim of this quote with the quote, both read at one moment, or None."""

    @abc.abstractmethod
    def of_account(self, account_id: AccountId, after: ClaimPosition | None, limit: int) -> list[ClaimWithQuote]:
        """
        Return up to `limit` claims of the account after that place, the newest first: by time of claim, then by id.
        """

    @abc.abstractmethod
    def discard(self, quote_id: QuoteId, account_id: AccountId, now: datetime) -> bool:
        """
        Delete a quote of this account in one transaction: discard its claim, due now, and anonymise the claim's audit
        entries. Return whether the claim was this account's. After a COMMIT without an answer, look whether it
        succeeded.
        """

    @abc.abstractmethod
    def take_newer(self, quote_id: QuoteId, stored: StoredDraft, draft: Draft | None) -> bool:
        """
        Merge a draft that was saved after the claim, in one transaction. `draft` is the decoded `stored`, or None if it
        cannot be decoded.

        If the claim is older than `stored`, raise its revision to that of `stored`, and begin its clean-up anew. In the
        state done, replace the quote's details by those of `draft`. In the states retry and dead, replace the payload
        by `stored`; a dead claim becomes retry, due now. Leave a claim in another state unchanged, and a done claim if
        `draft` is None.

        Return whether the claim is now at least as new as `stored`, so that the draft may be deleted.

        Raises: QuoteRefused
        """


class PasswordHasher(abc.ABC):
    """A slow, salted, one-way hash. `hash` and `verify` raise `Overloaded` at once if too many calls wait."""

    @abc.abstractmethod
    def hash(self, password: str) -> str:
        """Return a self-describing hash, different each time."""

    @abc.abstractmethod
    def verify(self, password_hash: str | None, password: str) -> bool:
        """
        Return whether this is the password of that hash. Without a hash, return False after the same time, so that a
        caller cannot tell an account that does not exist from a wrong password.
        """

    @abc.abstractmethod
    def is_outdated(self, password_hash: str) -> bool:
        """Return whether a new hash would have other parameters than this one. Costs no hashing."""


class QuoteTokens(abc.ABC):
    """Quote tokens, the secrets of temporary quotes: made and checked without I/O, and stored nowhere."""

    @abc.abstractmethod
    def issue(self, quote_id: QuoteId) -> tuple[QuoteRef, QuoteToken]:
        """Return the reference and the token of a new quote, made by the newest server key."""

    @abc.abstractmethod
    def verify(self, quote_id: str, token: str) -> QuoteRef:
        """
        Check the token in constant time, and return the quote's reference.

        Raises: QuoteNotFound (for any fault of the id or of the token)
        """

    @abc.abstractmethod
    def knows(self, key_id: KeyId) -> bool:
        """Return whether that server key is in the keyring, so that the names of its quotes can be derived."""


class Clock(abc.ABC):
    """The time of this machine."""

    @abc.abstractmethod
    def now(self) -> datetime:
        """Return the time in UTC, cut to whole milliseconds."""


class Ids(abc.ABC):
    """Fresh ids and tokens that nobody can guess."""

    @abc.abstractmethod
    def quote_id(self) -> QuoteId: ...

    @abc.abstractmethod
    def account_id(self) -> AccountId: ...

    @abc.abstractmethod
    def save_id(self) -> SaveId: ...

    @abc.abstractmethod
    def claim_token(self) -> ClaimToken: ...
