"""The part of flask-smorest that is used here; the library has no types of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import flask
from apispec import APISpec
from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])

class Blueprint(flask.Blueprint):
    def __init__(self, name: str, import_name: str, *, url_prefix: str = ..., description: str = ...) -> None: ...
    def route(
        self, rule: str, *, parameters: Sequence[Mapping[str, Any] | str] | None = None, **options: Any
    ) -> Callable[[View], View]: ...
    def arguments(
        self, schema: type[Schema], *, content_type: str | None = None, required: bool = True
    ) -> Callable[[View], View]: ...
    def response(
        self,
        status_code: int,
        schema: type[Schema] | None = None,
        *,
        description: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> Callable[[View], View]: ...
    def alt_response(
        self,
        status_code: int,
        *,
        schema: type[Schema] | None = None,
        content_type: str | None = None,
        description: str | None = None,
        headers: Mapping[str, Any] | None = None,
        success: bool = False,
    ) -> Callable[[View], View]: ...
    @staticmethod
    def doc(**kwargs: Any) -> Callable[[View], View]: ...
    def _prepare_arguments_doc(self, doc: Any, doc_info: Any, **kwargs: Any) -> Any: ...
    def _prepare_response_doc(self, doc: Any, doc_info: Any, *, spec: APISpec, **kwargs: Any) -> Any: ...

class Api:
    ERROR_SCHEMA: ClassVar[type[Schema]]
    DEFAULT_ERROR_RESPONSE_NAME: ClassVar[str | None]
    handle_http_exception: Callable[..., Any]
    spec: APISpec
    def __init__(self, app: flask.Flask, *, spec_kwargs: Mapping[str, Any]) -> None: ...
    def register_blueprint(self, blueprint: Blueprint) -> None: ...
