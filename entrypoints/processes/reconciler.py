"""The process of the reconciler: one pass after another until it is told to stop."""

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
"""Seconds between two looks at what is due."""
_PURGE_EVERY = 3600.0
"""Seconds: what is kept for months need not go to the minute."""
_LONGEST_PAUSE = 30.0
"""Seconds between two tries while a server is away."""


class Stop:
    """Whether it is time to end. Unlike threading's Event, it may be set by a signal in the midst of its own wait."""

    def __init__(self) -> None:
        self._is_set = False
        self._wake: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        self._is_set = True
        self._wake.put(None)

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, seconds: float) -> None:
        """So long, or until it is set."""
        if not self._is_set:
            with contextlib.suppress(Empty):
                self._wake.get(timeout=seconds)


@dataclass
class Reconciler:
    """
    Runs passes, and now and then deletes what was kept too long. `total` is what they have done so far; `outage` why
    the last one could not do all.
    """

    reconcile: ReconcileClaims
    purge: PurgeDeadLetters
    status: StatusLine
    stopped: Stop = field(default_factory=Stop)
    total: Counter[Outcome] = field(default_factory=Counter)
    outage: Unavailable | None = None
    _purges_at: float = 0.0

    def run(self) -> None:
        """Pass after pass, until it is stopped."""
        _log.info("reconciling, until SIGTERM or Ctrl-C")
        failures = 0
        while not self.stopped.is_set():
            helped = self._helped()
            done = self._pass()
            # One shard of a cluster may be away for long: that must not keep the claims of the others waiting.
            failures = failures + 1 if done.outage and self._helped() == helped else 0
            if failures:
                self.stopped.wait(min(_POLL * 2 ** min(failures - 1, 10), _LONGEST_PAUSE))
            elif done.outage or done.is_last:
                self.stopped.wait(_POLL)
        _log.info("stopped between two claims, what is left stays due; so far: %s", summary(self.total))

    def run_once(self) -> None:
        """Until nothing is due any more, or a server is away."""
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
        except Exception as error:  # noqa: BLE001 - the process must go on; it is logged, and told as an outage
            _log.exception("a pass met an error that is not known")
            done = Pass(outage=Overloaded(f"{type(error).__name__}: see the log"), is_last=False)
        self.outage = done.outage
        return done

    def _purge_if_due(self) -> None:
        if time.monotonic() >= self._purges_at:
            self.purge(self.stopped.is_set, lambda: self._count(Outcome.PURGED))
            self._purges_at = time.monotonic() + _PURGE_EVERY

    def _helped(self) -> int:
        """How many claims were not only looked at."""
        return self.total.total() - self.total[Outcome.WAITING]

    def _count(self, outcome: Outcome) -> None:
        self.total[outcome] += 1
        self.status.show(summary(self.total))


def summary(total: Counter[Outcome]) -> str:
    """`3 built, 12 cleaned`, in the order of the outcomes."""
    return ", ".join(f"{total[outcome]} {outcome}" for outcome in Outcome if total[outcome]) or "nothing was due"


@contextlib.contextmanager
def stopping_by_signals(stopped: Stop) -> Iterator[None]:
    """The first SIGINT, SIGTERM or SIGHUP asks for an end between two claims; the second ends the process at once."""

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
