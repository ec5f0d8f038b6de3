"""E-mail addresses at the door."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from domain.model import Email

LONGEST = 320
_TOO_LONG = f"Use a shorter e-mail address: at most {LONGEST} characters, also in its normal form."


class NotAnEmail(ValueError):
    """The sentence says what is wrong with it."""


def parse_email(text: str) -> Email:
    """
    The address as typed, and its normal form: compatibility forms (NFKC) and case folded away, the domain in ASCII
    (IDNA 2008). Whether mail can be delivered there is not asked.

    Raises: NotAnEmail
    """
    # First: what follows takes its time over long ones.
    if len(text) > LONGEST:
        raise NotAnEmail(_TOO_LONG)
    try:
        valid = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise NotAnEmail(str(error)) from error
    local = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", valid.local_part).casefold())
    key = f"{local}@{valid.ascii_domain.lower()}"
    # Some characters are many in their compatibility form.
    if len(key) > LONGEST:
        raise NotAnEmail(_TOO_LONG)
    return Email(text, key)
