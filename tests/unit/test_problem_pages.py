"""The problem pages: one for each problem of the service, and no other."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from html.parser import HTMLParser
from importlib import resources

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import default_exceptions

from domain import errors
from entrypoints.http.problems import pages as problem_pages
from entrypoints.http.problems.http_errors import HttpError
from entrypoints.http.problems.pages import PAGES
from entrypoints.http.problems.table import ANSWERS, to_problem
from tests.support.contract_document import validate
from tests.support.error_classes import subclasses

CONTRACT = """
    400 malformed-request
    401 quote-token-missing access-token-missing access-token-invalid bad-credentials
    404 quote-not-found not-found
    405 method-not-allowed
    406 not-acceptable
    409 claim-in-progress save-conflict email-taken quote-claimed
    410 quote-expired quote-claimed
    412 revision-mismatch
    413 body-too-large
    415 unsupported-media-type
    422 invalid-request idempotency-key-reused
    429 rate-limited
    500 internal-error
    503 store-unavailable store-full database-unavailable overloaded
"""
EXAMPLES = [(code, example) for code, examples in PAGES.items() for example in examples]


def test_the_pages_are_those_of_the_contract() -> None:
    lines = [line.split() for line in CONTRACT.strip().splitlines()]
    assert {(int(status), code) for status, *codes in lines for code in codes} == shown()


def test_every_answered_error_of_the_domain_has_its_page() -> None:
    assert {(answer.status, kind.code) for kind, answer in ANSWERS.items()} <= shown()


def test_every_error_of_http_has_its_page() -> None:
    told_so = {(kind.status, kind.code) for kind in subclasses(HttpError) if hasattr(kind, "code")}
    assert (406, "not-acceptable") in told_so
    assert told_so <= shown()


@pytest.mark.parametrize("status", sorted(default_exceptions))
def test_every_error_of_the_framework_has_its_page(status: int) -> None:
    assert to_problem(default_exceptions[status]()).code in PAGES


def test_no_text_is_without_a_problem() -> None:
    texts = resources.files("entrypoints.http").joinpath("templates", "problems").iterdir()
    assert sorted(text.name.removesuffix(".html") for text in texts) == sorted(PAGES)


def test_every_answered_error_has_one_entry_by_its_own_class() -> None:
    """A class with a code of its own is in the table. A class without one is answered as its parent."""
    leave = [*subclasses(errors.RequestRefused), *subclasses(errors.Unavailable)]
    with_code = [kind for kind in leave if "code" in vars(kind)]
    assert set(with_code) == set(ANSWERS)
    shared = {code for code, count in Counter(kind.code for kind in with_code).items() if count > 1}
    assert shared == {"quote-claimed"}  # one code with two statuses: each status has a class
    assert ANSWERS[errors.QuoteAlreadyClaimed].status != ANSWERS[errors.QuoteClaimedByAnother].status


@pytest.mark.parametrize(("code", "example"), EXAMPLES)
def test_an_example_is_a_problem_whose_type_leads_to_its_page(
    page_client: FlaskClient, code: str, example: problem_pages.Example
) -> None:
    body = json.loads(example.body)
    validate(body, {"$ref": "#/components/schemas/Problem"})
    assert (body["status"], body["code"]) == (example.status, code)

    page = page_client.get(body["type"])

    assert page.status_code == 200
    assert page.mimetype == "text/html"
    text = html.unescape(page.text)
    assert example.body in text
    assert f"HTTP/1.1 {example.status} {example.phrase}" in text
    for name, value in example.headers.items():
        assert f"{name}: {value}" in text
    assert f"<h1>{example.title}</h1>" in text


@pytest.mark.parametrize("code", sorted(PAGES))
def test_a_page_answers_each_question(page_client: FlaskClient, code: str) -> None:
    sections = re.split(r"<h2>", page_client.get(f"/problems/{code}").text)[1:]
    assert len(sections) == 5
    for section in sections:
        title, _, answer = section.partition("</h2>")
        assert len(re.sub(r"<[^>]+>|\s+", " ", answer).strip()) > len("No."), title


def test_the_index_leads_to_every_page(page_client: FlaskClient) -> None:
    links = Page(page_client.get("/problems").text).values("a", "href")
    assert {f"/problems/{code}" for code in PAGES} <= set(links)


@pytest.mark.parametrize("path", ["/docs", "/problems", *(f"/problems/{code}" for code in sorted(PAGES))])
def test_a_page_is_whole(page_client: FlaskClient, path: str) -> None:
    """Check that its files and links exist, that it has a language and landmarks, and no inline style or script."""
    page = Page(page_client.get(path).text)
    for link in [*page.values("a", "href"), *page.values("link", "href"), *page.values("script", "src")]:
        assert link.startswith("https://www.rfc-editor.org/") or page_client.get(link).status_code == 200, link
    assert page.values("html", "lang") == ["en"]
    landmarks = ["title", "header", "nav", "main"]
    assert [tag for tag, _ in page.tags if tag in landmarks] == landmarks
    assert path == "/docs" or [tag for tag, _ in page.tags].count("h1") == 1
    assert all("src" in attributes for tag, attributes in page.tags if tag == "script")
    assert not [tag for tag, attributes in page.tags if tag == "style" or "style" in attributes]


class Page(HTMLParser):
    """The tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def values(self, tag: str, attribute: str) -> list[str]:
        return [attributes[attribute] for name, attributes in self.tags if name == tag and attribute in attributes]


def shown() -> set[tuple[int, str]]:
    return {(example.status, code) for code, example in EXAMPLES}
