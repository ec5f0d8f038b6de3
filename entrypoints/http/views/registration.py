"""From visitor to customer: /v1/quotes/{quote_id}/registration and /claim."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from werkzeug.exceptions import NotFound

from domain import errors
from domain.model import AccessToken, Applicant, Revision
from entrypoints.http.limits.marks import Limit
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.call import Call
from entrypoints.http.openapi.declaration import Links, Secret
from entrypoints.http.openapi.responses import BAD_BODY, NOT_AUTHENTICATED, UNAVAILABLE
from entrypoints.http.openapi.serving import Answer
from entrypoints.http.problems import http_errors
from entrypoints.http.schemas.accounts import AccountQuoteSchema, RegisteredSchema, RegistrationSchema
from entrypoints.services import Services

blueprint = ApiBlueprint(
    "registration",
    __name__,
    url_prefix="/v1/quotes",
    description="From visitor to customer: a quote is moved into an account, exactly once.",
)
call = partial(Call, blueprint)

_NO_CLAIM = (
    http_errors.MalformedRequest,
    http_errors.QuoteTokenMissing,
    errors.QuoteNotFound,
    NotFound,
    errors.QuoteExpired,
    errors.QuoteClaimedByAnother,
    errors.ClaimInProgress,
    errors.RevisionMismatch,
)


@call(
    "POST",
    "/<quote_id>/registration",
    status=201,
    body=RegistrationSchema,
    answer=RegisteredSchema,
    limit=Limit.CREDENTIALS,
    email=attrgetter("email"),
    secrets=(Secret.QUOTE_TOKEN,),
    if_match=True,
    idempotency_key=True,
    headers=("Idempotency-Replayed",),
    links=Links("/quote/quote_id", ("get_account_quote", "discard_account_quote")),
    problems=(*_NO_CLAIM, *BAD_BODY, errors.EmailTaken, errors.IdempotencyKeyReused, *UNAVAILABLE),
)
def register(
    services: Services, quote_id: str, quote_token: str, body: Applicant, expected: Revision | None, key: str | None
) -> Answer:
    """Register and claim the quote

    Makes an account and moves the quote into it, exactly once. A repeat with the same e-mail and password gets the same
    account and quote, and a fresh access token, with an Idempotency-Key or without.
    """
    registered = services.register_and_claim(quote_id, quote_token, body, expected, key)
    return Answer(registered, {"Idempotency-Replayed": "true"} if registered.replayed else {})


@call(
    "POST",
    "/<quote_id>/claim",
    status=201,
    answer=AccountQuoteSchema,
    also={200: "This account has claimed the quote before."},
    limit=Limit.SAVE,
    secrets=(Secret.QUOTE_TOKEN, Secret.ACCESS_TOKEN),
    if_match=True,
    links=Links("/quote_id", ("get_account_quote", "discard_account_quote")),
    problems=(*_NO_CLAIM, *NOT_AUTHENTICATED),
)
def claim_quote(
    services: Services, quote_id: str, quote_token: str, access_token: AccessToken, expected: Revision | None
) -> Answer:
    """Claim the quote for an account that exists

    Moves the quote into the account of the access token, exactly once. Needs the quote's token too.
    """
    claimed = services.claim_quote(quote_id, quote_token, access_token, expected)
    return Answer(claimed.quote, status=201 if claimed.is_new else 200)
