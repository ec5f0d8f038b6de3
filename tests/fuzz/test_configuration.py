"""The configuration and the hooks of the fuzz run know every call of the document, and no other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import hooks
from tests.support.contract_document import DOCUMENT, resolved

FOLDER = Path(__file__).parent
CALL = re.compile(r"(?:GET|PUT|POST|PATCH|DELETE) /[\w/{}.]*")
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
}
# These depend on an earlier call of the same run, so a valid request may get them.
OF_EARLIER_CALLS = {"304", "410", "412"}


def configured() -> dict[str, set[str]]:
    """Return, for each call that the configuration names, the statuses that it accepts for a valid request."""
    found: dict[str, set[str]] = {}
    for block in tomllib.loads(FOLDER.joinpath("schemathesis.toml").read_text("utf-8"))["operations"]:
        accepted = set(block["checks"]["positive_data_acceptance"]["expected-statuses"])
        for name in _listed(block.get("include-name", [])):
            found[name] = accepted
        for path in _listed(block.get("include-path", [])):
            calls = [call for call in OPERATIONS if call.partition(" ")[2] == path]
            found |= dict.fromkeys(calls or [path], accepted)
    return found


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_the_configuration_names_calls_of_the_document_alone() -> None:
    assert set(configured()) <= set(OPERATIONS)


def test_the_hooks_name_calls_of_the_document_alone() -> None:
    named = set(CALL.findall(FOLDER.joinpath("hooks.py").read_text("utf-8")))
    assert named
    assert named <= set(OPERATIONS)
    assert hooks.ACCOUNT_QUOTE in DOCUMENT["paths"]


@pytest.mark.parametrize("call", OPERATIONS)
def test_a_status_that_an_earlier_call_brings_about_is_accepted(call: str) -> None:
    documented = OF_EARLIER_CALLS & set(OPERATIONS[call]["responses"])
    assert documented <= configured().get(call, set())


def test_the_hooks_can_make_every_secret_and_every_part_of_a_path() -> None:
    assert set(DOCUMENT["components"]["securitySchemes"]) == set(hooks.HEADERS)
    parameters = [resolved(part) for item in DOCUMENT["paths"].values() for part in item.get("parameters", ())]
    assert {part["name"] for part in parameters if part["in"] == "path"} == {"quote_id"}
