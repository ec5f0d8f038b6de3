"""The access table, written by hand. Each row is a variant of the secrets, each column a class of calls."""

from __future__ import annotations

CALLS = """
    POST   /v1/quotes                          | public             | 201
    GET    /v1/quotes/{quote_id}               | visitor            | 200
    DELETE /v1/quotes/{quote_id}               | visitor            | 204
    PUT    /v1/quotes/{quote_id}/details       | visitor            | 200
    PATCH  /v1/quotes/{quote_id}/details       | visitor            | 200
    POST   /v1/quotes/{quote_id}/registration  | visitor            | 201
    POST   /v1/quotes/{quote_id}/claim         | both               | 201
    POST   /v1/sessions                        | public             | 201
    DELETE /v1/sessions/current                | customer           | 204
    GET    /v1/account                         | customer           | 200
    DELETE /v1/account                         | customer           | 204
    PUT    /v1/account/password                | customer           | 200
    GET    /v1/account/export                  | customer           | 200
    GET    /v1/account/quotes                  | customer           | 200
    GET    /v1/account/quotes/{quote_id}       | customer's quote   | 200
    DELETE /v1/account/quotes/{quote_id}       | customer's quote   | 204
    GET    /healthz                            | public             | 200
    GET    /readyz                             | public             | 200
    GET    /openapi.json                       | public             | 200
"""
"""The class of each call, and its answer to the right secrets."""

SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "public": [],
    "visitor": [{"QuoteToken": []}],
    "customer": [{"AccessToken": []}],
    "customer's quote": [{"AccessToken": []}],
    "both": [{"QuoteToken": [], "AccessToken": []}],
}
"""The security schemes of each class in the document."""

CODES = {
    "no-token": (401, "quote-token-missing"),
    "no-bearer": (401, "access-token-missing"),
    "invalid": (401, "access-token-invalid"),
    "password": (401, "bad-credentials"),
    "unknown": (404, "quote-not-found"),
    "taken": (409, "quote-claimed"),
    "claimed": (410, "quote-claimed"),
    "expired": (410, "quote-expired"),
    "200": (200, ""),
    "204": (204, ""),
}
CHALLENGES = {
    "quote-token-missing": "Quote-Token",
    "access-token-missing": "Bearer",
    "access-token-invalid": 'Bearer error="invalid_token"',
    "bad-credentials": "Password",
}
"""The WWW-Authenticate header of every 401."""

# A public call ignores all secrets, so it has no column. "-": such a request would repeat that of the first row.
SECRETS = """
    variant                           | visitor    | customer   | customer's quote | both
    the right ones                    | ok         | ok         | ok               | ok
    none                              | no-token   | no-bearer  | no-bearer        | no-token
    in the query alone                | no-token   | no-bearer  | no-bearer        | no-token
    the quote token alone             | ok         | no-bearer  | no-bearer        | no-bearer
    the bearer alone                  | no-token   | ok         | ok               | no-token
    swapped                           | unknown    | invalid    | invalid          | unknown
    the access token twice            | unknown    | ok         | ok               | unknown
    the quote token twice             | ok         | invalid    | invalid          | invalid
    quote token: empty                | no-token   | ok         | ok               | no-token
    quote token: garbage              | unknown    | ok         | ok               | unknown
    quote token: not ASCII            | unknown    | ok         | ok               | unknown
    quote token: one character more   | unknown    | ok         | ok               | unknown
    quote token: cut short            | unknown    | ok         | ok               | unknown
    quote token: prefix alone         | unknown    | ok         | ok               | unknown
    quote token: lower case           | unknown    | ok         | ok               | unknown
    quote token: upper case           | unknown    | ok         | ok               | unknown
    quote token: listed twice         | unknown    | ok         | ok               | unknown
    quote token: as a bearer          | unknown    | ok         | ok               | unknown
    quote token: made up              | unknown    | ok         | ok               | unknown
    quote token: of no key            | unknown    | ok         | ok               | unknown
    quote token: another quote's      | unknown    | ok         | ok               | unknown
    quote token: an expired quote's   | unknown    | ok         | ok               | unknown
    quote token: the claimed quote's  | unknown    | ok         | ok               | unknown
    quote: expired                    | expired    | ok         | unknown          | expired
    quote: discarded                  | expired    | ok         | unknown          | expired
    quote: claimed by this account    | claimed    | ok         | ok               | 200
    quote: claimed by another         | claimed    | ok         | unknown          | taken
    quote: deleted by its owner       | claimed    | ok         | unknown          | taken
    quote: of an erased account       | claimed    | ok         | unknown          | taken
    id: of no quote                   | unknown    | -          | unknown          | unknown
    id: another visitor's             | unknown    | -          | unknown          | unknown
    id: an expired quote's            | unknown    | -          | unknown          | unknown
    id: another account's             | unknown    | -          | unknown          | unknown
    id: a discarded quote's           | unknown    | -          | unknown          | unknown
    id: a deleted quote's             | unknown    | -          | unknown          | unknown
    id: an erased account's           | unknown    | -          | unknown          | unknown
    id: no id                         | unknown    | -          | unknown          | unknown
    id: lower case                    | unknown    | -          | unknown          | unknown
    id: one character more            | unknown    | -          | unknown          | unknown
    id: a line break more             | unknown    | -          | unknown          | unknown
    id: a pattern                     | unknown    | -          | unknown          | unknown
    bearer: scheme in lower case      | ok         | ok         | ok               | ok
    bearer: empty                     | ok         | no-bearer  | no-bearer        | no-bearer
    bearer: scheme alone              | ok         | invalid    | invalid          | invalid
    bearer: no scheme                 | ok         | no-bearer  | no-bearer        | no-bearer
    bearer: Basic                     | ok         | no-bearer  | no-bearer        | no-bearer
    bearer: no space                  | ok         | no-bearer  | no-bearer        | no-bearer
    bearer: garbage                   | ok         | invalid    | invalid          | invalid
    bearer: not ASCII                 | ok         | invalid    | invalid          | invalid
    bearer: one character more        | ok         | invalid    | invalid          | invalid
    bearer: padded                    | ok         | invalid    | invalid          | invalid
    bearer: cut short                 | ok         | invalid    | invalid          | invalid
    bearer: lower case                | ok         | invalid    | invalid          | invalid
    bearer: upper case                | ok         | invalid    | invalid          | invalid
    bearer: listed twice              | ok         | invalid    | invalid          | invalid
    bearer: made up                   | ok         | invalid    | invalid          | invalid
    bearer: half made up              | ok         | invalid    | invalid          | invalid
    bearer: of the account's id       | ok         | invalid    | invalid          | invalid
    bearer: another account's         | ok         | ok         | unknown          | ok
    bearer: logged out                | ok         | invalid    | invalid          | invalid
    bearer: ended                     | ok         | invalid    | invalid          | invalid
    bearer: password changed          | ok         | invalid    | invalid          | invalid
    bearer: password changed, unheard | ok         | invalid    | invalid          | invalid
    bearer: account erased            | ok         | invalid    | invalid          | invalid
    bearer: account erased, unheard   | ok         | invalid    | invalid          | invalid
"""

# A log-out does not read the database: it ends a session in the store even if its account is gone.
EXCEPTIONS = """
    DELETE /v1/quotes/{quote_id}               | quote: expired                    | 204
    DELETE /v1/quotes/{quote_id}               | quote: discarded                  | 204
    POST   /v1/quotes/{quote_id}/registration  | quote: claimed by this account    | taken
    POST   /v1/quotes/{quote_id}/registration  | quote: claimed by another         | taken
    POST   /v1/quotes/{quote_id}/registration  | quote: deleted by its owner       | taken
    POST   /v1/quotes/{quote_id}/registration  | quote: of an erased account       | taken
    DELETE /v1/account                         | bearer: another account's         | password
    PUT    /v1/account/password                | bearer: another account's         | password
    DELETE /v1/sessions/current                | bearer: password changed, unheard | 204
    DELETE /v1/sessions/current                | bearer: account erased, unheard   | 204
"""
