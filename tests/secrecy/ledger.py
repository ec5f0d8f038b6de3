"""All secrets that the tests of this process have made or used."""

from __future__ import annotations

import enum
import json
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from functools import cache

SHORTEST_PASSWORD = 8
"""Characters. The service takes no shorter password, and a shorter text occurs by chance."""
_FEWEST_LETTERS = 2
"""Different letters. A text of one repeated letter occurs in each body that a test has made long."""
_TOKENS = {"qk_": re.compile(r"\bqk_[A-Za-z0-9_-]{33,48}"), "at_": re.compile(r"\bat_[A-Za-z0-9_-]{43,64}")}
_PASSWORD = re.compile(r'"\w*password"\s*:\s*("(?:[^"\\]|\\.)*")')


class Kind(enum.StrEnum):
    QUOTE_TOKEN = "quote tokens"
    ACCESS_TOKEN = "access tokens"
    PASSWORD = "passwords"


class Source(enum.StrEnum):
    """A place in which a secret must not be."""

    LOG = "logs"
    OUTPUT = "outputs and other files"
    KEYS = "keys and values"
    APPENDED = "append-only files"
    SLOWLOG = "slow logs"
    ROWS = "rows"
    SQLITE = "SQLite files"
    STATEMENTS = "statements"


class Ledger:
    """The secrets by kind. `planted` are secrets that tests put in places for the search to find."""

    def __init__(self) -> None:
        self._secrets: dict[str, Kind] = {}
        self.planted: dict[str, Source] = {}

    @property
    def secrets(self) -> Mapping[str, Kind]:
        return self._secrets

    def count(self) -> Counter[str]:
        """Count the secrets of each kind."""
        return Counter(kind.value for kind in list(self._secrets.values()))

    def note(self, kind: Kind, secret: str) -> None:
        if kind is not Kind.PASSWORD or _is_worth_a_search(secret):
            self._secrets[secret] = kind

    def note_text(self, text: str | bytes) -> None:
        """Note the tokens of a request or an answer, and the passwords in its JSON."""
        said = text if isinstance(text, str) else text.decode("utf-8", "replace")
        for kind, prefix in ((Kind.QUOTE_TOKEN, "qk_"), (Kind.ACCESS_TOKEN, "at_")):
            for token in _TOKENS[prefix].findall(said) if prefix in said else ():
                self.note(kind, token)
        for password in _PASSWORD.findall(said) if 'password"' in said else ():
            self.note(Kind.PASSWORD, json.loads(password))

    def plant(self, kind: Kind, source: Source) -> str:
        """Make a secret for a test to put in that place. The search must find it, and does not report it as a leak."""
        made = {
            Kind.QUOTE_TOKEN: f"qk_k1{secrets.token_urlsafe(24)}",
            Kind.ACCESS_TOKEN: f"at_{secrets.token_urlsafe(48)}",
            Kind.PASSWORD: f"correct horse {secrets.token_hex(8)}",
        }[kind]
        self.note(kind, made)
        self.planted[made] = source
        return made


def _is_worth_a_search(password: str) -> bool:
    is_specific = len(password) >= SHORTEST_PASSWORD and len(set(password)) >= _FEWEST_LETTERS
    return is_specific and password not in _published_passwords()


@cache
def _published_passwords() -> frozenset[str]:
    """Return the example passwords of the contract: each answer to /openapi.json and `quotes openapi` shows them."""
    from entrypoints.http.openapi.call_examples import EXAMPLES  # noqa: PLC0415 - the plugin starts without Flask

    text = json.dumps(list(EXAMPLES.values()))
    return frozenset(json.loads(password) for password in _PASSWORD.findall(text))
