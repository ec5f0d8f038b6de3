"""Problems (RFC 9457): the form of every answer from 400 on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, g
from flask import json as flask_json

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer with a status from 400 on. `members` are extension members of its body."""

    status: int
    code: str
    title: str
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, Any]:
        return {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
            **self.members,
        }

    def response(self) -> Response:
        body = flask_json.dumps(self.body(g.request_id))
        return Response(body, self.status, dict(self.headers), content_type=MEDIA_TYPE)
