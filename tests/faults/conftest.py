"""Fixtures of several fault suites. Fixtures that other folders use too are plugins in tests/conftest.py."""

from __future__ import annotations

from tests.faults.support.proxied_service import proxied
from tests.support.real_service import own_service

__all__ = ["own_service", "proxied"]
