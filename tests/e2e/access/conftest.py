from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.access.support.actors import Cast
from tests.e2e.access.support.inspected_service import BACKENDS, Stand, standing


@pytest.fixture(scope="module", params=BACKENDS)
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """The service over twins, and over real servers that no other module uses. Each test has its own cast on it."""
    with standing(request.param, request, tmp_path_factory.mktemp("access")) as stand:
        yield stand


@pytest.fixture
def cast(stand: Stand) -> Cast:
    return Cast(stand)
