"""The answers of the contract: an HTTP status and a problem code."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """A status, and the code of a problem."""

    status: int
    code: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.code}".rstrip()


OK, CREATED, DISCARDED = Answer(200), Answer(201), Answer(204)
MALFORMED = Answer(400, "malformed-request")
TOKEN_MISSING = Answer(401, "quote-token-missing")
NO_ACCESS_TOKEN = Answer(401, "access-token-missing")
NO_SESSION = Answer(401, "access-token-invalid")
BAD_CREDENTIALS = Answer(401, "bad-credentials")
NO_QUOTE = Answer(404, "quote-not-found")
NO_PATH = Answer(404, "not-found")
NO_METHOD = Answer(405, "method-not-allowed")
NOT_ACCEPTABLE = Answer(406, "not-acceptable")
BUSY = Answer(409, "claim-in-progress")
EMAIL_TAKEN = Answer(409, "email-taken")
QUOTE_OF_ANOTHER = Answer(409, "quote-claimed")
EXPIRED = Answer(410, "quote-expired")
CLAIMED = Answer(410, "quote-claimed")
MISMATCH = Answer(412, "revision-mismatch")
TOO_LARGE = Answer(413, "body-too-large")
MEDIA_TYPE = Answer(415, "unsupported-media-type")
INVALID = Answer(422, "invalid-request")
KEY_REUSED = Answer(422, "idempotency-key-reused")
STORE_AWAY = Answer(503, "store-unavailable")
STORE_FULL = Answer(503, "store-full")
DATABASE_AWAY = Answer(503, "database-unavailable")
OVERLOADED = Answer(503, "overloaded")
