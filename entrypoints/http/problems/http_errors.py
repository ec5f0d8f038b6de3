"""Errors of HTTP alone: such a request never reaches the core."""

from __future__ import annotations

from typing import Any

from entrypoints.http.problems.problem import Problem

TOO_LARGE = "Send a smaller body. This one is larger than this service takes. Nothing was saved."


class HttpError(Exception):
    """A request that never reaches the core."""

    status: int
    code: str
    title: str

    def problem(self) -> Problem:
        return Problem(self.status, self.code, self.title, str(self), self.members(), self.headers())

    def members(self) -> dict[str, Any]:
        return {}

    def headers(self) -> dict[str, str]:
        return {}


class MalformedRequest(HttpError):
    status, code, title = 400, "malformed-request", "The request is malformed"


class QuoteTokenMissing(HttpError):
    status, code, title = 401, "quote-token-missing", "The quote's token is missing"

    def __init__(self) -> None:
        super().__init__("Send the token that you got when the quote was started, in the Quote-Token header.")

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Quote-Token"}


class AccessTokenMissing(HttpError):
    status, code, title = 401, "access-token-missing", "The access token is missing"

    def __init__(self) -> None:
        super().__init__("Log in, and send the access token of the answer in the Authorization header, after Bearer.")

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class NotAcceptable(HttpError):
    status, code, title = 406, "not-acceptable", "The answer has no acceptable media type"

    def __init__(self) -> None:
        super().__init__("Allow application/json in the Accept header. This call answers in no other media type.")


class BodyTooLarge(HttpError):
    status, code, title = 413, "body-too-large", "The body is too large"


class UnsupportedMediaType(HttpError):
    status, code, title = 415, "unsupported-media-type", "The body's media type is not supported"


class RateLimited(HttpError):
    """A refusal by a rate limit, for `retry_after` seconds."""

    status, code, title = 429, "rate-limited", "Too many requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Wait as long as Retry-After says, then repeat the request. There were too many requests of this kind from "
            "your address, or for this e-mail. Nothing was lost."
        )
        self.retry_after = retry_after

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class InvalidRequest(HttpError):
    """A request with wrong members or parameters. `errors` are pairs of a JSON pointer and a sentence."""

    status, code, title = 422, "invalid-request", "The request is invalid"

    def __init__(self, errors: list[tuple[str, str]], of: str = "members of the body") -> None:
        super().__init__(f"Correct the {of} that errors lists. They are missing, unknown or not valid.")
        self.errors = errors

    def members(self) -> dict[str, Any]:
        return {"errors": [{"pointer": pointer, "detail": detail} for pointer, detail in self.errors]}
