"""Temporary quotes: /v1/quotes."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from werkzeug.exceptions import NotFound

from domain import errors
from domain.model import Details, Quote
from domain.use_cases.start_quote import Started
from entrypoints.http.answers import etag
from entrypoints.http.limits.marks import Rate, limited
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.components import ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, NEEDS_QUOTE_TOKEN, QUOTE_ID
from entrypoints.http.openapi.responses import BAD_BODY, UNAVAILABLE, leads_to, problems
from entrypoints.http.problems import problem as http
from entrypoints.http.requests.bodies import MERGE_PATCH
from entrypoints.http.requests.conditional import expected_revision, is_known
from entrypoints.http.requests.context import quote_token, services
from entrypoints.http.schemas.quotes import DetailsSchema, MergePatchSchema, NewQuoteSchema, QuoteSchema, StartedSchema

blueprint = ApiBlueprint(
    "quotes",
    __name__,
    url_prefix="/v1/quotes",
    description="Temporary quotes: anonymous, kept for a while after each save, each with a token of its own.",
)

_NO_QUOTE = (
    http.MalformedRequest,
    http.QuoteTokenMissing,
    errors.QuoteNotFound,
    NotFound,
    errors.QuoteExpired,
    errors.QuoteAlreadyClaimed,
    *UNAVAILABLE,
)
_NO_WRITE = (errors.ClaimInProgress, errors.RevisionMismatch, errors.StoreFull)


@blueprint.route("", methods=["POST"])
@limited(Rate.START)
@blueprint.arguments(NewQuoteSchema, required=False)
@blueprint.response(201, StartedSchema, headers=ETAG | LOCATION)
@blueprint.doc(
    responses=leads_to(
        201,
        "/quote_id",
        "get_quote",
        "save_details",
        "merge_details",
        "discard_quote",
        "register",
        "claim_quote",
    )
)
@problems(*BAD_BODY, errors.StoreUnavailable, errors.StoreFull, errors.Overloaded)
def start_quote(body: dict[str, Any]) -> tuple[Started, dict[str, str]]:
    """Start a quote

    The answer holds the quote's token, this once. The body may be left out.
    """
    started = services().start_quote(body.get("product"), body.get("details", {}))
    location = url_for("quotes.get_quote", quote_id=started.quote_id)
    return started, {"ETag": etag(started.revision), "Location": location}


@blueprint.route("/<quote_id>", parameters=[QUOTE_ID])
@limited(Rate.READ)
@blueprint.response(200, QuoteSchema, headers=ETAG)
@blueprint.alt_response(304, description="The client has this revision.", headers=ETAG, success=True)
@blueprint.doc(security=NEEDS_QUOTE_TOKEN, parameters=[IF_NONE_MATCH])
@problems(*_NO_QUOTE)
def get_quote(quote_id: str) -> tuple[Quote, dict[str, str]] | Response:
    """Read a quote

    This does not lengthen its life.
    """
    quote = services().get_quote(quote_id, quote_token())
    headers = {"ETag": etag(quote.revision)}
    return Response(status=304, headers=headers) if is_known(quote.revision) else (quote, headers)


@blueprint.route("/<quote_id>/details", methods=["PUT"], parameters=[QUOTE_ID])
@limited(Rate.SAVE)
@blueprint.arguments(DetailsSchema)
@blueprint.response(200, QuoteSchema, headers=ETAG)
@blueprint.doc(security=NEEDS_QUOTE_TOKEN, parameters=[IF_MATCH])
@problems(*_NO_QUOTE, *BAD_BODY, *_NO_WRITE)
def save_details(details: Details, quote_id: str) -> tuple[Quote, dict[str, str]]:
    """Save the details, as a whole

    The quote's life starts again.
    """
    quote = services().save_details(quote_id, quote_token(), details, expected_revision())
    return quote, {"ETag": etag(quote.revision)}


@blueprint.route("/<quote_id>/details", methods=["PATCH"], parameters=[QUOTE_ID])
@limited(Rate.SAVE)
@blueprint.arguments(MergePatchSchema, content_type=MERGE_PATCH)
@blueprint.response(200, QuoteSchema, headers=ETAG)
@blueprint.doc(security=NEEDS_QUOTE_TOKEN, parameters=[IF_MATCH])
@problems(*_NO_QUOTE, *BAD_BODY, *_NO_WRITE, errors.SaveConflict)
def merge_details(patch: Details, quote_id: str) -> tuple[Quote, dict[str, str]]:
    """Change some details

    A JSON Merge Patch (RFC 7396): objects are merged, null removes. The quote's life starts again.
    """
    quote = services().merge_details(quote_id, quote_token(), patch, expected_revision())
    return quote, {"ETag": etag(quote.revision)}


@blueprint.route("/<quote_id>", methods=["DELETE"], parameters=[QUOTE_ID])
@limited(Rate.SAVE)
@blueprint.response(204)
@blueprint.doc(security=NEEDS_QUOTE_TOKEN, parameters=[IF_MATCH])
@problems(
    http.MalformedRequest,
    http.QuoteTokenMissing,
    errors.QuoteNotFound,
    NotFound,
    errors.QuoteAlreadyClaimed,
    errors.ClaimInProgress,
    errors.RevisionMismatch,
    *UNAVAILABLE,
)
def discard_quote(quote_id: str) -> Response:
    """Discard a quote

    Its details are deleted. Once more is a success too.
    """
    services().discard_quote(quote_id, quote_token(), expected_revision())
    return Response(status=204)
