"""`quotes claims retry` and `discard`: what changes a claim."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from domain.claims import Claim
from domain.errors import DraftNotSeen, DraftPurged, OperatorRefused, ReplacementRefused
from domain.model import Draft
from entrypoints.cli import claim_output as views
from entrypoints.cli.claim_options import ACTOR, IDS, JSON, REASON, OperationsOf, operator_of

_MOST_PAYLOAD = 4 * 1024 * 1024


@click.command("retry")
@IDS
@click.option(
    "--payload",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help='A draft in place of the one that is kept: JSON, {"product": …, "details": {…}}; - is standard input.',
)
@click.option(
    "--replaces",
    metavar="SHA256",
    help="With --payload, where the draft that is kept can be read: the beginning of its SHA-256, as `show` has it.",
)
@REASON
@ACTOR
@JSON
@click.pass_obj
def retry_command(
    operations: OperationsOf,
    /,
    quote_ids: tuple[str, ...],
    payload: Path | None,
    replaces: str | None,
    reason: str | None,
    actor: str | None,
    as_json: bool,
) -> int:
    """Let the reconciler try again, now, with all its attempts. It can never make a second quote.

    A repaired draft replaces what stood at the claim. What its visitor has saved after that, or what a claim that had
    nothing yet still finds in Redis, wins over it. One that cannot be changed is told, the others are; exit status 1.
    """
    if payload and len(quote_ids) > 1:
        raise click.UsageError("--payload is one quote's draft: give one QUOTE_ID.")
    if replaces and not re.fullmatch("[0-9a-f]{8,64}", replaces):
        raise click.UsageError("--replaces takes the first 8 or more digits of a SHA-256.")
    replacement, retry, operator = _draft(payload) if payload else None, operations().retry, operator_of(actor, reason)
    return _change_each(quote_ids, lambda quote_id: retry(quote_id, operator, replacement, replaces), as_json)


@click.command("discard")
@IDS
@REASON
@ACTOR
@JSON
@click.pass_obj
def discard_command(
    operations: OperationsOf, /, quote_ids: tuple[str, ...], reason: str | None, actor: str | None, as_json: bool
) -> int:
    """Give up claims that cannot be repaired.

    The drafts that are kept in them are deleted.
    Where an older version of the quote was built, the customer keeps that. A claim whose draft is still to be fetched
    is not given up.
    """
    if not reason and sys.stdin.isatty():
        reason = click.prompt("Why")
    if not reason:
        raise click.UsageError("A reason is needed: --reason TEXT.")
    discard, operator = operations().discard, operator_of(actor, reason)
    return _change_each(quote_ids, lambda quote_id: discard(quote_id, operator), as_json)


def _change_each(quote_ids: Iterable[str], change: Callable[[str], Claim], as_json: bool) -> int:
    """One that is refused keeps no other one from being done: a reconciler may have been faster with it."""
    status = 0
    for quote_id in quote_ids:
        try:
            claim = change(quote_id)
        except OperatorRefused as refusal:
            click.echo(f"quotes: {sentence_of(refusal)}", err=True)
            status = 1
        else:
            click.echo(json.dumps(views.claim_json(claim)) if as_json else f"{claim.quote_id} is {claim.state} now")
    return status


def sentence_of(refusal: OperatorRefused) -> str:
    """Return the refusal with the options of the command line that help."""
    match refusal:
        case DraftNotSeen():
            show = f"quotes claims show {refusal.quote_id} --payload --reveal"
            return f"{refusal} Look at it (`{show}`), then add --replaces {refusal.digest} to put yours in its place."
        case DraftPurged():
            return f"{refusal} If you have the draft, give it with --payload FILE."
        case _:
            return str(refusal)


def _draft(path: Path) -> Draft:
    from marshmallow import ValidationError  # noqa: PLC0415 - slow to import, and used only here

    from entrypoints.http.requests.strict_json import NotAllowed, read_json  # noqa: PLC0415 - as above
    from entrypoints.http.schemas.quotes import NewQuoteSchema  # noqa: PLC0415 - as above

    with click.open_file(str(path), "rb") as file:
        text = file.read(_MOST_PAYLOAD + 1)
    if len(text) > _MOST_PAYLOAD:
        raise ReplacementRefused(f"{path} is over {_MOST_PAYLOAD} bytes.")
    try:
        document: Any = read_json(text)
        found = NewQuoteSchema().load(document)
    except (NotAllowed, ValidationError) as error:
        raise ReplacementRefused(f"{path} is no draft: {error}") from error
    if "details" not in found:
        raise ReplacementRefused(f'{path} is no draft: it needs "details", an object, and may have "product".')
    return Draft(found.get("product"), found["details"])
