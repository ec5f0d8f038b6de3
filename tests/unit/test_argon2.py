"""The argon2 hasher: its places for concurrent work, its decoy for unknown accounts, and its failures."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import gevent
import pytest
from argon2 import PasswordHasher as Argon2
from argon2 import extract_parameters
from argon2.exceptions import VerificationError

from adapters.argon2 import Argon2PasswordHasher, Offload, T
from domain.errors import Overloaded

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
PLACES = 3

Call = Callable[[Argon2PasswordHasher], object]
HASH = Argon2PasswordHasher(lambda work: work(), 1, memory_cost=8, time_cost=1).hash(PASSWORD)
CALLS: dict[str, Call] = {
    "hash": lambda hasher: hasher.hash(PASSWORD),
    "verify": lambda hasher: hasher.verify(HASH, PASSWORD),
    "verify-nobody": lambda hasher: hasher.verify(None, PASSWORD),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def at_once(work: Callable[[], T]) -> T:
    return work()


def fast(offload: Offload = at_once, slots: int = PLACES) -> Argon2PasswordHasher:
    return Argon2PasswordHasher(offload, slots, memory_cost=8, time_cost=1)


class Gate:
    """Holds all work until `inside` threads are in it and the test opens it."""

    def __init__(self, inside: int) -> None:
        self.inside = threading.Barrier(inside + 1, timeout=10)
        self.opened = threading.Event()

    def __call__(self, work: Callable[[], T]) -> T:
        self.inside.wait()
        assert self.opened.wait(10)
        return work()


class TestPlaces:
    @each_call
    def test_where_all_places_are_taken_the_next_is_refused_at_once(self, call: Call) -> None:
        gate = Gate(inside=PLACES)
        hasher = fast(gate)
        with ThreadPoolExecutor(PLACES) as threads:
            held = [threads.submit(one, hasher) for one in CALLS.values()]
            gate.inside.wait()
            try:
                with pytest.raises(Overloaded):
                    call(hasher)  # a fourth thread at the gate would wait for three more
            finally:
                gate.opened.set()
            assert [bool(one.result()) for one in held] == [True, True, False]

    def test_all_places_are_free_again_after_their_work(self) -> None:
        gate = Gate(inside=PLACES)
        hasher = fast(gate)
        with ThreadPoolExecutor(PLACES) as threads:
            for _ in range(2):
                held = [threads.submit(one, hasher) for one in CALLS.values()]
                gate.inside.wait()
                gate.opened.set()
                assert [bool(one.result()) for one in held] == [True, True, False]

    @each_call
    @pytest.mark.parametrize("error", [ValueError, gevent.Timeout, KeyboardInterrupt])
    def test_a_place_is_free_again_after_any_exception(self, call: Call, error: type[BaseException]) -> None:
        failing = mock.Mock(side_effect=error)
        hasher = fast(failing, slots=1)
        for attempt in (1, 2):
            with pytest.raises(error):
                call(hasher)
            assert failing.call_count == attempt

    def test_in_a_gevent_worker(self) -> None:
        subprocess.run([sys.executable, "-c", GEVENT_WORKER, PASSWORD], cwd=ROOT, check=True, timeout=60)


GEVENT_WORKER = """
import gevent.monkey; gevent.monkey.patch_all()
import sys, gevent
from gevent.monkey import get_original
from adapters.argon2 import Argon2PasswordHasher
from domain.errors import Overloaded
from entrypoints.bootstrap import _offload

pool, gate, password = _offload(), get_original("threading", "Lock")(), sys.argv[1]
hasher = Argon2PasswordHasher(lambda work: pool(lambda: held(work)), slots=3, memory_cost=8, time_cost=1)

def held(work):
    with gate:
        return work()

def is_refused():
    with gevent.Timeout(5):  # of the hub, so that it interrupts only a waiting call
        try:
            hasher.hash(password)
        except Overloaded:
            return True

gate.acquire()
held_back = [gevent.spawn(hasher.hash, password), gevent.spawn(hasher.verify, None, password)]
gevent.sleep(0)
with gevent.Timeout(0.01) as deadline:
    try:
        hasher.hash(password)
        raise AssertionError("the gate is shut")
    except gevent.Timeout as ended:
        assert ended is deadline
third = gevent.spawn(hasher.hash, password)  # in the place of the interrupted one
gevent.sleep(0)
assert is_refused()
third.kill()
third = gevent.spawn(hasher.hash, password)  # in the place of the killed one
gevent.sleep(0)
assert is_refused()
gate.release()
password_hash, nobody, other_hash = [one.get(timeout=10) for one in [*held_back, third]]
assert password_hash != other_hash and not nobody
for _ in range(2):
    assert all(one.get(timeout=10) for one in [gevent.spawn(hasher.verify, password_hash, password) for _ in range(3)])
"""


class TestUnknownAccount:
    @pytest.mark.parametrize("parameters", [{}, {"memory_cost": 8, "time_cost": 3, "parallelism": 1}])
    def test_a_decoy_is_verified_with_the_same_parameters(self, parameters: dict[str, int]) -> None:
        hasher = Argon2PasswordHasher(at_once, 1, **parameters)
        with mock.patch.object(Argon2, "verify", autospec=True, side_effect=Argon2.verify) as verify:
            assert not hasher.verify(None, PASSWORD)
        (_, decoy, password), password_hash = verify.call_args.args, hasher.hash(PASSWORD)
        assert password == PASSWORD
        assert decoy.rsplit("$", 2)[0] == password_hash.rsplit("$", 2)[0]
        assert extract_parameters(decoy) == extract_parameters(password_hash)

    def test_no_password_is_right(self) -> None:
        hasher = fast()
        with mock.patch.object(Argon2, "verify", return_value=True):
            assert hasher.verify(HASH, PASSWORD)
            assert not hasher.verify(None, PASSWORD)

    def test_each_hasher_has_another_decoy(self) -> None:
        assert fast()._decoy != fast()._decoy


class TestFailures:
    def test_a_lack_of_memory_is_not_a_wrong_password(self) -> None:
        hasher = fast()
        failure = VerificationError("Memory allocation error")
        with mock.patch.object(Argon2, "verify", side_effect=failure), pytest.raises(VerificationError):
            hasher.verify(HASH, PASSWORD)

    def test_a_damaged_hash_is_not_a_wrong_password(self) -> None:
        with pytest.raises(VerificationError):
            fast().verify(HASH[:-1] + "!", PASSWORD)
