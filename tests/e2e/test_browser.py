"""The pages in Chromium, from a running service: they work under their policies, and send no request elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.support.browser import MISSING, Visit, running_browser, visiting
from tests.secrecy import watch
from tests.support.running_service import Service

pytestmark = [pytest.mark.backend("valkey+sqlite"), pytest.mark.skipif(bool(MISSING), reason=MISSING)]

PERSON = {"email": "maria@example.com", "password": "correct horse battery", "name": "Maria"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, running: Service) -> Iterator[Visit]:
    with visiting(browser, running) as visit:
        yield visit


def test_a_visitor_s_journey_can_be_tried_out(visit: Visit) -> None:
    visit.open("/docs")
    page = visit.page

    quote = tried(call(page, "post", "/v1/quotes"), 201, body={"product": "motor", "details": {"seats": 5}})
    authorize(page, "Quote-Token", quote["quote_token"])
    registered = tried(
        call(page, "post", "/v1/quotes/{quote_id}/registration"), 201, body=PERSON, quote_id=quote["quote_id"]
    )
    authorize(page, "Bearer", registered["access_token"])
    account = tried(call(page, "get", "/v1/account"), 200)

    assert quote["details"] == {"seats": 5}
    assert registered["quote"]["quote_id"] == quote["quote_id"]
    assert account["email"] == PERSON["email"]
    assert visit.complaints == []
    assert visit.strangers() == set()


def test_tokens_are_gone_when_the_page_is_left(visit: Visit) -> None:
    visit.open("/docs")
    authorize(visit.page, "Quote-Token", "qk_left_behind")

    visit.page.reload()

    expect(visit.page.locator(".opblock").first).to_be_visible()
    assert visit.page.locator(".authorization__btn.locked").count() == 0
    assert visit.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_problem_s_page_can_be_read(browser: Browser, running: Service, scheme: Any) -> None:
    with visiting(browser, running, scheme) as visit:
        for path, title in (
            ("/problems", "Problems"),
            ("/problems/quote-expired", "The quote has expired"),
            ("/problems/quote-claimed", "The quote was claimed"),
        ):
            visit.open(path)

            expect(visit.page.get_by_role("heading", level=1)).to_have_text(title)
            expect(visit.page.locator(".example, table").first).to_be_visible()
            [ground] = map(luminance, colours(visit.page, "body", "background-color"))
            assert (ground > 0.5) is (scheme == "light")
            for colour in colours(visit.page, "h1, p, a, blockquote, .status, .head, .body, th, td", "color"):
                # WCAG 2.2, 1.4.3, asks for 4.5. More is needed here, since some texts have a slightly shaded ground.
                assert contrast(ground, luminance(colour)) > 5, colour
        assert visit.complaints == []
        assert visit.strangers() == set()


def test_a_breach_of_a_page_s_policy_is_seen(visit: Visit) -> None:
    """Prove that the other tests would see an inline script, and a request for a picture elsewhere."""
    visit.open("/problems")
    for planted in ("'script'), {textContent: 'planted = 1'}", "'img'), {src: 'http://elsewhere.example/p.png'}"):
        with visit.page.expect_console_message(lambda message: "Content Security Policy" in message.text):
            visit.page.evaluate(f"document.body.append(Object.assign(document.createElement({planted}))")

    assert len([text for text in visit.complaints if "Content Security Policy" in text]) == 2
    assert visit.page.evaluate("window.planted") is None
    assert visit.strangers() == {"http://elsewhere.example/p.png"}


def call(page: Page, method: str, path: str) -> Locator:
    return page.locator(f".opblock-{method}").filter(has=page.locator(f'[data-path="{path}"]'))


def tried(block: Locator, status: int, body: object = None, **parameters: str) -> dict[str, Any]:
    """Send the call from Swagger UI's form, and return the answer that it shows."""
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    for name, value in parameters.items():
        block.locator(f'tr[data-param-name="{name}"] input').fill(value)
    if body is not None:
        watch.note_text(json.dumps(body))
        block.locator("textarea.body-param__text").fill(json.dumps(body))
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_have_text(re.compile(rf"^{status}\b"))
    text = answer.locator(".highlight-code code").first.inner_text()
    watch.note_text(text)
    document: dict[str, Any] = json.loads(text)
    return document


def authorize(page: Page, scheme: str, secret: str) -> None:
    page.locator(".scheme-container .authorize").click()
    form = page.locator(".auth-container").filter(has_text=scheme)
    form.locator("input").fill(secret)
    form.locator("button[type=submit]").click()
    expect(form.get_by_text("Logout")).to_be_visible()
    page.locator(".close-modal").click()


def colours(page: Page, selector: str, name: str) -> set[str]:
    script = "(elements, name) => elements.map(element => getComputedStyle(element).getPropertyValue(name))"
    return set(page.locator(selector).evaluate_all(script, name))


def luminance(colour: str) -> float:
    """Return the relative luminance of an opaque colour, as WCAG 2.2 defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)]
    assert len(parts) == 3, colour
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
