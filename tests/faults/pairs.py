"""The service on every pair of a store and a database, as a pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import legs
from tests.contract.databases import empty_database
from tests.faults.real import Real, connected


@pytest.fixture(params=legs.PAIRS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Real]:
    """On servers that other tests of this process use too: they may be asked, not broken."""
    store, _, database = request.param.partition("+")
    with empty_database(database, request, tmp_path) as sql, connected(store_settings(request, store), sql) as services:
        yield Real(sql, services)


def store_settings(request: pytest.FixtureRequest, store: str) -> dict[str, str]:
    """Of a service that uses the store of that name."""
    match store:
        case "valkey":
            return {"QUOTES_REDIS_URL": request.getfixturevalue("valkey_server").url}
        case "redis":
            return dict(request.getfixturevalue("redis_server").environ)
        case _:
            return dict(request.getfixturevalue(f"{store}_servers").environ)
