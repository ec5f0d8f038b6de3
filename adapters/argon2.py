from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from domain.errors import Overloaded
from domain.passwords import normal_form
from domain.ports import PasswordHasher

T = TypeVar("T")


class Offload(Protocol):
    """A way to run a function and get its result without holding up other requests."""

    def __call__(self, work: Callable[[], T]) -> T: ...


class Argon2PasswordHasher(PasswordHasher):
    """
    Password hashes by argon2id, by default with OWASP's parameters: 19 MiB, two passes, one lane. A password is hashed
    in its normal form. At most `slots` passwords are being hashed, or wait for it, at once.
    """

    def __init__(
        self, offload: Offload, slots: int, *, memory_cost: int = 19456, time_cost: int = 2, parallelism: int = 1
    ) -> None:
        self._offload = offload
        self._slots = threading.BoundedSemaphore(slots)
        self._argon2 = Argon2(memory_cost=memory_cost, time_cost=time_cost, parallelism=parallelism)
        self._decoy = _nobodys_hash(self._argon2)

    def hash(self, password: str) -> str:
        return self._queued(lambda: self._argon2.hash(normal_form(password)))

    def verify(self, password_hash: str | None, password: str) -> bool:
        known = self._decoy if password_hash is None else password_hash
        same = self._queued(lambda: self._is_password_of(known, normal_form(password)))
        return same and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        try:
            return self._argon2.check_needs_rehash(password_hash)
        except InvalidHashError:
            return True

    def _queued(self, work: Callable[[], T]) -> T:
        if not self._slots.acquire(blocking=False):
            raise Overloaded("Try again: too many passwords wait to be hashed.")
        try:
            return self._offload(work)
        finally:
            # Also after a time-out. An abandoned hash may still run, but never more of them than the pool has threads.
            self._slots.release()

    def _is_password_of(self, password_hash: str, password: str) -> bool:
        # Other errors do not mean a wrong password: argon2 also fails for lack of memory, or on a damaged hash.
        try:
            return self._argon2.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _nobodys_hash(argon2: Argon2) -> str:
    """Return a hash that no known password has. It is made up and not computed, so that a process starts at once."""
    cost = f"m={argon2.memory_cost},t={argon2.time_cost},p={argon2.parallelism}"
    return f"$argon2id$v=19${cost}${_random(argon2.salt_len)}${_random(argon2.hash_len)}"


def _random(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
