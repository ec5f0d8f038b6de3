"""Sessions of customers: /v1/sessions."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import Any

from domain import errors
from domain.model import AccessToken
from domain.use_cases.log_in import LoggedIn
from entrypoints.http.limits.marks import Limit
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.call import Call
from entrypoints.http.openapi.declaration import Secret
from entrypoints.http.openapi.responses import BAD_BODY, NOT_AUTHENTICATED, UNAVAILABLE
from entrypoints.http.schemas.accounts import CredentialsSchema, LoggedInSchema
from entrypoints.services import Services

blueprint = ApiBlueprint(
    "sessions",
    __name__,
    url_prefix="/v1/sessions",
    description="Log in and out. Each session has one access token, and ends by itself.",
)
call = partial(Call, blueprint)


@call(
    "POST",
    "",
    status=201,
    body=CredentialsSchema,
    answer=LoggedInSchema,
    limit=Limit.CREDENTIALS,
    email=itemgetter("email"),
    problems=(*BAD_BODY, errors.BadCredentials, *UNAVAILABLE),
)
def log_in(services: Services, body: dict[str, Any]) -> LoggedIn:
    """Log in

    Opens a session. An unknown e-mail gets the same refusal as a wrong password.
    """
    return services.log_in(body["email"], body["password"])


@call(
    "DELETE",
    "/current",
    status=204,
    limit=Limit.SAVE,
    secrets=(Secret.ACCESS_TOKEN,),
    problems=NOT_AUTHENTICATED,
)
def log_out(services: Services, access_token: AccessToken) -> None:
    """Log out

    Ends the session. Its access token is no longer accepted.
    """
    services.log_out(access_token)
