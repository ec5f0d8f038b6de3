"""The hand-written dumps of schemas (for speed) agree with the fields of the schemas."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from marshmallow import Schema

from domain.model import Quote, QuoteId, QuoteToken, Revision
from domain.use_cases.start_quote import Started
from entrypoints.http.schemas.quotes import QuoteSchema, StartedSchema

END = datetime(2026, 11, 24, 6, 9, 8, 695_000, UTC)
STARTED = Started(
    QuoteId("qt_01M83GBHJHR23D8RQ670XCP2E9"),
    "motor",
    {"b": [1], "a": None},
    Revision(1795414148695),
    END,
    QuoteToken("qk_x"),
)


@pytest.mark.parametrize("product", ["motor", None])
@pytest.mark.parametrize("schema", [QuoteSchema(), StartedSchema()])
def test_a_quote_is_answered_as_its_fields_say(schema: Schema, product: str | None) -> None:
    quote = Started(STARTED.quote_id, product, STARTED.details, STARTED.revision, END, STARTED.token)
    answer = schema.dump(quote)
    assert Schema.dump(schema, quote) == answer
    assert list(Schema.dump(schema, quote)) == list(answer)


def test_a_quote_without_a_token_has_none_in_its_answer() -> None:
    quote = Quote(STARTED.quote_id, None, {}, STARTED.revision, END)
    assert "quote_token" not in QuoteSchema().dump(quote)
