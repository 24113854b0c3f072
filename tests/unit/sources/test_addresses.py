"""Only public addresses are handed out, and each name is resolved once."""

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.helpers import is_ip_address

from albums.sources.addresses import BlockedAddress, PublicResolver, is_literal, is_public


@pytest.mark.parametrize("address", ["142.250.1.1", "2a00:1450:4001::1", "64:ff9b::8efa:101"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "docs.google.com",
        "",
    ],
)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(address)


def test_literals_are_told_from_names() -> None:
    assert is_literal("127.0.0.1") and is_literal("::1")
    assert not is_literal("docs.google.com")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0177.0.0.1", "::1", "fe80::1%eth0"])
def test_what_aiohttp_calls_without_a_resolver_is_a_literal_to_us(host: str) -> None:
    assert is_ip_address(host)
    assert is_literal(host)


class Answers(AbstractResolver):
    """Gives the next list of addresses at each question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in self.answers.pop(0)
        ]

    async def close(self) -> None:
        """Hold nothing."""


async def test_private_addresses_are_filtered_out() -> None:
    resolver = PublicResolver(frozenset(), Answers(["127.0.0.1", "142.250.1.1"], ["10.0.0.1"]))
    assert [one["host"] for one in await resolver.resolve("x.example", 443)] == ["142.250.1.1"]
    with pytest.raises(BlockedAddress):
        await resolver.resolve("x.example", 443)


async def test_only_the_exempt_host_and_port_may_be_private() -> None:
    answers = Answers(["127.0.0.1"], ["127.0.0.1"])
    resolver = PublicResolver(frozenset({("demo.example", 8000)}), answers)
    assert await resolver.resolve("Demo.example", 8000)
    with pytest.raises(BlockedAddress):
        await resolver.resolve("demo.example", 8001)
