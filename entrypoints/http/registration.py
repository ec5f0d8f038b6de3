"""From visitor to customer: /v1/quotes/{quote_id}/registration."""

from __future__ import annotations

from domain import errors
from domain.model import Applicant
from domain.use_cases.register_and_claim import Registered
from entrypoints.http import problems as http
from entrypoints.http.access import quote_token, services
from entrypoints.http.blueprint import ApiBlueprint
from entrypoints.http.conditional import expected_revision
from entrypoints.http.documentation import IF_MATCH, NEEDS_QUOTE_TOKEN, QUOTE_ID, problems
from entrypoints.http.schemas import RegisteredSchema, RegistrationSchema

blueprint = ApiBlueprint("registration", __name__, url_prefix="/v1/quotes", description="Register and claim a quote")

_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` where an earlier request did this already.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}


@blueprint.route("/<quote_id>/registration", methods=["POST"], parameters=[QUOTE_ID])
@blueprint.arguments(RegistrationSchema)
@blueprint.response(201, RegisteredSchema, headers=_REPLAYED)
@blueprint.doc(security=NEEDS_QUOTE_TOKEN, parameters=[IF_MATCH])
@problems(
    blueprint,
    http.MalformedRequest,
    http.UnsupportedMediaType,
    http.BodyTooLarge,
    http.InvalidRequest,
    http.QuoteTokenMissing,
    errors.QuoteNotFound,
    errors.QuoteExpired,
    errors.QuoteClaimedByAnother,
    errors.ClaimInProgress,
    errors.EmailTaken,
    errors.RevisionMismatch,
    errors.StoreUnavailable,
    errors.DatabaseUnavailable,
    errors.Overloaded,
)
def register(applicant: Applicant, quote_id: str) -> tuple[Registered, dict[str, str]]:
    """Register and claim the quote

    Makes an account and moves the quote into it, exactly once: the same e-mail and password again get the same
    account and quote, and a fresh access token.
    """
    registered = services().register_and_claim(quote_id, quote_token(), applicant, expected_revision())
    return registered, {"Idempotency-Replayed": "true"} if registered.replayed else {}
