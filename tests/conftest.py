"""The count of tests that passed on each backend, and the plugins that several suites share."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator

import pytest

from tests.support import backends

# Fixtures of one folder are in its conftest.py. Those of several folders are plugins, which pytest loads only here.
# Servers last for the whole run: each fixture that starts one must be defined once, or the server would start twice.
pytest_plugins = [
    "tests.secrecy.plugin",  # searches after all suites
    "tests.contract.support.store_fixtures",  # also of faults, proof and secrecy
    "tests.contract.support.database_fixtures",  # also of e2e, faults, proof and secrecy
    "tests.contract.support.service_on_database",  # also of e2e
    "tests.support.real_service_fixtures",  # of e2e and faults
    "tests.support.reconciled_service",  # of e2e and faults
]
# These modules have assertions, and a conftest.py imports their fixtures.
pytest.register_assert_rewrite("tests.faults.support.proxied_service", "tests.support.real_service")

_passed: Counter[str] = Counter()
_figures: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "backend(name): the servers that this test needs; counted at the end of the run")
    config.addinivalue_line("markers", "race: runs rounds of callers at once; `make long` runs more of them")
    config.addinivalue_line("markers", "server: needs a running server; set on each test whose backend is one")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if backend := _backend(item):
            item.user_properties.append(("backend", backend))
            if backend not in backends.IN_PROCESS:
                item.add_marker("server")


def _backend(item: pytest.Item) -> str | None:
    if marker := item.get_closest_marker("backend"):
        return str(marker.args[0])
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return next((str(value) for value in parameters if value in backends.ALL), None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where CI is set: there, no server may be missing."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _passed.update(str(value) for name, value in report.user_properties if name == "backend")
        _figures.extend(f"{report.nodeid}: {value}" for name, value in report.user_properties if name == "figure")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a whole run where CI is set, if no test passed on some backend."""
    if os.environ.get("CI") and _is_whole(session.config) and _empty_backends():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _figures:
        terminalreporter.section("figures")
        for figure in _figures:
            terminalreporter.line(figure)
    terminalreporter.section("tests passed on each backend")
    for backend in backends.ALL:
        terminalreporter.line(f"{backend:19} {_passed[backend]:5}")
    if os.environ.get("CI") and _is_whole(config) and (empty := _empty_backends()):
        terminalreporter.line(f"nothing passed on {', '.join(empty)}: that is a failure where CI is set", red=True)


def _is_whole(config: pytest.Config) -> bool:
    """Tell whether all tests were asked for, in the process that counts."""
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    return not (named or config.option.keyword or config.option.markexpr or hasattr(config, "workerinput"))


def _empty_backends() -> list[str]:
    return [backend for backend in backends.ALL if not _passed[backend]]
