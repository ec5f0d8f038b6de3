"""The command of `make faults`: runs experiments for as long as asked, and prints the seed of each violation."""

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
from tests.proof.experiments import Experiment, Findings, round_on, round_on_own_servers
from tests.proof.schedules.backends.backends import given_servers

NewRound: TypeAlias = Callable[..., Iterator[Experiment]]
OK, VIOLATED, USAGE, UNAVAILABLE = 0, 1, 2, 3
_SEEDS_OF_A_ROUND = 1_000_000
_SERVER_SETTINGS = ("QUOTES_REDIS_URL", "QUOTES_DATABASE_URL")


@click.command()
@click.option("--rounds", type=click.IntRange(1), help="Number of rounds; 1, or as many as the minutes allow.")
@click.option("--seed", type=click.IntRange(0), help="The first seed; random by default.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="Time limit; an experiment that has begun runs to its end.",
)
def main(rounds: int | None, seed: int | None, minutes: float | None) -> None:
    """
    Run failpoints, random schedules, calls over HTTP, failovers and mutants.

    With QUOTES_REDIS_URL and QUOTES_DATABASE_URL: failpoints and schedules on these servers, under names of their own,
    which are deleted afterwards. The exit status is 1 if an invariant was broken, 2 for a bad setting, 3 if a server is
    unreachable.
    """
    seed = secrets.randbelow(_SEEDS_OF_A_ROUND) if seed is None else seed
    until = None if minutes is None else time.monotonic() + 60 * minutes
    every = itertools.count() if minutes and rounds is None else range(rounds or 1)
    numbers = itertools.takewhile(lambda _: not _is_over(until), every)
    click.echo(f"seed {seed}: SEED={seed} repeats this run")
    try:
        with _rounds() as new_round:
            violations = sum(_run_round(new_round, seed, number, until) for number in numbers)
    except SettingsError as error:
        sys.exit(_report_error(USAGE, str(error)))
    except Unavailable as error:
        sys.exit(_report_error(UNAVAILABLE, str(error)))
    sys.exit(VIOLATED if violations else OK)


@contextmanager
def _rounds() -> Iterator[NewRound]:
    """Yield rounds on servers of this run, or on the named ones."""
    named = [name for name in _SERVER_SETTINGS if name in os.environ]
    if not named:
        yield round_on_own_servers
    elif len(named) < len(_SERVER_SETTINGS):
        raise SettingsError(
            f"set {' and '.join(_SERVER_SETTINGS)} together, or neither for servers of our own: {named[0]} is set alone"
        )
    else:
        with given_servers(Settings.from_environ(os.environ)) as new_backend:

            def new_round(seed: int, *, is_first: bool) -> Iterator[Experiment]:
                return round_on(new_backend, seed, is_first=is_first)

            yield new_round


def _run_round(new_round: NewRound, seed: int, number: int, until: float | None) -> int:
    """Run the experiments of one round; return the number of violations."""
    return sum(
        len(_run_experiment(experiment).violations)
        for experiment in new_round(seed + number * _SEEDS_OF_A_ROUND, is_first=number == 0)
        if not _is_over(until)
    )


def _run_experiment(experiment: Experiment) -> Findings:
    status, began = StatusLine(), time.monotonic()
    found = experiment.run(lambda text: status.show(f"{experiment.title}: {text}"))
    status.clear()
    click.echo(f"{experiment.title}: {found.summary} ({time.monotonic() - began:.0f} s)")
    for violation in found.violations:
        click.echo(violation)
    return found


def _is_over(until: float | None) -> bool:
    return until is not None and time.monotonic() >= until


def _report_error(status: int, reason: str) -> int:
    click.echo(f"faults: {reason}", err=True)
    return status


if __name__ == "__main__":
    main()
