"""Checks the URL of Redis by the grammar of the adapter, and the files for its TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

from adapters.redis.url import parse


def redis_url(text: str) -> str:
    """
    Return the URL if the adapter can use it.

    Raises: ValueError; its message shows nothing of the URL
    """
    try:
        parse(text)
    except ValueError as error:
        raise ValueError(f"must be the URL of a Redis server. {error}") from None
    return text


def has_password(url: str) -> bool:
    return parse(url).password is not None


def uses_tls(url: str) -> bool:
    return parse(url).tls


def certificates(text: str) -> Path:
    """Return the path of a PEM file with certificates."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=text)
    except OSError as error:
        raise ValueError(f"must be a PEM file with certificates; {text!r} {_reason(error)}") from None
    return Path(text)


def private_key(text: str) -> Path:
    """Return the path of a readable file. `belong_together` checks the key in it, with its certificate."""
    try:
        Path(text).read_bytes()
    except OSError as error:
        raise ValueError(f"must be a PEM file with a private key; {text!r} {_reason(error)}") from None
    return Path(text)


def belong_together(certificate: Path, key: Path) -> bool:
    """Tell whether the key belongs to the certificate, and needs no passphrase."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except OSError:
        return False
    return True


def _reason(error: OSError) -> str:
    return "holds no certificate" if isinstance(error, ssl.SSLError) else f"cannot be read ({error.strerror})"
