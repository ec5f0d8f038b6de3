"""The whole journey of a quote, with a client by openapi-python-client: `python journey.py URL` prints it."""

# ruff: noqa: T201 - the test reads its output
from __future__ import annotations

import sys
from typing import TypeVar

from quotehold_client import AuthenticatedClient, Client
from quotehold_client.api.account import erase_account, export_account
from quotehold_client.api.account_quotes import list_account_quotes
from quotehold_client.api.quotes import discard_quote, get_quote, merge_details, save_details, start_quote
from quotehold_client.api.registration import claim_quote, register
from quotehold_client.api.sessions import log_in
from quotehold_client.models import (
    Confirmation,
    Credentials,
    Details,
    MergePatch,
    NewQuote,
    Problem,
    ProblemCode,
    Registration,
)

EMAIL, PASSWORD = "maria@example.com", "correct horse battery"

Answer = TypeVar("Answer")


def done(answer: Answer | Problem | None) -> Answer:
    """Return the answer of a call that must succeed."""
    if answer is None or isinstance(answer, Problem):
        raise SystemExit(f"this must not happen: {answer}")
    return answer


def refused(answer: object) -> Problem:
    """Return the problem of a call that must not succeed."""
    if not isinstance(answer, Problem):
        raise SystemExit(f"this must not happen: {answer}")
    return answer


def a_visitor(url: str, quote_token: str) -> AuthenticatedClient:
    return AuthenticatedClient(url, token=quote_token, prefix="", auth_header_name="Quote-Token")


def fill_in(url: str) -> tuple[str, AuthenticatedClient]:
    details = Details.from_dict({"vehicle": {"make": "Seat"}})
    started = done(start_quote.sync(client=Client(url), body=NewQuote(product="motor", details=details)))
    visitor = a_visitor(url, started.quote_token)
    print("started:", started.status.value, started.product)
    saved = done(save_details.sync(started.quote_id, client=visitor, body=Details.from_dict({"seats": 5})))
    print("saved:", saved.details.to_dict())
    patch = MergePatch.from_dict({"vehicle": {"year": 2019}})
    merged = done(merge_details.sync(started.quote_id, client=visitor, body=patch, if_match=f'"{saved.revision}"'))
    print("merged:", merged.details.to_dict())
    late = save_details.sync_detailed(started.quote_id, client=visitor, body=details, if_match=f'"{saved.revision}"')
    print("overtaken:", refused(late.parsed).code.value, late.headers["ETag"] == f'"{merged.revision}"')
    print("read:", done(get_quote.sync(started.quote_id, client=visitor)) == merged)
    return started.quote_id, visitor


def become_a_customer(url: str, quote_id: str, visitor: AuthenticatedClient) -> None:
    short = register.sync(quote_id, client=visitor, body=Registration(email=EMAIL, password="short"))
    print("refused:", [error.pointer for error in refused(short).errors or []])
    registered = done(register.sync(quote_id, client=visitor, body=Registration(EMAIL, PASSWORD, name="Maria")))
    print("registered:", registered.account.name, registered.quote.status.value)
    claimed = refused(get_quote.sync(quote_id, client=visitor))
    assert claimed.quote
    print("claimed:", claimed.code.value, claimed.quote.href == f"/v1/account/quotes/{quote_id}")


def look_around(url: str, quote_id: str) -> None:
    session = done(log_in.sync(client=Client(url), body=Credentials(EMAIL, PASSWORD)))
    customer = AuthenticatedClient(url, token=session.access_token)
    another = done(start_quote.sync(client=Client(url), body=NewQuote(product="home")))
    both = customer.with_headers({"Quote-Token": another.quote_token})
    print("claimed another:", done(claim_quote.sync(another.quote_id, client=both)).product)
    page = done(list_account_quotes.sync(client=customer, limit=1))
    rest = done(list_account_quotes.sync(client=customer, cursor=page.next_cursor or ""))
    print("listed:", [quote.product for quote in page.items + rest.items], rest.next_cursor)
    print("exported:", {quote.quote_id for quote in done(export_account.sync(client=customer)).quotes} >= {quote_id})
    erased = erase_account.sync_detailed(client=customer, body=Confirmation(PASSWORD))
    print("erased:", erased.status_code.value)
    print("gone:", refused(export_account.sync(client=customer)).code.value)


def lose_a_quote(url: str) -> None:
    started = done(start_quote.sync(client=Client(url)))
    visitor = a_visitor(url, started.quote_token)
    discard_quote.sync(started.quote_id, client=visitor)
    ended = refused(get_quote.sync(started.quote_id, client=visitor))
    assert ended.restart
    print("ended:", ended.code is ProblemCode.QUOTE_EXPIRED, ended.restart.method, ended.restart.href)
    unknown = refused(get_quote.sync(started.quote_id, client=a_visitor(url, "qk_made_up")))
    print("unknown:", unknown.code.value)


def main(url: str) -> None:
    quote_id, visitor = fill_in(url)
    become_a_customer(url, quote_id, visitor)
    look_around(url, quote_id)
    lose_a_quote(url)


if __name__ == "__main__":
    main(sys.argv[1])
