"""Fixtures of the unit tests. They are defined in tests/support, because other suites use some of them too."""

from __future__ import annotations

from tests.support.in_memory_fixtures import page_client, quote, service, token

__all__ = ["page_client", "quote", "service", "token"]
