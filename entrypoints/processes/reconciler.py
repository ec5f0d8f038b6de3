"""The loop of the reconciler: one pass after another, until a signal stops it."""

from __future__ import annotations

import contextlib
import logging
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from domain.errors import Overloaded, Unavailable
from domain.use_cases.purge_dead_letters import PurgeDeadLetters
from domain.use_cases.reconcile_claims import Outcome, Pass, ReconcileClaims
from entrypoints.processes.progress import StatusLine

_log = logging.getLogger("quotehold.reconciler")
_POLL = 1.0
"""Seconds between two searches for due claims."""
_PURGE_EVERY = 3600.0
"""Seconds between two purges. Dead letters are kept for months, so an hour more does not matter."""
_LONGEST_PAUSE = 30.0
"""The longest pause between two passes, in seconds, while a server is unreachable."""


class Stop:
    """A flag that ends the loop. Unlike threading.Event, a signal handler may set it while its own thread waits."""

    def __init__(self) -> None:
        self._is_set = False
        self._wake: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        self._is_set = True
        self._wake.put(None)

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, seconds: float) -> None:
        """Wait for this time, or until it is set."""
        if not self._is_set:
            with contextlib.suppress(Empty):
                self._wake.get(timeout=seconds)


@dataclass
class Reconciler:
    """
    Runs passes, and purges dead letters once an hour. `total` counts the outcomes of all passes; `outage` is the
    error that ended the last pass early, or None.
    """

    reconcile: ReconcileClaims
    purge: PurgeDeadLetters
    status: StatusLine
    stopped: Stop = field(default_factory=Stop)
    total: Counter[Outcome] = field(default_factory=Counter)
    outage: Exception | None = None
    _purges_at: float = 0.0

    def run(self) -> None:
        """Run passes until it is stopped."""
        _log.info("reconciling, until SIGTERM or Ctrl-C")
        failures = 0
        while not self.stopped.is_set():
            helped = self._helped()
            done = self._pass()
            # One shard of a cluster may be unreachable for long: the claims of the other shards must not wait for it.
            failures = failures + 1 if done.outage and self._helped() == helped else 0
            if failures:
                self.stopped.wait(min(_POLL * 2 ** min(failures - 1, 10), _LONGEST_PAUSE))
            elif done.outage or done.is_last:
                self.stopped.wait(_POLL)
        _log.info("stopped between two claims; the remaining claims stay due; outcomes so far: %s", summary(self.total))

    def run_once(self) -> None:
        """Run passes until no claim is due, or a pass ends with an error."""
        while not self.stopped.is_set():
            done = self._pass()
            if done.outage or done.is_last:
                return

    def _pass(self) -> Pass:
        try:
            done = self.reconcile(self.stopped.is_set, self._count)
            self._purge_if_due()
        except Unavailable as outage:
            _log.warning("cannot look for claims: %s: %s", type(outage).__name__, outage)
            done = Pass(outage=outage, is_last=False)
            self.outage = outage
        except Exception as error:  # noqa: BLE001 - the process must go on: the error is logged and handled as an outage
            _log.exception("unexpected error in a pass")
            done = Pass(outage=Overloaded(f"{type(error).__name__}: see the log"), is_last=False)
            self.outage = error
        else:
            self.outage = done.outage
        return done

    def _purge_if_due(self) -> None:
        if time.monotonic() >= self._purges_at:
            self.purge(self.stopped.is_set, lambda: self._count(Outcome.PURGED))
            self._purges_at = time.monotonic() + _PURGE_EVERY

    def _helped(self) -> int:
        """Count the claims that had an outcome other than waiting."""
        return self.total.total() - self.total[Outcome.WAITING]

    def _count(self, outcome: Outcome) -> None:
        self.total[outcome] += 1
        self.status.show(summary(self.total))


def summary(total: Counter[Outcome]) -> str:
    """Return `3 built, 12 cleaned`, in the order of the outcomes."""
    return ", ".join(f"{total[outcome]} {outcome}" for outcome in Outcome if total[outcome]) or "nothing was due"


@contextlib.contextmanager
def stopping_by_signals(stopped: Stop) -> Iterator[None]:
    """Stop between two claims at the first SIGINT, SIGTERM or SIGHUP; the second ends the process at once."""

    def stop(*_: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
