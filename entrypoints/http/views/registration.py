"""From visitor to customer: /v1/quotes/{quote_id}/registration and /claim."""

from __future__ import annotations

from werkzeug.exceptions import NotFound

from domain import errors
from domain.accounts.account_quote import AccountQuote
from domain.model import Applicant
from domain.use_cases.register_and_claim import Registered
from entrypoints.http.limits.counting import count_email
from entrypoints.http.limits.marks import Rate, limited
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.components import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    NEEDS_BOTH_TOKENS,
    NEEDS_QUOTE_TOKEN,
    QUOTE_ID,
    REPLAYED,
)
from entrypoints.http.openapi.responses import BAD_BODY, NOT_AUTHENTICATED, UNAVAILABLE, leads_to, problems
from entrypoints.http.problems import problem as http
from entrypoints.http.requests.conditional import expected_revision
from entrypoints.http.requests.context import access_token, quote_token, services
from entrypoints.http.requests.idempotency import idempotency_key
from entrypoints.http.schemas.accounts import AccountQuoteSchema, RegisteredSchema, RegistrationSchema

blueprint = ApiBlueprint(
    "registration",
    __name__,
    url_prefix="/v1/quotes",
    description="From visitor to customer: a quote is moved into an account, exactly once.",
)

_NO_CLAIM = (
    http.MalformedRequest,
    http.QuoteTokenMissing,
    errors.QuoteNotFound,
    NotFound,
    errors.QuoteExpired,
    errors.QuoteClaimedByAnother,
    errors.ClaimInProgress,
    errors.RevisionMismatch,
)


@blueprint.route("/<quote_id>/registration", methods=["POST"], parameters=[QUOTE_ID])
@limited(Rate.CREDENTIALS)
@blueprint.arguments(RegistrationSchema)
@blueprint.response(201, RegisteredSchema, headers=REPLAYED)
@blueprint.doc(
    security=NEEDS_QUOTE_TOKEN,
    parameters=[IF_MATCH, IDEMPOTENCY_KEY],
    responses=leads_to(201, "/quote/quote_id", "get_account_quote", "discard_account_quote"),
)
@problems(*_NO_CLAIM, *BAD_BODY, errors.EmailTaken, errors.IdempotencyKeyReused, *UNAVAILABLE)
def register(applicant: Applicant, quote_id: str) -> tuple[Registered, dict[str, str]]:
    """Register and claim the quote

    Makes an account and moves the quote into it, exactly once: the same e-mail and password again get the same
    account and quote, and a fresh access token, with an Idempotency-Key or without.
    """
    count_email(applicant.email)
    registered = services().register_and_claim(
        quote_id, quote_token(), applicant, expected_revision(), idempotency_key()
    )
    return registered, {"Idempotency-Replayed": "true"} if registered.replayed else {}


@blueprint.route("/<quote_id>/claim", methods=["POST"], parameters=[QUOTE_ID])
@limited(Rate.SAVE)
@blueprint.response(201, AccountQuoteSchema)
@blueprint.alt_response(200, schema=AccountQuoteSchema, description="This account has claimed it before.", success=True)
@blueprint.doc(
    security=NEEDS_BOTH_TOKENS,
    parameters=[IF_MATCH],
    responses=leads_to(201, "/quote_id", "get_account_quote", "discard_account_quote"),
)
@problems(*_NO_CLAIM, *NOT_AUTHENTICATED)
def claim_quote(quote_id: str) -> tuple[AccountQuote, dict[str, str], int]:
    """Claim the quote for an account that exists

    Moves the quote into the account of the access token, exactly once. Needs the quote's own token too.
    """
    claimed = services().claim_quote(quote_id, quote_token(), access_token(), expected_revision())
    return claimed.quote, {}, 201 if claimed.is_new else 200
