"""
Everything that can go wrong, as facts. An error carries data and a stable `code`; what it means over HTTP is
decided by one table in `entrypoints/http/problems/table.py`.

    QuoteholdError
    ├── RequestRefused              the caller can do something about it
    │   ├── QuoteNotFound           unknown id or wrong token: the two are not told apart
    │   ├── QuoteExpired            it existed; its time ended, or it was discarded
    │   ├── QuoteAlreadyClaimed     read, save or discard after the claim
    │   ├── QuoteClaimedByAnother   claim of a quote that another account has
    │   ├── ClaimInProgress         another claim holds the draft for some seconds
    │   ├── RevisionMismatch        the caller expected another revision
    │   ├── SaveConflict            a merge lost its race too often
    │   ├── EmailTaken              the quote stays open
    │   ├── AccessTokenInvalid      unknown, ended or revoked: the three are not told apart
    │   ├── BadCredentials          unknown e-mail or wrong password: the two are not told apart
    │   ├── IdempotencyKeyReused    the key of another request about this quote
    │   └── DetailsTooLarge
    ├── Unavailable                 try again later: nothing was lost
    │   ├── StoreUnavailable
    │   │   ├── StoreUnreachable    no answer, or a server that is still loading or has no primary
    │   │   ├── StoreReadOnly       it answers, but refuses to write
    │   │   └── StoreDenied         it answers, but the service's user may not do this
    │   ├── StoreFull
    │   ├── DatabaseUnavailable
    │   │   ├── DatabaseOutdated    its schema is not the one that this version needs
    │   │   ├── CommitUnknown       the transaction may or may not have been committed
    │   │   └── ClaimRecordLost     a tombstone without a claim: the database lost a commit
    │   └── Overloaded
    ├── OperatorRefused             an operator can do something about it
    │   ├── ClaimNotFound
    │   ├── ClaimNotOpen            it is in a state in which there is nothing to repair or to give up
    │   ├── ReplacementRefused      the replacement for a draft cannot be one
    │   ├── DraftNotSeen            the one that it would replace can be read
    │   ├── DraftPurged             nobody repaired it in time
    │   └── ClaimContended          others kept changing it
    └── Signal                      between a port and a use case; never leaves the use case
        ├── DraftGone               the store has nothing under that name
        ├── DraftClaimed            the store has a tombstone
        ├── DraftUnreadable         the stored bytes cannot be decoded
        ├── DraftKeepsChanging      it was saved again and again while its claim was finished
        ├── NewerDraftUnusable      it was saved after the claim, and no quote can be built from it
        ├── ClaimConflict           a primary key or a unique e-mail stood in the way
        ├── ClaimChanged                another reconciler, or an operator, has changed the claim
        └── QuoteRefused            the database will never take this quote's row
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from domain.claims import Cause, ClaimState, QuoteStatus
from domain.model import QuoteId, Revision, StoredDraft


class QuoteholdError(Exception):
    """The root. `code` is stable and part of the public contract."""

    code: ClassVar[str]


class RequestRefused(QuoteholdError):
    """The request cannot be done as it stands."""


class QuoteNotFound(RequestRefused):
    """There is no such quote, or the token is not its token."""

    code = "quote-not-found"


class QuoteExpired(RequestRefused):
    """The quote existed and has ended: the visitor starts again."""

    code = "quote-expired"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__(f"Quote {quote_id} has expired or was discarded.")
        self.quote_id = quote_id


class QuoteAlreadyClaimed(RequestRefused):
    """The quote belongs to an account. `status` is None where it was not asked for, or was discarded there."""

    code = "quote-claimed"

    def __init__(self, quote_id: QuoteId, status: QuoteStatus | None = None) -> None:
        super().__init__(f"Quote {quote_id} was claimed.")
        self.quote_id = quote_id
        self.status = status


class QuoteClaimedByAnother(RequestRefused):
    """The quote is another account's, or this account's but the password is wrong: the two are not told apart."""

    code = "quote-claimed"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__(f"Quote {quote_id} was claimed by another account.")
        self.quote_id = quote_id


class ClaimInProgress(RequestRefused):
    """Another claim holds the draft; it is free again after `retry_after` at the latest."""

    code = "claim-in-progress"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"A claim of this quote is running, for at most {retry_after.total_seconds():.0f} s.")
        self.retry_after = retry_after


class RevisionMismatch(RequestRefused):
    """The quote is at revision `present`."""

    code = "revision-mismatch"

    def __init__(self, present: Revision) -> None:
        super().__init__(f"The quote is at revision {present}.")
        self.present = present


class SaveConflict(RequestRefused):
    """Others kept saving between the read and the write of a merge."""

    code = "save-conflict"


class EmailTaken(RequestRefused):
    """Another account has this e-mail. The quote is open again."""

    code = "email-taken"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__("The e-mail belongs to an account.")
        self.quote_id = quote_id


class AccessTokenInvalid(RequestRefused):
    """No session has this access token: there never was one, it ended, or its account's credentials have changed."""

    code = "access-token-invalid"


class BadCredentials(RequestRefused):
    """No account has this e-mail and password."""

    code = "bad-credentials"


class IdempotencyKeyReused(RequestRefused):
    """The claim of this quote was made by a request with the same key that asked for something else."""

    code = "idempotency-key-reused"


class DetailsTooLarge(RequestRefused):
    """The details are over `limit` bytes of compact JSON."""

    code = "body-too-large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The details are over {limit} bytes.")
        self.limit = limit


class Unavailable(QuoteholdError):
    """Something that the service needs cannot be had now. Nothing was lost; the same request may be sent again."""


class StoreUnavailable(Unavailable):
    """The store of temporary quotes cannot do this now."""

    code = "store-unavailable"


class StoreUnreachable(StoreUnavailable):
    """The store does not answer in time, or not yet."""


class StoreReadOnly(StoreUnavailable):
    """The store answers, and refuses writes before any effect."""


class StoreDenied(StoreUnavailable):
    """The store answers, and does not allow this: the user lacks a right, or the password is wrong."""


class StoreFull(Unavailable):
    """The store has no memory left for saves. Claims go on and free some."""

    code = "store-full"


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached; the transaction was certainly not committed."""

    code = "database-unavailable"


class DatabaseOutdated(DatabaseUnavailable):
    """The database answers, but its schema is not the one that this version needs."""


class CommitUnknown(DatabaseUnavailable):
    """The database fell silent at COMMIT: the transaction may be there or not."""


class ClaimRecordLost(DatabaseUnavailable):
    """The store says claimed, the database has no claim. An operator must look."""


class Overloaded(Unavailable):
    """More work than the service takes at once."""

    code = "overloaded"


class OperatorRefused(QuoteholdError):
    """What an operator asked for cannot be done as it stands. Nothing was changed."""


class ClaimNotFound(OperatorRefused):
    """There is no claim of this quote."""

    code = "claim-not-found"

    def __init__(self, quote_id: str) -> None:
        super().__init__(f"{quote_id} has no claim: check the id; an open or expired quote has none.")


_OBSTACLES = {
    ClaimState.FETCH_PENDING: "its draft is still in the store, and is fetched from there",
    ClaimState.UNKNOWN: "a newer version wrote this state, and it alone can change the claim",
}


class ClaimNotOpen(OperatorRefused):
    """The claim is in a state in which this cannot be done."""

    code = "claim-not-open"

    def __init__(self, quote_id: QuoteId, state: ClaimState) -> None:
        super().__init__(f"The claim of {quote_id} is {state}: {_OBSTACLES.get(state, 'there is nothing to repair')}.")
        self.quote_id = quote_id
        self.state = state


class ReplacementRefused(OperatorRefused):
    """What was given in place of a draft cannot be one."""

    code = "replacement-refused"


class DraftNotSeen(OperatorRefused):
    """The claim holds a draft that can be read: its replacement must name it. `digest` begins its SHA-256."""

    code = "draft-not-seen"

    def __init__(self, quote_id: QuoteId, digest: str) -> None:
        super().__init__(f"{quote_id} holds a draft that can be read.")
        self.quote_id = quote_id
        self.digest = digest


class DraftPurged(OperatorRefused):
    """There is nothing to try again: what was kept of the draft was deleted at the end of its time."""

    code = "draft-purged"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__(f"Nothing is kept of the draft of {quote_id} any more.")
        self.quote_id = quote_id


class ClaimContended(OperatorRefused):
    """Others kept changing the claim."""

    code = "claim-contended"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__(f"The claim of {quote_id} kept changing; nothing was changed by you: look again, and repeat.")


class Signal(QuoteholdError):
    """An answer of a port that its use case turns into a result or another error."""


class DraftGone(Signal):
    """Nothing under that name: expired, discarded, or claimed so long ago that its tombstone ended."""


class DraftClaimed(Signal):
    """A tombstone: the draft was claimed."""


class DraftUnreadable(Signal):
    """The bytes are not a draft that this version can decode."""


class DraftKeepsChanging(Signal):
    """The draft was saved again each time it was taken over."""


class NewerDraftUnusable(Signal):
    """The store still holds `stored`, newer than the claim, from which no quote can be built."""

    def __init__(self, stored: StoredDraft, cause: Cause, error: str) -> None:
        super().__init__(error)
        self.stored = stored
        self.cause = cause


class ClaimChanged(Signal):
    """Nothing was committed: the claim is not as it was when it was read."""


class ClaimConflict(Signal):
    """Nothing was committed: the quote has a claim already, or the e-mail has an account."""


class QuoteRefused(Signal):
    """Nothing was committed: the quote's row is one that the database will never take."""
