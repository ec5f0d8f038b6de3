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

__all__ = ["tally"]  # it registers itself too

HEADERS = {"QuoteToken": "Quote-Token", "AccessToken": "Authorization"}
"""The header of each security scheme in the document."""
ACCOUNT_QUOTE = "/v1/account/quotes/{quote_id}"
PASSWORD_CALLS = ("DELETE /v1/account", "PUT /v1/account/password")
"""They end sessions, as the log-out does: each that can do so gets a customer of its own, whom no other call needs."""
_LATER = "later"
"""Stands for a secret until the call is made: whose it is depends on the quote, which a link may still change."""
_TAG = re.compile('"[^"]*"')


@cache
def actors_of(base_url: str) -> Actors:
    return Actors(base_url)


@schemathesis.auth(refresh_interval=None)
class Secrets:
    """Not asked where Schemathesis leaves a secret out on purpose, or makes one up."""

    def get(self, case: Case[Any], context: AuthContext) -> list[str]:
        """The headers that hold the secrets of this call."""
        alternatives = context.operation.definition.raw.get("security", [])
        return [HEADERS[scheme] for needed in alternatives for scheme in needed]

    def set(self, case: Case[Any], data: list[str], context: AuthContext) -> None:
        case.headers = case.headers.copy()
        case.headers.update(dict.fromkeys(data, _LATER))


@schemathesis.hook
def filter_body(context: HookContext, body: Any) -> bool:
    """A schema counts a password's characters as they are sent, the service in NFKC form: none where that differs."""
    texts = [body.get("password"), body.get("new_password")] if isinstance(body, dict) else []
    return all(len(normalize("NFKC", text)) == len(text) for text in texts if isinstance(text, str))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """
    Parts of the case are replaced and not changed: Schemathesis makes other cases from the same ones. Those that are as
    they should be are let alone: it judges anew whether a case is right where a part was replaced.
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
    """The quote's own revision in place of one that was made up in the right form, in every second call."""
    present = actors.etags.get(_quote_id(case))
    for condition in ("If-Match", "If-None-Match"):
        made_up = case.headers.get(condition, "")
        if present and _TAG.fullmatch(made_up) and len(made_up) % 2:
            case.headers[condition] = present


def _access_token(actors: Actors, case: Case[Any]) -> str:
    """Return the token of the owner of the quote in the path, or else of a customer who may call this."""
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
    """Whatever stands in its place."""
    return str(case.path_parameters.get("quote_id"))


def _give_cursor(actors: Actors, case: Case[Any]) -> None:
    """A real one in place of one that was made up, in every second call."""
    cursor = case.query.get("cursor")
    if isinstance(cursor, str) and len(cursor) % 2:
        case.query = case.query | {"cursor": actors.cursor}


def _give_credentials(case: Case[Any], right: dict[str, str]) -> bool:
    """
    Right ones in place of those that were made up, if there are any; in every second body, by its length, so that wrong
    ones are sent too, and that a case is the same when it is repeated. Whether that was done.
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


# What is guessed first is refused, and no schema can list it.
_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")  # see schemathesis.toml
schemathesis.openapi.format("password", st.text(_CHARACTERS, min_size=SHORTEST).filter(_is_taken))
