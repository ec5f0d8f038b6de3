"""The service with passwords hashed in no time: a claim's own cost, which argon2 would hide. For benchmarks alone."""

from __future__ import annotations

import os

from entrypoints.bootstrap import bootstrap
from entrypoints.http.app import create_app
from entrypoints.http.server.deadline import deadline
from entrypoints.settings.settings import Settings
from tests.doubles.hashers import with_fast_hashes

settings = Settings.from_environ(os.environ)
app = create_app(with_fast_hashes(bootstrap(settings)), settings, deadline=deadline)
