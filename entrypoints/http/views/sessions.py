"""Sessions of customers: /v1/sessions."""

from __future__ import annotations

from typing import Any

from flask import Response

from domain import errors
from domain.use_cases.log_in import LoggedIn
from entrypoints.http.limits.counting import count_email
from entrypoints.http.limits.marks import Rate, limited
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.components import NEEDS_ACCESS_TOKEN
from entrypoints.http.openapi.responses import BAD_BODY, NOT_AUTHENTICATED, UNAVAILABLE, problems
from entrypoints.http.requests.context import access_token, services
from entrypoints.http.schemas.accounts import CredentialsSchema, LoggedInSchema

blueprint = ApiBlueprint(
    "sessions",
    __name__,
    url_prefix="/v1/sessions",
    description="Log in and out. A session is an access token, and ends by itself.",
)


@blueprint.route("", methods=["POST"])
@limited(Rate.CREDENTIALS)
@blueprint.arguments(CredentialsSchema)
@blueprint.response(201, LoggedInSchema)
@problems(*BAD_BODY, errors.BadCredentials, *UNAVAILABLE)
def log_in(body: dict[str, Any]) -> LoggedIn:
    """Log in

    An unknown e-mail is refused like a wrong password.
    """
    count_email(body["email"])
    return services().log_in(body["email"], body["password"])


@blueprint.route("/current", methods=["DELETE"])
@limited(Rate.SAVE)
@blueprint.response(204)
@blueprint.doc(security=NEEDS_ACCESS_TOKEN)
@problems(*NOT_AUTHENTICATED)
def log_out() -> Response:
    """Log out

    The access token opens nothing any more.
    """
    services().log_out(access_token())
    return Response(status=204)
