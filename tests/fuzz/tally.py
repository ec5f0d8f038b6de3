"""Counts of calls and outcomes for each operation; Schemathesis itself counts over all operations together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click
from schemathesis import cli
from schemathesis.cli.constants import ExitCode
from schemathesis.engine import Status, events
from schemathesis.engine.recorder import ScenarioRecorder

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass
class Count:
    cases: int = 0
    skipped: int = 0
    successes: int = 0
    failures: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.cases + other.cases,
            self.skipped + other.skipped,
            self.successes + other.successes,
            self.failures + other.failures,
        )

    @property
    def is_proof(self) -> bool:
        """Tell whether the operation was tried in every phase, and worked at least once."""
        return self.successes > 0 and not self.skipped


@dataclass
class Tally:
    counts: dict[str, Count] = field(default_factory=dict)

    def expect(self, document: dict[str, Any]) -> None:
        """Add every operation of the document, so that one without a call is reported too."""
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    self.counts[f"{method.upper()} {path}"] = Count()

    def skip(self, label: str) -> None:
        self.counts[label].skipped += 1

    def add(self, recorder: ScenarioRecorder) -> None:
        for case_id, node in recorder.cases.items():
            count = self.counts[node.value.operation.label]
            interaction = recorder.interactions.get(case_id)
            count.cases += 1
            count.successes += bool(
                interaction and interaction.response and interaction.response.status_code // 100 == 2
            )
            count.failures += any(check.status is Status.FAILURE for check in recorder.checks.get(case_id, []))

    @property
    def unproved(self) -> list[str]:
        return [label for label, count in self.counts.items() if not count.is_proof]

    def lines(self) -> Iterator[str]:
        yield f"{'cases':>8}{'skipped':>9}{'2xx':>8}{'failed':>8}  operation"
        for label, count in self.counts.items():
            yield f"{_figures(count)}  {label}"
        yield f"{_figures(sum(self.counts.values(), Count()))}  {len(self.counts)} operations"
        for label in self.unproved:
            yield f"NOT PROVED: {label} was skipped in some phase, or never answered 2xx"


def _figures(count: Count) -> str:
    return f"{count.cases:>8}{count.skipped:>9}{count.successes:>8}{count.failures:>8}"


@cli.handler()
class TallyHandler(cli.EventHandler[cli.ExecutionContext]):
    """Prints the table below Schemathesis' own summary, and fails the run if an operation was not proved."""

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.tally = Tally()

    def handle_event(self, ctx: cli.ExecutionContext, event: events.EngineEvent) -> None:
        if isinstance(event, cli.LoadingFinished):
            self.tally.expect(event.schema)
        elif isinstance(event, events.ScenarioFinished):
            self.tally.add(event.recorder)
            if event.status is Status.SKIP and event.label:
                self.tally.skip(event.label)
        elif isinstance(event, events.EngineFinished) and self.tally.unproved and ctx.exit_code == ExitCode.OK:
            ctx.exit_code = ExitCode.FAILURES

    def shutdown(self, ctx: cli.ExecutionContext) -> None:
        click.echo()
        for line in self.tally.lines():
            click.echo(line)
