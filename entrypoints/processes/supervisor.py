"""Watches child processes, and stops them in the opposite order of their start."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Protocol, TypeVar

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PAUSE = 0.05


class Child(Protocol):
    """A process under supervision."""

    def exit_status(self) -> int | None: ...

    def failure(self, what: str) -> Exception: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


AnyChild = TypeVar("AnyChild", bound=Child)


class StopAsked(Exception):
    """Ctrl-C, SIGTERM or a closed terminal (SIGHUP) asked for the end."""


class Supervisor:
    """
    Within its `with` block, the first SIGINT, SIGTERM or SIGHUP ends `wait_until` and `watch`; the second kills the
    children. Leaving the block stops all children, the last one first.
    """

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._asked = 0

    def __enter__(self) -> Supervisor:
        self._before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asked = max(self._asked, 1)  # the end has begun: a Ctrl-C from now on kills
        while self._children:
            self._children[-1].stop()
            self._children.pop()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def killed(self) -> bool:
        """Tell whether a second signal cut the end short."""
        return self._asked > 1

    def add(self, child: AnyChild) -> AnyChild:
        """Watch this child from now on, and stop it at the end."""
        self._children.append(child)
        return child

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """
        Return as soon as `ready` returns true.

        Raises: StopAsked, the failure of a child that ended, the errors of `ready`
        """
        while not ready():
            for child in self._children:
                if child.exit_status() is not None:
                    raise child.failure("ended by itself")
            if self._asked:
                raise StopAsked
            time.sleep(_PAUSE)  # a child gives no sign when it becomes ready
        if self._asked:
            raise StopAsked

    def watch(self) -> None:
        """Wait for a signal, or for the end of a child. It never returns; it raises the errors of `wait_until`."""
        self.wait_until(lambda: False)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1
        if self._asked > 1:
            for child in self._children:
                child.kill()
