"""Every call of the document with every secret, right and wrong: the answers must be as the table says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.access.support.expected import EXPECTED, KINDS, row
from tests.e2e.access.support.inspected_service import InspectedInMemoryService, InspectedService
from tests.e2e.access.support.matrix import faults
from tests.e2e.access.support.table import SECURITY
from tests.e2e.access.support.variants import VARIANTS

_METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}


def served(inspected: InspectedService) -> dict[str, dict[str, Any]]:
    """Return the operations of the document, by method and path."""
    document = inspected.client.get("/openapi.json").json
    assert document
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    }


def test_each_call_answers_each_secret_as_the_table_says(
    inspected: InspectedService, record_property: Callable[[str, object], None]
) -> None:
    calls = served(inspected)
    cells = [cell for call in calls for cell in row(call)]
    found = faults(inspected, cells)
    assert not found, "\n".join([f"{len(found)} of {len(cells)} cells are wrong", *found])
    record_property("figure", f"{len(calls)} calls, each with {len(VARIANTS)} secrets: {len(cells)} cells, all right")


class TestTheTable:
    """Tests that the table is complete, and agrees with the document."""

    @pytest.fixture
    def inspected(self) -> InspectedService:
        return InspectedInMemoryService()

    def test_has_every_call_of_the_document_and_no_other(self, inspected: InspectedService) -> None:
        assert set(KINDS) == set(served(inspected))

    def test_has_every_variant_of_the_secrets_and_no_other(self) -> None:
        assert set(EXPECTED) == set(VARIANTS)

    def test_agrees_with_the_document_on_the_secrets_of_each_call(self, inspected: InspectedService) -> None:
        documented = {call: operation.get("security", []) for call, operation in served(inspected).items()}
        assert {call: SECURITY[kind] for call, kind in KINDS.items()} == documented

    def test_names_the_owner_of_the_quote_in_each_path(self) -> None:
        named = {call for call, kind in KINDS.items() if kind in ("visitor", "both", "customer's quote")}
        assert named == {call for call in KINDS if "{" in call}

    def test_the_document_has_everything_that_the_service_answers(self, inspected: InspectedService) -> None:
        braces = str.maketrans("<>", "{}")
        answered = {
            f"{method} {rule.rule.translate(braces)}"
            for rule in inspected.app.url_map.iter_rules()
            if not rule.endpoint.startswith("pages.")  # pages for people are not calls
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
        assert answered == set(served(inspected))

    def test_the_document_is_for_everybody(self, inspected: InspectedService) -> None:
        plain = inspected.client.get("/openapi.json")
        for headers in ({"Authorization": "Bearer x"}, {"Quote-Token": "x"}):
            answer = inspected.client.get("/openapi.json", headers=headers)
            assert (answer.status_code, answer.data) == (200, plain.data)
