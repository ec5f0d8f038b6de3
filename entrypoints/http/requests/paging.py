"""Pages of a list: the cursor and the number of items."""

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
    """A page: at most `limit` items after a position."""

    after: ClaimPosition | None
    limit: int


class Cursor(fields.Field[ClaimPosition]):
    """A position in the list, as text. It reveals no claim that was not shown, and outlives deleted claims."""

    def _serialize(self, value: ClaimPosition | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return f"{milliseconds(value.claimed_at)}-{value.quote_id}" if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> ClaimPosition:
        found = _POSITION.fullmatch(value) if isinstance(value, str) else None
        if found is None or not is_quote_id(found[2]):
            raise ValidationError("Use the next_cursor of the page before, unchanged.")
        return ClaimPosition(instant(int(found[1])), QuoteId(found[2]))


class _Digits(fields.Integer):
    """An integer in digits alone. Python's int would also take `+5`, ` 7` and `1_0`."""

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
    Return the page that the query names.

    Raises: InvalidRequest, with pointers into the query as if it were an object
    """
    given = {name: values[0] if len(values) == 1 else values for name, values in request.args.lists()}
    try:
        asked: Page = _SCHEMA.load(given)
    except ValidationError as error:
        raise invalid(error, "parameters of the query") from error
    return asked
