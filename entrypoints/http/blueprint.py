from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from entrypoints.http.bodies import BodyParser


class ApiBlueprint(Blueprint):
    """flask-smorest's blueprint with our parser, documenting only those errors that a view names."""

    ARGUMENTS_PARSER = BodyParser()

    def _prepare_arguments_doc(self, doc: Any, doc_info: Any, **kwargs: Any) -> Any:
        doc_info.get("arguments", {}).pop("responses", None)
        return super()._prepare_arguments_doc(doc, doc_info, **kwargs)
