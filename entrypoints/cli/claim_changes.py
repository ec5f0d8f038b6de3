"""`quotes claims retry` and `discard`: the commands that change a claim."""

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
    help='Replace the kept draft by the draft in FILE, as JSON: {"product": …, "details": {…}}; - is standard input.',
)
@click.option(
    "--replaces",
    metavar="SHA256",
    help="Needed with --payload if the kept draft can be decoded: the first 8 or more digits of its SHA-256. "
    "`show` prints them.",
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
    """Let the reconciler try claims again now; attempts restart at 0.

    A retry never makes a second quote.

    --payload replaces the draft kept in the claim. If the visitor saved again after the claim, that newer draft wins.
    If the claim held no draft, a draft that is still in Redis wins.

    Claims that cannot be retried are reported; the rest are retried; the exit status is then 1.
    """
    if payload and len(quote_ids) > 1:
        raise click.UsageError("Give one QUOTE_ID with --payload: the file holds the draft of one quote.")
    if replaces and not re.fullmatch("[0-9a-f]{8,64}", replaces):
        raise click.UsageError("--replaces must be the first 8 or more digits of a SHA-256 (0-9 and a-f).")
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
    """Give up claims in the state retry or dead.

    The draft kept in each claim is deleted. If an older version of the quote was built, the customer keeps it. A
    fetch_pending claim cannot be discarded: its draft may still be in Redis.

    A reason is required: --reason, or the answer to a prompt.

    Claims that cannot be discarded are reported; the rest are discarded; the exit status is then 1.
    """
    if not reason and sys.stdin.isatty():
        reason = click.prompt("Reason")
    if not reason:
        raise click.UsageError("Give the reason with --reason TEXT; a discard needs one.")
    discard, operator = operations().discard, operator_of(actor, reason)
    return _change_each(quote_ids, lambda quote_id: discard(quote_id, operator), as_json)


def _change_each(quote_ids: Iterable[str], change: Callable[[str], Claim], as_json: bool) -> int:
    """Change each claim, report each refusal, and return the exit status."""
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
    """Return the refusal, after the options of the command line that help."""
    match refusal:
        case DraftNotSeen():
            show = f"quotes claims show {refusal.quote_id} --payload --reveal"
            return f"Look at the kept draft (`{show}`), then add --replaces {refusal.digest} to replace it. {refusal}"
        case DraftPurged():
            return f"Give the draft with --payload FILE if you have it. {refusal}"
        case _:
            return str(refusal)


def _draft(path: Path) -> Draft:
    from marshmallow import ValidationError  # noqa: PLC0415 - slow to import, and used only here

    from entrypoints.http.requests.strict_json import NotAllowed, read_json  # noqa: PLC0415 - as above
    from entrypoints.http.schemas.quotes import NewQuoteSchema  # noqa: PLC0415 - as above

    with click.open_file(str(path), "rb") as file:
        text = file.read(_MOST_PAYLOAD + 1)
    if len(text) > _MOST_PAYLOAD:
        raise ReplacementRefused(f"Give a draft of at most {_MOST_PAYLOAD} bytes; {path} is larger.")
    try:
        document: Any = read_json(text)
        found = NewQuoteSchema().load(document)
    except (NotAllowed, ValidationError) as error:
        raise ReplacementRefused(f"Correct {path}; it does not hold a draft: {error}") from error
    if "details" not in found:
        raise ReplacementRefused(f'Add "details", an object, to {path}; it has none. "product" is optional.')
    return Draft(found.get("product"), found["details"])
