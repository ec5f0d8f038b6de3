"""Fixtures of the tests over HTTP and of commands: the service in memory, as a process, and with a reconciler."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.e2e.support.http_customer import Customer, client_of
from tests.support.in_memory_fixtures import page_client, service
from tests.support.in_memory_service import InMemoryService
from tests.support.reconciled_service import ReconciledService
from tests.support.running_service import Service, serving

__all__ = ["page_client", "service"]


@pytest.fixture
def client(service: InMemoryService) -> FlaskClient:
    """A client of the in-memory service that checks every answer."""
    return client_of(service)


@pytest.fixture
def maria(client: FlaskClient) -> Customer:
    """A registered customer with one quote."""
    return Customer.registered(client)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running `quotes serve`, shared by the tests of one module."""
    with serving(tmp_path_factory.mktemp("running") / "data") as service:
        yield service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of `quotes serve`, which is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def settings() -> dict[str, str]:
    """The settings of `reconciled`, besides its servers; a module may have others."""
    return {}


@pytest.fixture
def reconciled(reconciled_with_settings: ReconciledService) -> ReconciledService:
    """The service and its reconciler, on Valkey and PostgreSQL."""
    return reconciled_with_settings
