"""The memory of a temporary quote in Redis, in our form and in the peer's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from redis import Redis

from entrypoints.bootstrap import bootstrap
from entrypoints.settings.settings import Settings
from tests.bench.processes import production, valkey
from tests.bench.requests import Sample, compact

_DAY = 24 * 60 * 60
_BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"

Store = Callable[[str, list[Sample]], None]
"""A function that stores quotes in the Redis at a URL."""


def measure(folder: Path, given: list[Sample]) -> dict[str, float]:
    """Return bytes a quote, by used_memory, which includes keys and expiry. Each form has a server of its own."""
    payload = sum(len(compact(sample)) for sample in given) / len(given)
    ours = _measured(folder / "ours", given, _store_ours)
    peers = _measured(folder / "peers", given, _store_peers)
    return {"quotes": len(given), "payload": payload, "ours": ours, "peer": peers, "ratio": ours / peers}


def _measured(folder: Path, given: list[Sample], store: Store) -> float:
    with valkey(folder, append_only=False) as server, server.admin() as admin:
        store(server.url, given[:1])  # this loads the scripts
        admin.flushdb()
        before = admin.info("memory")["used_memory"]
        store(server.url, given)
        used = int(admin.info("memory")["used_memory"] - before)
        assert len(given) == admin.dbsize()
    return used / len(given)


def _store_ours(url: str, given: list[Sample]) -> None:
    """Store the quotes through the use case, in the service's own form."""
    services = bootstrap(Settings.from_environ(production(url, "sqlite:///none.db", 1)))
    for sample in given:
        services.start_quote(sample["product"], {name: value for name, value in sample.items() if name != "product"})


def _store_peers(url: str, given: list[Sample]) -> None:
    with closing(Redis.from_url(url)) as client:
        for number, sample in enumerate(given):
            client.set(f"temp-quote-{_base_36(number)}", compact(sample), ex=_DAY)


def _base_36(number: int) -> str:
    """Return six digits in base 36, the length of the random part of the peer's ids."""
    return "".join(_BASE_36[number // 36**place % 36] for place in range(6))
