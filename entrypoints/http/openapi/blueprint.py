from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema

from entrypoints.http.answers import to_json
from entrypoints.http.limits.marks import LIMITED
from entrypoints.http.openapi.components import REQUEST_ID
from entrypoints.http.openapi.responses import ANYWHERE, UNDER_V1, complete
from entrypoints.http.requests.bodies import JSON, MERGE_PATCH, read_body

View = TypeVar("View", bound=Callable[..., Any])


class ApiBlueprint(Blueprint):
    """
    flask-smorest's blueprint, documenting a call by its view's name, with the errors that `problems` names and what the
    limit adds that `limited` names.

    Its decorators are asked for the documentation alone; what they would do on each request is done here, for some
    40 µs less.
    """

    def route(
        self, rule: str, *, parameters: Sequence[Mapping[str, Any] | str] | None = None, **options: Any
    ) -> Callable[[View], View]:
        registered = super().route(rule, parameters=[*(parameters or ()), REQUEST_ID], **options)

        def decorate(view: View) -> View:
            documentation = vars(view).setdefault("_apidoc", {})
            documentation["is_limited"] = LIMITED in vars(view)
            manual = {"operationId": view.__name__, "security": []} | documentation.get("manual_doc", {})
            documentation["manual_doc"] = manual
            return registered(view)

        return decorate

    @staticmethod
    def doc(**said: Any) -> Callable[[View], View]:
        documented = Blueprint.doc(**said)
        return lambda view: _described(view, documented(view))

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
        doc = super()._prepare_arguments_doc(doc, doc_info, **kwargs)
        content = doc.get("requestBody", {}).get("content", {})
        if MERGE_PATCH in content:
            content[JSON] = dict(content[MERGE_PATCH])
        return doc

    def _prepare_response_doc(self, doc: Any, doc_info: Any, *, spec: Any, **kwargs: Any) -> Any:
        doc = super()._prepare_response_doc(doc, doc_info, spec=spec, **kwargs)
        kinds = (*ANYWHERE, *(UNDER_V1 if self.url_prefix else ()), *doc_info.get("problems", ()))
        complete(spec, doc, kinds, is_limited=doc_info["is_limited"])
        return doc


def _described(view: View, documented: Callable[..., Any]) -> View:
    """The view, with what flask-smorest says of it, without the function that it puts around it."""
    vars(view)["_apidoc"] = vars(documented)["_apidoc"]
    return view
