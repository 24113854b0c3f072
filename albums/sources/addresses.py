"""Which network addresses may be called (protection against server-side request forgery)."""

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
# What IANA has given out to the Internet (RFC 4291, 2.4). `is_global` alone also takes what is old
# or local: ::127.0.0.1, ::ffff:0:127.0.0.1, 64:ff9b:1::/48, fec0::/10.
_UNICAST6 = ipaddress.ip_network("2000::/3")


class BlockedAddress(Exception):
    """The host has no public address. Holds no address: it may end in an answer to a prober."""


def is_public(address: str) -> bool:
    """Whether `address`, an IP address in text, is one of the open Internet.

    IPv6 forms that carry an IPv4 address (mapped, 6to4, Teredo, NAT64) are judged by that one.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST6:
            return False
    return ip.is_global and not ip.is_multicast


def is_literal(host: str) -> bool:
    """Whether aiohttp connects to `host` as to an IP address, without asking a resolver.

    It takes "127.1" and "2130706433" for addresses, too, and the system calls 127.0.0.1 for them;
    to `is_public` they are none, so they are refused.
    """
    return ":" in host or host.replace(".", "").isdigit()


class PublicResolver(AbstractResolver):
    """Resolves a host once and hands out its public addresses only.

    aiohttp connects to exactly the addresses that it gets from here, so a name that changes
    its address between check and use (DNS rebinding) gains nothing. `exempt` are the
    (host, port) pairs that the admin configured; they may be anywhere, loopback included.
    """

    def __init__(
        self, exempt: frozenset[tuple[str, int]], inner: AbstractResolver | None = None
    ) -> None:
        self._exempt = exempt
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if (host.lower(), port) in self._exempt:
            return found
        public = [result for result in found if is_public(result["host"])]
        if not public:
            raise BlockedAddress("The host has no public address")
        return public

    async def close(self) -> None:
        await self._inner.close()
