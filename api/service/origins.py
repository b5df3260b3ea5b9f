"""The ledger's origins (访问地址): the pages' addresses under which officers may sign in.

An origin is scheme, host and port of a page, as browsers send it (RFC 6454). The one that an officer
signs at sign-in must be one of the ledger's own, so that a challenge passed on through another site
opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from api.service.statuses import answered_with
from ledger.errors import Rule

ORIGIN_NOT_ALLOWED = answered_with(
    403,
    Rule(
        "origin-not-allowed",
        zh="不能在 {found} 登录：本台账的访问地址是 {expected}",
        en="no sign-in at {found}: this ledger's pages are at {expected}",
    ),
)

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


def normal_origin(text: str) -> str:
    """The one form of an origin: lower case, the default port left out.

    >>> normal_origin("HTTPS://Ledger.Example:443")
    'https://ledger.example'

    Raises:
        ValueError: where it is no origin, as with a path, a user, or another scheme.
    """
    parts = urlsplit(text)
    host, port = parts.hostname or "", parts.port
    if (
        parts.scheme not in _DEFAULT_PORTS
        or parts.path
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise ValueError(f"not an origin like https://ledger.example: {text}")
    if ":" in host:
        host = f"[{ip_address(host).compressed}]"
    elif not _HOST.fullmatch(host):
        raise ValueError(f"not an origin like https://ledger.example: {text}")
    return f"{parts.scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def allowed_origins(configured: Sequence[str], port: int) -> list[str]:
    """Where officers may sign in: as configured, else the loopback addresses of the port that is served."""
    return list(configured) or [normal_origin(f"http://{host}:{port}") for host in LOOPBACK_HOSTS]


def check_origin(signed: str, configured: Sequence[str], port: int) -> str:
    """Return the origin that was signed, in its one form, if it is one of the ledger's.

    Raises:
        Refused: ``origin-not-allowed``.
    """
    expected = allowed_origins(configured, port)
    try:
        found = normal_origin(signed)
    except ValueError:
        found = ""
    if found not in expected:
        raise ORIGIN_NOT_ALLOWED.refused(expected=", ".join(expected), found=signed)
    return found


def is_loopback(origin: str) -> bool:
    """Whether a page at that origin is on the service's own machine, so that its cookie needs no TLS."""
    return (urlsplit(origin).hostname or "") in ("127.0.0.1", "localhost", "::1")
