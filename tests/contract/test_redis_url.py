"""The settings that a client takes from each form of URL."""

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
def test_each_form_says_where_the_store_is_and_who_asks(url: str, expected: StoreUrl) -> None:
    assert expected == parse(url)


@pytest.mark.parametrize("url", ["http://:hunter2@host", "redis://:hunter2@", "redis+cluster://:hunter2@a,,b"])
def test_another_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is looked at
        parse(url)
    assert "hunter2" not in str(refused.value)
