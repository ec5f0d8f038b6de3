"""Fixtures of several fault suites. Fixtures that other folders use too are plugins in tests/conftest.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from adapters.redis.client import Client, connect
from domain.use_cases.start_quote import Started
from tests.faults.support.proxied_service import proxied
from tests.servers.site import OnSite
from tests.support.real_service import RealService, own_service, race
from tests.support.waiting import eventually

__all__ = ["own_service", "proxied"]

_SERVICES = ("proxied", "reconciled", "own_service")


@pytest.fixture
def quote(request: pytest.FixtureRequest) -> Started:
    """An open quote, just started in the service that the test uses."""
    [name] = [name for name in _SERVICES if name in request.fixturenames]
    service: RealService = request.getfixturevalue(name)
    return service.start()


@pytest.fixture
def warm(real_service: RealService) -> None:
    """
    Open the connections that fifty racers need.

    On a slow machine fifty new connections at once, with TLS, may take longer than the 0.5 s of a command.
    """
    quote = real_service.start()
    read = partial(real_service.services.get_quote, quote.quote_id, quote.token)
    eventually(lambda: not [answer for answer in race([read] * 50) if isinstance(answer, Exception)])


@pytest.fixture
def client(servers: OnSite) -> Iterator[Client]:
    """The service's client of the servers that the suite starts."""
    with closing(connect(servers.url)) as made:
        yield made
