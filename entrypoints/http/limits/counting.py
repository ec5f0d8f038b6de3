"""
The counting of requests, by Flask-Limiter over the store of the quotes.

A request is counted for the client's address, before any other work. A request with a password is also counted for the
e-mail of its account.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.errors import RateLimitExceeded

from domain.model import Email
from entrypoints.http.limits.marks import LIMITED, Limit
from entrypoints.http.problems.http_errors import RateLimited
from entrypoints.services import RateLimitStorage
from entrypoints.settings.settings import Settings

_EXTENSION = "quotehold.rate_limits"
_PREFIX_OF_A_SUBSCRIBER = 64
"""Bits of an IPv6 address. A subscriber chooses the other bits freely (RFC 6177)."""
# Some gateways append the port, as the Forwarded header does (RFC 7239, section 6).
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


def limit_rates(app: Flask, settings: Settings, storage: RateLimitStorage) -> None:
    """Count each request to a call of this app that is marked as limited."""
    limits = _RateLimits(app, settings, storage)
    app.extensions[_EXTENSION] = limits
    app.register_error_handler(RateLimitExceeded, limits.refuse)
    app.after_request(limits.tell)
    for endpoint, view in app.view_functions.items():
        if rate := getattr(view, LIMITED, None):
            app.view_functions[endpoint] = limits.by_address(rate, view)


def count_email(email: Email) -> None:
    """
    Count a request with a password for this e-mail, also if no account has it.

    Raises: RateLimitExceeded
    """
    limits: _RateLimits | None = current_app.extensions.get(_EXTENSION)
    if limits:
        limits.count_email(email)


def subscriber(address: str) -> str:
    """Return the client that an address is counted for: an IPv4 address, or the network of an IPv6 address."""
    with_port = _WITH_PORT.fullmatch(address)
    bare = (with_port[1] or with_port[2]) if with_port else address
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed.packed, _PREFIX_OF_A_SUBSCRIBER), strict=False))
    return str(parsed)


class _Window(NamedTuple):
    """The present window of a limit: the remaining requests, the seconds until its end, the limit itself."""

    remaining: int
    seconds: int
    limit: int


def _windows(counted: Iterable[RequestLimit]) -> list[_Window]:
    return [
        _Window(limit.remaining, max(1, math.ceil(limit.window.reset_time - time.time())), limit.limit.amount)
        for limit in counted
    ]


def _tightness(window: _Window) -> tuple[int, int]:
    """Return a sort key: the fewest remaining requests first, then the longest window."""
    return window.remaining, -window.seconds


class _RateLimits:
    def __init__(self, app: Flask, settings: Settings, storage: RateLimitStorage) -> None:
        self._pseudonym = storage.pseudonym
        self._limiter = Limiter(
            self._address,
            app=app,
            storage_uri=storage.url,
            storage_options=storage.options,
            strategy="fixed-window",
        )
        # It logs the pseudonym with each refusal. A log is kept longer than the window, and the pseudonym may not be.
        self._limiter.logger.setLevel(logging.WARNING)
        self._rates = {
            Limit.START: str(settings.rate_start),
            Limit.CREDENTIALS: str(settings.rate_credentials),
            Limit.SAVE: str(settings.rate_save),
            Limit.READ: str(settings.rate_read),
        }
        self._by_email = self._limiter.shared_limit(
            self._rates[Limit.CREDENTIALS], scope="email", key_func=lambda: str(g.rate_limited_email)
        )

    def by_address(self, rate: Limit, view: Callable[..., Any]) -> Callable[..., Any]:
        """Return the view behind a count that all calls of this kind share."""
        return self._limiter.shared_limit(self._rates[rate], scope=rate.value)(view)

    def count_email(self, email: Email) -> None:
        g.counted = _windows(self._limiter.current_limits)
        g.rate_limited_email = self._pseudonym(email.key)
        with self._by_email:
            pass

    def refuse(self, _: RateLimitExceeded) -> Response:
        return RateLimited(self._tightest().seconds).problem().response()

    def tell(self, response: Response) -> Response:
        """Add the headers of the tighter of two counts (draft-ietf-httpapi-ratelimit-headers-03)."""
        if self._limiter.current_limits:
            window = self._tightest()
            response.headers["RateLimit-Limit"] = str(window.limit)
            response.headers["RateLimit-Remaining"] = str(window.remaining)
            response.headers["RateLimit-Reset"] = str(window.seconds)
        return response

    def _tightest(self) -> _Window:
        windows: list[_Window] = [*g.get("counted", []), *_windows(self._limiter.current_limits)]
        return min(windows, key=_tightness)

    def _address(self) -> str:
        return self._pseudonym(subscriber(request.remote_addr or "unknown"))
