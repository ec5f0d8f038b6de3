"""`python -m tests.bench`: measure, print a table, write the figures."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import log_in
from tests.bench.connection import Unexpected
from tests.bench.generator import LoadFailed
from tests.bench.report import text
from tests.bench.run import Options, run
from tests.servers.process import ServerMissing

_RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Measure; return 0 after success, 1 after a wrong answer, 3 if a server is missing, 130 if stopped."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends as with Ctrl-C, and leaves no process behind
    try:
        if arguments.log_in:
            sys.stdout.write(f"{log_in.measure()}\n")
            return 0
        report = run(_options(arguments), _progress)
    except KeyboardInterrupt:
        return _failed("stopped", 130)
    except ServerMissing as error:
        return _failed(str(error), 3)
    except (LoadFailed, Unexpected) as error:
        return _failed(str(error), 1)
    _progress("")
    sys.stdout.write(text(report) + "\n")
    path = arguments.json or _RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n")
    sys.stdout.write(f"All figures: {path}\n")
    return 0


def _arguments() -> argparse.Namespace:
    default = Options()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=default.seconds, help="seconds for each operation in each round (%(default)s)")
    add("--rounds", type=int, default=default.rounds, help="rounds; their medians are shown (%(default)s)")
    add("--workers", type=int, default=default.workers, help="processes of the service, and of the peer (%(default)s)")
    add(
        "--quotes",
        type=int,
        default=default.quotes,
        help="quotes to store for the measure of memory; 0: none (%(default)s)",
    )
    add("--seed", type=int, default=default.seed, help="seed of the quotes' details (%(default)s)")
    add("--without-peer", action="store_true", help="measure the service alone; the peer needs node and npm")
    add("--log-in", action="store_true", help="measure refused log-ins, and nothing else")
    add("--json", type=Path, metavar="FILE", help="file for all figures (a new one in tests/bench/results)")
    given = parser.parse_args()
    if given.seconds <= 0 or min(given.rounds, given.workers) < 1 or given.quotes < 0:
        parser.error("--seconds, --rounds and --workers must be above 0, and --quotes 0 or more")
    return given


def _options(given: argparse.Namespace) -> Options:
    return Options(given.seconds, given.rounds, given.workers, given.quotes, given.seed, not given.without_peer)


def _progress(doing: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{doing and doing + ' ...'}")
        sys.stderr.flush()


def _failed(reason: str, status: int) -> int:
    _progress("")
    sys.stderr.write(f"bench: {reason}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
