"""The quotes in a customer's account: /v1/account/quotes."""

from __future__ import annotations

from functools import partial

from werkzeug.exceptions import NotFound

from domain import errors
from domain.accounts.account_quote import AccountQuote
from domain.model import AccessToken
from domain.use_cases.list_account_quotes import AccountQuotes
from entrypoints.http.limits.marks import Limit
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.call import Call
from entrypoints.http.openapi.declaration import Secret
from entrypoints.http.openapi.responses import NOT_AUTHENTICATED
from entrypoints.http.problems import http_errors
from entrypoints.http.requests.paging import Page
from entrypoints.http.schemas.accounts import AccountQuoteSchema, AccountQuotesSchema
from entrypoints.services import Services

blueprint = ApiBlueprint(
    "account_quotes", __name__, url_prefix="/v1/account/quotes", description="The quotes in a customer's account."
)
call = partial(Call, blueprint, secrets=(Secret.ACCESS_TOKEN,))

_NO_QUOTE = (*NOT_AUTHENTICATED, errors.QuoteNotFound, NotFound)


@call(
    "GET",
    "",
    answer=AccountQuotesSchema,
    limit=Limit.READ,
    page=True,
    problems=(*NOT_AUTHENTICATED, http_errors.InvalidRequest),
)
def list_account_quotes(services: Services, access_token: AccessToken, page: Page) -> AccountQuotes:
    """List the quotes of the account

    Lists the latest claimed first. A quote that is deleted or claimed meanwhile does not shift the pages.
    """
    return services.list_account_quotes(access_token, page.after, page.limit)


@call("GET", "/<quote_id>", answer=AccountQuoteSchema, limit=Limit.READ, problems=_NO_QUOTE)
def get_account_quote(services: Services, quote_id: str, access_token: AccessToken) -> AccountQuote:
    """Read a quote of the account

    A quote with the status `pending` has no details yet. A quote with the status `failed` has a `reason`.
    """
    return services.get_account_quote(access_token, quote_id)


@call("DELETE", "/<quote_id>", status=204, limit=Limit.SAVE, problems=_NO_QUOTE)
def discard_account_quote(services: Services, quote_id: str, access_token: AccessToken) -> None:
    """Delete a quote of the account

    Deletes a claimed, pending or failed quote.
    """
    services.discard_account_quote(access_token, quote_id)
