"""
The sessions of an account: one Redis STRING, so that ending or counting all sessions needs no second key. The scripts
write it.

    bytes  field
    1      format version
    1 + n  account id: length and ASCII
    ...    the sessions, by their credentials version, and within one the oldest first; of each
           32     SHA-256 of its access token
           4      credentials version, big-endian
           6      end in ms since the epoch, big-endian

An access token is `at_` and base64url of 16 + 32 bytes. The first 16, of the account id's SHA-256, lead to the key; the
rest is random.
"""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any

from adapters.redis.client import Client
from adapters.redis.errors import translated_errors
from adapters.redis.scripts import script
from domain.model import Access, AccessToken, Account, AccountId, Session, instant
from domain.ports import MOST_SESSIONS, Sessions

_SELECTOR, _RANDOM = 16, 32
# 64 characters are exactly 48 bytes, so no two such texts stand for the same bytes.
_TOKEN = re.compile(r"at_([A-Za-z0-9_-]{64})")


class RedisSessions(Sessions):
    """
    Sessions in Redis or Valkey. The store holds only the SHA-256 of a token, so a reader of the store gets no token.
    """

    def __init__(self, client: Client, ttl: timedelta, *, prefix: str = "s:", shebang: bool = True) -> None:
        self._client = client
        self._ttl = ttl // timedelta(milliseconds=1)
        self._prefix = prefix
        self._shebang = shebang

    def open(self, account: Account) -> Access:
        selector = _selector(account.account_id)
        token = AccessToken(f"at_{_base64(selector + secrets.token_bytes(_RANDOM))}")
        version, hashed = account.credentials_version, _hashed(token)
        expiry = self._run("open", selector, account.account_id, hashed, version, self._ttl, MOST_SESSIONS)
        return Access(token, instant(expiry))

    def find(self, token: AccessToken) -> Session | None:
        selector = _selector_in(token)
        found = selector and self._run("find", selector, _hashed(token))
        return Session(AccountId(found[0].decode("ascii")), found[1]) if found else None

    def close(self, token: AccessToken) -> bool:
        selector = _selector_in(token)
        return bool(selector and self._run("close", selector, _hashed(token)))

    def close_all(self, account_id: AccountId) -> None:
        self._run("close_all", _selector(account_id))

    def count(self, account: Account) -> int:
        return int(self._run("count", _selector(account.account_id), account.credentials_version))

    def _run(self, operation: str, selector: bytes, *args: bytes | str | int) -> Any:
        name = self._prefix + _base64(selector)
        with translated_errors():
            return script(f"session_{operation}", shebang=self._shebang).run(self._client, name, *args)


def _selector(account_id: AccountId) -> bytes:
    return sha256(account_id.encode()).digest()[:_SELECTOR]


def _selector_in(token: AccessToken) -> bytes | None:
    """Return the part of the token that leads to the key, or None if the text does not have the form of a token."""
    form = _TOKEN.fullmatch(token)
    return urlsafe_b64decode(form[1])[:_SELECTOR] if form else None


def _hashed(token: AccessToken) -> bytes:
    return sha256(token.encode()).digest()


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
