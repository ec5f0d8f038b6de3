"""
Reads what the service is told about Redis, strictly. A URL may hold a password, so what is wrong is said without it.

Options behind a `?` are refused, as they would undo the service's own deadlines.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path

_ALLOWED = (
    "allowed is redis://:password@host:6379/0, unix://:password@/path?db=0, "
    "redis+sentinel://:password@host:26379,host/service or redis+cluster://:password@host:6379,host, "
    "and rediss instead of redis for TLS"
)
_USER = r"(?:[^/?#\s]*@)?"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?"
_HOSTS = rf"{_HOST}(?:,{_HOST})*"
_NUMBER = r"[0-9]{1,5}"
_FORMS = [
    rf"rediss?://{_USER}{_HOST}(?:/(?:{_NUMBER})?)?",
    rf"unix://{_USER}/[^?#]+(?:\?db={_NUMBER})?",
    rf"rediss?\+sentinel://{_USER}{_HOSTS}/[A-Za-z0-9._-]+(?:/{_NUMBER})?",
    rf"rediss?\+cluster://{_USER}{_HOSTS}/?",
]
_LAST_PORT = 65535


def redis_url(text: str) -> str:
    """One server, by TCP or by a unix socket; the sentinels of a service; or some nodes of a cluster."""
    ports = re.findall(r":([0-9]+)(?:,|$)", _authority(text).rpartition("@")[2])
    has_form = any(re.fullmatch(form, text) for form in _FORMS)
    if not has_form or not text.isprintable() or not all(0 < int(port) <= _LAST_PORT for port in ports):
        raise ValueError(f"is no URL of a Redis server; {_ALLOWED}")
    return text


def has_password(url: str) -> bool:
    userinfo, at, _ = _authority(url).rpartition("@")
    return bool(at and userinfo.partition(":")[2])


def uses_tls(url: str) -> bool:
    return url.startswith("rediss")


def certificates(text: str) -> Path:
    """The path of a PEM file with certificates."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=text)
    except OSError as error:
        raise ValueError(f"{text!r} {_reason(error)}; allowed is a PEM file with certificates") from None
    return Path(text)


def private_key(text: str) -> Path:
    """The path of a PEM file with a key; whether it fits is seen with its certificate."""
    try:
        Path(text).read_bytes()
    except OSError as error:
        raise ValueError(f"{text!r} {_reason(error)}; allowed is a PEM file with a private key") from None
    return Path(text)


def belong_together(certificate: Path, key: Path) -> bool:
    """Whether the key is the certificate's, and needs no passphrase."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except OSError:
        return False
    return True


def _authority(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _reason(error: OSError) -> str:
    return "holds none" if isinstance(error, ssl.SSLError) else f"cannot be read ({error.strerror})"
