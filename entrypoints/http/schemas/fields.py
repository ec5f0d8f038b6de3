"""Fields that several schemas use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields

from domain.model import Email, timestamp
from entrypoints.http.schemas.emails import LONGEST as LONGEST_EMAIL
from entrypoints.http.schemas.emails import NotAnEmail, parse_email
from entrypoints.http.schemas.passwords import LONGEST, SHORTEST, PasswordRefused, check_given_password, check_password


class Timestamp(fields.Field[datetime]):
    """A time in UTC by RFC 3339, with milliseconds and Z. For output only."""

    def __init__(self, *, metadata: dict[str, Any] | None = None, **more: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"} | (metadata or {}), **more)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return timestamp(value) if value else None


class EmailAddress(fields.Field[Email]):
    """An e-mail address with its normal form."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "email", "maxLength": LONGEST_EMAIL}, **more)

    def _serialize(self, value: Email | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.address if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Email:
        if not isinstance(value, str):
            raise ValidationError("Not a valid string.")
        try:
            return parse_email(value)
        except NotAnEmail as error:
            raise ValidationError(str(error)) from error


class GivenPassword(fields.String):
    """A password that was chosen earlier. Only its length is checked."""

    check = staticmethod(check_given_password)
    shortest = 1
    description = "The length is counted in NFKC form."

    def __init__(self, **more: Any) -> None:
        length = {"minLength": self.shortest, "maxLength": LONGEST}
        about = {"format": "password", "description": self.description}
        super().__init__(load_only=True, metadata=length | about, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            self.check(text)
        except PasswordRefused as error:
            raise ValidationError(str(error)) from error
        return text


class NewPassword(GivenPassword):
    """A new password. The rules for passwords are checked."""

    check = staticmethod(check_password)
    shortest = SHORTEST
    description = (
        "Any characters, counted in NFKC form. Not the e-mail address, and not a password that is guessed first."
    )
