"""Child processes that start in order, are watched, and stop in the opposite order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Protocol, TypeVar

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PAUSE = 0.05


class Child(Protocol):
    """What can be supervised."""

    def exit_status(self) -> int | None: ...

    def failure(self, what: str) -> Exception: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


AnyChild = TypeVar("AnyChild", bound=Child)


class StopAsked(Exception):
    """An end was asked for: by Ctrl-C, SIGTERM, or a closed terminal."""


class Supervisor:
    """
    Within its `with` block, the first SIGINT, SIGTERM or SIGHUP ends whatever waits here; the second kills the
    children. Leaving the block stops them all, the last one first.
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
        self._asked = max(self._asked, 1)  # it is ending: a Ctrl-C from now on is the one that kills
        while self._children:
            self._children[-1].stop()
            self._children.pop()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def killed(self) -> bool:
        """Whether a second signal cut the end short."""
        return self._asked > 1

    def add(self, child: AnyChild) -> AnyChild:
        """Watch it from now on, and stop it at the end."""
        self._children.append(child)
        return child

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """
        Return as soon as `ready` says so.

        Raises: StopAsked, the failure of a child that ended, whatever `ready` raises
        """
        while not ready():
            for child in self._children:
                if child.exit_status() is not None:
                    raise child.failure("ended by itself")
            if self._asked:
                raise StopAsked
            time.sleep(_PAUSE)  # a child tells nobody that it is ready
        if self._asked:
            raise StopAsked

    def watch(self) -> None:
        """Wait for the end; returns never. Raises what `wait_until` raises."""
        self.wait_until(lambda: False)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1
        if self._asked > 1:
            for child in self._children:
                child.kill()
