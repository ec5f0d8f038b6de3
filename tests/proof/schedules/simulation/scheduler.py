"""
The scheduler: runs tasks by turns, and lets each call of a port meet a fault.

Each task runs up to its next call of a port and waits there. All tasks share one thread, so that the same choices give
the same run.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeAlias

from greenlet import getcurrent, greenlet

from domain.errors import QuoteholdError, QuoteRefused
from tests.proof.schedules.faults.port_calls import READS, STORE, WRITES, Call, Fault

Perform: TypeAlias = Callable[[], Any]
POISON = "poison"
"""The database refuses details with this member."""


class Crashed(BaseException):
    """The error that ends a task, as if its process had died."""


class CallObserver(Protocol):
    """Observes every call that reaches a server."""

    def observe(self, call: Call, perform: Perform) -> Any: ...

    def check_repeat(self, call: Call, first: object, second: object) -> None:
        """Compare the answer of a call with that of its immediate repeat."""


@dataclass
class Task:
    """One client at work, as a greenlet. `faults` counts the faults that it met."""

    name: str
    coroutine: greenlet = field(repr=False)
    next_call: str = ""
    """The call before which it waits."""
    faults: int = 0
    attempt: bytes | None = None
    """Its last claim token."""

    @property
    def is_done(self) -> bool:
        return self.coroutine.dead


@dataclass
class Scheduler:
    """
    The tasks and their turns.

    `fault_for` decides the fault of each call; `history` records all events. Other calls go straight through.
    """

    observer: CallObserver
    fault_for: Callable[[Task, Call], Fault]
    tasks: list[Task] = field(default_factory=list)
    history: list[tuple[object, ...]] = field(default_factory=list)
    current: Task | None = None
    _main: greenlet = field(default_factory=getcurrent)

    def wrap(self, port: str, adapter: Any) -> Any:
        """Return the port with its calls under this scheduler."""
        return _ScheduledPort(self, port, adapter)

    def spawn(self, name: str, work: Callable[[], None]) -> Task:
        """Add a task; it starts when it is resumed."""

        def run() -> None:
            with suppress(Crashed):
                work()

        task = Task(name, greenlet(run, parent=self._main))
        self.tasks.append(task)
        return task

    def runnable(self) -> list[Task]:
        return [task for task in self.tasks if not task.is_done]

    def resume(self, task: Task) -> None:
        """Run the task up to its next call or its end."""
        self.current = task
        try:
            task.coroutine.switch()
        finally:
            self.current = None

    def run_all(self) -> None:
        """Run all tasks to their end, one after the other."""
        while runnable := self.runnable():
            self.resume(runnable[0])

    def call(self, call: Call, method: Callable[..., Any]) -> Any:
        perform = partial(self.observer.observe, call, partial(_refuse_poison, call, method))
        task = self.current
        if task is None:
            return perform()
        if call.method == "begin_claim":
            task.attempt = call.args[1]
        task.next_call = call.name
        self._pause(task)
        fault = self.fault_for(task, call)
        self.history.append((task.name, call, fault))
        if fault is Fault.NONE:
            return perform()
        task.faults += 1
        return self._fail(task, call, fault, perform)

    def _pause(self, task: Task) -> None:
        self._main.switch()
        self.current = task

    def _fail(self, task: Task, call: Call, fault: Fault, perform: Perform) -> Any:
        match fault:
            case Fault.CRASH_BEFORE | Fault.CRASH_AFTER:
                if fault is Fault.CRASH_AFTER:
                    _result(perform)
                raise Crashed
            case Fault.LOST:
                answer = _result(perform)
                if isinstance(answer, QuoteholdError) and call.port not in STORE:
                    raise answer  # raised before COMMIT, and heard by the client
            case Fault.LATE:
                self.spawn(f"{task.name}'s late {call.name}", partial(self._deliver_late, call, perform))
            case Fault.TWICE:
                first, second = _result(perform), _result(perform)
                self.observer.check_repeat(call, first, second)
                return _return_or_raise(second)
            case Fault.REPEATED:
                _result(perform)
                self._pause(task)
                return perform()
        raise call.refusal(fault)

    def _deliver_late(self, call: Call, perform: Perform) -> None:
        current = self.current
        if current:
            self._pause(current)
            self.history.append((current.name, call, Fault.NONE))
        _result(perform)


class _ScheduledPort:
    """A port with scheduled calls to its server; other calls go straight to the adapter."""

    def __init__(self, scheduler: Scheduler, port: str, adapter: Any) -> None:
        self._adapter = adapter
        for method in (*READS[port], *WRITES[port]):
            setattr(self, method, partial(self._call, scheduler, port, method))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def _call(self, scheduler: Scheduler, port: str, method: str, *args: Any, **more: Any) -> Any:
        return scheduler.call(Call(port, method, args, more), partial(getattr(self._adapter, method), *args, **more))


def _refuse_poison(call: Call, method: Callable[[], Any]) -> Any:
    if any(POISON in draft.details for draft in call.drafts):
        raise QuoteRefused("the database does not take these details")
    return method()


def _result(perform: Perform) -> Any:
    """Return the result or the error."""
    try:
        return perform()
    except QuoteholdError as error:
        return error


def _return_or_raise(result: Any) -> Any:
    if isinstance(result, QuoteholdError):
        raise result
    return result
