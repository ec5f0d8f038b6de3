"""The service with passwords hashed in no time: a claim's own cost, which argon2 would hide. For benchmarks alone."""

from __future__ import annotations

import os
from dataclasses import replace

from entrypoints.bootstrap import bootstrap
from entrypoints.http.app import create_app
from entrypoints.http.deadline import deadline
from entrypoints.settings import Settings
from tests.keyed_hasher import KeyedHasher

settings = Settings.from_environ(os.environ)
services = bootstrap(settings)
register = replace(services.register_and_claim, hasher=KeyedHasher())
app = create_app(replace(services, register_and_claim=register), settings, deadline=deadline)
