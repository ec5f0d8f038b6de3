"""
The errors of the domain. An error carries data and a stable `code`. One table, in
`entrypoints/http/problems/table.py`, gives each error its HTTP status and its text.

    QuoteholdError
    ├── RequestRefused              the request cannot be done as it is
    │   ├── QuoteNotFound           unknown id or wrong token: the two look alike
    │   ├── QuoteExpired            the quote existed; its time ended, or it was discarded
    │   ├── QuoteAlreadyClaimed     read, save or discard after the claim
    │   ├── QuoteClaimedByAnother   claim of a quote that another account has
    │   ├── ClaimInProgress         another claim has frozen the draft for some seconds
    │   ├── RevisionMismatch        the quote is not at the revision that the caller expected
    │   ├── SaveConflict            other saves came between the read and the write of a merge, each time
    │   ├── EmailTaken              another account has this e-mail; the quote stays open
    │   ├── AccessTokenInvalid      unknown, ended or revoked access token: the three look alike
    │   ├── BadCredentials          unknown e-mail or wrong password: the two look alike
    │   ├── IdempotencyKeyReused    another request about this quote had this key
    │   └── DetailsTooLarge         the details are over the limit in bytes
    ├── Unavailable                 try again later: the request lost nothing
    │   ├── StoreUnavailable        the store cannot do this now
    │   │   ├── StoreUnreachable    the store does not answer, is still loading, or has no primary
    │   │   ├── StoreReadOnly       the store answers, but refuses writes
    │   │   └── StoreDenied         the store answers, but the service's user may not do this
    │   ├── StoreFull               the store has no memory left for saves
    │   ├── DatabaseUnavailable     the database cannot do this now
    │   │   ├── DatabaseOutdated    this version needs another schema
    │   │   ├── CommitUnknown       the transaction may or may not have been committed
    │   │   └── ClaimRecordLost     a tombstone without a claim: the database lost a commit
    │   └── Overloaded              the service does as much at once as it can
    ├── OperatorRefused             the operator's command cannot be done as it is
    │   ├── ClaimNotFound           the quote has no claim
    │   ├── ClaimNotOpen            the claim's state leaves nothing to repair or to discard
    │   ├── ReplacementRefused      the given replacement is not a valid draft
    │   ├── DraftNotSeen            the draft to be replaced can be read, and the operator did not name it
    │   ├── DraftPurged             the draft was deleted at the end of its retention
    │   └── ClaimContended          other processes kept changing the claim
    └── Signal                      between a port and a use case; never leaves the use case
        ├── DraftGone               the store has nothing under that name
        ├── DraftClaimed            the store has a tombstone
        ├── DraftUnreadable         the stored bytes cannot be decoded
        ├── DraftKeepsChanging      the draft was saved again and again while its claim was finished
        ├── NewerDraftUnusable      a draft was saved after the claim, and no quote can be built from it
        ├── ClaimConflict           a primary key or a unique e-mail is taken
        ├── ClaimChanged            a reconciler, an operator or an owner has changed the claim
        └── QuoteRefused            the database will never take this quote's row
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from domain.claims import Cause, ClaimState, QuoteStatus
from domain.model import QuoteId, Revision, StoredDraft


class QuoteholdError(Exception):
    """The root of all errors. `code` is stable and part of the public contract."""

    code: ClassVar[str]


class RequestRefused(QuoteholdError):
    """The request cannot be done as it is."""


class QuoteNotFound(RequestRefused):
    """No quote has this id, or the token is not the token of this quote."""

    code = "quote-not-found"


class QuoteExpired(RequestRefused):
    """The quote existed and has ended. The visitor has to start a new one."""

    code = "quote-expired"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__(f"Quote {quote_id} has expired or was discarded.")
        self.quote_id = quote_id


class QuoteAlreadyClaimed(RequestRefused):
    """The quote was claimed. `status` is None if it was not read from the database, or if the claim was discarded."""

    code = "quote-claimed"

    def __init__(self, quote_id: QuoteId, status: QuoteStatus | None = None) -> None:
        super().__init__(f"Quote {quote_id} was claimed.")
        self.quote_id = quote_id
        self.status = status


class QuoteClaimedByAnother(RequestRefused):
    """
    The quote belongs to another account, or to this account but the password is wrong. The caller cannot tell which.
    """

    code = "quote-claimed"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__(f"Quote {quote_id} was claimed by another account.")
        self.quote_id = quote_id


class ClaimInProgress(RequestRefused):
    """Another claim has frozen the draft. The draft lease ends after `retry_after` at the latest."""

    code = "claim-in-progress"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"Try again in {retry_after.total_seconds():.0f} s: another claim of this quote is running.")
        self.retry_after = retry_after


class RevisionMismatch(RequestRefused):
    """The quote is at the revision `present`, not at the expected one."""

    code = "revision-mismatch"

    def __init__(self, present: Revision) -> None:
        super().__init__(f"The quote is at revision {present}.")
        self.present = present


class SaveConflict(RequestRefused):
    """Other saves came between the read and the write of a merge, each time."""

    code = "save-conflict"


class EmailTaken(RequestRefused):
    """Another account has this e-mail. The quote stays open."""

    code = "email-taken"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__("The e-mail belongs to an account.")
        self.quote_id = quote_id


class AccessTokenInvalid(RequestRefused):
    """No open session has this access token: it is unknown, its session ended, or the credentials have changed."""

    code = "access-token-invalid"


class BadCredentials(RequestRefused):
    """No account has this e-mail and password."""

    code = "bad-credentials"


class IdempotencyKeyReused(RequestRefused):
    """Another request with this idempotency key, but another e-mail or name, has claimed this quote."""

    code = "idempotency-key-reused"


class DetailsTooLarge(RequestRefused):
    """The details are over `limit` bytes of compact JSON."""

    code = "body-too-large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The details are over {limit} bytes.")
        self.limit = limit


class Unavailable(QuoteholdError):
    """A part that the service needs cannot be used now. The request lost nothing, and may be sent again."""


class StoreUnavailable(Unavailable):
    """The store of temporary quotes cannot do this now."""

    code = "store-unavailable"


class StoreUnreachable(StoreUnavailable):
    """The store does not answer in time, or is not ready yet."""


class StoreReadOnly(StoreUnavailable):
    """The store answers, but refuses a write before any effect."""


class StoreDenied(StoreUnavailable):
    """The store answers, but does not allow this: the user lacks a right, or the password is wrong."""


class StoreFull(Unavailable):
    """The store has no memory left for saves. Claims still work, and free some memory."""

    code = "store-full"


class DatabaseUnavailable(Unavailable):
    """
    The database cannot do this now. Unless a subclass says otherwise, the transaction was certainly not committed.
    """

    code = "database-unavailable"


class DatabaseOutdated(DatabaseUnavailable):
    """The database answers, but this version needs another schema. Run `quotes migrate`."""


class CommitUnknown(DatabaseUnavailable):
    """The database did not answer a COMMIT: the transaction may or may not have been committed."""


class ClaimRecordLost(DatabaseUnavailable):
    """The store has a tombstone, but the database has no claim. An operator must look into it."""


class Overloaded(Unavailable):
    """The service does as much at once as it can."""

    code = "overloaded"


class OperatorRefused(QuoteholdError):
    """The operator's command cannot be done as it is. Nothing was changed."""


class ClaimNotFound(OperatorRefused):
    """This quote has no claim."""

    code = "claim-not-found"

    def __init__(self, quote_id: str) -> None:
        super().__init__(f"Check the id {quote_id}: it has no claim. An open or expired quote has none.")


_OBSTACLES = {
    ClaimState.FETCH_PENDING: "its draft may still be in the store, and the reconciler looks for it",
    ClaimState.UNKNOWN: "only the newer version that wrote this state can change the claim",
}


class ClaimNotOpen(OperatorRefused):
    """The state of the claim does not allow this."""

    code = "claim-not-open"

    def __init__(self, quote_id: QuoteId, state: ClaimState) -> None:
        super().__init__(f"The claim of {quote_id} is {state}: {_OBSTACLES.get(state, 'there is nothing to repair')}.")
        self.quote_id = quote_id
        self.state = state


class ReplacementRefused(OperatorRefused):
    """The given replacement is not a valid draft."""

    code = "replacement-refused"


class DraftNotSeen(OperatorRefused):
    """The claim holds a draft that can be read. To replace it, name `digest`, the beginning of its SHA-256."""

    code = "draft-not-seen"

    def __init__(self, quote_id: QuoteId, digest: str) -> None:
        super().__init__(f"The draft of {quote_id} can be read.")
        self.quote_id = quote_id
        self.digest = digest


class DraftPurged(OperatorRefused):
    """There is nothing to retry: the payload was deleted at the end of its retention."""

    code = "draft-purged"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__(f"The draft of {quote_id} was deleted at the end of its retention.")
        self.quote_id = quote_id


class ClaimContended(OperatorRefused):
    """Other processes kept changing the claim."""

    code = "claim-contended"

    def __init__(self, quote_id: QuoteId) -> None:
        super().__init__(f"Look at {quote_id} and repeat: others kept changing its claim; you changed nothing.")


class Signal(QuoteholdError):
    """An answer of a port that the use case turns into a result or into another error."""


class DraftGone(Signal):
    """The store has nothing under that name: expired, discarded, or claimed so long ago that the tombstone ended."""


class DraftClaimed(Signal):
    """The store has a tombstone: the draft was claimed."""


class DraftUnreadable(Signal):
    """The stored bytes are not a draft that this version can decode."""


class DraftKeepsChanging(Signal):
    """The visitor saved the draft again each time after it was merged into the claim."""


class NewerDraftUnusable(Signal):
    """The store still holds `stored`: it is newer than the claim, but no quote can be built from it."""

    def __init__(self, stored: StoredDraft, cause: Cause, error: str) -> None:
        super().__init__(error)
        self.stored = stored
        self.cause = cause


class ClaimChanged(Signal):
    """Nothing was committed: the claim has changed since it was read."""


class ClaimConflict(Signal):
    """Nothing was committed: the quote has a claim already, or the e-mail has an account."""


class QuoteRefused(Signal):
    """Nothing was committed: the database will never take this quote's row."""
