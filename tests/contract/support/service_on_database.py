"""The service on any kind of database, with a store in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.keyring import Keyring
from adapters.memory.sessions import MemorySessions
from domain.model import Account, Applicant, KeyId, Lifetime
from domain.repairing.schedule import RepairSchedule
from entrypoints import services, steps
from entrypoints.http.schemas.emails import parse_email
from tests.contract.support.database_fixtures import Ports
from tests.doubles.clock import ManualClock
from tests.doubles.hashers import KeyedHasher
from tests.doubles.ids import CountingIds
from tests.doubles.quotes import FaultyQuoteStore

PASSWORD = "correct horse battery"
LIFETIME = Lifetime(timedelta(hours=24), timedelta(days=30))


class ServiceOnDatabase:
    """The service on one database. Its calls take an e-mail as a customer types it."""

    def __init__(self, database: Ports) -> None:
        clock = ManualClock()
        self.quotes = FaultyQuoteStore(clock, LIFETIME, lease=timedelta(seconds=15), max_details=64 * 1024)
        self.sessions = MemorySessions(clock, timedelta(days=30))
        tokens, ids, hasher = Keyring({KeyId("k1"): b"1" * 32}), CountingIds(clock), KeyedHasher()
        ports = steps.Ports(self.quotes, self.sessions, database.accounts, database.claims, tokens, hasher, clock, ids)
        schedule = RepairSchedule(timedelta(seconds=30), LIFETIME)
        self.services = services.Services.over(ports, steps.Steps.over(ports, schedule))

    def register(self, email: str) -> Account:
        quote = self.services.start_quote(None, {})
        applicant = Applicant(parse_email(email), PASSWORD)
        return self.services.register_and_claim(quote.quote_id, quote.token, applicant).account

    def log_in(self, email: str) -> Account:
        return self.services.log_in(parse_email(email), PASSWORD).account


@pytest.fixture
def service_on_database(ports: Ports) -> ServiceOnDatabase:
    return ServiceOnDatabase(ports)
