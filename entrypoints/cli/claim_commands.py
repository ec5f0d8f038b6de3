"""`quotes claims …`: the commands for operators."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from domain.model import QuoteId
from domain.repairing.summaries import ClaimFilter
from domain.use_cases.show_claim import ClaimDetails
from entrypoints.cli import claim_output as views
from entrypoints.cli.claim_changes import discard_command, retry_command
from entrypoints.cli.claim_options import ACTOR, JSON, REASON, REVEAL, OperationsOf, claim_filter, filters, operator_of
from entrypoints.operations import Operations
from entrypoints.processes.progress import StatusLine

_PAGE = 200


@click.group("claims")
def claims() -> None:
    """List, show, repair and check claims.

    A claim is the row in the database that records the move of a quote into an account. docs/claims.md is the manual.
    States:

    \b
    done           The quote is in the account.
    fetch_pending  Redis was unreachable; the reconciler fetches the draft.
    retry          The quote could not be built; the reconciler tries again.
    dead           The quote could not be built; an operator must repair it.
    discarded      An owner or an operator gave it up.
    unknown        A newer version of the service wrote the state.
    """


claims.add_command(retry_command)
claims.add_command(discard_command)


@claims.command("list")
@filters
@click.option("--by-cause", is_flag=True, help="Count the claims by state and cause; do not list them.")
@click.option("--ids", is_flag=True, help="Print only the quote ids, as input for other commands.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="List at most this many claims."
)
@click.option("--after", metavar="QUOTE_ID", help="Continue after this quote id.")
@JSON
@click.pass_obj
def list_command(
    operations: OperationsOf, /, by_cause: bool, ids: bool, limit: int, after: str | None, as_json: bool, **which: Any
) -> None:
    """List claims in the order of their quote ids.

    Without --state and --all, it lists the claims in every state except done and discarded.
    """
    records, now = operations().records, datetime.now(UTC)
    if by_cause:
        counts = records.counts(claim_filter(**which))
        _print(views.count_lines(counts, now), [views.count_json(count) for count in counts], as_json)
        return
    found = records.find(claim_filter(**which), QuoteId(after) if after else None, limit + 1)
    shown = found[:limit]
    if ids:
        _print([claim.quote_id for claim in shown], [claim.quote_id for claim in shown], as_json)
    else:
        _print(views.claim_lines(shown, now), [views.claim_json(claim) for claim in shown], as_json)
    if len(found) > limit:
        click.echo(f"Add --after {shown[-1].quote_id} to list more; there are more claims.", err=True)


@claims.command("show")
@click.argument("quote_id")
@click.option("--payload", is_flag=True, help="Print only the kept draft; without --reveal, only its structure.")
@REVEAL
@REASON
@ACTOR
@JSON
@click.pass_obj
def show_command(
    operations: OperationsOf,
    /,
    quote_id: str,
    payload: bool,
    reveal: bool,
    reason: str | None,
    actor: str | None,
    as_json: bool,
) -> None:
    """Show one claim, its account, and its audit log."""
    details = operations().show(quote_id, operator_of(actor, reason) if reveal else None)
    if as_json:
        click.echo(views.json_text(views.details_json(details, reveal=reveal)))
    elif payload:
        _show_payload(details, reveal=reveal)
    else:
        lines = [*views.details_lines(details, datetime.now(UTC), reveal=reveal)]
        click.echo("\n".join(lines + (["", *views.audit_lines(details.audit_log)] if details.audit_log else [])))


@claims.command("export")
@click.argument("quote_ids", metavar="[QUOTE_ID]...", nargs=-1)
@filters
@click.option(
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    metavar="FILE",
    help="Write to this file instead of standard output. If the file is new, only you can read it.",
)
@REVEAL
@REASON
@ACTOR
@click.pass_obj
def export_command(
    operations: OperationsOf,
    /,
    quote_ids: tuple[str, ...],
    output: Any,
    reveal: bool,
    reason: str | None,
    actor: str | None,
    **which: Any,
) -> None:
    """Write claims as JSON, one claim a line.

    Without QUOTE_ID, it writes the claims that the filters select. Each line holds the JSON of `show --json`.
    """
    os.umask(0o077)  # only its owner can read the file
    found = operations()
    operator = operator_of(actor, reason) if reveal else None
    status, number = StatusLine(), 0
    for number, quote_id in enumerate(quote_ids or _ids(found, claim_filter(**which)), start=1):
        document = views.details_json(found.show(quote_id, operator), reveal=reveal)
        output.write(views.json_text(document, indent=None) + "\n")
        status.show(f"{number} exported")
    status.clear()


@claims.command("log")
@click.argument("quote_id", required=False)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="Show the latest entries, at most this many.",
)
@JSON
@click.pass_obj
def log_command(operations: OperationsOf, /, quote_id: str | None, limit: int, as_json: bool) -> None:
    """Show the audit log of one claim, or of all claims.

    Each entry has the time, the act, its actor and reason, and the claim's state before and after. The latest entry
    comes last.
    """
    entries = operations().records.audit_log(QuoteId(quote_id) if quote_id else None, limit)
    _print(views.audit_lines(entries), [views.audit_json(entry) for entry in entries], as_json)


@claims.command("verify")
@JSON
@click.pass_obj
def verify_command(operations: OperationsOf, /, as_json: bool) -> int:
    """Check that claims, quotes and Redis agree.

    It only reads, in batches, and may run beside the service. The exit status is 1 if it finds an error;
    docs/claims.md explains each finding. The Redis user also needs the commands scan, getrange and pttl.
    """
    examined: Counter[str] = Counter()
    status = StatusLine()

    def tell(what: str, number: int) -> None:
        examined[what] += number
        status.show(_examined(examined))

    found = []
    for finding in operations().verify(tell):
        found.append(finding)
        if not as_json:
            status.clear()
            click.echo(views.printable(f"{finding.kind}: {finding.subject}: {finding.detail}"))
    status.clear()
    if as_json:
        click.echo(views.json_text({"examined": examined, "findings": [views.finding_json(one) for one in found]}))
    else:
        click.echo(f"{_examined(examined)}: {f'{len(found)} findings' if found else 'nothing is wrong'}")
    return 1 if found else 0


def _examined(examined: Counter[str]) -> str:
    return ", ".join(f"{examined[what]} {what}" for what in ("claims", "quotes", "keys", *examined.keys() - _PLAIN))


_PLAIN = {"claims", "quotes", "keys"}


def _ids(operations: Operations, which: ClaimFilter) -> Iterator[str]:
    after: QuoteId | None = None
    while batch := operations.records.find(which, after, _PAGE):
        yield from (claim.quote_id for claim in batch)
        after = batch[-1].quote_id


def _print(lines: list[str], document: object, as_json: bool) -> None:
    click.echo(views.json_text(document) if as_json else "\n".join(lines))


def _show_payload(details: ClaimDetails, *, reveal: bool) -> None:
    """Print only the draft to standard output, so that it can be redirected to a file, repaired and given back."""
    payload, draft = details.claim.payload, details.draft
    if payload is None:
        click.echo("This claim holds no draft.", err=True)
    elif draft is not None:
        document = views.draft_json(draft if reveal else views.masked(draft))
        click.echo(views.json_text(document))
    elif reveal:
        click.echo(views.printable(payload))
    else:
        click.echo(f"Add --reveal to see the kept {len(payload)} bytes; they cannot be decoded.", err=True)
