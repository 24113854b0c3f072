"""Whom a proxy says it asks for."""

import pytest

from project.requests import _address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("203.0.113.5:5678", "203.0.113.5"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", None),
        ("unknown", None),
        ("203.0.113.5:x", None),
        ("203.0.113.555", None),
        ("", None),
    ],
)
def test_an_address_is_found_with_or_without_a_port_and_nothing_else(
    text: str, address: str | None
) -> None:
    assert _address(text) == address
