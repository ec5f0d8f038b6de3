"""No call of a server goes unwatched."""

from __future__ import annotations

import inspect
from abc import ABC
from types import ModuleType

from domain import ports
from domain.repairing import ports as repair_ports
from tests.proof.schedules.faults.port_calls import READS, WRITES

ON_STAGE: dict[str, type[ABC]] = {
    "quotes": ports.QuoteStore,
    "sessions": ports.Sessions,
    "accounts": ports.Accounts,
    "claims": ports.Claims,
    "outbox": repair_ports.Outbox,
}
_IN_THE_PROCESS = {ports.PasswordHasher, ports.QuoteTokens, ports.Clock, ports.Ids}
_READS_OF_OPERATORS = {repair_ports.ClaimRecords, repair_ports.StoreScan}
"""What they see they act on through the outbox, which compares."""
_NO_CALLS = {"encode", "decode", "check"}
"""The first two ask no server; a probe changes nothing, and nothing is built on what it says."""


def _ports_of(module: ModuleType) -> set[type[ABC]]:
    found = {value for _, value in inspect.getmembers(module, inspect.isabstract)}
    return {port for port in found if port.__module__ == module.__name__}


def test_every_port_that_asks_a_server_is_on_the_stage() -> None:
    known = {*ON_STAGE.values(), ports.Probe, *_IN_THE_PROCESS, *_READS_OF_OPERATORS}
    assert _ports_of(ports) | _ports_of(repair_ports) == known
    assert set(READS) == set(WRITES) == set(ON_STAGE)


def test_every_method_of_these_ports_is_a_read_or_a_write() -> None:
    for name, port in ON_STAGE.items():
        methods = [*READS[name], *WRITES[name]]
        assert sorted(methods) == sorted(port.__abstractmethods__ - _NO_CALLS), name
