"""Trusted proxies (可信代理): whose word counts on where a request came from.

Only what a trusted proxy wrote is believed, and of its list only the end: each proxy appends the
address that it saw, so that everything left of the first address that is no proxy of ours may be
made up by who asked. The one header that the proxies write is named by a setting; the other one
passes through them unread and is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal, NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
ForwardedHeader = Literal["x-forwarded-for", "forwarded"]

LONGEST_HEADER = 2_000
"""Characters of forwarded headers that are read, from the right; a longer chain of proxies is none."""
IPV6_SUBSCRIBER_BITS = 64
"""One subscriber has a whole /64 of IPv6 addresses (RFC 6177), so that is what counts as one address."""

WIDEST_PREFIX = {4: 8, 6: 7}
"""The bits of the widest private networks: 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193)."""

_PAIR = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*')


class Client(NamedTuple):
    """Where a request came from: the client's address, and the scheme it spoke, if a proxy said so."""

    address: str
    scheme: str | None


def parse_networks(texts: Iterable[str]) -> list[Network]:
    """The networks of trusted proxies: ``127.0.0.1``, ``10.0.0.0/8``, ``fd00::/8``.

    Raises:
        ValueError: where one is no address or network.
    """
    return [ip_network(text.strip(), strict=False) for text in texts]


def is_everybody(network: Network) -> bool:
    """Whether a network is so wide that no proxies of ours fill it: wider than any that is private.

    >>> [is_everybody(each) for each in parse_networks(["10.0.0.0/8", "fc00::/7", "0.0.0.0/1", "2000::/3"])]
    [False, False, True, True]
    """
    return network.prefixlen < WIDEST_PREFIX[network.version]


def find_client(peer: str, headers: Headers, trusted: Sequence[Network], header: ForwardedHeader) -> Client:
    """Where a request came from: the peer, or whom a trusted proxy names."""
    if not _is_trusted(peer, trusted):
        return Client(peer, None)
    if header == "forwarded":
        hops = _forwarded(headers.getlist("forwarded"))
    else:
        hops = [(each, None) for each in _elements(headers.getlist("x-forwarded-for"))]
        protocols = _elements(headers.getlist("x-forwarded-proto"))
        if hops and protocols:
            hops[-1] = (hops[-1][0], protocols[-1])
    address, scheme = peer, hops[-1][1] if hops else None
    for named, _ in reversed(hops):
        found = _address(named)
        if found is None:
            break  # hidden or malformed: what came before it is not to be told apart either
        address = found.compressed
        if not _is_trusted(address, trusted):
            break
    return Client(address, scheme if scheme in ("http", "https") else None)


def address_group(address: str) -> str:
    """What counts as one address: an IPv4 address, an IPv6 /64, or the text where it is neither."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_SUBSCRIBER_BITS), strict=False))
    return address if found is None else found.compressed


class ForwardedAddress:
    """Gives the application the client's address and scheme instead of a trusted proxy's."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network], header: ForwardedHeader) -> None:
        self._app = app
        self._trusted = trusted
        self._header = header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite ``client`` and ``scheme`` where a trusted proxy asks."""
        if scope["type"] == "http" and self._trusted and scope.get("client") is not None:
            peer = scope["client"][0]
            found = find_client(peer, Headers(scope=scope), self._trusted, self._header)
            if found.address != peer:
                scope["client"] = (found.address, 0)
            if found.scheme is not None:
                scope["scheme"] = found.scheme
        await self._app(scope, receive, send)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    found = _address(address)
    return found is not None and any(found in network for network in trusted)


def _address(text: str) -> Address | None:
    """An address with or without a port: ``192.0.2.1:80``, ``[2001:db8::1]:443``, ``2001:db8::1``."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _elements(lines: Sequence[str]) -> list[str]:
    """The elements of a header that came in one or more lines, in order."""
    joined = ",".join(lines)[-LONGEST_HEADER:]
    return [each.strip() for each in joined.split(",")] if joined else []


def _forwarded(lines: Sequence[str]) -> list[tuple[str, str | None]]:
    """The hops of ``Forwarded`` (RFC 7239): whom each proxy saw, over which scheme."""
    hops = []
    for element in _elements(lines):
        pairs = {found[1].lower(): found[2].strip('"') for found in _PAIR.finditer(element)}
        hops.append((pairs.get("for", ""), pairs.get("proto")))
    return hops
