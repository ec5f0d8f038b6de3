"""The options that several commands on claims have, and the actor for the audit log."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from domain.claims import UNFINISHED_STATES, Cause, ClaimState
from domain.repairing.audit import Operator
from domain.repairing.summaries import ClaimFilter
from entrypoints.operations import Operations
from entrypoints.settings import values

OperationsOf = Callable[[], Operations]

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
IDS = click.argument("quote_ids", metavar="QUOTE_ID...", nargs=-1, required=True)
ACTOR = click.option("--as", "actor", metavar="NAME", help="Your name in the audit log. [default: user@host]")
REASON = click.option("--reason", metavar="TEXT", help="The reason, kept in the audit log. Write no personal data.")
REVEAL = click.option("--reveal", is_flag=True, help="Show personal data too; this leaves an audit entry.")


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return value if isinstance(value, timedelta) else values.duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that select claims."""
    states = click.Choice([state.value for state in ClaimState])
    causes = click.Choice([cause.value for cause in Cause])
    for option in (
        click.option("--newer-than", type=_Duration(), metavar="30m", help="Only claims made less than this long ago."),
        click.option("--older-than", type=_Duration(), metavar="2h", help="Only claims made longer ago than this."),
        click.option(
            "--cause", "causes", type=causes, multiple=True, help="Only claims with this cause; may be repeated."
        ),
        click.option("--all", "every", is_flag=True, help="Claims in every state, also done and discarded."),
        click.option(
            "--state",
            "states",
            type=states,
            multiple=True,
            help="Only claims in this state; may be repeated. [default: all except done and discarded]",
        ),
    ):
        command = option(command)
    return command


def claim_filter(
    states: tuple[str, ...],
    causes: tuple[str, ...],
    older_than: timedelta | None,
    newer_than: timedelta | None,
    *,
    every: bool,
) -> ClaimFilter:
    now = datetime.now(UTC)
    asked = tuple(ClaimState(state) for state in states) or (() if every else UNFINISHED_STATES)
    return ClaimFilter(
        states=asked,
        causes=tuple(Cause(cause) for cause in causes),
        claimed_before=now - older_than if older_than else None,
        claimed_after=now - newer_than if newer_than else None,
    )


def operator_of(actor: str | None, reason: str | None) -> Operator:
    return Operator((actor or f"{_user()}@{socket.gethostname()}")[:255], reason)


def _user() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid{os.getuid()}"
