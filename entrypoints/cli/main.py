"""The command `quotes`. Exit status: 0 fine, 1 found something wrong, 2 wrong usage, 3 cannot reach a server."""

from __future__ import annotations

import json
import os
import sys

import click

from domain.errors import (
    DatabaseOutdated,
    DatabaseUnavailable,
    OperatorRefused,
    StoreDenied,
    StoreUnavailable,
    Unavailable,
)
from domain.use_cases.reconcile_claims import Outcome
from entrypoints.bootstrap import operations
from entrypoints.cli.claim_changes import sentence_of
from entrypoints.cli.claim_commands import claims
from entrypoints.cli.claim_options import JSON
from entrypoints.operations import Operations
from entrypoints.processes.progress import StatusLine, log_to_stderr
from entrypoints.processes.reconciler import Reconciler, stopping_by_signals, summary
from entrypoints.processes.serve import ServeError, attached, prepare, serve
from entrypoints.settings.settings import Settings, SettingsError


def main() -> None:
    """Run the command line. Whatever goes wrong is one line on standard error, never a traceback."""
    try:
        status = commands.main(prog_name="quotes", standalone_mode=False, obj=_operations)
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.format_message(), err=True)
        status = help_wanted.exit_code
    except Exception as error:  # each ends as one line, and not as a traceback
        if sys.flags.dev_mode:  # `python -X dev -m entrypoints.cli …` is for those who want the traceback
            raise
        message, status = _explained(error)
        click.echo(f"quotes: {message}", err=True)
    sys.exit(status if isinstance(status, int) else 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quotehold")
def commands() -> None:
    """Quotehold keeps an anonymous visitor's quote until the visitor registers.

    Settings are environment variables: see `quotes config`. Exit status: 0 fine, 1 found something wrong, 2 wrong
    usage, 3 cannot reach a server.
    """


@commands.command("serve")
def serve_command() -> None:
    """Run the service until Ctrl-C.

    Without QUOTES_REDIS_URL it starts a server of its own, without QUOTES_SECRET_KEYS it makes a key; both, and the
    database, are kept in QUOTES_DATA_DIR.
    """
    serve(_settings(), os.environ, click.echo)


@commands.command("migrate")
@JSON
def migrate_command(as_json: bool) -> None:
    """Bring the database to this version's schema.

    Does nothing where that is done.
    """
    applied = prepare(_settings())
    if as_json:
        click.echo(json.dumps({"applied": applied}))
    else:
        click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to do")


@commands.command("reconcile")
@click.option("--once", is_flag=True, help="End when nothing is due any more.")
@JSON
def reconcile_command(once: bool, as_json: bool) -> int:
    """Finish and repair claims, until Ctrl-C.

    Any number of reconcilers may run at once.

    With --once: exit status 1 if a claim is dead now, 3 if a server was away.
    """
    status = StatusLine()
    log_to_stderr(status)
    operations = _operations(waits=not once)
    reconciler = Reconciler(operations.reconcile, operations.purge, status)
    with stopping_by_signals(reconciler.stopped):
        reconciler.run_once() if once else reconciler.run()
    status.clear()
    if once:
        click.echo(json.dumps(reconciler.total) if as_json else summary(reconciler.total))
    if once and reconciler.outage:
        raise reconciler.outage
    return 1 if once and reconciler.total[Outcome.DEAD] else 0


commands.add_command(claims)


@commands.command("config")
@JSON
def config_command(as_json: bool) -> None:
    """Show every setting as it would be used, secrets redacted."""
    rows = _settings().describe()
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows], indent=2))
        return
    names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for row in rows:
        click.echo(f"{row.name:<{names}}  {row.value:<{values}}  {row.source:<7}  {row.meaning}")


@commands.command("openapi")
def openapi_command() -> None:
    """Print the OpenAPI document, as JSON. Needs no settings and no server."""
    from entrypoints.http.app import as_text, openapi_document  # noqa: PLC0415 - Flask is slow to import, and used only here

    click.echo(as_text(openapi_document()), nl=False)


def _operations(*, waits: bool = False) -> Operations:
    """On the servers of the settings, or of the `quotes serve` beside this; who `waits` needs no answer at first."""
    found = operations(attached(_settings(), os.environ))
    try:
        found.check()
    except DatabaseOutdated:
        raise
    except Unavailable:
        if not waits:
            raise
    return found


def _settings() -> Settings:
    for name in Settings.unknown(os.environ):
        click.echo(f"quotes: {name} is not a setting and is ignored; see `quotes config`", err=True)
    return Settings.from_environ(os.environ)


def _explained(error: Exception) -> tuple[str, int]:
    match error:
        case SettingsError():
            return str(error), 2
        case ServeError():
            return str(error), error.exit_status
        case OperatorRefused():
            return sentence_of(error), 1
        case DatabaseOutdated():
            return str(error), 3
        case StoreDenied():
            return f"give the user of QUOTES_REDIS_URL the rights of docs/production.md; Redis says: {_line(error)}", 3
        case StoreUnavailable():
            return f"cannot reach the store of QUOTES_REDIS_URL: {_line(error)}", 3
        case DatabaseUnavailable():
            return f"cannot reach the database of QUOTES_DATABASE_URL: {_line(error)}", 3
        case click.ClickException():
            return _usage(error), 2
        case click.exceptions.Abort():
            return "interrupted", 1
        case _:
            return f"unexpected {type(error).__name__}: {_line(error)}", 1


def _usage(error: click.ClickException) -> str:
    """Return the error with the help page of the very command that was called."""
    if not isinstance(error, click.UsageError):
        return error.format_message()
    command = error.ctx.command_path if error.ctx else "quotes"
    return f"{error.format_message()} See `{command} --help`."


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
