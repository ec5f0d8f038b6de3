"""
Plays schedules until one breaks a rule, then failpoints, and says what was found as JSON:
`python -m tests.proof.schedules.mutants.search PLACE SEED SCHEDULES [EVERY]`, with one in EVERY failpoints.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import chain

from tests.proof.schedules.backends.backends import PLACES, Place
from tests.proof.schedules.checkers.invariants import Broken
from tests.proof.schedules.exploration.explorer import explore
from tests.proof.schedules.exploration.failpoints import failpoints
from tests.proof.schedules.simulation.log_capture import Ears
from tests.proof.schedules.simulation.simulation import listening


def main(place: str, first_seed: str, schedules: str, every: str = "1") -> None:
    with listening() as ears, PLACES[place]() as servers:
        seeds = range(int(first_seed), int(first_seed) + int(schedules))
        trials = chain(_schedules(servers, seeds, ears), _failpoints(servers, ears, int(every)))
        by, broken = next((found for found in trials if found[1]), ("", None))
    answer = {"by": by, "rule": broken.rule.value, "what": broken.what} if broken else None
    print(json.dumps(answer))  # noqa: T201 - its result, for who has started it


def _schedules(place: Place, seeds: range, ears: Ears) -> Iterator[tuple[str, Broken | None]]:
    for number, seed in enumerate(seeds, start=1):
        yield f"seed {seed}, schedule {number:,}", explore(place, seed, ears)[1]


def _failpoints(place: Place, ears: Ears, every: int) -> Iterator[tuple[str, Broken | None]]:
    for tried in failpoints(place, ears, every):
        yield f"failpoint {tried}", tried.broken


if __name__ == "__main__":
    main(*sys.argv[1:])
