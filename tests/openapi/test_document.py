"""The OpenAPI document: valid, free of linter warnings, complete, and the same in docs/ and from the service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate as validate_document

from entrypoints.http.app import create_app
from entrypoints.http.limits.marks import LIMITED
from entrypoints.http.openapi.call_examples import DETAILS
from entrypoints.settings.settings import Settings
from tests.openapi import node
from tests.support.contract_document import DOCUMENT, resolved, validate
from tests.support.in_memory_service import InMemoryService
from tests.support.running_service import PROJECT

COMMITTED = PROJECT / "docs" / "openapi.json"
SAMPLE = json.loads(PROJECT.joinpath("tests/samples/motor.json").read_text("utf-8"))
OPERATIONS = {
    operation["operationId"]: operation
    for path in DOCUMENT["paths"].values()
    for method, operation in path.items()
    if method != "parameters"
}
RATES = {
    "start_quote": "start",
    "register": "credentials",
    "log_in": "credentials",
    "change_password": "credentials",
    "erase_account": "credentials",
    "save_details": "save",
    "merge_details": "save",
    "discard_quote": "save",
    "claim_quote": "save",
    "log_out": "save",
    "discard_account_quote": "save",
    "get_quote": "read",
    "get_account": "read",
    "export_account": "read",
    "list_account_quotes": "read",
    "get_account_quote": "read",
}
UNLIMITED = {"get_health", "get_readiness", "get_openapi"}
OF_LIMITS = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}

Media = tuple[str, dict[str, Any]]


def media_types() -> Iterator[Media]:
    """Yield every body of a request or an answer, with its place in the document."""
    for name, operation in OPERATIONS.items():
        parts = {"body": operation.get("requestBody", {})} | operation["responses"]
        for place, part in parts.items():
            for media_type, media in resolved(part).get("content", {}).items():
                yield f"{name} {place} {media_type}", media


def examples(media: dict[str, Any]) -> list[Any]:
    return [media["example"]] if "example" in media else [example["value"] for example in media["examples"].values()]


def test_it_is_valid() -> None:
    validate_document(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")


def test_a_linter_finds_nothing() -> None:
    node.run("redocly", "lint", "--config", node.FOLDER / "redocly.yaml", COMMITTED)


def test_the_document_in_docs_is_the_served_document() -> None:
    served = create_app(InMemoryService().services, Settings.from_environ({})).test_client().get("/openapi.json")
    assert served.mimetype == "application/json"
    assert COMMITTED.read_text("utf-8") == served.text, "renew it: make openapi > docs/openapi.json"


@pytest.mark.parametrize("media", [pytest.param(media, id=place) for place, media in media_types()])
def test_every_body_has_examples_that_fit_its_schema(media: dict[str, Any]) -> None:
    found = examples(media)
    assert found
    for example in found:
        validate(example, media["schema"])


def test_every_parameter_and_header_has_an_example_that_fits_its_schema() -> None:
    components = DOCUMENT["components"]
    for part in (*components["parameters"].values(), *components["headers"].values()):
        for example in part["schema"].get("examples", ()):
            validate(example, part["schema"])


def test_the_details_of_the_examples_are_a_part_of_a_real_quote() -> None:
    def is_part(part: Any, whole: Any) -> bool:
        if isinstance(part, dict):
            return all(name in whole and is_part(value, whole[name]) for name, value in part.items())
        return bool(part == whole)

    assert is_part(DETAILS, SAMPLE)
    assert not is_part({"vehicle": {"make": "Other"}}, SAMPLE)


def test_every_call_under_v1_is_limited_and_says_so_in_every_answer() -> None:
    assert set(OPERATIONS) == set(RATES) | UNLIMITED
    for name, operation in OPERATIONS.items():
        answers = {status: set(resolved(answer)["headers"]) for status, answer in operation["responses"].items()}
        limited = name in RATES
        assert ("429" in answers) == limited, name
        counted = [headers for status, headers in answers.items() if status not in ("405", "406")]
        assert all((headers >= OF_LIMITS) == limited for headers in counted), name
        assert not limited or "Retry-After" in answers["429"]


def test_each_view_counts_against_the_limit_of_its_kind() -> None:
    app = create_app(InMemoryService().services, Settings.from_environ({}))
    limits = {endpoint.partition(".")[2]: getattr(view, LIMITED, None) for endpoint, view in app.view_functions.items()}
    assert {name: limit for name, limit in limits.items() if limit} == RATES


def test_every_answer_has_a_request_id_and_every_call_takes_one() -> None:
    for path in DOCUMENT["paths"].values():
        assert {"$ref": "#/components/parameters/X-Request-Id"} in path["parameters"]
    for operation in OPERATIONS.values():
        for answer in operation["responses"].values():
            assert "X-Request-Id" in resolved(answer)["headers"]


def test_a_patch_is_taken_under_both_its_media_types() -> None:
    content = OPERATIONS["merge_details"]["requestBody"]["content"]
    assert set(content) == {"application/merge-patch+json", "application/json"}


def test_the_answer_to_a_start_links_to_the_calls_on_the_quote() -> None:
    links = OPERATIONS["start_quote"]["responses"]["201"]["links"]
    assert set(links) == {"get_quote", "save_details", "merge_details", "discard_quote", "register", "claim_quote"}
