"""The command `quotes`. Exit status: 0 fine, 1 found something wrong, 2 wrong usage, 3 cannot reach a server."""

from __future__ import annotations

import json
import os
import sys

import click

from domain.errors import DatabaseUnavailable
from entrypoints.serve import ServeError, prepare, serve
from entrypoints.settings import Settings, SettingsError

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


def main() -> None:
    """Run the command line. Whatever goes wrong is one line on standard error, never a traceback."""
    try:
        status = commands.main(prog_name="quotes", standalone_mode=False)
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
@_JSON
def migrate_command(as_json: bool) -> None:
    """Bring the database to the form that this version needs; does nothing where that is done."""
    applied = prepare(_settings())
    if as_json:
        click.echo(json.dumps({"applied": applied}))
    else:
        click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to do")


@commands.command("config")
@_JSON
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
    from entrypoints.http.app import openapi_document  # noqa: PLC0415 - Flask is slow to import, and used only here

    click.echo(json.dumps(openapi_document(), indent=2, ensure_ascii=False))


def _settings() -> Settings:
    for name in Settings.unknown(os.environ):
        click.echo(f"quotes: {name} is no setting and is ignored; see `quotes config`", err=True)
    return Settings.from_environ(os.environ)


def _explained(error: Exception) -> tuple[str, int]:
    match error:
        case SettingsError():
            return str(error), 2
        case ServeError():
            return str(error), error.exit_status
        case DatabaseUnavailable():
            return f"cannot reach the database of QUOTES_DATABASE_URL: {_line(error)}", 3
        case click.UsageError():
            return f"{error.format_message()} See `quotes --help`.", 2
        case click.exceptions.Abort():
            return "interrupted", 1
        case _:
            return f"unexpected {type(error).__name__}: {_line(error)}", 1


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    main()
