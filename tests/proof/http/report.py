"""Runs the state machine, and reports its steps and answers."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.http.harness.harness import Tally
from tests.proof.http.machine import HttpMachine


@dataclass(frozen=True)
class Report:
    """The result of a run: its examples and steps, and the numbers of steps by rule and of answers."""

    seed: int
    examples: int
    steps: int
    hits: Mapping[str, int]
    answers: Mapping[str, int]

    @property
    def summary(self) -> str:
        """The report without the numbers by rule and answer."""
        rarest = min(self.hits, key=lambda name: self.hits[name])
        rules = f"{len(self.hits)} rules, the rarest ({rarest}) {self.hits[rarest]} times"
        return (
            f"seed {self.seed}, {self.examples:,} examples, {self.steps:,} steps; {rules}; {len(self.answers)} answers"
        )

    def __str__(self) -> str:
        hits = ", ".join(f"{name}: {count}" for name, count in self.hits.items())
        answers = ", ".join(f"{answer}: {count}" for answer, count in sorted(self.answers.items()))
        return f"seed {self.seed}, {self.examples} examples, {self.steps} steps; {hits}; answers: {answers}"


def run_http_machine(seed: int, examples: int, steps: int, *, shrinks: bool = True) -> Report:
    """
    Run so many examples of so many steps from this seed. Rules that never ran are reported as 0.

    Raises: the error of the first failing step, with the shortest program that reproduces it
    """
    tally = Tally(Counter(dict.fromkeys(rule_names(), 0)))
    machine = hypothesis.seed(seed)(type("HttpMachine", (HttpMachine,), {"tally": tally}))
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    with _without_log(), _without_constants():
        run_state_machine_as_test(machine, settings=chosen)
    return Report(seed, tally.examples, sum(tally.hits.values()), dict(tally.hits), dict(tally.answers))


def rule_names() -> list[str]:
    return sorted(entry.function.__name__ for entry in HttpMachine.setup_state().rules)


def _without_constants() -> AbstractContextManager[object]:
    """Keep Hypothesis from trying constants of loaded modules: a seed would change with any line of code."""
    return patch.object(providers, "_get_local_constants", Constants)


@contextmanager
def _without_log() -> Iterator[None]:
    """Silence the log: thousands of expected refusals would hide a finding."""
    log = logging.getLogger("quotehold")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)
