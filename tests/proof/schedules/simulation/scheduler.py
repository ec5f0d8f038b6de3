"""
Actors who take turns: each runs up to its next call of a port, and there somebody decides who goes on, and what becomes
of the call. One thread, so that the same decisions give the same run.
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

Do: TypeAlias = Callable[[], Any]
POISON = "poison"
"""Details with this member are what the database refuses."""


class Crashed(BaseException):
    """The process of this actor is gone; nothing of it runs any more."""


class Watcher(Protocol):
    """Sees every call that reaches a server."""

    def watch(self, call: Call, do: Do) -> Any: ...

    def compare(self, call: Call, first: object, second: object) -> None:
        """What a call answered, and what it answered when it was repeated at once."""


@dataclass
class Actor:
    """Somebody who does something. `faults` counts what went wrong for it on purpose."""

    name: str
    run: greenlet = field(repr=False)
    next_call: str = ""
    """Before which it stands."""
    faults: int = 0
    attempt: bytes | None = None
    """Its last claim token."""

    @property
    def has_expired(self) -> bool:
        return self.run.dead


@dataclass
class Stage:
    """
    `fate` says what becomes of a call; `history` is what happened, for a reader. Outside of any actor calls go
    straight through.
    """

    watcher: Watcher
    fate: Callable[[Actor, Call], Fault]
    actors: list[Actor] = field(default_factory=list)
    history: list[tuple[object, ...]] = field(default_factory=list)
    acting: Actor | None = None
    _main: greenlet = field(default_factory=getcurrent)

    def around(self, port: str, adapter: Any) -> Any:
        """That port, with its calls on the stage."""
        return _OnStage(self, port, adapter)

    def enter(self, name: str, work: Callable[[], None]) -> Actor:
        """Another actor, who begins when it is its turn."""

        def run() -> None:
            with suppress(Crashed):
                work()

        actor = Actor(name, greenlet(run, parent=self._main))
        self.actors.append(actor)
        return actor

    def waiting(self) -> list[Actor]:
        return [actor for actor in self.actors if not actor.has_expired]

    def let(self, actor: Actor) -> None:
        """It goes on, up to its next call or its end."""
        self.acting = actor
        try:
            actor.run.switch()
        finally:
            self.acting = None

    def play(self) -> None:
        """All of them to the end, one after the other."""
        while waiting := self.waiting():
            self.let(waiting[0])

    def call(self, call: Call, method: Callable[..., Any]) -> Any:
        do = partial(self.watcher.watch, call, partial(_refusing, call, method))
        actor = self.acting
        if actor is None:
            return do()
        if call.method == "begin_claim":
            actor.attempt = call.args[1]
        actor.next_call = call.name
        self._pause(actor)
        fault = self.fate(actor, call)
        self.history.append((actor.name, call, fault))
        if fault is Fault.NONE:
            return do()
        actor.faults += 1
        return self._fail(actor, call, fault, do)

    def _pause(self, actor: Actor) -> None:
        self._main.switch()
        self.acting = actor

    def _fail(self, actor: Actor, call: Call, fault: Fault, do: Do) -> Any:
        match fault:
            case Fault.CRASH_BEFORE | Fault.CRASH_AFTER:
                if fault is Fault.CRASH_AFTER:
                    _outcome(do)
                raise Crashed
            case Fault.LOST:
                answer = _outcome(do)
                if isinstance(answer, QuoteholdError) and call.port not in STORE:
                    raise answer  # it came before COMMIT, and was heard
            case Fault.LATE:
                self.enter(f"{actor.name}'s late {call.name}", partial(self._arrive, call, do))
            case Fault.TWICE:
                first, second = _outcome(do), _outcome(do)
                self.watcher.compare(call, first, second)
                return _answered(second)
            case Fault.REPEATED:
                _outcome(do)
                self._pause(actor)
                return do()
        raise call.refusal(fault)

    def _arrive(self, call: Call, do: Do) -> None:
        acting = self.acting
        if acting:
            self._pause(acting)
            self.history.append((acting.name, call, Fault.NONE))
        _outcome(do)


class _OnStage:
    """A port whose calls to a server are on the stage; the rest is the adapter's own."""

    def __init__(self, stage: Stage, port: str, adapter: Any) -> None:
        self._adapter = adapter
        for method in (*READS[port], *WRITES[port]):
            setattr(self, method, partial(self._call, stage, port, method))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def _call(self, stage: Stage, port: str, method: str, *args: Any, **more: Any) -> Any:
        return stage.call(Call(port, method, args, more), partial(getattr(self._adapter, method), *args, **more))


def _refusing(call: Call, method: Callable[[], Any]) -> Any:
    if any(POISON in draft.details for draft in call.drafts):
        raise QuoteRefused("the database does not take these details")
    return method()


def _outcome(do: Do) -> Any:
    """What it returns or raises."""
    try:
        return do()
    except QuoteholdError as error:
        return error


def _answered(outcome: Any) -> Any:
    if isinstance(outcome, QuoteholdError):
        raise outcome
    return outcome
