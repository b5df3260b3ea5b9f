"""A running service to send to (运行中的服务): ``--server URL`` anywhere in a command that submits or asks."""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from api.cli.exit_codes import Misused

_given: str | None = None


def given() -> str | None:
    """The address that the command line named; None where it works in the ledger's own folder."""
    return _given


def take_server(arguments: list[str]) -> list[str]:
    """Takes ``--server`` out of the arguments; ``SONGNUAN_SERVER`` is meant where it is not there."""
    global _given
    _given = os.environ.get("SONGNUAN_SERVER") or None
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        name, equals, value = argument.partition("=")
        if name == "--server":
            _given = value if equals else next(left, "")
        else:
            rest.append(argument)
    return rest


def server_address(text: str) -> str:
    """The address of a service without a slash at its end: over TLS, but for this very machine.

    Raises:
        Misused: it is none, or identities and the session would travel in the clear.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or "@" in text:
        raise Misused(
            f"--server 应为服务的访问地址，如 https://ledger.example，实为 {text or '空'}",
            f"--server is a service's address, like https://ledger.example, got {text or 'nothing'}",
        )
    if parts.scheme == "http" and not _is_this_machine(host):
        raise Misused(
            f"服务地址须为 https：{text} 会使登录凭据和身份信息明文传输",
            f"a service is reached by https: {text} would carry the session and identities in the clear",
        )
    return text.rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
