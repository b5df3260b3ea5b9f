"""How far an answer has come (应答送达): what the client's machine has taken of it, and what it has not yet."""

from __future__ import annotations

import asyncio
import fcntl
import struct
import termios
from typing import NamedTuple


class Delivery(NamedTuple):
    """Bytes of all answers on a connection: those that the client's machine has taken, and those it has not."""

    taken: int
    owed: int


def delivery_of(transport: asyncio.Transport, written: int) -> Delivery:
    """Where ``written`` bytes are: with the client, or still in our buffers or the kernel's (``SIOCOUTQ``).

    The kernel takes megabytes at once and gives no sign for minutes while a slow client reads on, so that
    only what it has heard to have arrived says who reads.
    """
    owed = transport.get_write_buffer_size()
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        try:
            (queued,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))
        except OSError:
            queued = 0  # closed meanwhile, or no socket of the network
        owed += queued
    return Delivery(max(0, written - owed), owed)
