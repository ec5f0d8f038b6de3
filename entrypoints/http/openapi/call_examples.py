"""Examples of requests and answers for the documentation, by schema: one quote from its start to an account."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from entrypoints.http.problems.examples import QUOTE_ID
from entrypoints.http.schemas import accounts as account
from entrypoints.http.schemas import quotes as schemas

DETAILS = {
    "applicant": {
        "first_name": "Maria",
        "last_name": "Gonzalez",
        "date_of_birth": "1988-04-17",
        "licence": {"type": "full", "years_held": 12},
    },
    "vehicle": {"make": "Seat", "model": "Leon", "year": 2019, "value": 15400, "security": ["alarm", "immobiliser"]},
    "cover": {"type": "comprehensive", "start_date": "2026-12-01", "voluntary_excess": 300},
}
_EMAIL, _PASSWORD, _NEXT = "maria.gonzalez@example.com", "a duck, a pond, a boat", "two boats and no duck"
_STARTED, _CLAIMED, _ENDS = "2026-11-23T06:09:08.689Z", "2026-11-23T06:41:57.302Z", "2026-12-23T06:41:57.309Z"
_QUOTE = {
    "quote_id": QUOTE_ID,
    "status": "open",
    "product": "motor",
    "details": DETAILS,
    "revision": 1795372712123,
    "created_at": _STARTED,
    "updated_at": "2026-11-23T06:18:32.123Z",
    "expires_at": "2026-11-24T06:18:32.123Z",
}
_ACCOUNT = {
    "account_id": "ac_01KAQ5VFQN3M8W2K4Z7C9R6T1X",
    "email": _EMAIL,
    "name": "Maria Gonzalez",
    "created_at": _CLAIMED,
}
_CLAIMED_QUOTE = {
    "quote_id": QUOTE_ID,
    "status": "claimed",
    "product": "motor",
    "details": DETAILS,
    "created_at": _STARTED,
    "claimed_at": _CLAIMED,
}
_ACCESS = {
    "access_token": "at_an-example-and-no-token",
    "token_type": "Bearer",
    "expires_at": _ENDS,
}

EXAMPLES: dict[type[Schema], Any] = {
    schemas.NewQuoteSchema: {"product": "motor", "details": DETAILS},
    schemas.StartedSchema: _QUOTE | {"quote_token": "qk_an-example-and-no-token"},
    schemas.QuoteSchema: _QUOTE,
    schemas.DetailsSchema: DETAILS,
    schemas.MergePatchSchema: {"vehicle": {"year": 2020}, "cover": {"voluntary_excess": None}},
    account.RegistrationSchema: {"email": _EMAIL, "password": _PASSWORD, "name": "Maria Gonzalez"},
    account.RegisteredSchema: {
        "account": _ACCOUNT,
        "quote": {"quote_id": QUOTE_ID, "status": "claimed", "claimed_at": _CLAIMED},
        **_ACCESS,
    },
    account.AccountQuoteSchema: _CLAIMED_QUOTE,
    account.AccountQuotesSchema: {"items": [_CLAIMED_QUOTE], "next_cursor": f"1795416117302-{QUOTE_ID}"},
    account.CredentialsSchema: {"email": _EMAIL, "password": _PASSWORD},
    account.LoggedInSchema: {**_ACCESS, "account": _ACCOUNT},
    account.AccountSchema: _ACCOUNT,
    account.ConfirmationSchema: {"password": _PASSWORD},
    account.PasswordChangeSchema: {"password": _PASSWORD, "new_password": _NEXT},
    account.AccessSchema: _ACCESS,
    account.ExportSchema: {
        "account": _ACCOUNT,
        "quotes": [_CLAIMED_QUOTE],
        "sessions": 1,
        "exported_at": "2026-11-25T09:30:00.000Z",
    },
    schemas.HealthSchema: {"status": "ok"},
    schemas.ReadinessSchema: {"status": "ready", "checks": {"store": "ok", "database": "ok"}},
    schemas.OpenApiSchema: {"openapi": "3.1.0", "info": {"title": "Quotehold", "version": "v1"}, "paths": {}},
}
