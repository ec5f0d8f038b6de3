"""The rounds of a race: each is another chance for a wrong order of events, so `make long` runs more of them."""

from __future__ import annotations

import os

_FACTOR = int(os.environ.get("RACE_FACTOR", "1"))


def race_rounds(usual: int) -> int:
    """Return the number of rounds to run: the usual number, times the environment's RACE_FACTOR."""
    return usual * _FACTOR
