"""Checks and normal forms of e-mail addresses in requests."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from domain.model import Email

LONGEST = 320
_TOO_LONG = f"Use a shorter e-mail address: at most {LONGEST} characters, also in its normal form."


class NotAnEmail(ValueError):
    """A text that is not an e-mail address. The sentence says why."""


def parse_email(text: str) -> Email:
    """
    Return the address as it was typed, and its normal form: in NFKC, with folded case, the domain in ASCII (IDNA 2008).
    The function does not check whether mail can be delivered there.

    Raises: NotAnEmail
    """
    # This check comes first: the next ones are slow for long texts.
    if len(text) > LONGEST:
        raise NotAnEmail(_TOO_LONG)
    try:
        valid = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise NotAnEmail(str(error)) from error
    local = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", valid.local_part).casefold())
    key = f"{local}@{valid.ascii_domain.lower()}"
    # NFKC turns some characters into several.
    if len(key) > LONGEST:
        raise NotAnEmail(_TOO_LONG)
    return Email(text, key)
