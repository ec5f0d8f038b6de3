"""Password hashers without argon2's cost, for tests that do not measure it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

from domain.ports import PasswordHasher
from entrypoints.services import Services


class PlainPasswordHasher(PasswordHasher):
    """A fast hasher that keeps the password in clear. To a hasher of another `form`, its hashes are outdated."""

    def __init__(self, form: str = "plain") -> None:
        self._form = form

    def hash(self, password: str) -> str:
        return f"{self._form}:{password}"

    def verify(self, password_hash: str | None, password: str) -> bool:
        _, colon, known = (password_hash or "").partition(":")
        return bool(colon) and known == password

    def is_outdated(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"{self._form}:")


class KeyedHasher(PasswordHasher):
    """A fast hasher with the same hashes in every process. A hash reveals no password without the key."""

    _key = b"known to the tests alone"

    def hash(self, password: str) -> str:
        return hmac.new(self._key, password.encode(), hashlib.sha256).hexdigest()

    def verify(self, password_hash: str | None, password: str) -> bool:
        return password_hash is not None and hmac.compare_digest(self.hash(password), password_hash)

    def is_outdated(self, password_hash: str) -> bool:
        return False


def with_fast_hashes(services: Services) -> Services:
    """Return the same service with a fast hasher in each use case that hashes passwords."""
    hasher = KeyedHasher()
    return replace(
        services,
        register_and_claim=replace(services.register_and_claim, hasher=hasher),
        log_in=replace(services.log_in, hasher=hasher),
        change_password=replace(services.change_password, hasher=hasher),
        erase_account=replace(services.erase_account, hasher=hasher),
    )
