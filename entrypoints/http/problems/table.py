"""From error to answer: the one table, and the handlers that use it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from domain import errors
from entrypoints.http.answers import etag
from entrypoints.http.problems.http_errors import TOO_LARGE, BodyTooLarge, HttpError
from entrypoints.http.problems.problem import Problem

_log = logging.getLogger("quotehold.http")

More = Callable[[Any], tuple[dict[str, Any], dict[str, str]]]


def _nothing(_: Any) -> tuple[dict[str, Any], dict[str, str]]:
    return {}, {}


def _restart(_: errors.QuoteExpired) -> tuple[dict[str, Any], dict[str, str]]:
    return {"restart": {"method": "POST", "href": "/v1/quotes"}}, {}


def _claimed_quote(error: errors.QuoteAlreadyClaimed) -> tuple[dict[str, Any], dict[str, str]]:
    quote = {"method": "GET", "href": f"/v1/account/quotes/{error.quote_id}"}
    return {"quote": quote | ({"status": error.status} if error.status else {})}, {}


def _login_or_claim(error: errors.EmailTaken) -> tuple[dict[str, Any], dict[str, str]]:
    return {
        "login": {"method": "POST", "href": "/v1/sessions"},
        "claim": {"method": "POST", "href": f"/v1/quotes/{error.quote_id}/claim"},
    }, {}


def _challenge(scheme: str) -> More:
    return lambda _: ({}, {"WWW-Authenticate": scheme})


def _present_etag(error: errors.RevisionMismatch) -> tuple[dict[str, Any], dict[str, str]]:
    return {}, {"ETag": etag(error.present)}


def _end_of_lease(error: errors.ClaimInProgress) -> tuple[dict[str, Any], dict[str, str]]:
    return {}, {"Retry-After": str(max(1, math.ceil(error.retry_after.total_seconds())))}


def _after(seconds: int) -> More:
    return lambda _: ({}, {"Retry-After": str(seconds)})


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an error of the domain. `more` returns its extension members and headers."""

    status: int
    title: str
    detail: str
    more: More = _nothing


ANSWERS: dict[type[errors.QuoteholdError], Answer] = {
    errors.QuoteNotFound: Answer(
        404,
        "No such quote",
        "Check the id, and the token that you send with it. No quote has this id, or it is not yours.",
    ),
    errors.QuoteExpired: Answer(
        410,
        "The quote has expired",
        "Start a new quote. This one has expired or was discarded, and its details are deleted.",
        _restart,
    ),
    errors.QuoteAlreadyClaimed: Answer(
        410,
        "The quote was claimed",
        "Log in to see the quote. It was moved into an account, and its token has ended. It may be deleted by now.",
        _claimed_quote,
    ),
    errors.QuoteClaimedByAnother: Answer(
        409,
        "The quote was claimed",
        "Log in to the account that has the quote, unless it was deleted there. The quote was claimed before, and the "
        "credentials that you sent do not give access to it.",
    ),
    errors.ClaimInProgress: Answer(
        409,
        "The quote is being claimed",
        "Wait as long as Retry-After says, then repeat the request. A registration or claim of this quote is running.",
        _end_of_lease,
    ),
    errors.RevisionMismatch: Answer(
        412,
        "The quote has another revision",
        "Read the quote, then repeat your change. Its revision is not the one in If-Match; the present one is in ETag.",
        _present_etag,
    ),
    errors.SaveConflict: Answer(
        409,
        "The quote keeps changing",
        "Read the quote, then repeat your change. Others saved the quote at the same moment, several times.",
    ),
    errors.EmailTaken: Answer(
        409,
        "The e-mail has an account",
        "Log in and claim the quote, or use another e-mail. An account has this e-mail; the quote is still open.",
        _login_or_claim,
    ),
    errors.AccessTokenInvalid: Answer(
        401,
        "The access token is not valid",
        "Log in again, and send the new access token. This one is unknown, has ended, or was revoked.",
        _challenge('Bearer error="invalid_token"'),
    ),
    errors.BadCredentials: Answer(
        401,
        "The e-mail or the password is wrong",
        "Check the e-mail and the password, and send them again. The password is wrong, or no account has this e-mail.",
        _challenge("Password"),
    ),
    errors.IdempotencyKeyReused: Answer(
        422,
        "The idempotency key was used before",
        "Repeat the earlier registration as it was, or use another key. This Idempotency-Key belongs to an earlier "
        "registration with this quote, for another e-mail or name.",
    ),
    errors.DetailsTooLarge: Answer(
        413,
        "The body is too large",
        "Shorten the quote's details. They are larger than this service keeps. Nothing was saved.",
    ),
    errors.StoreUnavailable: Answer(
        503,
        "The store of quotes cannot be reached",
        "Repeat the request later. The store of open quotes does not answer at the moment. Nothing was lost.",
        _after(2),
    ),
    errors.StoreFull: Answer(
        503,
        "The store of quotes is full",
        "Repeat the request later. The store of open quotes is full at the moment. Earlier saves are kept.",
        _after(30),
    ),
    errors.DatabaseUnavailable: Answer(
        503,
        "The database cannot be reached",
        "Repeat the same request later. The database does not answer at the moment. Your quote is kept.",
        _after(5),
    ),
    errors.Overloaded: Answer(
        503,
        "The service is overloaded",
        "Repeat the same request a little later. The service could not do this in time. Nothing was lost.",
        _after(2),
    ),
}
"""By class. A subclass without an entry of its own has its parent's. A Signal never becomes an answer."""

_BY_STATUS = {
    400: ("malformed-request", "The request is malformed", "Correct the request. It cannot be read as HTTP."),
    404: ("not-found", "The path is unknown", "Check the path. No call of this service has it."),
    405: (
        "method-not-allowed",
        "The method is not allowed",
        "Use a method that Allow names. This path takes no other.",
    ),
    415: ("unsupported-media-type", "The body's media type is not supported", "Send the body as application/json."),
}


def problem_of(error: errors.QuoteholdError) -> Problem:
    """Return the problem for an error of the domain. Raise a KeyError if the table has no entry for it."""
    answer = next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
    members, headers = answer.more(error)
    return Problem(answer.status, error.code, answer.title, answer.detail, members, headers)


def to_problem(error: Exception) -> Problem:
    """Return the problem for any error: of the domain, of HTTP, of the framework, or unexpected."""
    match error:
        case errors.QuoteholdError():
            return problem_of(error)
        case HttpError():
            return error.problem()
        case HTTPException():
            return _framework_problem(error)
        case _:
            return Problem(500, *_INTERNAL)


def handle_domain_error(error: errors.QuoteholdError) -> Response:
    if isinstance(error, errors.Unavailable):
        _log.warning("%s: %s", type(error).__name__, error)
    return problem_of(error).response()


def handle_http_error(error: HttpError) -> Response:
    return error.problem().response()


def handle_framework_error(error: HTTPException) -> Response:
    """Answer an error of the framework as a problem, with its Allow header. Keep an answer below 400, a redirect."""
    if (error.code or 500) < 400:
        return Response(status=error.code, headers=error.get_headers())
    return _framework_problem(error).response()


def _framework_problem(error: HTTPException) -> Problem:
    status = error.code or 500
    if status == 413:
        return BodyTooLarge(TOO_LARGE).problem()
    code, title, detail = _BY_STATUS.get(status, _BY_STATUS[400] if status < 500 else _INTERNAL)
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return Problem(status, code, title, detail, headers=headers)


_INTERNAL = ("internal-error", "Something went wrong", "Report the request_id. This is a fault of the service.")


def handle_unexpected_error(error: Exception) -> Response:
    _log.exception("unexpected %s", type(error).__name__, exc_info=error)
    return to_problem(error).response()


def register_error_handlers(app: Flask) -> None:
    app.register_error_handler(errors.QuoteholdError, handle_domain_error)
    app.register_error_handler(HttpError, handle_http_error)
    app.register_error_handler(HTTPException, handle_framework_error)
    app.register_error_handler(Exception, handle_unexpected_error)
