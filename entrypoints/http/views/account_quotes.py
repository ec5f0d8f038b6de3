"""The quotes in a customer's account: /v1/account/quotes."""

from __future__ import annotations

from flask import Response
from werkzeug.exceptions import NotFound

from domain import errors
from domain.accounts.account_quote import AccountQuote
from domain.use_cases.list_account_quotes import AccountQuotes
from entrypoints.http.limits.marks import Rate, limited
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.components import CURSOR, LIMIT, NEEDS_ACCESS_TOKEN, QUOTE_ID
from entrypoints.http.openapi.responses import NOT_AUTHENTICATED, problems
from entrypoints.http.problems import problem as http
from entrypoints.http.requests.context import access_token, services
from entrypoints.http.requests.paging import page
from entrypoints.http.schemas.accounts import AccountQuoteSchema, AccountQuotesSchema

blueprint = ApiBlueprint(
    "account_quotes", __name__, url_prefix="/v1/account/quotes", description="The quotes in a customer's account."
)


@blueprint.route("")
@limited(Rate.READ)
@blueprint.response(200, AccountQuotesSchema)
@blueprint.doc(security=NEEDS_ACCESS_TOKEN, parameters=[LIMIT, CURSOR])
@problems(*NOT_AUTHENTICATED, http.InvalidRequest)
def list_account_quotes() -> AccountQuotes:
    """List the quotes of the account

    The latest claimed first. A quote that is deleted or claimed meanwhile does not shift the pages.
    """
    token, asked = access_token(), page()
    return services().list_account_quotes(token, asked.after, asked.limit)


@blueprint.route("/<quote_id>", parameters=[QUOTE_ID])
@limited(Rate.READ)
@blueprint.response(200, AccountQuoteSchema)
@blueprint.doc(security=NEEDS_ACCESS_TOKEN)
@problems(*NOT_AUTHENTICATED, errors.QuoteNotFound, NotFound)
def get_account_quote(quote_id: str) -> AccountQuote:
    """Read a quote of the account

    One that is `pending` has no details yet; one that `failed` says why.
    """
    return services().get_account_quote(access_token(), quote_id)


@blueprint.route("/<quote_id>", methods=["DELETE"], parameters=[QUOTE_ID])
@limited(Rate.SAVE)
@blueprint.response(204)
@blueprint.doc(security=NEEDS_ACCESS_TOKEN)
@problems(*NOT_AUTHENTICATED, errors.QuoteNotFound, NotFound)
def discard_account_quote(quote_id: str) -> Response:
    """Delete a quote of the account

    Also one that is pending or has failed.
    """
    services().discard_account_quote(access_token(), quote_id)
    return Response(status=204)
