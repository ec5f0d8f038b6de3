"""Temporary quotes: /v1/quotes."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import url_for
from werkzeug.exceptions import NotFound

from domain import errors
from domain.model import Details, Quote, Revision
from entrypoints.http.limits.marks import Limit
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.call import Call
from entrypoints.http.openapi.declaration import Links, Secret
from entrypoints.http.openapi.responses import BAD_BODY, UNAVAILABLE
from entrypoints.http.openapi.serving import Answer
from entrypoints.http.problems import http_errors
from entrypoints.http.schemas.quotes import DetailsSchema, MergePatchSchema, NewQuoteSchema, QuoteSchema, StartedSchema
from entrypoints.services import Services

blueprint = ApiBlueprint(
    "quotes",
    __name__,
    url_prefix="/v1/quotes",
    description="Temporary quotes: anonymous, each with its own token, and kept for a TTL after each save.",
)
call = partial(Call, blueprint)

_NO_QUOTE = (
    http_errors.MalformedRequest,
    http_errors.QuoteTokenMissing,
    errors.QuoteNotFound,
    NotFound,
    errors.QuoteExpired,
    errors.QuoteAlreadyClaimed,
    *UNAVAILABLE,
)
_NO_WRITE = (errors.ClaimInProgress, errors.RevisionMismatch, errors.StoreFull)


@call(
    "POST",
    "",
    status=201,
    body=NewQuoteSchema,
    answer=StartedSchema,
    limit=Limit.START,
    etag=True,
    headers=("Location",),
    links=Links(
        "/quote_id", ("get_quote", "save_details", "merge_details", "discard_quote", "register", "claim_quote")
    ),
    problems=(*BAD_BODY, errors.StoreUnavailable, errors.StoreFull, errors.Overloaded),
)
def start_quote(services: Services, body: dict[str, Any]) -> Answer:
    """Start a quote

    The answer holds the quote's token; no later answer does. The body may be left out.
    """
    started = services.start_quote(body.get("product"), body.get("details", {}))
    return Answer(started, {"Location": url_for("quotes.get_quote", quote_id=started.quote_id)})


@call(
    "GET",
    "/<quote_id>",
    answer=QuoteSchema,
    limit=Limit.READ,
    secrets=(Secret.QUOTE_TOKEN,),
    etag=True,
    not_modified=True,
    problems=_NO_QUOTE,
)
def get_quote(services: Services, quote_id: str, quote_token: str) -> Quote:
    """Read a quote

    Does not restart the quote's TTL.
    """
    return services.get_quote(quote_id, quote_token)


@call(
    "PUT",
    "/<quote_id>/details",
    body=DetailsSchema,
    answer=QuoteSchema,
    limit=Limit.SAVE,
    secrets=(Secret.QUOTE_TOKEN,),
    if_match=True,
    etag=True,
    problems=(*_NO_QUOTE, *BAD_BODY, *_NO_WRITE),
)
def save_details(
    services: Services, quote_id: str, quote_token: str, body: Details, expected: Revision | None
) -> Quote:
    """Save the details as a whole

    Replaces all details, and restarts the quote's TTL.
    """
    return services.save_details(quote_id, quote_token, body, expected)


@call(
    "PATCH",
    "/<quote_id>/details",
    body=MergePatchSchema,
    answer=QuoteSchema,
    limit=Limit.SAVE,
    secrets=(Secret.QUOTE_TOKEN,),
    if_match=True,
    etag=True,
    problems=(*_NO_QUOTE, *BAD_BODY, *_NO_WRITE, errors.SaveConflict),
)
def merge_details(
    services: Services, quote_id: str, quote_token: str, body: Details, expected: Revision | None
) -> Quote:
    """Change some details

    Applies a JSON Merge Patch (RFC 7396): objects are merged, null removes a member. Restarts the quote's TTL.
    """
    return services.merge_details(quote_id, quote_token, body, expected)


@call(
    "DELETE",
    "/<quote_id>",
    status=204,
    limit=Limit.SAVE,
    secrets=(Secret.QUOTE_TOKEN,),
    if_match=True,
    problems=(
        http_errors.MalformedRequest,
        http_errors.QuoteTokenMissing,
        errors.QuoteNotFound,
        NotFound,
        errors.QuoteAlreadyClaimed,
        errors.ClaimInProgress,
        errors.RevisionMismatch,
        *UNAVAILABLE,
    ),
)
def discard_quote(services: Services, quote_id: str, quote_token: str, expected: Revision | None) -> None:
    """Discard a quote

    Deletes its details. A repeat is a success too.
    """
    services.discard_quote(quote_id, quote_token, expected)
