"""Every call of a server is scheduled and observed."""

from __future__ import annotations

import inspect
from abc import ABC
from types import ModuleType

from domain import ports
from domain.repairing import ports as repair_ports
from tests.proof.schedules.faults.port_calls import READS, WRITES

SCHEDULED_PORTS: dict[str, type[ABC]] = {
    "quotes": ports.QuoteStore,
    "sessions": ports.Sessions,
    "accounts": ports.Accounts,
    "claims": ports.Claims,
    "outbox": repair_ports.Outbox,
}
_LOCAL_PORTS = {ports.PasswordHasher, ports.QuoteTokens, ports.Clock, ports.Ids}
_OPERATOR_READS = {repair_ports.ClaimRecords, repair_ports.StoreScan}
"""Operators act through the outbox, which compares versions again."""
_NOT_SCHEDULED = {"encode", "decode", "check"}
"""Encoding and decoding call no server; a probe changes nothing."""


def _ports_of(module: ModuleType) -> set[type[ABC]]:
    found = {value for _, value in inspect.getmembers(module, inspect.isabstract)}
    return {port for port in found if port.__module__ == module.__name__}


def test_every_port_that_calls_a_server_is_scheduled() -> None:
    known = {*SCHEDULED_PORTS.values(), ports.Probe, *_LOCAL_PORTS, *_OPERATOR_READS}
    assert _ports_of(ports) | _ports_of(repair_ports) == known
    assert set(READS) == set(WRITES) == set(SCHEDULED_PORTS)


def test_every_method_of_these_ports_is_a_read_or_a_write() -> None:
    for name, port in SCHEDULED_PORTS.items():
        methods = [*READS[name], *WRITES[name]]
        assert sorted(methods) == sorted(port.__abstractmethods__ - _NOT_SCHEDULED), name
