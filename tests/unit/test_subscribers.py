"""Subscribers: addresses whose requests are counted together."""

from __future__ import annotations

import pytest

from entrypoints.http.limits.counting import subscriber


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:40312", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
    ],
)
def test_an_ipv4_address_or_the_64_bits_of_an_ipv6_network_are_one_subscriber(address: str, counted_as: str) -> None:
    assert subscriber(address) == counted_as


@pytest.mark.parametrize("text", ["unknown", "", "_hidden", "1.2.3.4.5", "192.0.2.7:", "[::1", "x" * 9000])
def test_a_text_that_is_not_an_address_is_a_subscriber_of_its_own(text: str) -> None:
    assert subscriber(text) == text
