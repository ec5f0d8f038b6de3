"""The fixtures over the in-memory service. The conftest.py of a suite imports the fixtures of its tests."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from domain.model import AccessToken
from domain.use_cases.start_quote import Started
from entrypoints.http.app import create_app
from entrypoints.settings.settings import Settings
from tests.support.in_memory_service import InMemoryService, access_to


@pytest.fixture
def service() -> InMemoryService:
    """The service in memory, with nothing stored."""
    return InMemoryService()


@pytest.fixture
def quote(service: InMemoryService) -> Started:
    """An open quote, just started."""
    return service.start("motor", vehicle={"make": "Seat"})


@pytest.fixture
def token(service: InMemoryService) -> AccessToken:
    """The access token of a customer, registered with a quote of their own."""
    return access_to(service.register(service.start()))


@pytest.fixture(scope="module")
def page_client() -> FlaskClient:
    """A client that reads pages and checks no answer. It is shared by the tests of one module."""
    return create_app(InMemoryService().services, Settings.from_environ({})).test_client()
