"""Saved sessions (登录凭据): where this user is signed in, a file for each service, for its owner alone.

They lie in ``$XDG_STATE_HOME/songnuan`` (``~/.local/state/songnuan``), beside what could not be sent.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ledger.errors import Misconfigured


class SavedSession(NamedTuple):
    """A session at a service: whose, at which ledger, and what opens and ends it.

    ``head`` is the last position that was recorded through it: what is asked next holds it.
    """

    server: str
    ledger: str
    officer: str
    name: str
    key: str
    cookie: str
    csrf: str
    head: int = 0


def state_folder() -> Path:
    """Where sessions and what could not be sent lie; made for its owner alone."""
    base = os.environ.get("XDG_STATE_HOME")
    folder = (Path(base) if base else Path.home() / ".local" / "state") / "songnuan"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def save(session: SavedSession) -> None:
    """Keep a session, in place of the one that was kept for this service."""
    write_private(_file(session.server), orjson.dumps(session._asdict()))


def saved(server: str) -> SavedSession | None:
    """The session that is kept for a service; None where nobody signed in.

    Raises:
        Misconfigured: ``session-file``, the file holds no session.
    """
    file = _file(server)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found: Mapping[str, Any] = orjson.loads(content)
        session = SavedSession(**found)
    except (orjson.JSONDecodeError, TypeError):
        raise _damaged(file) from None
    if not all(isinstance(each, str) for each in session[:-1]) or not isinstance(session.head, int):
        raise _damaged(file)
    return session


def forget(server: str) -> None:
    """Keep no session for a service any more."""
    _file(server).unlink(missing_ok=True)


def write_private(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    descriptor, made = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as writing:
        writing.write(content)
    Path(made).replace(file)


def _file(server: str) -> Path:
    return state_folder() / f"session-{hashlib.sha256(server.encode()).hexdigest()[:16]}.json"


def _damaged(file: Path) -> Misconfigured:
    return Misconfigured(
        "session-file",
        f"登录凭据文件 {file} 已损坏，请删除后重新登录",
        f"the session's file {file} is damaged: delete it and sign in again",
    )
