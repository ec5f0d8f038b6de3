"""A real browser that records the complaints and the requests of each page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.running_service import Service

HOST = "quotehold.test"
"""Not localhost: on that host, Swagger UI leaves out the requests to its online validator."""
_BINARY = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "" if _BINARY else "no browser here: install chromium"


@dataclass
class Visit:
    """A page of the service, with its complaints and requests while it was open."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self._note("error", str(error)))
        self.page.on("requestfailed", lambda request: self._note("failed", request.url))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on(
            "response", lambda answer: self._note("status", f"{answer.status} {answer.url}", noted=answer.status >= 400)
        )

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def strangers(self) -> set[str]:
        """Return the URLs that the page requested from other servers; data URLs are not requests."""
        return {url for url in self.asked if urlsplit(url).scheme != "data" and not url.startswith(self.address + "/")}

    def _note(self, kind: str, text: str, *, noted: bool = True) -> None:
        if noted and kind not in ("log", "info", "debug"):
            self.complaints.append(f"{kind}: {text}")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run the system's browser, which resolves the name of the service alone; nothing is downloaded."""
    rules = f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_BINARY, args=[rules])
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, service: Service, scheme: Literal["light", "dark"] = "light") -> Iterator[Visit]:
    """Open a new window; the test checks its complaints and requests."""
    with browser.new_context(color_scheme=scheme) as context:
        port = service.url.rpartition(":")[2]
        yield Visit(context.new_page(), f"http://{HOST}:{port}")
