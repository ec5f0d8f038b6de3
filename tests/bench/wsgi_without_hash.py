"""The service with a hasher that costs nothing, to show the other cost of a claim. For benchmarks alone."""

from __future__ import annotations

import os

from entrypoints.bootstrap import bootstrap
from entrypoints.http.app import create_app
from entrypoints.http.server.deadline import deadline
from entrypoints.settings.settings import Settings
from tests.doubles.hashers import with_fast_hashes

settings = Settings.from_environ(os.environ)
app = create_app(with_fast_hashes(bootstrap(settings)), settings, deadline=deadline)
