"""The duration of refused log-ins: it must not tell an unknown e-mail from a wrong password."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

from entrypoints.settings.table import NAMES
from tests.bench.connection import Connection
from tests.bench.requests import compact
from tests.support.running_service import Service, serving

_TIMES = 200
_WARM_UP = 10
_KNOWN = "maria-000000@example.com"


class LogIns(NamedTuple):
    """Medians in milliseconds."""

    unknown_email: float
    wrong_password: float

    @property
    def ratio(self) -> float:
        return self.unknown_email / self.wrong_password

    def __str__(self) -> str:
        return (
            f"log-in refused: unknown e-mail {self.unknown_email:.1f} ms, "
            f"wrong password {self.wrong_password:.1f} ms, ratio {self.ratio:.3f}"
        )


def measure(times: int = _TIMES) -> LogIns:
    """Measure so many log-ins of each kind, by turns, over one connection to `quotes serve`, with argon2id."""
    settings = {"QUOTES_RATE_LIMITS": "off"} if "QUOTES_RATE_LIMITS" in NAMES else {}
    with TemporaryDirectory(prefix="log-in-") as folder, serving(Path(folder) / "data", **settings) as service:
        _register(service)
        address = urlsplit(service.url)
        assert address.hostname
        assert address.port
        connection = Connection((address.hostname, address.port), 401)
        with closing(connection.socket):
            pairs = [_pair(connection, number) for number in range(_WARM_UP + times)][_WARM_UP:]
    unknown, known = zip(*pairs, strict=True)
    return LogIns(median(unknown) * 1e3, median(known) * 1e3)


def _pair(connection: Connection, number: int) -> tuple[float, float]:
    """Time one log-in of each kind. Each kind comes first in every other pair, so the order favours neither."""
    emails = [f"maria-{number + 1:06}@example.com", _KNOWN]
    order = (0, 1) if number % 2 else (1, 0)
    took = {which: _refused(connection, emails[which]) for which in order}
    return took[0], took[1]


def _refused(connection: Connection, email: str) -> float:
    body = compact({"email": email, "password": "incorrect horse battery"})
    described = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    connection.send(f"POST /v1/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\n{described}\r\n".encode() + body)
    while connection.receive() is None:
        pass
    return time.perf_counter() - connection.sent_at


def _register(service: Service) -> None:
    quote = service.send("POST", "/v1/quotes")
    person = {"email": _KNOWN, "password": "correct horse battery"}
    service.send("POST", f"/v1/quotes/{quote['quote_id']}/registration", str(quote["quote_token"]), person)
