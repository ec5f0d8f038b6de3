"""Variants of the secrets in the two headers and in the path: the right secrets, and every wrong one that we know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.e2e.access.support.actors import Actors, Customer, Visited


@dataclass(frozen=True, slots=True)
class Sent:
    """The secrets of a request. `quote_id` is for /v1/quotes, `owned_id` for /v1/account/quotes."""

    quote_token: str | None
    authorization: str | None
    quote_id: str
    owned_id: str
    query: str = ""

    @property
    def headers(self) -> dict[str, str]:
        sent = {"Quote-Token": self.quote_token, "Authorization": self.authorization}
        return {name: value for name, value in sent.items() if value is not None}


def sent(actors: Actors, variant: str) -> Sent:
    """Return the right secrets with the change of the variant."""
    right = Sent(actors.visitor.token, f"Bearer {actors.maria.access}", actors.visitor.id, actors.maria.quote.id)
    return replace(right, **VARIANTS[variant](actors))


def _quote_token(text: Callable[[str], str]) -> Callable[[Actors], dict[str, Any]]:
    return lambda actors: {"quote_token": text(actors.visitor.token)}


def _bearer(text: Callable[[str], str]) -> Callable[[Actors], dict[str, Any]]:
    return lambda actors: {"authorization": f"Bearer {text(actors.maria.access)}"}


def _authorization(form: str) -> Callable[[Actors], dict[str, Any]]:
    return lambda actors: {"authorization": form.format(actors.maria.access)}


def _quote(quote: Callable[[Actors], Visited]) -> Callable[[Actors], dict[str, Any]]:
    return lambda actors: {
        "quote_token": quote(actors).token,
        "quote_id": quote(actors).id,
        "owned_id": quote(actors).id,
    }


def _of(customer: Callable[[Actors], Customer]) -> Callable[[Actors], dict[str, Any]]:
    return lambda actors: {
        "authorization": f"Bearer {customer(actors).access}",
        "owned_id": customer(actors).quote.id,
    }


def _ids(text: Callable[[str], str]) -> Callable[[Actors], dict[str, Any]]:
    return lambda actors: {"quote_id": text(actors.visitor.id), "owned_id": text(actors.maria.quote.id)}


def _one_id(quote_id: Callable[[Actors], str]) -> Callable[[Actors], dict[str, Any]]:
    return lambda actors: {"quote_id": quote_id(actors), "owned_id": quote_id(actors)}


VARIANTS: dict[str, Callable[[Actors], dict[str, Any]]] = {
    "the right ones": lambda actors: {},
    "none": lambda actors: {"quote_token": None, "authorization": None},
    "in the query alone": lambda actors: {
        "quote_token": None,
        "authorization": None,
        "query": f"quote_token={actors.visitor.token}&access_token={actors.maria.access}",
    },
    "the quote token alone": lambda actors: {"authorization": None},
    "the bearer alone": lambda actors: {"quote_token": None},
    "swapped": lambda actors: {"quote_token": actors.maria.access, "authorization": f"Bearer {actors.visitor.token}"},
    "the access token twice": lambda actors: {"quote_token": actors.maria.access},
    "the quote token twice": lambda actors: {"authorization": f"Bearer {actors.visitor.token}"},
    "quote token: empty": _quote_token(lambda token: ""),
    "quote token: garbage": _quote_token(lambda token: "' OR 1=1 --"),
    "quote token: not ASCII": _quote_token(lambda token: token[:-1] + "é"),
    "quote token: one character more": _quote_token(lambda token: token + "A"),
    "quote token: cut short": _quote_token(lambda token: token[:-1]),
    "quote token: prefix alone": _quote_token(lambda token: token[:5]),
    "quote token: lower case": _quote_token(str.lower),
    "quote token: upper case": _quote_token(str.upper),
    "quote token: listed twice": _quote_token(lambda token: f"{token}, {token}"),
    "quote token: as a bearer": _quote_token(lambda token: f"Bearer {token}"),
    "quote token: made up": _quote_token(lambda token: token[:5] + "A" * len(token[5:])),
    "quote token: of no key": _quote_token(lambda token: "qk_k9" + token[5:]),
    "quote token: another quote's": lambda actors: {"quote_token": actors.another_visitor.token},
    "quote token: an expired quote's": lambda actors: {"quote_token": actors.expired.token},
    "quote token: the claimed quote's": lambda actors: {"quote_token": actors.maria.quote.token},
    "quote: expired": _quote(lambda actors: actors.expired),
    "quote: discarded": _quote(lambda actors: actors.discarded),
    "quote: claimed by this account": _quote(lambda actors: actors.maria.quote),
    "quote: claimed by another": _quote(lambda actors: actors.bob.quote),
    "quote: deleted by its owner": _quote(lambda actors: actors.deleted),
    "quote: of an erased account": _quote(lambda actors: actors.erased.quote),
    "id: of no quote": _one_id(lambda actors: actors.unknown_id),
    "id: another visitor's": _one_id(lambda actors: actors.another_visitor.id),
    "id: an expired quote's": _one_id(lambda actors: actors.expired.id),
    "id: another account's": _one_id(lambda actors: actors.bob.quote.id),
    "id: a discarded quote's": _one_id(lambda actors: actors.discarded.id),
    "id: a deleted quote's": _one_id(lambda actors: actors.deleted.id),
    "id: an erased account's": _one_id(lambda actors: actors.erased.quote.id),
    "id: no id": _ids(lambda quote_id: "nonsense"),
    "id: lower case": _ids(str.lower),
    "id: one character more": _ids(lambda quote_id: quote_id + "A"),
    "id: a line break more": _ids(lambda quote_id: quote_id + "\n"),
    "id: a pattern": _ids(lambda quote_id: quote_id[:-1] + "%"),
    "bearer: scheme in lower case": _authorization("bearer {}"),
    "bearer: empty": _authorization(""),
    "bearer: scheme alone": _authorization("Bearer"),
    "bearer: no scheme": _authorization("{}"),
    "bearer: Basic": _authorization("Basic {}"),
    "bearer: no space": _authorization("Bearer{}"),
    "bearer: garbage": _bearer(lambda token: "' OR 1=1 --"),
    "bearer: not ASCII": _bearer(lambda token: token[:-1] + "é"),
    "bearer: one character more": _bearer(lambda token: token + "A"),
    "bearer: padded": _bearer(lambda token: token + "="),
    "bearer: cut short": _bearer(lambda token: token[:-1]),
    "bearer: lower case": _bearer(str.lower),
    "bearer: upper case": _bearer(str.upper),
    "bearer: listed twice": _bearer(lambda token: f"{token}, Bearer {token}"),
    "bearer: made up": _bearer(lambda token: "at_" + "A" * 64),
    # On Redis, the first characters lead to the account's sessions.
    "bearer: half made up": _bearer(lambda token: token[:25] + "A" * 42),
    "bearer: of the account's id": lambda actors: {"authorization": f"Bearer {actors.maria.account.account_id}"},
    "bearer: another account's": lambda actors: {"authorization": f"Bearer {actors.bob.access}"},
    "bearer: logged out": lambda actors: {"authorization": f"Bearer {actors.logged_out}"},
    "bearer: ended": lambda actors: {"authorization": f"Bearer {actors.ended}"},
    "bearer: password changed": _of(lambda actors: actors.careful),
    "bearer: password changed, unheard": _of(lambda actors: actors.careful_unheard),
    "bearer: account erased": _of(lambda actors: actors.erased),
    "bearer: account erased, unheard": _of(lambda actors: actors.erased_unheard),
}
