"""A pooler by transaction, as small as can be: every client's transactions go over one server's session."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SSL_REQUEST, CANCEL_REQUEST = 80877103, 80877102


def exactly(sock: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = sock.recv(size - len(parts))
        if not part:
            raise ConnectionError
        parts += part
    return parts


def message(sock: socket.socket) -> tuple[bytes, bytes]:
    """One message of the protocol: its kind, and all its bytes."""
    kind = exactly(sock, 1)
    length = exactly(sock, 4)
    return kind, kind + length + exactly(sock, struct.unpack("!I", length)[0] - 4)


class Relay:
    """Listens on a socket in ``folder``; one session with the server for all."""

    def __init__(self, folder: Path, server_folder: str, user: str, database: str) -> None:
        self.server = socket.socket(socket.AF_UNIX)
        self.server.connect(f"{server_folder}/.s.PGSQL.5432")
        body = struct.pack("!I", 196608) + f"user\0{user}\0database\0{database}\0\0".encode()
        self.server.sendall(struct.pack("!I", len(body) + 4) + body)
        self.greeting = b""
        while True:
            kind, raw = message(self.server)
            self.greeting += raw
            if kind == b"Z":
                break
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            while True:
                length = struct.unpack("!I", exactly(client, 4))[0]
                (code,) = struct.unpack("!I", exactly(client, 4))
                exactly(client, length - 8)
                if code == CANCEL_REQUEST:
                    return
                if code != SSL_REQUEST:
                    break
                client.sendall(b"N")
            client.sendall(self.greeting)
            while True:
                kind, raw = message(client)
                if kind == b"X":
                    return
                with self.lock:
                    self._transaction(client, kind, raw)
        except ConnectionError:
            return
        finally:
            client.close()

    def _transaction(self, client: socket.socket, kind: bytes, raw: bytes) -> None:
        while True:
            self.server.sendall(raw)
            if kind in (b"Q", b"S"):
                while True:
                    said, answer = message(self.server)
                    client.sendall(answer)
                    if said == b"Z":
                        break
                if answer[-1:] == b"I":
                    return
            kind, raw = message(client)


@contextmanager
def relayed(folder: Path, url: str) -> Iterator[str]:
    """A URL that leads to the same database through the relay."""
    from psycopg.conninfo import conninfo_to_dict

    known = conninfo_to_dict(url)
    relay = Relay(folder, str(known["host"]), str(known["user"]), str(known["dbname"]))
    try:
        yield url.replace(str(known["host"]), str(folder))
    finally:
        relay.listener.close()
        relay.server.close()
