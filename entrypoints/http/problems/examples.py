"""An example of every error that a caller can get. The documentation of errors is made from them."""

from __future__ import annotations

from datetime import timedelta

from werkzeug import exceptions as framework

from domain import errors
from domain.claims import QuoteStatus
from domain.model import QuoteId, Revision
from entrypoints.http.problems import http_errors
from entrypoints.http.problems.problem import Problem
from entrypoints.http.problems.table import to_problem

QUOTE_ID = QuoteId("qt_01KAQ3ZC0V8Q4W2R7X9T5N6M1B")
REQUEST_ID = "4f1c0de2b7a94c5e8d3f6a1b2c3d4e5f"

_ERRORS: tuple[Exception, ...] = (
    http_errors.MalformedRequest("Correct the body, which is not JSON: Expecting value: line 1 column 13 (char 12)."),
    http_errors.QuoteTokenMissing(),
    http_errors.AccessTokenMissing(),
    errors.AccessTokenInvalid(),
    errors.BadCredentials(),
    errors.QuoteNotFound(),
    framework.NotFound(),
    framework.MethodNotAllowed(["GET", "HEAD", "OPTIONS"]),
    http_errors.NotAcceptable(),
    errors.ClaimInProgress(timedelta(seconds=9)),
    errors.SaveConflict(),
    errors.EmailTaken(QUOTE_ID),
    errors.QuoteClaimedByAnother(QUOTE_ID),
    errors.QuoteExpired(QUOTE_ID),
    errors.QuoteAlreadyClaimed(QUOTE_ID, QuoteStatus.CLAIMED),
    errors.RevisionMismatch(Revision(1795372712123)),
    http_errors.BodyTooLarge(http_errors.TOO_LARGE),
    errors.DetailsTooLarge(65536),
    http_errors.UnsupportedMediaType("Send the body as application/json."),
    http_errors.InvalidRequest([("/email", "Missing data for required field.")]),
    errors.IdempotencyKeyReused(),
    http_errors.RateLimited(17),
    framework.InternalServerError(),
    errors.StoreUnavailable(),
    errors.StoreFull(),
    errors.DatabaseUnavailable(),
    errors.Overloaded(),
)
EXAMPLES: dict[type[Exception], Problem] = {type(error): to_problem(error) for error in _ERRORS}
"""By class. A subclass that is answered like its parent has no example of its own."""
CODES = sorted({problem.code for problem in EXAMPLES.values()})
