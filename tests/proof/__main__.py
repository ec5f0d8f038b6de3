"""Plays the proof for as long as one likes, and tells the seed of whatever breaks a rule."""

from __future__ import annotations

import itertools
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import click

from domain.errors import Unavailable
from entrypoints.processes.progress import StatusLine
from entrypoints.settings.settings import Settings, SettingsError
from tests.proof.experiments import Found, Part, round_at, round_at_our_own
from tests.proof.schedules.backends.backends import given_servers

Round: TypeAlias = Callable[..., Iterator[Part]]
FINE, FOUND, USAGE, AWAY = 0, 1, 2, 3
_SEEDS_OF_A_ROUND = 1_000_000
_GIVEN = ("QUOTES_REDIS_URL", "QUOTES_DATABASE_URL")


@click.command()
@click.option("--rounds", type=click.IntRange(1), help="How often; once, or as often as the minutes allow.")
@click.option("--seed", type=click.IntRange(0), help="Where it begins; somewhere else each time, unless it is given.")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), help="How long; what has begun is played to its end."
)
def main(rounds: int | None, seed: int | None, minutes: float | None) -> None:
    """
    Play failpoints, random schedules, calls over HTTP, failovers and planted bugs.

    With QUOTES_REDIS_URL and QUOTES_DATABASE_URL: failpoints and schedules on these servers, under names of their own,
    which are gone afterwards. The exit status is 1 if a rule was broken, 2 for a bad setting, 3 if a server is away.
    """
    seed = secrets.randbelow(_SEEDS_OF_A_ROUND) if seed is None else seed
    until = None if minutes is None else time.monotonic() + 60 * minutes
    every = itertools.count() if minutes and rounds is None else range(rounds or 1)
    numbers = itertools.takewhile(lambda _: not _is_over(until), every)
    click.echo(f"seed {seed}: with SEED={seed} the same is played again")
    try:
        with _playground() as play_round:
            found = sum(_played(play_round, seed, number, until) for number in numbers)
    except SettingsError as error:
        sys.exit(_refused(USAGE, str(error)))
    except Unavailable as error:
        sys.exit(_refused(AWAY, str(error)))
    sys.exit(FOUND if found else FINE)


@contextmanager
def _playground() -> Iterator[Round]:
    """Servers of our own, or those that are named."""
    given = [name for name in _GIVEN if name in os.environ]
    if not given:
        yield round_at_our_own
    elif len(given) < len(_GIVEN):
        raise SettingsError(f"{given[0]} is set alone: name both servers, or none for servers of our own")
    else:
        with given_servers(Settings.from_environ(os.environ)) as place:

            def play_round(seed: int, *, is_first: bool) -> Iterator[Part]:
                return round_at(place, seed, is_first=is_first)

            yield play_round


def _played(play_round: Round, seed: int, number: int, until: float | None) -> int:
    """How much the round of that number has found."""
    return sum(
        len(_told(part).broken)
        for part in play_round(seed + number * _SEEDS_OF_A_ROUND, is_first=number == 0)
        if not _is_over(until)
    )


def _told(part: Part) -> Found:
    status, began = StatusLine(), time.monotonic()
    found = part.play(lambda text: status.show(f"{part.title}: {text}"))
    status.clear()
    click.echo(f"{part.title}: {found.summary} ({time.monotonic() - began:.0f} s)")
    for broken in found.broken:
        click.echo(broken)
    return found


def _is_over(until: float | None) -> bool:
    return until is not None and time.monotonic() >= until


def _refused(status: int, reason: str) -> int:
    click.echo(f"faults: {reason}", err=True)
    return status


if __name__ == "__main__":
    main()
