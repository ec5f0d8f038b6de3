from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Protocol, TypeVar

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError

from domain.ports import PasswordHasher

T = TypeVar("T")


class Offload(Protocol):
    """Runs a function where it does not hold up other requests, and returns its result."""

    def __call__(self, work: Callable[[], T]) -> T: ...


class Argon2PasswordHasher(PasswordHasher):
    """
    argon2id with OWASP's parameters: 19 MiB, two passes, one lane. A password is hashed in its NFKC form, since
    keyboards differ in how they compose the same character.
    """

    def __init__(self, offload: Offload) -> None:
        self._offload = offload
        self._argon2 = Argon2(memory_cost=19456, time_cost=2, parallelism=1)

    def hash(self, password: str) -> str:
        return self._offload(lambda: self._argon2.hash(_normal(password)))

    def verify(self, password_hash: str, password: str) -> bool:
        return self._offload(lambda: self._verified(password_hash, _normal(password)))

    def _verified(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
