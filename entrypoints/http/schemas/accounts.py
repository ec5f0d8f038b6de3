"""Schemas of registrations, sessions, accounts and claimed quotes."""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_dump, post_load, pre_dump, validate, validates_schema

from domain.accounts.account_quote import FailureCause
from domain.claims import QuoteStatus
from domain.model import Applicant
from domain.use_cases.export_account import ExportedQuote
from entrypoints.http.requests.paging import Cursor
from entrypoints.http.schemas.fields import EmailAddress, GivenPassword, NewPassword, Timestamp
from entrypoints.http.schemas.passwords import PasswordRefused, check_is_not_email
from entrypoints.http.schemas.quotes import DetailsField

_NO_CONTROL = validate.Regexp(r"[^\x00-\x1f\x7f-\x9f]*\Z", error="Remove the control characters. They are not allowed.")


class RegistrationSchema(Schema):
    email = EmailAddress(required=True)
    password = NewPassword(required=True)
    name = fields.String(
        validate=[validate.Length(1, 200), _NO_CONTROL], metadata={"pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}
    )

    @validates_schema
    def _password_is_not_email(self, data: dict[str, Any], **_: Any) -> None:
        try:
            check_is_not_email(data["password"], data["email"])
        except PasswordRefused as error:
            raise ValidationError(str(error), "password") from error

    @post_load
    def _applicant(self, data: dict[str, Any], **_: Any) -> Applicant:
        return Applicant(**data)


class AccountSchema(Schema):
    account_id = fields.String(required=True)
    email = EmailAddress(required=True)
    name = fields.String(required=True, allow_none=True)
    created_at = Timestamp(required=True)


class CredentialsSchema(Schema):
    email = EmailAddress(required=True)
    password = GivenPassword(required=True)


class ConfirmationSchema(Schema):
    password = GivenPassword(required=True)


class PasswordChangeSchema(ConfirmationSchema):
    new_password = NewPassword(required=True)


class AccessSchema(Schema):
    """An `Access`, or None where no session could be stored."""

    access_token = fields.String(
        required=True,
        allow_none=True,
        attribute="token",
        dump_default=None,
        metadata={"description": "Null if no session could be stored: log in later."},
    )
    token_type = fields.String(required=True, dump_default="Bearer", validate=validate.OneOf(["Bearer"]))
    expires_at = Timestamp(
        required=True,
        allow_none=True,
        dump_default=None,
        metadata={"description": "The time at which the access token ends."},
    )


class LoggedInSchema(Schema):
    access_token = fields.String(required=True, attribute="access.token")
    token_type = fields.String(required=True, dump_default="Bearer", validate=validate.OneOf(["Bearer"]))
    expires_at = Timestamp(
        required=True,
        attribute="access.expires_at",
        metadata={"description": "The time at which the access token ends."},
    )
    account = fields.Nested(AccountSchema, required=True)


class AccountQuoteSchema(Schema):
    omitted: ClassVar[tuple[str, ...]] = ("reason",)
    """Members that are left out where their value is None."""

    quote_id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(list(QuoteStatus)))
    product = fields.String(required=True, allow_none=True)
    details = DetailsField(
        required=True, allow_none=True, metadata={"description": "Null until the status is `claimed`."}
    )
    created_at = Timestamp(required=True)
    claimed_at = Timestamp(required=True, allow_none=True)
    reason = fields.String(
        attribute="cause",
        validate=validate.OneOf(list(FailureCause)),
        metadata={
            "description": "With the status `failed`. `expired`: start a new quote. `needs-repair`: an operator must "
            "repair it."
        },
    )

    @post_dump
    def _without_nothing(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name not in self.omitted or value is not None}


class AccountQuotesSchema(Schema):
    items = fields.List(fields.Nested(AccountQuoteSchema), required=True)
    next_cursor = Cursor(
        required=True,
        allow_none=True,
        attribute="next",
        metadata={"type": "string", "description": "The cursor of the next page; null on the last page."},
    )


class DraftSchema(Schema):
    product = fields.String(required=True, allow_none=True)
    details = DetailsField(required=True)


class ExportedQuoteSchema(AccountQuoteSchema):
    omitted: ClassVar[tuple[str, ...]] = ("reason", "draft", "unreadable_draft")
    draft = fields.Nested(
        DraftSchema, metadata={"description": "The visitor's input, where no quote could be built from it."}
    )
    unreadable_draft = fields.String(metadata={"description": "The raw input in base64, where it cannot be read."})

    @pre_dump
    def _flat(self, exported: ExportedQuote, **_: Any) -> dict[str, Any]:
        quote = {field.name: getattr(exported.quote, field.name) for field in dataclasses.fields(exported.quote)}
        unreadable = None if exported.unreadable is None else b64encode(exported.unreadable).decode()
        return quote | {"draft": exported.draft, "unreadable_draft": unreadable}


class ExportSchema(Schema):
    account = fields.Nested(AccountSchema, required=True)
    quotes = fields.List(fields.Nested(ExportedQuoteSchema), required=True)
    sessions = fields.Integer(required=True, metadata={"description": "The number of open sessions."})
    exported_at = Timestamp(required=True)


class ReceiptSchema(Schema):
    quote_id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(list(QuoteStatus)))
    claimed_at = Timestamp(required=True, allow_none=True)


class RegisteredSchema(Schema):
    account = fields.Nested(AccountSchema, required=True)
    quote = fields.Nested(ReceiptSchema, required=True)
    access_token = fields.String(
        required=True, allow_none=True, metadata={"description": "Null if no session could be stored: log in later."}
    )
    token_type = fields.String(required=True, dump_default="Bearer", validate=validate.OneOf(["Bearer"]))
    expires_at = Timestamp(
        required=True, allow_none=True, metadata={"description": "The time at which the access token ends."}
    )
