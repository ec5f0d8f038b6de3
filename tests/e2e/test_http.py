"""The HTTP contract, through Flask's test client over in-memory adapters."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from domain import errors
from domain.model import QuoteId
from entrypoints.http.app import create_app
from entrypoints.settings.settings import Settings
from tests.e2e.support.http_customer import PERSON, code
from tests.support.answers import json_body
from tests.support.checking_client import Client
from tests.support.in_memory_service import InMemoryService

SAMPLES = sorted(Path(__file__).parents[1].joinpath("samples").glob("*.json"))


class Quote:
    """A visitor's quote, as a client of HTTP uses it."""

    def __init__(self, client: FlaskClient, **body: Any) -> None:
        self.client = client
        self.started = client.post("/v1/quotes", json=body)
        assert self.started.status_code == 201
        made = json_body(self.started)
        self.id = QuoteId(made["quote_id"])
        self.url = f"/v1/quotes/{self.id}"
        self.token = {"Quote-Token": made["quote_token"]}

    def get(self, **headers: str) -> TestResponse:
        return self.client.get(self.url, headers=self.token | _dashed(headers))

    def put(self, details: Any, **headers: str) -> TestResponse:
        return self.client.put(f"{self.url}/details", json=details, headers=self.token | _dashed(headers))

    def put_raw(self, body: bytes, content_type: str | None = "application/json") -> TestResponse:
        return self.client.put(f"{self.url}/details", data=body, content_type=content_type, headers=self.token)

    def patch(self, patch: Any, **headers: str) -> TestResponse:
        headers = self.token | {"Content-Type": "application/merge-patch+json"} | _dashed(headers)
        return self.client.patch(f"{self.url}/details", data=json.dumps(patch), headers=headers)

    def delete(self, **headers: str) -> TestResponse:
        return self.client.delete(self.url, headers=self.token | _dashed(headers))

    def register(self, person: Any = PERSON, **headers: str) -> TestResponse:
        return self.client.post(f"{self.url}/registration", json=person, headers=self.token | _dashed(headers))


def _save_until_the_cap(quote: Quote, service: InMemoryService) -> None:
    """Save every 23 hours, until one hour before the maximum age."""
    for hours in (*(23,) * 31, 6):
        service.clock.advance(timedelta(hours=hours))
        assert quote.put({}).status_code == 200


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def quote(client: Client) -> Quote:
    return Quote(client, product="motor", details={"vehicle": {"make": "Seat", "year": 2019}})


class TestTheJourney:
    @pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
    def test_start_save_merge_get_register(self, client: Client, service: InMemoryService, sample: Path) -> None:
        details = json.loads(sample.read_text("utf-8"))
        quote = Quote(client, product=details["product"])
        first = dict(list(details.items())[:2])
        assert json_body(quote.put(first))["details"] == first
        merged = json_body(quote.patch({name: details[name] for name in list(details)[2:]}))["details"]
        assert list(merged) == list(details)
        assert json_body(quote.put(details))["details"] == details  # a merge patch cannot write null
        read = quote.get()
        assert json_body(read)["details"] == details
        assert set(json_body(read)) == {
            "quote_id", "status", "product", "details", "revision", "created_at", "updated_at", "expires_at",
        }  # fmt: skip
        registered = quote.register()
        assert registered.status_code == 201
        assert set(json_body(registered)) == {"account", "quote", "access_token", "token_type", "expires_at"}
        assert json_body(registered)["quote"]["status"] == "claimed"
        assert json_body(registered)["account"]["email"] == PERSON["email"]
        assert json_body(registered)["access_token"].startswith("at_")
        assert service.database.quotes[quote.id].details == details
        assert code(quote.get()) == (410, "quote-claimed")

    def test_the_first_answer_holds_token_location_and_etag(self, quote: Quote) -> None:
        assert quote.started.headers["Location"] == quote.url
        assert quote.started.headers["ETag"] == f'"{json_body(quote.started)["revision"]}"'
        assert json_body(quote.started)["quote_token"].startswith("qk_")
        assert re.fullmatch(r"qt_[0-7][0-9A-HJKMNP-TV-Z]{25}", quote.id)

    def test_times_are_rfc_3339_in_utc_with_milliseconds(self, quote: Quote) -> None:
        for name in ("created_at", "updated_at", "expires_at"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", json_body(quote.get())[name])

    @pytest.mark.parametrize(
        "kwargs", [{}, {"json": {}}, {"json": {"product": "it_services"}}, {"content_type": "application/json"}]
    )
    def test_a_quote_may_start_with_less(self, client: Client, kwargs: dict[str, Any]) -> None:
        started = client.post("/v1/quotes", **kwargs)
        assert started.status_code == 201
        assert json_body(started)["details"] == {}

    def test_details_may_have_any_members(self, quote: Quote) -> None:
        details: dict[str, Any] = {"a.b": {"c.d": 1}, "__class__": "x", "": None, "unknown": [[], {}]}
        assert json_body(quote.put(details))["details"] == details
        assert json_body(quote.get())["details"] == details

    def test_a_discarded_quote_is_gone_and_can_be_discarded_again(self, quote: Quote) -> None:
        assert "Content-Type" not in quote.delete().headers
        assert quote.delete().status_code == 204
        assert code(quote.get()) == (410, "quote-expired")

    def test_an_expired_quote_says_how_to_start_again(self, quote: Quote, service: InMemoryService) -> None:
        service.clock.advance(timedelta(hours=24))
        for answer in (quote.get(), quote.put({}), quote.patch({}), quote.register()):
            assert code(answer) == (410, "quote-expired")
            assert json_body(answer)["restart"] == {"method": "POST", "href": "/v1/quotes"}

    def test_past_its_cap_a_quote_has_ended_though_a_registration_carried_its_draft(
        self, client: Client, quote: Quote, service: InMemoryService
    ) -> None:
        quote.register()
        late = Quote(client)
        _save_until_the_cap(late, service)
        assert code(late.register()) == (409, "email-taken")
        assert late.get().status_code == 200
        service.clock.advance(timedelta(hours=1))
        for answer in (late.get(), late.put({}), late.patch({})):
            assert code(answer) == (410, "quote-expired")
        assert late.register(PERSON | {"email": "b@example.com"}).status_code == 201
        assert code(late.get()) == (410, "quote-claimed")

    def test_a_claimed_quote_leads_to_the_account(self, quote: Quote, service: InMemoryService) -> None:
        quote.register()
        service.clock.advance(timedelta(days=3))
        for answer in (quote.get(), quote.put({}), quote.patch({}), quote.delete()):
            assert code(answer) == (410, "quote-claimed")
            assert json_body(answer)["quote"] == {
                "method": "GET", "href": f"/v1/account/quotes/{quote.id}", "status": "claimed",
            }  # fmt: skip


class TestSecrets:
    def test_without_a_token_the_answer_is_401(self, client: Client, quote: Quote) -> None:
        answer = client.get(quote.url)
        assert code(answer) == (401, "quote-token-missing")
        assert answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize("token", ["x", "qk_", "qk_k1" + "A" * 32, "qk_zz" + "A" * 32, "qk_k1é" + "A" * 31])
    def test_a_made_up_token_and_an_unknown_quote_answer_alike(self, client: Client, quote: Quote, token: str) -> None:
        other = Quote(client)
        unknown = "/v1/quotes/qt_01KAQ3ZC0V8Q4W2R7X9T5N6M1B"
        answers = [
            client.get(quote.url, headers={"Quote-Token": token}),
            client.get(quote.url, headers=other.token),
            client.get(unknown, headers=quote.token),
            client.get("/v1/quotes/nonsense", headers=quote.token),
        ]
        bodies = []
        for answer in answers:
            assert code(answer) == (404, "quote-not-found")
            bodies.append({name: value for name, value in json_body(answer).items() if name != "request_id"})
        assert all(body == bodies[0] for body in bodies)

    def test_the_log_holds_no_secret(self, quote: Quote, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level("DEBUG"):
            registered = quote.register()
            quote.client.get(f"{quote.url}?token={quote.token['Quote-Token']}", headers=quote.token)
        assert f"POST {quote.url}/registration 201" in caplog.text
        for secret in (*quote.token.values(), json_body(registered)["access_token"], PERSON["password"]):
            assert secret not in caplog.text


class TestRevisions:
    def test_a_write_on_another_revision_gets_412_with_the_present_one(self, quote: Quote) -> None:
        old = quote.started.headers["ETag"]
        new = quote.put({"a": 1}, If_Match=old).headers["ETag"]
        for answer in (
            quote.put({}, If_Match=old),
            quote.patch({}, If_Match=old),
            quote.delete(If_Match=old),
            quote.register(If_Match=old),
            quote.put({}, If_Match=f"W/{new}"),
            quote.put({}, If_Match='"abc"'),
            quote.put({}, If_Match='""'),
            quote.put({}, If_Match=f'"0{new[1:]}'),
            quote.put({}, If_Match=f'"{"9" * 40}"'),
        ):
            assert code(answer) == (412, "revision-mismatch")
            assert answer.headers["ETag"] == new
        assert json_body(quote.get())["details"] == {"a": 1}
        assert quote.register(If_Match=new).status_code == 201

    def test_any_revision_matches_a_star(self, quote: Quote) -> None:
        assert quote.put({}, If_Match="*").status_code == 200

    @pytest.mark.parametrize("tag", ["{}", " {} ", ", {},"])
    def test_a_list_of_one_tag_is_that_tag(self, quote: Quote, tag: str) -> None:
        assert quote.put({}, If_Match=tag.format(quote.started.headers["ETag"])).status_code == 200

    @pytest.mark.parametrize("tag", ['"a,b"', '"*"', 'W/""', 'W/"*"', '"W/"', '"\\"', '"\xe9"'])
    def test_a_tag_that_no_quote_has_matches_none(self, quote: Quote, tag: str) -> None:
        assert code(quote.put({}, If_Match=tag)) == (412, "revision-mismatch")

    @pytest.mark.parametrize(
        "header",
        [
            '"1", "2"', "", " ", ",", "no quotes, two words", '"", "1"', "two words, here", "abc", "W/", "W/abc", "{}",
            "W/{}", '"{}', '{}"', 'w/"{}"', 'W/ "{}"', '"{}"x', 'x"{}"', '"a b"', '"a"b"', "'{}'", "**", '*, "{}"',
            "*,", '"{}", two words', '"{}" "{}"',
        ],
    )  # fmt: skip
    def test_if_match_must_be_one_tag(self, quote: Quote, header: str) -> None:
        answer = quote.put({"a": 1}, If_Match=header.replace("{}", str(json_body(quote.started)["revision"])))
        assert code(answer) == (400, "malformed-request")
        assert "Give one entity tag in If-Match" in json_body(answer)["detail"]
        assert quote.get().headers["ETag"] == quote.started.headers["ETag"]

    def test_a_revision_that_the_client_has_is_not_sent_again(self, quote: Quote) -> None:
        etag = quote.started.headers["ETag"]
        for tags in (etag, f'W/{etag}, "1"', "*"):
            answer = quote.get(If_None_Match=tags)
            assert (answer.status_code, answer.headers["ETag"], answer.data) == (304, etag, b"")
        for tags in ('"1"', f'"{etag[1:-1]}0"', f'"{etag[2:-1]}"'):
            assert quote.get(If_None_Match=tags).status_code == 200


class TestRegistration:
    def test_a_replay_has_the_same_account_and_a_fresh_token(self, quote: Quote) -> None:
        first, again = quote.register(), quote.register()
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status_code, json_body(again)["account"], json_body(again)["quote"]) == (
            201, json_body(first)["account"], json_body(first)["quote"],
        )  # fmt: skip
        assert json_body(again)["access_token"] != json_body(first)["access_token"]

    def test_another_visitor_is_answered_with_claimed(self, quote: Quote) -> None:
        quote.register()
        for change in ({"password": "another password"}, {"email": "b@example.com"}):
            assert code(quote.register(PERSON | change)) == (409, "quote-claimed")

    def test_a_taken_email_leads_to_login_and_leaves_the_quote_open(self, client: Client, quote: Quote) -> None:
        quote.register()
        second = Quote(client)
        answer = second.register()
        assert code(answer) == (409, "email-taken")
        assert json_body(answer)["login"] == {"method": "POST", "href": "/v1/sessions"}
        assert json_body(answer)["claim"] == {"method": "POST", "href": f"{second.url}/claim"}
        assert second.put({}).status_code == 200

    def test_the_same_address_in_another_form_is_taken(self, client: Client, quote: Quote) -> None:
        quote.register()
        assert code(Quote(client).register(PERSON | {"email": "MARIA@EXAMPLE.COM"})) == (409, "email-taken")

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"email": "nobody"}, "/email"),
            ({"email": 1}, "/email"),
            ({"email": None}, "/email"),
            ({"password": "short"}, "/password"),
            ({"password": "x" * 1025}, "/password"),
            ({"password": 12345678}, "/password"),
            ({"name": ""}, "/name"),
            ({"name": None}, "/name"),
            ({"name": "a\nb"}, "/name"),
            ({"admin": True}, "/admin"),
            ({"a/b~c": 1}, "/a~1b~0c"),
        ],
    )
    def test_an_invalid_member_is_pointed_at(self, quote: Quote, change: dict[str, Any], pointer: str) -> None:
        answer = quote.register(PERSON | change)
        assert code(answer) == (422, "invalid-request")
        assert [error["pointer"] for error in json_body(answer)["errors"]] == [pointer]
        assert quote.put({}).status_code == 200

    def test_a_missing_member_is_named(self, quote: Quote) -> None:
        answer = quote.register({})
        assert {error["pointer"] for error in json_body(answer)["errors"]} == {"/email", "/password"}


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b'{"a":' + b"[" * 31 + b'"' + b'\\"' * 95_000,
            b"{" + b",".join(b'"%d":1' % n for n in range(8000)) + b',"7999":1}',
            b'{"a":' + b"9" * 190_000 + b"}",
            b'{"a":0.' + b"0" * 190_000 + b"}",
        ],
        ids=["unclosed-string", "late-duplicate", "long-integer", "long-fraction"],
    )
    def test_no_body_keeps_the_service_busy(self, quote: Quote, body: bytes) -> None:
        """Bodies that took seconds with a reader that looks at a character more than once."""
        began = time.process_time()
        assert quote.put_raw(body).status_code in (200, 400, 413)
        assert time.process_time() - began < 1

    def test_no_email_keeps_the_service_busy(self, quote: Quote) -> None:
        began = time.process_time()
        assert code(quote.register(PERSON | {"email": "a" + "\u0301" * 30_000 + "@example.com"}))[0] == 422
        assert time.process_time() - began < 1

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"{", b"{'a':1}", b'{"a":1,"a":2}', b'{"x":{"a":1,"a":2}}', b'{"a":NaN}', b'{"a":-Infinity}',
            b'{"a":1e999}', b'{"a":-1e999}', b'{"a":1e-400}', b'{"a":9007199254740993}', b'{"a":-9007199254740993}',
            b'{"a":["\\ud800"]}',
            b'{"a":[["\\u0000"]]}', b'{"a":"\\udfe0\\ud83c"}', b'{"\\u0061":1,"a":2}',
            b'{"a":' + b"9" * 10_000 + b"}", b'{"a":"\\ud800"}',
            b'{"\\udfff":1}', b'{"a":"\\u0000"}', b'{"a":"\x00"}', b'{"a":"\xff"}', b'\xef\xbb\xbf{}',
            b'{"a":' * 31 + b"1" + b"}" * 31, b'{"a":' + b"[" * 10_000, b'{"a":01}', b'{"a":1}x', b'{"a":1,}',
        ],
    )  # fmt: skip
    def test_a_forbidden_body_is_not_stored(self, quote: Quote, body: bytes) -> None:
        before = quote.get().json
        assert code(quote.put_raw(body)) == (400, "malformed-request")
        assert quote.get().json == before

    @pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"true"])
    def test_details_are_an_object(self, quote: Quote, body: bytes) -> None:
        assert code(quote.put_raw(body)) == (422, "invalid-request")

    @pytest.mark.parametrize(
        "value",
        [
            "\U0001f3e0",
            "\x7f",
            0.0,
            -0.0,
            1e-320,
            ["x", {}],
            "\\ud83c",
            "a\nb\tc",
            2**53,
            -(2**53),
            1e308,
            5e-324,
            -0.5,
        ],
    )
    def test_an_allowed_value_comes_back_exactly(self, quote: Quote, value: Any) -> None:
        assert json_body(quote.put({"v": value}))["details"] == {"v": value}
        assert json_body(quote.get())["details"] == {"v": value}

    def test_an_escaped_pair_of_surrogates_is_one_character(self, quote: Quote) -> None:
        assert json_body(quote.put_raw(b'{"v":"\\ud83c\\udfe0"}'))["details"] == {"v": "\U0001f3e0"}

    def test_thirty_levels_are_taken(self, quote: Quote) -> None:
        assert quote.put_raw(b'{"a":' * 30 + b'"[[{{"' + b"}" * 30).status_code == 200

    @pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
    def test_another_media_type_is_refused(self, quote: Quote, content_type: str | None) -> None:
        before = quote.get().json
        for body in (b"{}", b""):
            assert code(quote.put_raw(body, content_type)) == (415, "unsupported-media-type")
        assert quote.get().json == before

    def test_a_patch_may_call_itself_json(self, quote: Quote) -> None:
        assert quote.patch({"a": 1}, Content_Type="application/json; charset=utf-8").status_code == 200

    def test_a_merge_patch_is_not_a_put(self, quote: Quote) -> None:
        assert code(quote.put_raw(b"{}", "application/merge-patch+json")) == (415, "unsupported-media-type")

    def test_too_large_is_refused(self, quote: Quote) -> None:
        assert code(quote.put({"a": "x" * (64 * 1024)})) == (413, "body-too-large")
        assert code(quote.put({"a": "x" * (300 * 1024)})) == (413, "body-too-large")
        cyrillic = {"a": "\u0444" * 20_000}  # 40 kB in UTF-8, 120 kB as escapes
        assert json_body(quote.put_raw(json.dumps(cyrillic).encode()))["details"] == cyrillic
        assert quote.put({"a": "x" * (64 * 1024 - 8)}).status_code == 200
        assert code(quote.patch({"b": "x"})) == (413, "body-too-large")

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"product": 1}, "/product"),
            ({"product": "Motor Car"}, "/product"),
            ({"product": "motor\n"}, "/product"),
            ({"product": "x" * 65}, "/product"),
            ({"product": None}, "/product"),
            ({"details": []}, "/details"),
            ({"details": None}, "/details"),
            ({"detail": {}}, "/detail"),
        ],
    )
    def test_a_new_quote_is_checked(self, client: Client, body: dict[str, Any], pointer: str) -> None:
        answer = client.post("/v1/quotes", json=body)
        assert code(answer) == (422, "invalid-request")
        assert [error["pointer"] for error in json_body(answer)["errors"]] == [pointer]

    def test_of_thousands_of_unknown_members_the_first_are_named(self, client: Client, quote: Quote) -> None:
        """Without a limit, the answer would have five times the size of the body."""
        many = {f"{n:x}": n for n in range(15_000)}
        for answer in (client.post("/v1/quotes", json=many), quote.register(many | PERSON | {"email": "nobody"})):
            assert code(answer) == (422, "invalid-request")
            assert len(json_body(answer)["errors"]) == 20
            assert len(answer.data) < 2000
        assert json_body(answer)["errors"][0]["pointer"] == "/email"  # invalid members come before unknown ones


class TestOutages:
    def test_the_store_is_away(self, quote: Quote, service: InMemoryService) -> None:
        service.quotes.outage = errors.StoreUnreachable("refused")
        for answer in (quote.client.post("/v1/quotes"), quote.get(), quote.put({}), quote.patch({}), quote.delete()):
            assert code(answer) == (503, "store-unavailable")
        registered = quote.register()
        assert (registered.status_code, json_body(registered)["quote"]) == (
            201, {"quote_id": quote.id, "status": "pending", "claimed_at": None},
        )  # fmt: skip

    def test_no_session_can_be_stored(self, quote: Quote, service: InMemoryService) -> None:
        service.sessions.outage = errors.StoreFull("oom")
        registered = quote.register()
        assert (registered.status_code, json_body(registered)["access_token"], json_body(registered)["expires_at"]) == (
            201, None, None,
        )  # fmt: skip

    def test_the_store_is_full(self, quote: Quote, service: InMemoryService) -> None:
        service.quotes.write_outage = errors.StoreFull("oom")
        for answer in (quote.client.post("/v1/quotes"), quote.put({}), quote.patch({})):
            assert code(answer) == (503, "store-full")
        assert quote.get().status_code == 200

    def test_the_database_is_away(self, quote: Quote, service: InMemoryService) -> None:
        service.database.is_down = True
        assert code(quote.register()) == (503, "database-unavailable")
        assert quote.put({}).status_code == 200
        service.database.is_down = False
        assert quote.register().status_code == 201

    def test_a_claim_is_running(self, quote: Quote, service: InMemoryService) -> None:
        ref = service.tokens.verify(quote.id, quote.token["Quote-Token"])
        service.quotes.begin_claim(ref, service.ids.claim_token(), None)
        for answer in (quote.put({}), quote.patch({}), quote.delete(), quote.register()):
            assert code(answer) == (409, "claim-in-progress")
            assert 0 < int(answer.headers["Retry-After"]) <= 15

    def test_a_merge_that_always_loses(self, quote: Quote, service: InMemoryService) -> None:
        with mock.patch.object(
            service.quotes, "save", side_effect=errors.RevisionMismatch(json_body(quote.started)["revision"])
        ):
            assert code(quote.patch({})) == (409, "save-conflict")

    def test_no_connection_is_free(self, quote: Quote, service: InMemoryService) -> None:
        service.quotes.outage = errors.Overloaded("full")
        assert code(quote.get()) == (503, "overloaded")

    def test_a_fault_of_the_service_tells_only_the_request_id(
        self, quote: Quote, service: InMemoryService, caplog: pytest.LogCaptureFixture
    ) -> None:
        with mock.patch.object(service.quotes, "get", side_effect=RuntimeError("secret internals")):
            answer = quote.get()
        assert code(answer) == (500, "internal-error")
        assert "secret internals" not in answer.text
        assert "secret internals" in caplog.text


class TestOperations:
    def test_the_process_lives(self, client: Client) -> None:
        assert client.get("/healthz").json == {"status": "ok"}

    def test_readiness_names_the_failing_check(
        self, client: Client, service: InMemoryService, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert client.get("/readyz").json == {"status": "ready", "checks": {"store": "ok", "database": "ok"}}
        service.database.is_down = True
        answer = client.get("/readyz")
        assert code(answer) == (503, "database-unavailable")
        assert json_body(answer)["checks"] == {"store": "ok", "database": "The database cannot be reached"}
        assert "The database is down" in caplog.text
        with mock.patch.object(type(service.claims), "check", side_effect=errors.DatabaseOutdated("lacks 0001")):
            service.database.is_down = False
            assert "quotes migrate" in json_body(client.get("/readyz"))["checks"]["database"]
        service.database.is_down = True
        assert client.get("/healthz").status_code == 200

    def test_a_request_id_is_taken_if_it_is_sane(self, client: Client) -> None:
        assert client.get("/healthz", headers={"X-Request-Id": "a-1.b_2"}).headers["X-Request-Id"] == "a-1.b_2"
        for insane in ("a b", "x" * 129, "a\tb", "<script>"):
            assert client.get("/healthz", headers={"X-Request-Id": insane}).headers["X-Request-Id"] != insane

    def test_paths_and_methods_that_do_not_exist(self, client: Client, quote: Quote) -> None:
        assert code(client.get("/nope")) == (404, "not-found")
        answer = client.post(quote.url)
        assert code(answer) == (405, "method-not-allowed")
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "DELETE"}
        assert code(client.options("/nope")) == (404, "not-found")
        options = client.options(quote.url)
        assert (options.status_code, "Content-Type" in options.headers) == (200, False)
        assert code(client.get(f"/{quote.url}", headers=quote.token)) == (404, "not-found")
        assert client.head(quote.url, headers=quote.token).status_code == 200

    def test_an_answer_in_another_form_cannot_be_had(self, client: Client, quote: Quote) -> None:
        assert code(quote.get(Accept="a/b, " * 1000)) == (400, "malformed-request")
        for accept in ("text/html", "application/json;q=0, */*"):
            assert code(quote.get(Accept=accept)) == (406, "not-acceptable")
        for accept in ("application/json; charset=utf-8", "text/html, application/*;q=0.1"):
            assert quote.get(Accept=accept).status_code == 200
        assert quote.get(Accept="text/html, */*;q=0.1").status_code == 200
        assert client.get("/healthz", headers={"Accept": "text/html"}).status_code == 200

    def test_hsts_is_sent_behind_tls_alone(self, service: InMemoryService) -> None:
        app = create_app(service.services, Settings.from_environ({"QUOTES_TRUSTED_PROXIES": "1"}))
        plain = app.test_client().get("/healthz")
        secure = app.test_client().get("/healthz", headers={"X-Forwarded-Proto": "https"})
        assert "Strict-Transport-Security" not in plain.headers
        assert "max-age" in secure.headers["Strict-Transport-Security"]

    def test_without_trusted_proxies_nobody_is_believed(self, client: Client) -> None:
        answer = client.get("/healthz", headers={"X-Forwarded-Proto": "https"})
        assert "Strict-Transport-Security" not in answer.headers
