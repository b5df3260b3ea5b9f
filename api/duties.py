"""What the service does beside answering: its server, views, witnesses, timestamps, days' ends, receipts, ledgers below."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg

from api.federation.duty import FollowingProcess, Plan, keep_followed, writers_desk
from api.log.certificates import load_roots
from api.log.cosigning import keep_cosigned
from api.log.timestamping import keep_stamped
from api.objections.receiving import keep_recorded
from api.service.readiness import Look
from api.service.settings import Settings
from ledger.errors import Misconfigured, Unavailable
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.kept_running import KeptRunning
from ledger.storage.store import OpenStore
from ledger.supervision import Supervisor, repeat
from ledger.writing.writer import Writer
from projections.following.pulse import Heartbeat, Pulse
from projections.following.runner import Followers, follow_in_process

DAY_END_SECONDS = 60.0


class ViewsProcess:
    """The process that follows the views. Each start has a pulse of its own: a killed one is not trusted."""

    target: Callable[..., None] = staticmethod(follow_in_process)

    def __init__(self, url: str) -> None:
        self._url = url
        self._pulse = Pulse()

    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the next start."""
        self._pulse = Pulse()
        return (self._url, self._pulse)

    def stop(self) -> None:
        """Tell the process that runs to end."""
        self._pulse.stop()

    def heartbeat(self) -> Heartbeat:
        """How the process is."""
        return self._pulse.read()


def follow_views(
    supervisor: Supervisor, url: str, followers: Followers, *, apart: bool
) -> Callable[[], Heartbeat]:
    """Keep the views up to date, in a thread or in a process of their own; answers who tells how they are."""
    if apart:
        work = ViewsProcess(url)
        supervisor.run_process("views", work)
        return work.heartbeat
    pulse = Pulse()
    supervisor.run_thread("views", partial(followers.follow, pulse=pulse))
    return pulse.read


def keep_server_running(supervisor: Supervisor, server: EmbeddedServer | None) -> Look:
    """Start the embedded server again whenever it ends by itself; answers the look at how it is."""
    if server is None:
        return list
    kept = KeptRunning(server)
    supervisor.run_thread("postgresql", kept.keep)
    return kept.causes


def follow_ledgers(
    supervisor: Supervisor, store: OpenStore, settings: Settings, writer: Writer, *, apart: bool
) -> None:
    """Have the ledgers below that the settings name read and verified, in a thread or in a process of its own.

    Raises:
        Misconfigured: they name some, and no key that opens.
    """
    if not settings.follow:
        return
    if settings.reader_key is None:
        raise Misconfigured(
            "reader-key-missing",
            "设置了 follow（下级台账的地址），没有设置 reader_key（读取密钥文件）",
            "follow names ledgers below, and reader_key no file of a key to read them by",
        )
    plan = Plan(
        store.folder,
        settings.follow,
        settings.reader_key,
        settings.reader_passphrase_file,
        settings.follow_seconds,
        settings.fellows,
    )
    plan.check()
    desk = writers_desk(store, writer)
    if not apart:
        supervisor.run_thread("following", partial(keep_followed, plan, desk))
        return
    work = FollowingProcess(plan, desk)
    supervisor.run_process("following", work)
    supervisor.run_thread("following-desk", work.answer)


def take_on_duties(supervisor: Supervisor, store: OpenStore, settings: Settings, writer: Writer) -> None:
    """Have checkpoints cosigned and stamped where that is set; each day's end and pending receipts recorded."""
    for url, key in settings.witness_keys():
        supervisor.run_thread("cosigning", partial(keep_cosigned, store, url, key, writer=writer))
    if settings.timestamp_authority is not None and settings.timestamp_roots is not None:
        roots = load_roots(settings.timestamp_roots)
        supervisor.run_thread("timestamps", partial(keep_stamped, store, settings.timestamp_authority, roots))
    supervisor.run_thread("day-end", partial(end_days, writer))
    supervisor.run_thread("receipts", partial(keep_recorded, store, writer))


def end_days(writer: Writer, stop: threading.Event) -> None:
    """Record the end of each day until told to stop, on days without any statement too."""
    repeat(
        writer.end_day,
        stop,
        every_seconds=DAY_END_SECONDS,
        tolerate=(Unavailable, psycopg.Error),
        failure="the day's end is not recorded yet",
    )
