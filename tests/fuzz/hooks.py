"""
Hooks of Schemathesis: they give each call secrets of quotes and accounts that the service has made.

The document names the secrets that a call needs, but not their source. A call that Schemathesis makes without secrets,
or with made-up ones, is left as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from unicodedata import normalize

import schemathesis
from hypothesis import strategies as st
from schemathesis import AuthContext, Case, HookContext, Response

from domain.model import is_quote_id
from entrypoints.http.schemas.passwords import SHORTEST, PasswordRefused, check_password
from tests.fuzz import tally
from tests.fuzz.actors import PASSWORD, Actors

__all__ = ["tally"]  # importing it registers its handler

HEADERS = {"QuoteToken": "Quote-Token", "AccessToken": "Authorization"}
"""The header of each security scheme in the document."""
ACCOUNT_QUOTE = "/v1/account/quotes/{quote_id}"
PASSWORD_CALLS = ("DELETE /v1/account", "PUT /v1/account/password")
"""Calls that end sessions, as the log-out does. Each that may succeed gets a new customer for itself."""
_LATER = "later"
"""The placeholder of a secret until the call is made. Its owner depends on the quote, which a link may still change."""
_TAG = re.compile('"[^"]*"')


@cache
def actors_of(base_url: str) -> Actors:
    return Actors(base_url)


@schemathesis.auth(refresh_interval=None)
class Secrets:
    """The provider of secrets. Schemathesis skips it for a call with a missing or made-up secret."""

    def get(self, case: Case[Any], context: AuthContext) -> list[str]:
        """Return the headers that hold the secrets of this call."""
        alternatives = context.operation.definition.raw.get("security", [])
        return [HEADERS[scheme] for needed in alternatives for scheme in needed]

    def set(self, case: Case[Any], data: list[str], context: AuthContext) -> None:
        case.headers = case.headers.copy()
        case.headers.update(dict.fromkeys(data, _LATER))


@schemathesis.hook
def filter_body(context: HookContext, body: Any) -> bool:
    """Drop passwords that change their length in NFKC form: the service counts that form, the schema the sent one."""
    texts = [body.get("password"), body.get("new_password")] if isinstance(body, dict) else []
    return all(len(normalize("NFKC", text)) == len(text) for text in texts if isinstance(text, str))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """
    Give the case its secrets, credentials and cursor.

    A part is replaced, never changed, since Schemathesis makes other cases from the same parts. A correct part is left
    alone, since Schemathesis judges anew whether a case with a replaced part is valid.
    """
    actors = actors_of(case.operation.base_url or "")
    if _LATER in case.headers.values():
        _give_secrets(actors, case)
    if case.operation.label == "POST /v1/sessions":
        _give_credentials(case, {"email": actors.returning.email, "password": PASSWORD})
    if case.operation.label == "GET /v1/account/quotes":
        _give_cursor(actors, case)


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    if response.status_code not in (200, 201) or case.method != case.operation.method.upper():
        return
    actors, answer = actors_of(case.operation.base_url or ""), response.json()
    match case.operation.label:
        case "POST /v1/quotes":
            actors.started(answer)
        case "PUT /v1/quotes/{quote_id}/details" | "PATCH /v1/quotes/{quote_id}/details":
            actors.saved(answer)
        case "POST /v1/quotes/{quote_id}/registration":
            actors.owners[answer["quote"]["quote_id"]] = answer["access_token"]
        case "POST /v1/quotes/{quote_id}/claim":
            actors.owners[answer["quote_id"]] = case.headers["Authorization"].removeprefix("Bearer ")


def _give_secrets(actors: Actors, case: Case[Any]) -> None:
    case.headers = case.headers.copy()
    if case.headers.get("Quote-Token") == _LATER:
        case.headers["Quote-Token"] = _quote_token(actors, case)
        _give_revision(actors, case)
    if case.headers.get("Authorization") == _LATER:
        case.headers["Authorization"] = f"Bearer {_access_token(actors, case)}"


def _quote_token(actors: Actors, case: Case[Any]) -> str:
    """Return the token of the quote in the path. An unknown, well-formed id gives way to that of a fresh quote."""
    quote_id = _quote_id(case)
    if quote_id not in actors.tokens and is_quote_id(quote_id):
        quote_id = actors.quote()
        case.path_parameters = case.path_parameters | {"quote_id": quote_id}
    return actors.tokens.get(quote_id, "qk_unknown")


def _give_revision(actors: Actors, case: Case[Any]) -> None:
    """Replace a made-up but well-formed revision by the quote's own, in about every second call."""
    present = actors.etags.get(_quote_id(case))
    for condition in ("If-Match", "If-None-Match"):
        made_up = case.headers.get(condition, "")
        if present and _TAG.fullmatch(made_up) and len(made_up) % 2:
            case.headers[condition] = present


def _access_token(actors: Actors, case: Case[Any]) -> str:
    """Return the token of the owner of the quote in the path, or else of a customer with the right to this call."""
    if case.operation.path == ACCOUNT_QUOTE:
        quote_id = _quote_id(case)
        if quote_id not in actors.owners and is_quote_id(quote_id):
            quote_id = actors.claimed_quote()
            case.path_parameters = case.path_parameters | {"quote_id": quote_id}
        return actors.owners.get(quote_id, actors.lasting.access_token)
    label = case.operation.label
    ends = label in PASSWORD_CALLS and _give_credentials(case, {"password": PASSWORD})
    customer = actors.customer() if ends or label == "DELETE /v1/sessions/current" else actors.lasting
    return customer.access_token


def _quote_id(case: Case[Any]) -> str:
    """Return the quote id in the path, well-formed or not."""
    return str(case.path_parameters.get("quote_id"))


def _give_cursor(actors: Actors, case: Case[Any]) -> None:
    """Replace a made-up cursor by a real one, in about every second call."""
    cursor = case.query.get("cursor")
    if isinstance(cursor, str) and len(cursor) % 2:
        case.query = case.query | {"cursor": actors.cursor}


def _give_credentials(case: Case[Any], right: dict[str, str]) -> bool:
    """
    Replace made-up credentials by right ones, in about every second body; tell whether that was done.

    The length of the password decides, so wrong ones are sent too, and a repeated case is the same.
    """
    body: Any = case.body
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in right):
        return False
    if chosen := len(body["password"]) % 2 == 0:
        case.body = body | right
    return chosen


def _is_taken(text: str) -> bool:
    try:
        check_password(text)
    except PasswordRefused:
        return False
    return True


# The service refuses the commonest passwords, and no schema can list them.
_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")  # see schemathesis.toml
schemathesis.openapi.format("password", st.text(_CHARACTERS, min_size=SHORTEST).filter(_is_taken))
