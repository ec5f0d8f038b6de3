"""Fixtures of the suites that start the service, its reconciler or its commands as processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.reconciled_service import ReconciledService


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
