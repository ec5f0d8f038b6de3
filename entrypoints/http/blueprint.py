from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import Schema

from entrypoints.http.bodies import BodyParser

View = TypeVar("View", bound=Callable[..., Any])


class ApiBlueprint(Blueprint):
    """flask-smorest's blueprint with our parser, documenting only those errors that a view names, and lighter."""

    ARGUMENTS_PARSER = BodyParser()

    def arguments(
        self, schema: type[Schema] | Schema, *, content_type: str | None = None, required: bool = True
    ) -> Callable[[View], View]:
        # Of a class webargs would make an instance for each request, which costs more than what it is made for.
        instance = schema() if isinstance(schema, type) else schema
        return super().arguments(instance, content_type=content_type, required=required)

    def alt_response(self, status_code: int, **options: Any) -> Callable[[View], View]:
        documented = super().alt_response(status_code, **options)

        def decorate(view: View) -> View:
            # What is said of the view, without the function around it: at run time it would do nothing, once for
            # each status, on every request.
            vars(view)["_apidoc"] = vars(documented(view))["_apidoc"]
            return view

        return decorate

    def _prepare_arguments_doc(self, doc: Any, doc_info: Any, **kwargs: Any) -> Any:
        doc_info.get("arguments", {}).pop("responses", None)
        return super()._prepare_arguments_doc(doc, doc_info, **kwargs)
