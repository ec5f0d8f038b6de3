"""The translation of redis-py's errors into those of the domain."""

from __future__ import annotations

import pytest
from redis import exceptions
from redis.sentinel import MasterNotFoundError, SlaveNotFoundError

from adapters.redis.errors import translated_errors
from domain import errors


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (exceptions.ConnectionError("refused"), errors.StoreUnreachable),
        (exceptions.TimeoutError("slow"), errors.StoreUnreachable),
        (exceptions.BusyLoadingError("LOADING"), errors.StoreUnreachable),
        (exceptions.AuthenticationError("WRONGPASS"), errors.StoreDenied),
        (exceptions.ClusterDownError("CLUSTERDOWN"), errors.StoreUnreachable),
        (exceptions.MasterDownError("MASTERDOWN"), errors.StoreUnreachable),
        (exceptions.ResponseError("MASTERDOWN Link with MASTER is down"), errors.StoreUnreachable),
        (exceptions.ResponseError("LOADING dataset in memory"), errors.StoreUnreachable),
        (exceptions.ResponseError("CLUSTERDOWN Hash slot not served"), errors.StoreUnreachable),
        (exceptions.TryAgainError("TRYAGAIN"), errors.StoreUnreachable),
        (exceptions.ResponseError("BUSY Redis is busy running a script"), errors.StoreUnreachable),
        (exceptions.RedisClusterException("no slots"), errors.StoreUnreachable),
        (exceptions.SlotNotCoveredError("no slots"), errors.StoreUnreachable),
        (exceptions.ClusterError("TTL exhausted."), errors.StoreUnreachable),
        (MasterNotFoundError("No master found"), errors.StoreUnreachable),
        (SlaveNotFoundError("No slave found"), errors.StoreUnreachable),
        (exceptions.ReadOnlyError("replica"), errors.StoreReadOnly),
        (exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."), errors.StoreReadOnly),
        (exceptions.ResponseError("MISCONF Errors writing to the AOF file"), errors.StoreReadOnly),
        (exceptions.OutOfMemoryError("OOM"), errors.StoreFull),
        (exceptions.MaxConnectionsError("Too many connections"), errors.Overloaded),
        (exceptions.NoPermissionError("NOPERM"), errors.StoreDenied),
        (exceptions.ResponseError("WRONGTYPE"), errors.StoreUnavailable),
    ],
    ids=lambda value: getattr(value, "__name__", None) or f"{type(value).__name__}-{str(value)[:12]}",
)
def test_each_error_of_the_vendor_is_one_of_the_domain(raised: Exception, told: type[Exception]) -> None:
    with pytest.raises(errors.Unavailable) as found, translated_errors():
        raise raised
    assert type(found.value) is told
    assert found.value.__cause__ is raised


def test_an_error_of_other_code_passes_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), translated_errors():
        raise ZeroDivisionError
