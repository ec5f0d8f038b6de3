"""The cost of a refused log-in: the same for known and unknown e-mails. The test counts hashes and measures no time."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest
from argon2 import extract_parameters

from adapters.argon2 import Argon2PasswordHasher
from domain.errors import BadCredentials
from tests.support.in_memory_service import InMemoryService, applicant

PARAMETERS = {"memory_cost": 16, "time_cost": 1, "parallelism": 1}


@pytest.mark.parametrize("password", ["wrong", "", "x" * 1024], ids=["wrong", "none", "long"])
def test_one_hash_is_computed_with_the_same_parameters_over_the_same_password(password: str) -> None:
    service = InMemoryService()
    hasher = Argon2PasswordHasher(lambda work: work(), slots=1, **PARAMETERS)
    quote = service.start()
    register = replace(service.services.register_and_claim, hasher=hasher)
    register(quote.quote_id, quote.token, applicant("known@example.com"))
    log_in = replace(service.services.log_in, hasher=hasher)

    work = {}
    for address in ("known@example.com", "unknown@example.com"):
        argon2 = mock.Mock(wraps=hasher._argon2)
        with mock.patch.object(hasher, "_argon2", argon2), pytest.raises(BadCredentials):
            log_in(applicant(address).email, password)
        argon2.hash.assert_not_called()
        [((known, given), _)] = argon2.verify.call_args_list
        work[address] = (extract_parameters(known), len(known), given)

    assert work["known@example.com"] == work["unknown@example.com"]
    assert work["known@example.com"][2] == password
