"""A test client that fails the test on an answer that breaks a common rule, or is not in the document."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.contract_document import assert_documented


class Client(FlaskClient):
    """A client that checks every answer for the common headers, and against the document."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Request-Id"]
        if response.status_code >= 400 and response.request.method != "HEAD":
            _assert_is_problem(response)
        assert_documented(response)
        return response


def _assert_is_problem(response: TestResponse) -> None:
    assert response.mimetype == "application/problem+json"
    assert response.json
    assert response.json["type"] == f"/problems/{response.json['code']}"
    assert response.json["status"] == response.status_code
    assert response.json["request_id"] == response.headers["X-Request-Id"]
    assert response.json["title"]
    assert response.json["detail"].endswith(".")
    if response.status_code == 503:
        assert int(response.headers["Retry-After"]) > 0
