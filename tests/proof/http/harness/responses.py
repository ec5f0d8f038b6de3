"""Functions that read and compare responses."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse

from tests.proof.http.model.answers import Answer
from tests.proof.http.model.entities import Object


def json_of(response: TestResponse) -> Object:
    assert isinstance(response.json, dict)
    return response.json


def answer_of(response: TestResponse) -> Answer:
    return Answer(response.status_code, json_of(response)["code"] if response.status_code >= 400 else "")


def same(one: Any, other: Any) -> bool:
    """Compare as JSON: True is not 1, and the order of members is ignored."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def not_none(value: Any) -> Any:
    assert value is not None
    return value
