"""A pytest plugin: each test process searches the traces of its tests, and the first process reports for all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.secrecy import watch
from tests.secrecy.interception import intercept
from tests.secrecy.ledger import Ledger
from tests.secrecy.report import Report
from tests.secrecy.search import search
from tests.secrecy.watch import Watch

_KEY = "secrecy"


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    """The secrets of the tests of this process."""
    found = watch.current()
    assert found
    return found.ledger


def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    config.stash[_REPORT] = Report()
    if not _has_workers(config) and not config.option.collectonly:
        factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]  # no fixture yet
        watch.begin(Watch(factory.getbasetemp(), Ledger()))
        intercept(_watch())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the report of a worker. A crashed worker sends none; the run has failed by that."""
    if words := getattr(node, "workeroutput", {}).get(_KEY):
        node.config.stash[_REPORT].add(Report.from_dict(words))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search, now that the servers of the session have ended."""
    report = session.config.stash[_REPORT]
    if watch.current():
        report.add(search(_watch()))
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_KEY] = report.as_dict()
    elif report.is_bad and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    report = config.stash[_REPORT]
    if report.figures or report.is_bad:
        terminalreporter.section("secrets of the tests, searched for")
        for line in report.lines():
            terminalreporter.line(line, red=line.startswith(("FOUND", "NOT FOUND")))


_REPORT = pytest.StashKey[Report]()


def _has_workers(config: pytest.Config) -> bool:
    """Tell whether workers run the tests of this process."""
    return bool(getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput"))


def _watch() -> Watch:
    found = watch.current()
    assert found
    return found
