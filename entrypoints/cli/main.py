"""The command `quotes`. Exit status: 0 success, 1 an error, 2 wrong usage or a bad setting, 3 an unusable server."""

from __future__ import annotations

import json
import os
import sys

import click

from domain.errors import (
    CommitUnknown,
    DatabaseOutdated,
    OperatorRefused,
    Overloaded,
    StoreDenied,
    StoreFull,
    StoreUnavailable,
    StoreUnreachable,
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
    """Run the command line. Each error is one line on standard error, without a traceback."""
    try:
        status = commands.main(prog_name="quotes", standalone_mode=False, obj=_operations)
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.format_message(), err=True)
        status = help_wanted.exit_code
    except Exception as error:  # each error ends as one line, without a traceback
        if sys.flags.dev_mode:  # `python -X dev -m entrypoints.cli …` prints the traceback
            raise
        message, status = _explained(error)
        click.echo(f"quotes: {message}", err=True)
    sys.exit(status if isinstance(status, int) else 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quotehold")
def commands() -> None:
    """Quotehold keeps an anonymous visitor's quote until the visitor registers.

    Settings are environment variables: see `quotes config`.

    Exit status: 0 success, 1 an error was found, 2 wrong usage or a bad setting, 3 a server cannot be used.
    """


@commands.command("serve")
def serve_command() -> None:
    """Run the web service and a reconciler until Ctrl-C.

    Without QUOTES_REDIS_URL, it starts a Valkey server. Without QUOTES_SECRET_KEYS, it makes a key. Without
    QUOTES_DATABASE_URL, it uses SQLite. It keeps all of these in QUOTES_DATA_DIR.
    """
    serve(_settings(), os.environ, click.echo)


@commands.command("migrate")
@JSON
def migrate_command(as_json: bool) -> None:
    """Create or update the database's tables for this version.

    Run it before each roll-out. If the tables are up to date, it does nothing.
    """
    applied = prepare(_settings())
    if as_json:
        click.echo(json.dumps({"applied": applied}))
    else:
        click.echo("\n".join(f"applied {name}" for name in applied) or "The tables are up to date.")


@commands.command("reconcile")
@click.option("--once", is_flag=True, help="End when no claim is due, or when a server cannot be used.")
@JSON
def reconcile_command(once: bool, as_json: bool) -> int:
    """Repair claims, and clean up in Redis after them, until Ctrl-C.

    Any number of reconcilers may run at once.

    With --once, it prints a count of each outcome. The exit status is 1 if a claim became dead, and 3 if a server
    could not be used.
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
    """Show every setting with its value, source and meaning. Secrets are redacted."""
    rows = _settings().describe()
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows], indent=2))
        return
    names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for row in rows:
        click.echo(f"{row.name:<{names}}  {row.value:<{values}}  {row.source:<7}  {row.meaning}")


@commands.command("openapi")
def openapi_command() -> None:
    """Print the OpenAPI document as JSON. It needs no settings and no servers."""
    from entrypoints.http.app import as_text, openapi_document  # noqa: PLC0415 - Flask is slow to import, and used only here

    click.echo(as_text(openapi_document()), nl=False)


def _operations(*, waits: bool = False) -> Operations:
    """Return the use cases on the servers of the settings, or of a running `quotes serve`; `waits` allows an outage."""
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
        case Unavailable():
            return _outage(error), 3
        case click.ClickException():
            return _usage(error), 2
        case click.exceptions.Abort():
            return "interrupted", 1
        case _:
            remedy = f"`{sys.executable} -X dev -m entrypoints.cli` repeats the command and shows the traceback"
            return f"unexpected {type(error).__name__}: {_line(error)}; {remedy}", 1


def _outage(error: Unavailable) -> str:
    match error:
        case DatabaseOutdated():
            return str(error)
        case StoreDenied():
            remedy = "Check the password in QUOTES_REDIS_URL, and give its user the rights of docs/production.md"
            cause = "Redis says"
        case StoreUnreachable():
            remedy, cause = "Check that the server of QUOTES_REDIS_URL runs", "cannot reach it"
        case StoreUnavailable():
            remedy, cause = "Check the server of QUOTES_REDIS_URL", "it cannot be used"
        case StoreFull():
            remedy, cause = "Give the server of QUOTES_REDIS_URL more memory", "it is full"
        case Overloaded():
            remedy, cause = "Run the command again later", "the service or a server has too much to do"
        case CommitUnknown():
            remedy = "Check with `quotes claims show` whether the change was made, before you repeat it"
            cause = "the database of QUOTES_DATABASE_URL did not confirm it"
        case _:
            remedy, cause = "Check that the database of QUOTES_DATABASE_URL runs", "it cannot be used"
    return f"{remedy}; {cause}: {_line(error)}"


def _usage(error: click.ClickException) -> str:
    """Return the error, with the help page of the command that was called."""
    if not isinstance(error, click.UsageError):
        return error.format_message()
    command, message = error.ctx.command_path if error.ctx else "quotes", error.format_message()
    return f"{message}{'' if message.endswith(('.', '?')) else '.'} See `{command} --help`."


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
