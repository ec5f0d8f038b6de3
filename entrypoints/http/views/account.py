"""A customer's own account: /v1/account."""

from __future__ import annotations

from typing import Any

from flask import Response

from domain import errors
from domain.model import Access, Account
from domain.use_cases.export_account import Export
from entrypoints.http.limits.counting import count_email
from entrypoints.http.limits.marks import Rate, limited
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.components import NEEDS_ACCESS_TOKEN
from entrypoints.http.openapi.responses import BAD_BODY, NOT_AUTHENTICATED, problems
from entrypoints.http.problems.problem import InvalidRequest
from entrypoints.http.requests.context import access_token, services
from entrypoints.http.schemas.accounts import (
    AccessSchema,
    AccountSchema,
    ConfirmationSchema,
    ExportSchema,
    PasswordChangeSchema,
)
from entrypoints.http.schemas.passwords import PasswordRefused, check_is_not_email

blueprint = ApiBlueprint("account", __name__, url_prefix="/v1/account", description="A customer's own account.")


@blueprint.route("")
@limited(Rate.READ)
@blueprint.response(200, AccountSchema)
@blueprint.doc(security=NEEDS_ACCESS_TOKEN)
@problems(*NOT_AUTHENTICATED)
def get_account() -> Account:
    """Read the account

    Whose access token this is: the e-mail as it was typed, and the name if one was given.
    """
    return services().authenticate(access_token())


@blueprint.route("/password", methods=["PUT"])
@limited(Rate.CREDENTIALS)
@blueprint.arguments(PasswordChangeSchema)
@blueprint.response(200, AccessSchema)
@blueprint.doc(security=NEEDS_ACCESS_TOKEN)
@problems(*NOT_AUTHENTICATED, *BAD_BODY, errors.BadCredentials)
def change_password(body: dict[str, Any]) -> Access | None:
    """Change the password

    Every session ends, this one too; the answer holds the access token of a fresh one.
    """
    token = access_token()
    account = services().authenticate(token)
    count_email(account.email)
    _refuse_email(body["new_password"], account)
    return services().change_password(token, body["password"], body["new_password"])


@blueprint.route("/export")
@limited(Rate.READ)
@blueprint.response(200, ExportSchema)
@blueprint.doc(security=NEEDS_ACCESS_TOKEN)
@problems(*NOT_AUTHENTICATED)
def export_account() -> Export:
    """Export the account

    All that is kept about it, but for what serves to check its secrets.
    """
    return services().export_account(access_token())


@blueprint.route("", methods=["DELETE"])
@limited(Rate.CREDENTIALS)
@blueprint.arguments(ConfirmationSchema)
@blueprint.response(204)
@blueprint.doc(security=NEEDS_ACCESS_TOKEN)
@problems(*NOT_AUTHENTICATED, *BAD_BODY, errors.BadCredentials)
def erase_account(body: dict[str, Any]) -> Response:
    """Erase the account

    The account, its quotes and its sessions are gone, and cannot be brought back.
    """
    token = access_token()
    count_email(services().authenticate(token).email)
    services().erase_account(token, body["password"])
    return Response(status=204)


def _refuse_email(new_password: str, account: Account) -> None:
    """As at the registration, where the schema sees both."""
    try:
        check_is_not_email(new_password, account.email)
    except PasswordRefused as error:
        raise InvalidRequest([("/new_password", str(error))]) from error
