from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema

from entrypoints.http.bodies import JSON, read_body
from entrypoints.http.json_provider import to_json

View = TypeVar("View", bound=Callable[..., Any])


class ApiBlueprint(Blueprint):
    """
    flask-smorest's blueprint, documenting only those errors that a view names.

    Its decorators are asked for the documentation alone; what they would do on each request is done here, for some
    40 µs less.
    """

    def arguments(
        self, schema: type[Schema], *, content_type: str | None = None, required: bool = True
    ) -> Callable[[View], View]:
        """The view gets the body, as the schema loads it, before what stands in the path."""
        documented = super().arguments(schema, content_type=content_type, required=required)
        reader = schema()

        def decorate(view: Any) -> Any:
            @wraps(view)
            def read(**path: Any) -> Any:
                return view(read_body(reader), **path)

            return _described(read, documented(view))

        return decorate

    def response(
        self,
        status_code: int,
        schema: type[Schema] | None = None,
        *,
        description: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """
        The view returns what the schema dumps, alone, with headers, or with headers and another status; or a Response,
        which is sent as it is.
        """
        documented = super().response(status_code, schema, description=description, headers=headers)
        writer = schema() if schema else None

        def decorate(view: Any) -> Any:
            @wraps(view)
            def answer(*args: Any, **path: Any) -> Any:
                result = view(*args, **path)
                if writer is None or isinstance(result, Response):
                    return result
                value, more, *other = result if isinstance(result, tuple) else (result, None)
                status = other[0] if other else status_code
                return Response(to_json(writer.dump(value)), status, more, content_type=JSON)

            return _described(answer, documented(view))

        return decorate

    def alt_response(self, status_code: int, **options: Any) -> Callable[[View], View]:
        documented = super().alt_response(status_code, **options)

        def decorate(view: View) -> View:
            return _described(view, documented(view))

        return decorate

    def _prepare_arguments_doc(self, doc: Any, doc_info: Any, **kwargs: Any) -> Any:
        doc_info.get("arguments", {}).pop("responses", None)
        return super()._prepare_arguments_doc(doc, doc_info, **kwargs)


def _described(view: View, documented: Callable[..., Any]) -> View:
    """The view, with what flask-smorest says of it, without the function that it puts around it."""
    vars(view)["_apidoc"] = vars(documented)["_apidoc"]
    return view
