"""Rate limits over HTTP: counted in memory, in fakeredis, and while the store is away."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any
from unittest import mock

import fakeredis
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError  # noqa: A004 - the vendor's name
from werkzeug.test import TestResponse

from adapters.keyring import Keyring
from adapters.redis.client import connect
from domain.model import KeyId
from entrypoints.http.app import create_app
from entrypoints.http.limits.marks import LIMITED
from entrypoints.services import RateLimitStorage
from entrypoints.settings.settings import Settings
from tests.support.answers import json_body
from tests.support.checking_client import Client
from tests.support.in_memory_service import InMemoryService
from tests.support.running_service import serving
from tests.support.waiting import Stopwatch, eventually

PERSON = {"email": "maria@example.com", "password": "correct horse battery"}
KEYRING = Keyring({KeyId("k1"): bytes(32)})
MEMORY = RateLimitStorage("memory://", {}, KEYRING.pseudonym)


def redis_storage(client: Any, **options: Any) -> RateLimitStorage:
    return RateLimitStorage("quotehold://", {"client": client, **options}, KEYRING.pseudonym)


class Site:
    """The app, called by many clients with an address each."""

    def __init__(self, storage: RateLimitStorage = MEMORY, **settings: str) -> None:
        self.service = InMemoryService()
        environ = {"QUOTES_TRUSTED_PROXIES": "1", **settings}
        self.app: Flask = create_app(self.service.services, Settings.from_environ(environ), rate_limit_storage=storage)
        self.app.test_client_class = Client
        self.client: FlaskClient = self.app.test_client()

    def call(
        self, method: str, path: str, address: str = "192.0.2.1", body: Any = None, **headers: str
    ) -> TestResponse:
        given = {"X-Forwarded-For": address} | {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.open(path, method=method, headers=given, **({} if body is None else {"json": body}))

    def start(self, address: str = "192.0.2.1", times: int = 1) -> TestResponse:
        """Start so many quotes, and return the last answer."""
        return [self.call("POST", "/v1/quotes", address) for _ in repeat(None, times)][-1]

    def log_in(self, email: str = PERSON["email"], address: str = "192.0.2.1", times: int = 1) -> TestResponse:
        body = PERSON | {"email": email}
        return [self.call("POST", "/v1/sessions", address, body) for _ in repeat(None, times)][-1]


def told(answer: TestResponse) -> tuple[int, int, int]:
    """Return Limit, Remaining and Reset of an answer."""
    limit, remaining, reset = (int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))
    return limit, remaining, reset


def assert_limited(answer: TestResponse, most_seconds: int) -> None:
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"
    assert json_body(answer)["code"] == "rate-limited"
    assert "Retry-After" in json_body(answer)["detail"]
    limit, remaining, reset = told(answer)
    assert limit > remaining == 0
    assert 1 <= int(answer.headers["Retry-After"]) == reset <= most_seconds


def test_the_first_thirty_quotes_of_an_hour_are_started_and_no_more() -> None:
    site = Site()
    left = [told(site.start())[1] for _ in range(30)]

    assert left == list(range(29, -1, -1))
    assert_limited(site.start(), 3600)
    assert site.start("192.0.2.2").status_code == 201


def test_each_kind_of_call_has_a_count_of_its_own() -> None:
    site = Site(QUOTES_RATE_START="1/hour", QUOTES_RATE_SAVE="2/hour", QUOTES_RATE_READ="3/hour")
    quote = site.start()
    url, token = quote.location, json_body(quote)["quote_token"]

    saves = [site.call("PUT", f"{url}/details", body={}, Quote_Token=token).status_code for _ in range(3)]
    reads = [site.call("GET", url, Quote_Token=token).status_code for _ in range(4)]

    assert (saves, reads) == ([200, 200, 429], [200, 200, 200, 429])
    assert_limited(site.call("HEAD", url, Quote_Token=token) and site.call("GET", url), 3600)
    assert_limited(site.start(), 3600)


def test_all_reads_are_one_count_and_so_are_all_that_change_something() -> None:
    site = Site(QUOTES_RATE_READ="2/hour", QUOTES_RATE_SAVE="2/hour")
    quote = site.start()

    assert site.call("GET", quote.location).status_code == 401
    assert site.call("GET", "/v1/account").status_code == 401
    assert_limited(site.call("GET", "/v1/account/quotes"), 3600)
    assert site.call("DELETE", "/v1/sessions/current").status_code == 401
    assert site.call("DELETE", quote.location).status_code == 401
    assert_limited(site.call("PATCH", f"{quote.location}/details", body={}), 3600)


def test_the_addresses_of_one_ipv6_network_are_counted_together() -> None:
    site = Site(QUOTES_RATE_START="2/hour")
    site.start("2001:db8:1:2::1")
    site.start("2001:db8:1:2:ffff::2")

    assert_limited(site.start("2001:db8:1:2::3"), 3600)
    assert site.start("2001:db8:1:3::1").status_code == 201


def test_without_trusted_proxies_nobody_gets_another_count_by_naming_another_address() -> None:
    site = Site(QUOTES_TRUSTED_PROXIES="0", QUOTES_RATE_START="1/hour")
    site.start("192.0.2.1")

    assert_limited(site.start("192.0.2.2"), 3600)


@pytest.mark.parametrize("exists", [True, False], ids=["of an account", "of nobody"])
def test_guesses_for_one_email_are_counted_wherever_they_come_from(exists: bool) -> None:
    site = Site()
    if exists:
        quote = site.start()
        url = f"{quote.location}/registration"
        person = PERSON | {"email": "Maria@Example.com"}
        assert site.call("POST", url, body=person, Quote_Token=json_body(quote)["quote_token"]).status_code == 201
    spellings = [
        "maria@example.com",
        "MARIA@example.com",
        "maria@EXAMPLE.com",
        "Maria@Example.com",
        "maria@example.com",
    ]
    answers = [site.log_in(spellings[n], f"192.0.2.{n}") for n in range(4 if exists else 5)]

    assert {answer.status_code for answer in answers} == {201 if exists else 401}
    assert_limited(site.log_in(PERSON["email"], "192.0.2.99"), 60)
    assert site.log_in("bob@example.com", "192.0.2.99").status_code == 401


def test_one_address_may_try_five_emails_a_minute() -> None:
    site = Site()

    statuses = [site.log_in(f"guest{n}@example.com").status_code for n in range(6)]

    assert statuses == [401] * 5 + [429]


def test_the_headers_show_the_count_with_the_fewest_requests_left() -> None:
    site = Site()
    site.log_in(times=3)

    assert told(site.log_in("bob@example.com"))[:2] == (5, 1)
    assert told(site.log_in(address="192.0.2.2"))[:2] == (5, 1)
    assert told(site.log_in("eve@example.com", "192.0.2.3"))[:2] == (5, 4)


def test_a_limited_guess_is_refused_before_its_password_is_looked_at() -> None:
    site = Site()
    site.log_in(times=5)
    with mock.patch.object(type(site.service.services.log_in), "__call__", side_effect=AssertionError):
        assert_limited(site.log_in(address="192.0.2.2"), 60)
        assert_limited(site.log_in("bob@example.com"), 60)


def test_guesses_by_an_access_token_are_counted_for_its_email_from_any_address() -> None:
    site = Site()
    quote = site.start()
    url, token = f"{quote.location}/registration", {"Quote_Token": json_body(quote)["quote_token"]}
    bearer = {"Authorization": f"Bearer {json_body(site.call('POST', url, body=PERSON, **token))['access_token']}"}
    change = {"password": "wrong", "new_password": "another horse battery"}
    for number in range(2):
        address = f"198.51.100.{number}"
        assert site.call("PUT", "/v1/account/password", address, change, **bearer).status_code == 401
        assert site.call("DELETE", "/v1/account", address, {"password": "wrong"}, **bearer).status_code == 401

    assert_limited(site.call("DELETE", "/v1/account", "192.0.2.8", {"password": "wrong"}, **bearer), 60)
    assert_limited(site.call("PUT", "/v1/account/password", "192.0.2.9", change, **bearer), 60)


def test_a_refusal_tells_the_longer_of_two_waits() -> None:
    site, now = Site(QUOTES_RATE_CREDENTIALS="2/minute"), time.time()
    site.log_in("bob@example.com", "192.0.2.3")
    with mock.patch("time.time", return_value=now + 40):
        for address in ("192.0.2.1", "192.0.2.2"):
            site.log_in(address=address)
        answer = site.log_in(address="192.0.2.3")  # the window of this one has no request left for 20 seconds more

    assert_limited(answer, 60)
    assert answer.headers["Retry-After"] == "60"


def test_passwords_are_counted_wherever_they_are_sent() -> None:
    site = Site()
    quote = site.start()
    url, token = f"{quote.location}/registration", {"Quote_Token": json_body(quote)["quote_token"]}
    access = json_body(site.call("POST", url, body=PERSON, **token))["access_token"]
    bearer = {"Authorization": f"Bearer {access}"}
    change = {"password": "wrong", "new_password": "another horse battery"}

    assert site.call("PUT", "/v1/account/password", body=change, **bearer).status_code == 401
    assert site.call("DELETE", "/v1/account", body={"password": "wrong"}, **bearer).status_code == 401
    assert site.log_in().status_code == 201
    assert site.call("POST", url, body=PERSON, **token).status_code == 201
    assert_limited(site.call("DELETE", "/v1/account", body={"password": "wrong"}, **bearer), 60)


def test_an_invalid_request_is_counted_too_and_gets_the_headers() -> None:
    site = Site(QUOTES_RATE_START="2/hour")

    assert told(site.call("POST", "/v1/quotes", body={"color": "red"}))[:2] == (2, 1)
    assert told(site.call("POST", "/v1/quotes", body=[]))[:2] == (2, 0)
    assert_limited(site.start(), 3600)


def test_a_window_ends_and_another_begins() -> None:
    site = Site(QUOTES_RATE_START="1/second")
    assert site.start(times=2).status_code == 429

    assert eventually(lambda: site.start().status_code == 201)


def test_off_means_that_nobody_is_counted() -> None:
    answer = Site(QUOTES_RATE_LIMITS="off", QUOTES_RATE_START="1/hour").start(times=3)

    assert answer.status_code == 201
    assert not [name for name, _ in answer.headers if name.startswith("RateLimit")]


def test_every_call_of_the_contract_is_limited_and_no_other() -> None:
    site = Site()
    rules = [(rule.rule, site.app.view_functions[rule.endpoint]) for rule in site.app.url_map.iter_rules()]

    assert {path for path, view in rules if hasattr(view, LIMITED)} == {path for path, _ in rules if path[:4] == "/v1/"}
    assert "RateLimit-Limit" not in site.call("GET", "/healthz").headers
    assert "RateLimit-Limit" not in site.call("OPTIONS", "/v1/quotes").headers


def test_neither_the_store_nor_the_log_identifies_the_client(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = fakeredis.FakeRedis()
    site = Site(redis_storage(store, shebang=False), QUOTES_RATE_CREDENTIALS="2/hour")

    assert_limited(site.log_in("maria@example.com", "198.51.100.77", times=3), 3600)

    everything = " ".join(key.decode() for key in store.scan_iter("*")) + caplog.text
    assert len(list(store.scan_iter("l:*"))) == 2
    assert "maria" not in everything
    assert "198.51.100" not in everything


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("kind", ["refuses", "hangs"])
def test_while_the_store_is_away_the_process_counts_and_nobody_waits_for_more_than_one_timeout(
    silent_port: int, kind: str
) -> None:
    port = silent_port if kind == "hangs" else 1
    site = Site(redis_storage(connect(f"redis://127.0.0.1:{port}")), QUOTES_RATE_START="20/hour")
    watch = Stopwatch()

    statuses = [site.start().status_code for _ in range(21)]

    assert statuses == [201] * 20 + [429]
    assert watch.seconds < 2.5  # each of them would make 10 s


def test_no_request_that_waits_for_a_store_that_hangs_fails_by_that(silent_port: int) -> None:
    site = Site(redis_storage(connect(f"redis://127.0.0.1:{silent_port}")))
    quotes = [site.service.services.start_quote(None, {}) for _ in range(10)]
    barrier = threading.Barrier(10)

    def register(number: int) -> int:
        barrier.wait()
        url, person = f"/v1/quotes/{quotes[number].quote_id}/registration", {"email": f"p{number}@example.com"}
        client = site.app.test_client()
        headers = {"Quote-Token": quotes[number].token, "X-Forwarded-For": f"192.0.2.{number}"}
        return client.post(url, json=PERSON | person, headers=headers).status_code

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(register, range(10))) == [201] * 10


def test_the_workers_of_a_service_count_together(tmp_path: Path) -> None:
    limits = {"QUOTES_RATE_LIMITS": "on", "QUOTES_RATE_START": "8/hour", "QUOTES_WORKERS": "2"}
    with serving(tmp_path / "data", **limits) as service, ThreadPoolExecutor(20) as pool:

        def start(_: int) -> int:
            return requests.post(f"{service.url}/v1/quotes", timeout=10).status_code

        answers = Counter(pool.map(start, range(40)))

    assert answers == {201: 8, 429: 32}


def test_when_the_store_is_back_it_counts_again() -> None:
    store = fakeredis.FakeRedis()
    site = Site(redis_storage(store, shebang=False))
    with mock.patch.object(store, "evalsha", side_effect=ConnectionError("away")):
        assert site.start().status_code == 201
    assert list(store.scan_iter("l:*")) == []

    def counted() -> bool:
        return site.start("192.0.2.9").status_code == 201 and bool(list(store.scan_iter("l:*")))

    assert eventually(counted)
