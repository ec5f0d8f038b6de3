"""Readers of the answers of Flask's test client."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse


def json_body(answer: TestResponse) -> dict[str, Any]:
    """Return the JSON object in the answer; fail the test if there is none."""
    found = answer.json
    assert isinstance(found, dict), f"{answer.status} holds no JSON object: {answer.text}"
    return found
