"""Kinds of fault at another server (对方服务器的故障), each with its code; asking is :mod:`ledger.bounded_http`."""

from __future__ import annotations

from ledger.errors import Explained

SLOW, LARGE, REDIRECTED = "peer-too-slow", "peer-too-large", "peer-redirects"
UNREACHABLE, UNTRUSTED = "peer-unreachable", "peer-untrusted"
STATUS, CONTENT = "peer-status", "peer-content"


class PeerFailed(Explained):
    """Another server gave no answer that can be used; the code says which kind of fault it was."""

    said = ""
    """The other server's own code for it, where it gave one."""
