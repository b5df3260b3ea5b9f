"""The pulse of the views' process (心跳): where it stands, when it last moved, what it waits for.

It lives in memory that the service and the views' process share, without locks: it is told while the
database is lost, and a process that is killed leaves nobody waiting, as ``multiprocessing.Event`` would.
One process writes, any number read; the service alone tells it to stop.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from multiprocessing.sharedctypes import RawValue
from typing import NamedTuple

import psycopg


class Wait(NamedTuple):
    """Why views do not follow at the moment: its stable code, in Chinese and English."""

    code: str
    zh: str
    en: str


STARTING = Wait("views-starting", "视图进程正在启动", "the views' process is starting")
DATABASE_LOST = Wait(
    "views-database-lost",
    "视图进程失去数据库连接，正在重连",
    "the views' process has lost the database and tries again",
)
READ_ONLY = Wait(
    "views-read-only",
    "数据库只读，视图暂停跟随",
    "the database is read-only, the views wait",
)
DISK_FULL = Wait(
    "views-disk-full",
    "磁盘空间不足，视图暂停跟随",
    "the disk is full, the views wait",
)
INTERRUPTED = Wait(
    "views-interrupted",
    "视图的一步被数据库中断，正在重试",
    "the database broke a step of the views off, it is tried again",
)
VIEW_FAILED = Wait(
    "views-stopped",
    "有视图停在某一号之前",
    "a view has stopped at an event",
)

WAITS = (STARTING, DATABASE_LOST, READ_ONLY, DISK_FULL, INTERRUPTED, VIEW_FAILED)

OF_THE_SESSION = (READ_ONLY, INTERRUPTED)
"""What a session may have taken on as it was opened, from a setting of its database or role: read-only, a
limit on time. It keeps that when the setting is taken back, so that only a new session finds it gone."""

READ_ONLY_STATES = ("25006",)
DISK_FULL_STATES = ("53100", "58030")
INTERRUPTED_STATES = ("57014", "55P03", "40001", "40P01")


def wait_for(error: BaseException) -> Wait | None:
    """What to wait for after an error of the database; None for one that waiting does not mend."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, psycopg.Error):
        found = found.__cause__
    if found is None:
        return None
    state = found.sqlstate or ""
    if state in READ_ONLY_STATES:
        return READ_ONLY
    if state in DISK_FULL_STATES:
        return DISK_FULL
    if state in INTERRUPTED_STATES:
        return INTERRUPTED
    if isinstance(found, (psycopg.OperationalError, psycopg.InterfaceError)):
        return DATABASE_LOST
    return None


class Heartbeat(NamedTuple):
    """How the views' process is: the least position of all views, the head that it knew, its wait.

    ``beaten_at`` is when it last finished something, ``since`` since when it waits for the same;
    both by ``time.monotonic()``, which all processes of a machine share.
    """

    beaten_at: float
    position: int
    head: int
    waits_for: Wait | None
    since: float


class _Cells(ctypes.Structure):
    # Each is written in one piece, so that a reader never sees half of one.
    _fields_ = (
        ("beaten_at", ctypes.c_double),
        ("since", ctypes.c_double),
        ("position", ctypes.c_int64),
        ("head", ctypes.c_int64),
        ("waits_for", ctypes.c_int64),
        ("told_to_stop", ctypes.c_int64),
    )


NOTHING = -1


class Pulse:
    """Made by the service, handed to the views' process, read by whoever asks how it is."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._cells = RawValue(_Cells)
        self.wait(STARTING)

    def beat(self, position: int, head: int) -> None:
        """Tell that the views follow: all hold that position, of that head."""
        cells = self._cells
        cells.position, cells.head = position, head
        cells.beaten_at = self._monotonic()
        if cells.waits_for != NOTHING:
            cells.waits_for, cells.since = NOTHING, cells.beaten_at

    def wait(self, wait: Wait) -> None:
        """Tell what the views wait for."""
        cells = self._cells
        cells.beaten_at = self._monotonic()
        if cells.waits_for != WAITS.index(wait) or cells.since == 0.0:
            cells.waits_for, cells.since = WAITS.index(wait), cells.beaten_at

    def stop(self) -> None:
        """Tell the views' process to end."""
        self._cells.told_to_stop = 1

    @property
    def stopped(self) -> bool:
        """Whether it is told to end."""
        return bool(self._cells.told_to_stop)

    def read(self) -> Heartbeat:
        """The last heartbeat."""
        cells = self._cells
        waits_for = None if cells.waits_for == NOTHING else WAITS[cells.waits_for]
        return Heartbeat(cells.beaten_at, cells.position, cells.head, waits_for, cells.since)
