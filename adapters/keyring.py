"""Server keys, and the quote tokens, names and pseudonyms that are derived from them."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import QuoteNotFound
from domain.model import KeyId, QuoteId, QuoteRef, QuoteToken, is_quote_id
from domain.ports import QuoteTokens

_TOKEN = re.compile(r"qk_([a-z0-9]{1,16})([A-Za-z0-9_-]{32})")
_TOKEN_BYTES = 24
_NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Subkeys:
    """The subkeys of a server key, one for each use, derived by HKDF (RFC 5869)."""

    token: bytes
    name: bytes
    pseudonym: bytes

    @classmethod
    def of(cls, secret: bytes) -> _Subkeys:
        return cls(*(_derived(secret, use) for use in (b"token", b"name", b"pseudonym")))


class Keyring(QuoteTokens):
    """
    The server keys. The first one makes new tokens. The others are accepted until they are taken out of the keyring.

    A token is `qk_`, the key's id, and 192 bits of HMAC-SHA-256 of the quote's id. It can be checked without being
    stored, and the key's id leads to the name of the quote.
    """

    def __init__(self, secrets: Mapping[KeyId, bytes]) -> None:
        """Take `secrets` of 32 bytes each, the key for new tokens first."""
        self._newest = next(iter(secrets))
        self._keys = {key_id: _Subkeys.of(secret) for key_id, secret in secrets.items()}

    def issue(self, quote_id: QuoteId) -> tuple[QuoteRef, QuoteToken]:
        ref = QuoteRef(quote_id, self._newest)
        return ref, QuoteToken(f"qk_{ref.key_id}{self._mac(ref)}")

    def verify(self, quote_id: str, token: str) -> QuoteRef:
        parts = _TOKEN.fullmatch(token)
        if not parts or not is_quote_id(quote_id):
            raise QuoteNotFound
        ref = QuoteRef(QuoteId(quote_id), KeyId(parts[1]))
        if ref.key_id not in self._keys or not hmac.compare_digest(self._mac(ref), parts[2]):
            raise QuoteNotFound
        return ref

    def knows(self, key_id: KeyId) -> bool:
        return key_id in self._keys

    def name(self, ref: QuoteRef) -> str:
        """Return the name of the quote's key in the store: it reveals neither the id nor the token."""
        return "q:" + _text(
            hmac.digest(self._keys[ref.key_id].name, ref.quote_id.encode(), hashlib.sha256)[:_NAME_BYTES]
        )

    def pseudonym(self, address: str) -> str:
        """Return 22 characters in place of a network or e-mail address. Only the newest server key leads back to it."""
        return _text(hmac.digest(self._keys[self._newest].pseudonym, address.encode(), hashlib.sha256)[:_NAME_BYTES])

    def _mac(self, ref: QuoteRef) -> str:
        return _text(hmac.digest(self._keys[ref.key_id].token, ref.quote_id.encode(), hashlib.sha256)[:_TOKEN_BYTES])


def _derived(secret: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"quotehold " + use).derive(secret)


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
