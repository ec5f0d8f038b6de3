"""Fixtures for all, and the count of what passed on each leg: each server, or twin, that a suite ran over."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator

import pytest

pytest_plugins = ["tests.contract.stores", "tests.contract.databases", "tests.faults.real"]

LEGS = ("memory", "fakeredis", "valkey", "sqlite", "valkey+sqlite")
_passed: Counter[str] = Counter()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "leg(name): the servers that this test needs, for the count of legs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if leg := _leg(item):
            item.user_properties.append(("leg", leg))


def _leg(item: pytest.Item) -> str | None:
    if marker := item.get_closest_marker("leg"):
        return str(marker.args[0])
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return next((value for value in parameters if value in LEGS), None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A server that cannot be had is a skip on a developer's machine, and a failure where CI is set."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _passed.update(value for name, value in report.user_properties if name == "leg")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("tests passed on each leg")
    for leg in LEGS:
        terminalreporter.line(f"{leg:15} {_passed[leg]:5}")
