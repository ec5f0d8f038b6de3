from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import cast

from adapters.redis.client import Client
from adapters.redis.errors import translated_errors
from adapters.redis.scripts import script
from domain.model import Access, AccessToken, Account, AccountId, Session, instant
from domain.ports import Sessions


class RedisSessions(Sessions):
    """Each session is a key of its own, named by its token's SHA-256: who reads the store cannot use what is there."""

    def __init__(self, client: Client, ttl: timedelta, *, prefix: str = "s:", shebang: bool = True) -> None:
        self._client = client
        self._ttl = ttl // timedelta(milliseconds=1)
        self._prefix = prefix
        self._shebang = shebang

    def open(self, account: Account) -> Access:
        token = AccessToken(f"at_{secrets.token_urlsafe(32)}")
        value = f"{account.account_id}:{account.credentials_version}"
        with translated_errors():
            expiry = script("session", shebang=self._shebang).run(self._client, self._name(token), value, self._ttl)
        return Access(token, instant(expiry))

    def find(self, token: AccessToken) -> Session | None:
        with translated_errors():
            value = cast("bytes | None", self._client.get(self._name(token)))
        if value is None:
            return None
        account_id, version = value.decode("ascii").split(":")
        return Session(AccountId(account_id), int(version))

    def _name(self, token: AccessToken) -> str:
        return self._prefix + urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
