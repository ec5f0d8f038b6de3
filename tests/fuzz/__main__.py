"""A fuzz run of any length: the calls that the OpenAPI document defines, and many that it forbids."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from tests.fuzz.run import fuzz, running, traces


@click.command()
@click.option("--examples", type=click.IntRange(1), default=100, show_default=True, help="Made up of each operation.")
@click.option("--seed", type=click.IntRange(0), help="Where it begins; somewhere else each time, unless it is given.")
@click.option("--minutes", type=click.IntRange(1), help="Go on, with other examples, until they are over.")
def main(examples: int, seed: int | None, minutes: int | None) -> None:
    """
    Run all phases and checks of Schemathesis, and print the counts of each operation.

    The exit status is 1 if anything was found, if an operation was left out or never worked, or if the service has
    logged a traceback.
    """
    options = ["--max-examples", str(examples), "--generation-database", "none"]
    options += [] if seed is None else ["--seed", str(seed)]
    options += [] if minutes is None else ["--max-time", str(minutes * 60)]
    with (
        tempfile.TemporaryDirectory(prefix="quotehold-fuzz-") as folder,
        running(Path(folder) / "data") as service,
    ):
        is_fine, _ = fuzz(service, options)
        found = traces(service)
    click.echo(found, nl=False)
    sys.exit(not is_fine or bool(found))


if __name__ == "__main__":
    main()
