"""The secrets: what goes into the two headers and into the path, right and wrong in every way that we know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.e2e.access.support.actors import Cast, Customer, Visited


@dataclass(frozen=True, slots=True)
class Sent:
    """`quote_id` is for paths below /v1/quotes, `owned_id` for those below /v1/account/quotes."""

    quote_token: str | None
    authorization: str | None
    quote_id: str
    owned_id: str
    query: str = ""

    @property
    def headers(self) -> dict[str, str]:
        sent = {"Quote-Token": self.quote_token, "Authorization": self.authorization}
        return {name: value for name, value in sent.items() if value is not None}


def sent(cast: Cast, variant: str) -> Sent:
    """The right secrets, but for what the variant changes of them."""
    right = Sent(cast.visitor.token, f"Bearer {cast.maria.access}", cast.visitor.id, cast.maria.quote.id)
    return replace(right, **VARIANTS[variant](cast))


def _quote_token(text: Callable[[str], str]) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {"quote_token": text(cast.visitor.token)}


def _bearer(text: Callable[[str], str]) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {"authorization": f"Bearer {text(cast.maria.access)}"}


def _authorization(form: str) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {"authorization": form.format(cast.maria.access)}


def _quote(quote: Callable[[Cast], Visited]) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {
        "quote_token": quote(cast).token,
        "quote_id": quote(cast).id,
        "owned_id": quote(cast).id,
    }


def _of(customer: Callable[[Cast], Customer]) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {
        "authorization": f"Bearer {customer(cast).access}",
        "owned_id": customer(cast).quote.id,
    }


def _ids(text: Callable[[str], str]) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {"quote_id": text(cast.visitor.id), "owned_id": text(cast.maria.quote.id)}


def _one_id(quote_id: Callable[[Cast], str]) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {"quote_id": quote_id(cast), "owned_id": quote_id(cast)}


VARIANTS: dict[str, Callable[[Cast], dict[str, Any]]] = {
    "the right ones": lambda cast: {},
    "none": lambda cast: {"quote_token": None, "authorization": None},
    "in the query alone": lambda cast: {
        "quote_token": None,
        "authorization": None,
        "query": f"quote_token={cast.visitor.token}&access_token={cast.maria.access}",
    },
    "the quote token alone": lambda cast: {"authorization": None},
    "the bearer alone": lambda cast: {"quote_token": None},
    "swapped": lambda cast: {"quote_token": cast.maria.access, "authorization": f"Bearer {cast.visitor.token}"},
    "the access token twice": lambda cast: {"quote_token": cast.maria.access},
    "the quote token twice": lambda cast: {"authorization": f"Bearer {cast.visitor.token}"},
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
    "quote token: another quote's": lambda cast: {"quote_token": cast.another_visitor.token},
    "quote token: an expired quote's": lambda cast: {"quote_token": cast.expired.token},
    "quote token: the claimed quote's": lambda cast: {"quote_token": cast.maria.quote.token},
    "quote: expired": _quote(lambda cast: cast.expired),
    "quote: discarded": _quote(lambda cast: cast.discarded),
    "quote: claimed by this account": _quote(lambda cast: cast.maria.quote),
    "quote: claimed by another": _quote(lambda cast: cast.bob.quote),
    "quote: deleted by its owner": _quote(lambda cast: cast.deleted),
    "quote: of an erased account": _quote(lambda cast: cast.erased.quote),
    "id: of no quote": _one_id(lambda cast: cast.unknown_id),
    "id: another visitor's": _one_id(lambda cast: cast.another_visitor.id),
    "id: an expired quote's": _one_id(lambda cast: cast.expired.id),
    "id: another account's": _one_id(lambda cast: cast.bob.quote.id),
    "id: a discarded quote's": _one_id(lambda cast: cast.discarded.id),
    "id: a deleted quote's": _one_id(lambda cast: cast.deleted.id),
    "id: an erased account's": _one_id(lambda cast: cast.erased.quote.id),
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
    "bearer: of the account's id": lambda cast: {"authorization": f"Bearer {cast.maria.account.account_id}"},
    "bearer: another account's": lambda cast: {"authorization": f"Bearer {cast.bob.access}"},
    "bearer: logged out": lambda cast: {"authorization": f"Bearer {cast.logged_out}"},
    "bearer: ended": lambda cast: {"authorization": f"Bearer {cast.ended}"},
    "bearer: password changed": _of(lambda cast: cast.careful),
    "bearer: password changed, unheard": _of(lambda cast: cast.careful_unheard),
    "bearer: account erased": _of(lambda cast: cast.erased),
    "bearer: account erased, unheard": _of(lambda cast: cast.erased_unheard),
}
