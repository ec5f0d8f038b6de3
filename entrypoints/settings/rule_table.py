"""The settings for quotes, sessions and limits, in the order of the documentation."""

from __future__ import annotations

from entrypoints.settings.origins import origins
from entrypoints.settings.setting import Setting, Unset
from entrypoints.settings.texts import comma_separated, duration_text, on_or_off_text, size_text
from entrypoints.settings.values import details_size, duration, on_or_off, proxy_count, rate

_DURATION = "a [duration](#values)"
_RATE = "a [rate](#values)"

RULE_SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="QUOTES_TTL",
        read=duration,
        default="24h",
        meaning="TTL of a temporary quote; each save starts it again",
        allowed=f"{_DURATION}; at most `QUOTES_MAX_AGE`",
        show=duration_text,
    ),
    Setting(
        name="QUOTES_MAX_AGE",
        read=duration,
        default="30d",
        meaning="maximum age of a temporary quote, counted from its start",
        allowed=_DURATION,
        show=duration_text,
    ),
    Setting(
        name="QUOTES_MAX_DETAILS",
        read=details_size,
        default="64KiB",
        meaning="largest size of a quote's details, as compact JSON",
        allowed="a [size](#values); at most `1MiB`",
        show=size_text,
    ),
    Setting(
        name="QUOTES_ACCESS_TOKEN_TTL",
        read=duration,
        default="30d",
        meaning="TTL of an access token, and so of its session",
        allowed=_DURATION,
        show=duration_text,
    ),
    Setting(
        name="QUOTES_REPAIR_DELAY",
        read=duration,
        default="30s",
        meaning="time before the reconciler first looks at a claim, and the first pause between two attempts",
        allowed=_DURATION,
        show=duration_text,
    ),
    Setting(
        name="QUOTES_DEAD_LETTER_RETENTION",
        read=duration,
        default="90d",
        meaning="time for which the draft of a dead claim is kept for an operator to repair",
        allowed=_DURATION,
        show=duration_text,
    ),
    Setting(
        name="QUOTES_RATE_LIMITS",
        read=on_or_off,
        default="on",
        meaning="rate limits: on, or off if a gateway limits requests",
        note="Turn them off for load tests too.",
        allowed="`on` or `off`",
        show=on_or_off_text,
    ),
    Setting(
        name="QUOTES_RATE_START",
        read=rate,
        default="30/hour",
        meaning="requests from one client address that start a quote",
        note="In all limits, the addresses of one IPv6 /64 count as one address.",
        allowed=_RATE,
    ),
    Setting(
        name="QUOTES_RATE_CREDENTIALS",
        read=rate,
        default="5/minute",
        meaning="requests with a password from one client address, and separately for one e-mail address",
        allowed=_RATE,
    ),
    Setting(
        name="QUOTES_RATE_SAVE",
        read=rate,
        default="120/minute",
        meaning="other requests from one client address that change data",
        allowed=_RATE,
    ),
    Setting(
        name="QUOTES_RATE_READ",
        read=rate,
        default="300/minute",
        meaning="other requests from one client address that only read",
        allowed=_RATE,
    ),
    Setting(
        name="QUOTES_TRUSTED_PROXIES",
        read=proxy_count,
        default="0",
        meaning="number of proxies in front of the service",
        note="Each of them sets `X-Forwarded-For` and `X-Forwarded-Proto`.",
        allowed="0 to 8",
    ),
    Setting(
        name="QUOTES_CORS_ORIGINS",
        read=origins,
        default=Unset((), "(none)"),
        meaning="origins of the web pages that may call the service from a browser",
        note="The pages may call `/v1`. An origin is compared exactly.",
        allowed="comma-separated origins: `https://shop.example,http://localhost:5173`",
        show=comma_separated,
    ),
)
