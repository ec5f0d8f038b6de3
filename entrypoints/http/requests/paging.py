"""Pages of a list: where one begins, and how much is on it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from flask import request
from marshmallow import Schema, ValidationError, fields, post_load, validate

from domain.claims import ClaimPosition
from domain.model import QuoteId, instant, is_quote_id, milliseconds
from entrypoints.http.requests.bodies import invalid

ITEMS = 20
MOST_ITEMS = 100
_POSITION = re.compile(r"([0-9]{1,14})-(.*)")


class Page(NamedTuple):
    """The items after that place, at most so many."""

    after: ClaimPosition | None
    limit: int


class Cursor(fields.Field[ClaimPosition]):
    """A place in the list. It holds itself, so that it says nothing of claims that are not shown, and outlives them."""

    def _serialize(self, value: ClaimPosition | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return f"{milliseconds(value.claimed_at)}-{value.quote_id}" if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> ClaimPosition:
        found = _POSITION.fullmatch(value) if isinstance(value, str) else None
        if found is None or not is_quote_id(found[2]):
            raise ValidationError("Use the next_cursor of the page before, unchanged.")
        return ClaimPosition(instant(int(found[1])), QuoteId(found[2]))


class _Digits(fields.Integer):
    """An integer as JSON writes it, where Python would take `+5`, ` 7` and `1_0` too."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not re.fullmatch("[0-9]{1,9}", str(value)):
            raise self.make_error("invalid")
        return int(value)


class _PageSchema(Schema):
    limit = _Digits(load_default=ITEMS, validate=validate.Range(1, MOST_ITEMS))
    cursor = Cursor(load_default=None)

    @post_load
    def _page(self, data: dict[str, Any], **_: Any) -> Page:
        return Page(data["cursor"], data["limit"])


_SCHEMA = _PageSchema()


def page() -> Page:
    """
    The page that the query asks for.

    Raises: InvalidRequest, whose pointers lead into the query as if it were an object
    """
    given = {name: values[0] if len(values) == 1 else values for name, values in request.args.lists()}
    try:
        asked: Page = _SCHEMA.load(given)
    except ValidationError as error:
        raise invalid(error, "parameters of the query") from error
    return asked
