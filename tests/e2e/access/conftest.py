from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.access.support.actors import Actors
from tests.e2e.access.support.inspected_service import BACKENDS, InspectedService, inspected_service


@pytest.fixture(scope="module", params=BACKENDS)
def inspected(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InspectedService]:
    """The service on in-memory adapters, and on real servers that this module alone uses."""
    with inspected_service(request.param, request, tmp_path_factory.mktemp("access")) as inspected:
        yield inspected


@pytest.fixture
def actors(inspected: InspectedService) -> Actors:
    return Actors(inspected)
