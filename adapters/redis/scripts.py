"""The Lua scripts: package resources, one operation a file, run by their hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from redis.exceptions import NoScriptError

from adapters.redis.client import Client

_FOLDER = resources.files("adapters.redis") / "scripts"


@dataclass(frozen=True, slots=True)
class Script:
    """A script with the SHA-1 by which the server knows it."""

    text: str
    sha: str

    def run(self, client: Client, key: str, *args: bytes | str | int) -> Any:
        """
        Run the script and return its reply, in one round trip, or two on a node that does not know the script yet. EVAL
        goes by the key to the node that lacked the script. redis-py's own Script object would load it on every primary
        of a cluster, also on dead ones.
        """
        try:
            return client.evalsha(self.sha, 1, key, *args)
        except NoScriptError:
            return client.eval(self.text, 1, key, *args)


@cache
def script(name: str, *, shebang: bool = True) -> Script:
    """
    Return the script of that name, with the shared functions of its kind (sessions, limits or quotes) in front.

    Its first line, `#!lua`, makes a server that cannot write refuse the whole script. `shebang=False` takes that line
    off, for a server that does not know it.
    """
    first, rest = _read(name).split("\n", 1)
    text = "\n".join([*map(_read, _shared(name)), rest])
    if shebang:
        text = f"{first}\n{text}"
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def _shared(name: str) -> list[str]:
    match name.partition("_")[0]:
        case "session":
            return ["common", "sessions"]
        case "limit":
            return ["common"]
        case _:
            return ["common", "record"]


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text("utf-8")
