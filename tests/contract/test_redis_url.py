"""The grammar of a Redis URL: its forms, and the message that refuses any other."""

from __future__ import annotations

import pytest

from adapters.redis.url import StoreUrl, parse

SINGLE = StoreUrl("single", False, (("host", 6379),), "", "", 0, None, None)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://host", SINGLE),
        ("redis://host/", SINGLE),
        ("rediss://u:p%40%2F@[::1]:7/3", StoreUrl("single", True, (("::1", 7),), "", "", 3, "u", "p@/")),
        ("redis://:p@ss@host", StoreUrl("single", False, (("host", 6379),), "", "", 0, None, "p@ss")),
        ("unix://:p@/run/a%20b?db=2", StoreUrl("single", False, (), "/run/a b", "", 2, None, "p")),
        ("unix:///run/a", StoreUrl("single", False, (), "/run/a", "", 0, None, None)),
        (
            "redis+sentinel://:p@a,b:1,[::1]:2/quotes",
            StoreUrl("sentinel", False, (("a", 26379), ("b", 1), ("::1", 2)), "", "quotes", 0, None, "p"),
        ),
        ("rediss+sentinel://a/s/4", StoreUrl("sentinel", True, (("a", 26379),), "", "s", 4, None, None)),
        (
            "rediss+cluster://u:p@a,[2001:db8::1]:7000/",
            StoreUrl("cluster", True, (("a", 6379), ("2001:db8::1", 7000)), "", "", 0, "u", "p"),
        ),
    ],
)
def test_each_form_names_the_store_and_the_user(url: str, expected: StoreUrl) -> None:
    assert expected == parse(url)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://:hunter2@host", "another form"),
        ("redis://:hunter2@", "another form"),
        ("redis+cluster://:hunter2@a,,b", "another form"),
        ("redis://:hunter2@host?socket_timeout=60", "another form"),
        ("redis://:hunter2@host/\x00", "another form"),
        ("redis://:hunter2@host/1/2", "another form"),
        ("redis+sentinel://:hunter2@a,b:0/quotes", "a port that is not between 1 and 65535"),
        ("redis://:hunter2@[::1]:65536", "a port that is not between 1 and 65535"),
    ],
)
def test_another_url_is_refused_without_showing_it(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^Use redis://.*; the given URL has {fault}$") as refused:
        parse(url)
    assert "hunter2" not in str(refused.value)


def test_the_password_is_not_in_the_repr() -> None:
    assert "hunter2" not in repr(parse("redis://:hunter2@host"))
