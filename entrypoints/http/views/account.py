"""A customer's own account: /v1/account."""

from __future__ import annotations

from functools import partial
from typing import Any

from domain import errors
from domain.model import Access, AccessToken, Account
from domain.use_cases.export_account import Export
from entrypoints.http.limits.counting import count_email
from entrypoints.http.limits.marks import Limit
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.call import Call
from entrypoints.http.openapi.declaration import Secret
from entrypoints.http.openapi.responses import BAD_BODY, NOT_AUTHENTICATED
from entrypoints.http.problems.http_errors import InvalidRequest
from entrypoints.http.schemas.accounts import (
    AccessSchema,
    AccountSchema,
    ConfirmationSchema,
    ExportSchema,
    PasswordChangeSchema,
)
from entrypoints.http.schemas.passwords import PasswordRefused, check_is_not_email
from entrypoints.services import Services

blueprint = ApiBlueprint("account", __name__, url_prefix="/v1/account", description="A customer's own account.")
call = partial(Call, blueprint, secrets=(Secret.ACCESS_TOKEN,))


@call("GET", "", answer=AccountSchema, limit=Limit.READ, problems=NOT_AUTHENTICATED)
def get_account(services: Services, access_token: AccessToken) -> Account:
    """Read the account

    Returns the account of the access token: the e-mail as it was typed, and the name if one was given.
    """
    return services.authenticate(access_token)


@call(
    "PUT",
    "/password",
    body=PasswordChangeSchema,
    answer=AccessSchema,
    limit=Limit.CREDENTIALS,
    problems=(*NOT_AUTHENTICATED, *BAD_BODY, errors.BadCredentials),
)
def change_password(services: Services, body: dict[str, Any], access_token: AccessToken) -> Access | None:
    """Change the password

    Ends every session, this one too. The answer holds the access token of a new session.
    """
    account = services.authenticate(access_token)
    count_email(account.email)
    _refuse_email(body["new_password"], account)
    return services.change_password(access_token, body["password"], body["new_password"])


@call("GET", "/export", answer=ExportSchema, limit=Limit.READ, problems=NOT_AUTHENTICATED)
def export_account(services: Services, access_token: AccessToken) -> Export:
    """Export the account

    Returns the account, its quotes with their details, kept drafts, and the number of sessions. It leaves out the
    password's hash, derived values, and the audit entries of repairs.
    """
    return services.export_account(access_token)


@call(
    "DELETE",
    "",
    status=204,
    body=ConfirmationSchema,
    limit=Limit.CREDENTIALS,
    problems=(*NOT_AUTHENTICATED, *BAD_BODY, errors.BadCredentials),
)
def erase_account(services: Services, body: dict[str, Any], access_token: AccessToken) -> None:
    """Erase the account

    Deletes the account, its quotes and its sessions. They cannot be restored.
    """
    count_email(services.authenticate(access_token).email)
    services.erase_account(access_token, body["password"])


def _refuse_email(new_password: str, account: Account) -> None:
    """Refuse the e-mail as a password. At the registration, the schema does it: it sees both."""
    try:
        check_is_not_email(new_password, account.email)
    except PasswordRefused as error:
        raise InvalidRequest([("/new_password", str(error))]) from error
