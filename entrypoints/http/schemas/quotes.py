"""Schemas of quotes, problems and health: each validates, serializes and documents its fields."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from domain.model import timestamp
from entrypoints.http.problems.examples import CODES
from entrypoints.http.requests.bodies import MOST_ERRORS, OptionalBody
from entrypoints.http.schemas.fields import Timestamp

_SLUG = validate.Regexp(
    r"[a-z0-9][a-z0-9_-]{0,63}\Z", error="Use 1 to 64 characters of a-z, 0-9, _ and -. Begin with a letter or a digit."
)


class DetailsSchema(Schema):
    """The client's own object. Every member is taken unchanged."""

    class Meta:
        unknown = "include"

    def load(self, data: Any, **_: Any) -> Any:
        """Return the object unchanged: marshmallow would lose the order of the members."""
        return data


class MergePatchSchema(DetailsSchema):
    """A merge patch of the details (RFC 7396)."""


class DetailsField(fields.Nested):
    """The client's own object, as a member of another object."""

    def __init__(self, **more: Any) -> None:
        super().__init__(DetailsSchema, error_messages={"type": "Not a valid mapping type."}, **more)

    def _serialize(self, *given: Any, **kwargs: Any) -> Any:
        return given[0]

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise self.make_error("type")
        return value


class NewQuoteSchema(OptionalBody):
    product = fields.String(
        validate=_SLUG,
        metadata={
            "description": "The name of the product that is quoted, such as `motor`. It is kept as long as the quote.",
            "pattern": r"^[a-z0-9][a-z0-9_-]{0,63}$",
        },
    )
    details = DetailsField(
        metadata={
            "description": "Any JSON object; its members are the client's own. By default at most 64 KiB as compact "
            "JSON. The body is nested at most 30 deep, and integers end at 2^53."
        }
    )


class QuoteSchema(Schema):
    quote_id = fields.String(required=True)
    status = fields.String(required=True, dump_default="open", validate=validate.OneOf(["open"]))
    product = fields.String(required=True, allow_none=True)
    details = DetailsField(required=True)
    revision = fields.Integer(required=True, metadata={"description": "The quote's version; also in ETag."})
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)
    expires_at = Timestamp(
        required=True,
        metadata={"description": "The time at which the quote expires. Each save moves it; reading does not."},
    )

    def dump(self, obj: Any, **_: Any) -> dict[str, Any]:
        """Serialize by hand, ten times as fast as the fields do: nearly every call answers with a quote."""
        return {
            "quote_id": obj.quote_id,
            "status": "open",
            "product": obj.product,
            "details": obj.details,
            "revision": obj.revision,
            "created_at": timestamp(obj.created_at),
            "updated_at": timestamp(obj.updated_at),
            "expires_at": timestamp(obj.expires_at),
        }


class StartedSchema(QuoteSchema):
    quote_token = fields.String(
        required=True,
        attribute="token",
        metadata={"description": "The quote's secret. No other answer has it. Send it in the Quote-Token header."},
    )

    def dump(self, obj: Any, **_: Any) -> dict[str, Any]:
        return {**super().dump(obj), "quote_token": obj.token}


class LinkSchema(Schema):
    method = fields.String(required=True)
    href = fields.String(required=True)


class ClaimedQuoteLinkSchema(LinkSchema):
    status = fields.String(validate=validate.OneOf(["claimed", "pending", "failed"]))


class PointerSchema(Schema):
    pointer = fields.String(
        required=True,
        metadata={"description": "A JSON Pointer (RFC 6901) into the body or the query. Empty: the body as a whole."},
    )
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """A problem (RFC 9457)."""

    class Meta:
        unknown = "include"

    type = fields.String(
        required=True,
        metadata={"format": "uri-reference", "description": "The path of the page that explains the problem."},
    )
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(
        required=True, metadata={"description": "How to fix it, and the cause. For a person to read."}
    )
    code = fields.String(
        required=True,
        validate=validate.OneOf(CODES),
        metadata={"description": "The stable name of the problem: decide by it."},
    )
    request_id = fields.String(required=True)
    errors = fields.List(
        fields.Nested(PointerSchema),
        metadata={"description": f"With `invalid-request`: the wrong members or parameters, at most {MOST_ERRORS}."},
    )
    restart = fields.Nested(
        LinkSchema, metadata={"description": "With `quote-expired`: the call that starts a new quote."}
    )
    quote = fields.Nested(
        ClaimedQuoteLinkSchema,
        metadata={"description": "With `quote-claimed` (410): the call that reads the claimed quote."},
    )
    login = fields.Nested(LinkSchema, metadata={"description": "With `email-taken`: the call that logs in."})
    claim = fields.Nested(LinkSchema, metadata={"description": "With `email-taken`: the call that claims the quote."})
    checks = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "From `/readyz`: the state of each server, `ok` if it can be used."},
    )


class OpenApiSchema(DetailsSchema):
    """The OpenAPI document."""


class HealthSchema(Schema):
    status = fields.String(required=True)


class ReadinessSchema(HealthSchema):
    checks = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
