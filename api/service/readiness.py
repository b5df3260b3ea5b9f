"""Whether the service is ready (就绪): proved, cause by cause, and told once for each change.

Ready is who could record a statement and answer a question as of now. Every reason against it is a
cause with a stable code; the same causes stand in ``/readyz``, in ``/metrics`` and in the log.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from ledger.clock import utc_now
from ledger.postgres.connection import Pool
from ledger.postgres.failures import standby_missing
from ledger.supervision import repeat
from ledger.writing.access_log import AccessLog
from ledger.writing.condition import Cause
from projections.following.follower import SCHEMA, held
from projections.following.pulse import STARTING, VIEW_FAILED, Heartbeat, wait_for
from projections.following.runner import Followers

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 5.0
"""How long who asks waits for a look: a probe that has no answer by then takes the service for dead."""
SILENT_SECONDS = 10.0
"""After how long without a heartbeat the views are taken for dead or stuck."""
STARTING_SECONDS = 60.0
"""The same while their process starts: it gives no sign before all is imported, on a busy machine late."""
BEHIND_SECONDS = 60.0
"""How long the views may stay behind the head without coming nearer."""

_log = structlog.get_logger(__name__)

Look = Callable[[], Iterable[Cause]]
"""Looks at one part of the service; answers what keeps it from being ready."""


def cause(code: str, zh: str, en: str, since: datetime | None = None) -> Cause:
    """A cause that begins now, or began when it is said."""
    return Cause(code, zh, en, (since or utc_now()).isoformat(timespec="seconds"))


def unknown(since: datetime | None = None) -> Cause:
    """The cause that nobody knows whether there is one."""
    return cause("readiness-unknown", "就绪检查没有及时完成", "readiness was not looked at in time", since)


class Readiness:
    """Looks at all parts again and again, and remembers what it found. Reading it costs nothing."""

    def __init__(self, looks: Sequence[Look], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._looks = list(looks)
        self._monotonic = monotonic
        self._looking, self._telling = threading.Lock(), threading.Lock()
        self._causes = [cause("starting", "服务正在启动", "the service is starting")]
        self._told = {one.code for one in self._causes}
        self._looked_at, self._looked_at_utc = monotonic(), utc_now()

    def causes(self) -> list[Cause]:
        """What keeps the service from being ready; empty while it is.

        Where nobody has looked for too long, that is the cause: an old answer proves nothing.
        """
        age = self._monotonic() - self._looked_at
        if age > SILENT_SECONDS:
            causes = [unknown(self._looked_at_utc + timedelta(seconds=SILENT_SECONDS))]
            # The look that hangs tells nothing; who asks meanwhile does.
            self._tell({one.code for one in causes})
            return causes
        return self._causes

    def look(self) -> list[Cause]:
        """Look at all parts now, unless somebody does: one look at a time is enough for all who ask."""
        if not self._looking.acquire(blocking=False):
            return self.causes()
        try:
            return self._look()
        finally:
            self._looking.release()

    def asked(self) -> list[Cause]:
        """Look now for who asks; a look that hangs goes on by itself, and is the cause meanwhile."""
        looking = threading.Thread(target=self.look, name="readiness-asked", daemon=True)
        looking.start()
        looking.join(ANSWER_SECONDS)
        if not looking.is_alive():
            return self.causes()
        causes = [unknown()]
        self._tell({one.code for one in causes})
        return causes

    def _look(self) -> list[Cause]:
        found: dict[str, Cause] = {}
        # Side by side, so that a look takes as long as the slowest and not as all that wait for one database.
        with ThreadPoolExecutor(len(self._looks) or 1, "readiness-look") as threads:
            for seen in threads.map(self._seen, self._looks):
                for one in seen:
                    found.setdefault(one.code, one)
        before = {one.code: one for one in self._causes}
        # What goes on keeps its beginning.
        causes = [before.get(code, one) for code, one in found.items()]
        self._causes = causes
        self._looked_at, self._looked_at_utc = self._monotonic(), utc_now()
        self._tell(set(found))
        return causes

    def _tell(self, codes: set[str]) -> None:
        """Log a change of readiness, once."""
        with self._telling:
            if codes == self._told:
                return
            self._told = codes
        if codes:
            _log.warning("the service is not ready", causes=sorted(codes))
        else:
            _log.info("the service is ready")

    def _seen(self, look: Look) -> list[Cause]:
        """What one part's look found; a look that fails is a cause, too."""
        try:
            return list(look())
        except Exception as error:
            one = _database_lost() if wait_for(error) is not None else unknown()
            if one.code not in {each.code for each in self._causes}:
                _log.error("a look at the service's readiness failed", code=one.code, error=error)
            return [one]

    def keep_looking(self, stop: threading.Event) -> None:
        """Look every second until told to stop."""
        repeat(self.look, stop, every_seconds=LOOK_SECONDS)


class ViewsFollow:
    """Whether the views' process lives and follows: by its heartbeat, and by how far behind it stays."""

    def __init__(
        self,
        heartbeat: Callable[[], Heartbeat],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heartbeat = heartbeat
        self._monotonic = monotonic
        self._position = -1
        self._moved_at = monotonic()

    def __call__(self) -> Iterable[Cause]:
        """What keeps the views from following."""
        now, beat = self._monotonic(), self._heartbeat()
        if beat.position != self._position or beat.position >= beat.head:
            self._position, self._moved_at = beat.position, now
        patience = STARTING_SECONDS if beat.waits_for is STARTING else SILENT_SECONDS
        if now - beat.beaten_at > patience:
            yield cause(
                "views-silent", "视图进程没有动静", "the process of the views does not give a sign of life"
            )
        elif beat.waits_for is not None:
            yield cause(*beat.waits_for)
        elif now - self._moved_at > BEHIND_SECONDS:
            yield cause("views-stuck", "视图落后且没有前进", "the views are behind and come no nearer")


def views_stand(followers: Followers) -> Iterable[Cause]:
    """Whether no view has stopped before an event, and each is in the version that this release makes."""
    statuses = followers.status()
    outdated = [status.view for status in statuses if status.outdated]
    if outdated:
        yield cause(
            "views-outdated",
            f"视图属于旧版本，不再前进：{'、'.join(outdated)}；请运行 songnuan rebuild",
            f"views were made by another release and stay where they are: {', '.join(outdated)};"
            " run songnuan rebuild",
        )
    stopped = [status.view for status in statuses if status.reason is not None]
    if stopped:
        yield cause(
            VIEW_FAILED.code, f"视图停止：{'、'.join(stopped)}", f"views have stopped: {', '.join(stopped)}"
        )


def access_is_recorded(log: AccessLog) -> Iterable[Cause]:
    """Whether the access log is written: where it is not, nothing is shown to anybody."""
    if log.is_failing:
        yield cause(
            "access-log-unavailable", "查阅日志无法写入，暂不显示任何内容", "the access log cannot be written"
        )


QUESTION_SECONDS = 3.0


def questions_are_answered(reads: Pool) -> Iterable[Cause]:
    """Whether the database that answers the questions does."""
    try:
        with reads.connection(timeout=QUESTION_SECONDS) as connection:
            held(connection, SCHEMA)
    except PoolTimeout:
        yield cause("database-busy", "数据库连接均被占用", "all connections to the database are in use")
    except psycopg.Error:
        yield _database_lost()


_NOBODY_CONFIRMS = (
    "SELECT NOT pg_is_in_recovery() AND current_setting('synchronous_standby_names') <> ''"
    " AND current_setting('synchronous_commit') NOT IN ('off', 'local') AND NOT EXISTS"
    # Who may not read the standbys' state finds them without it, and it cannot be known.
    " (SELECT FROM pg_stat_replication WHERE sync_state IS NULL OR sync_state IN ('sync', 'quorum'))"
)


def standby_confirms(primary: Pool) -> Iterable[Cause]:
    """Whether there is a standby to confirm what is committed, where the database waits for one.

    It is known at once, while the writer finds out only by a commit: the last one may be seconds ago.
    """
    try:
        with primary.connection(timeout=QUESTION_SECONDS) as connection:
            nobody = nobody_confirms(connection)
    except (PoolTimeout, psycopg.Error):
        return  # the other looks say what is the matter
    if nobody:
        missing = standby_missing()
        yield cause(missing.code, missing.zh, missing.en)


def nobody_confirms(connection: psycopg.Connection[Any]) -> bool:
    """Whether commits wait for a standby, and none is there to confirm them."""
    return connection.execute(_NOBODY_CONFIRMS).fetchone() == (True,)


def _database_lost() -> Cause:
    return cause("database-unavailable", "数据库没有应答", "the database does not answer")
