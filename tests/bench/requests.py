"""Rendered requests to the service and to its peer, for the same operations."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any, Protocol

from tests.samples.vary import Details

Sample = dict[str, Any]
Started = dict[str, str]
"""The answer to a start, with the data that later requests for that quote need."""


def samples(count: int, seed: int) -> list[Sample]:
    """Return that many different quotes as visitors fill them in. The same seed gives the same quotes."""
    make = Details(seed)
    return [make() for _ in range(count)]


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Operation:
    """Requests of one kind. With `once`, each can be sent only once."""

    name: str
    status: int
    requests: list[bytes]
    once: bool = False


class Api(Protocol):
    """One side of the comparison."""

    def start(self, given: list[Sample]) -> Operation: ...
    def save(self, quotes: list[Started], given: list[Sample]) -> Operation: ...
    def get(self, quotes: list[Started]) -> Operation: ...
    def claim(self, quotes: list[Started]) -> Operation: ...


class Service:
    """Quotehold's calls."""

    def start(self, given: list[Sample]) -> Operation:
        bodies = [{"product": sample["product"], "details": _details(sample)} for sample in given]
        return Operation("start", 201, [_request("POST", "/v1/quotes", "", body) for body in bodies])

    def save(self, quotes: list[Started], given: list[Sample]) -> Operation:
        pairs = zip(itertools.cycle(quotes), given)
        return Operation("save", 200, [self._on(quote, "PUT", "/details", _details(sample)) for quote, sample in pairs])

    def get(self, quotes: list[Started]) -> Operation:
        return Operation("get", 200, [self._on(quote, "GET", "") for quote in quotes])

    def merge(self, quotes: list[Started]) -> Operation:
        patches = [{"notes": f"call after {number}", "cover": {"excess": number}} for number in range(len(quotes))]
        requests = [self._on(quote, "PATCH", "/details", patch) for quote, patch in zip(quotes, patches, strict=True)]
        return Operation("merge", 200, requests)

    def claim(self, quotes: list[Started]) -> Operation:
        requests = [self._on(quote, "POST", "/registration", _customer(quote["quote_id"])) for quote in quotes]
        return Operation("claim", 201, requests, once=True)

    def _on(self, quote: Started, method: str, path: str, body: object = None) -> bytes:
        return _request(
            method, f"/v1/quotes/{quote['quote_id']}{path}", f"Quote-Token: {quote['quote_token']}\r\n", body
        )


class Peer:
    """The peer's calls. It keeps the product among the details."""

    def start(self, given: list[Sample]) -> Operation:
        return Operation("start", 201, [_request("POST", "/quotes", "", sample) for sample in given])

    def save(self, quotes: list[Started], given: list[Sample]) -> Operation:
        pairs = zip(itertools.cycle(quotes), given)
        return Operation("save", 200, [self._on(quote, "PUT", "", sample) for quote, sample in pairs])

    def get(self, quotes: list[Started]) -> Operation:
        return Operation("get", 200, [self._on(quote, "GET", "") for quote in quotes])

    def claim(self, quotes: list[Started]) -> Operation:
        requests = [self._on(quote, "POST", "/register", _customer(quote["temporaryQuoteId"])) for quote in quotes]
        return Operation("claim", 201, requests, once=True)

    def _on(self, quote: Started, method: str, path: str, body: object = None) -> bytes:
        return _request(method, f"/quotes/{quote['temporaryQuoteId']}{path}", "", body)


def _details(sample: Sample) -> Sample:
    return {name: value for name, value in sample.items() if name != "product"}


def _customer(quote_id: str) -> Sample:
    return {"email": f"{quote_id}@example.com", "password": "correct horse battery", "name": "Maria"}


def _request(method: str, path: str, headers: str, body: object) -> bytes:
    content = b"" if body is None else compact(body)
    described = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{described}\r\n".encode() + content
