"""Following as a duty of the service (常驻读取): a process reads and verifies, the service records what it saw.

To verify takes a core, which the service must not wait for. The process has mirrors and the reader's key, and neither
writer nor database: it asks the service, over a pipe, for what is followed, and to record what is to be said. It may
end anywhere: a mirror makes that good.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import Pipe, parent_process
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from api.federation.following import Following, recording
from api.federation.rota import Rota, take_turns
from ledger.clock import china_today, utc_now
from ledger.crypto.keys import load_log_key
from ledger.domain.event import Event
from ledger.domain.federation import Followed
from ledger.domain.state import State
from ledger.errors import Explained, Misconfigured, Refused
from ledger.federation.feeds import Feed
from ledger.storage.store import OpenStore
from ledger.system_words import reason_of
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

NICENESS = 5
LOOK_SECONDS = 0.5
"""How often the process looks whether it is to end, and the service whether there is a process."""
READERS = 8
"""How many ledgers are read at once: one that does not answer keeps none of the others waiting."""

_log = structlog.get_logger(__name__)


class Plan(NamedTuple):
    """What the settings say of following: addresses by the followed ledgers' codes, by whose key, how often."""

    data: Path
    addresses: Mapping[str, str]
    reader_key: Path
    passphrase_file: Path | None
    every_seconds: float
    fellows: Sequence[str] = ()

    def check(self) -> None:
        """Open the key, so that one that does not open is said as the service starts."""
        self.key()

    def key(self) -> Any:
        """The reader's key; raises ``key-file`` or of its passphrase."""
        file = self.passphrase_file
        try:
            word = "" if file is None else file.read_text(encoding="utf-8").rstrip("\n")
        except OSError as error:
            zh, en = reason_of(error)
            raise Misconfigured(
                "passphrase-file",
                f"无法打开口令文件 {file}：{zh}",
                f"cannot open the passphrase's file {file}: {en}",
            ) from None
        return load_log_key(self.reader_key, word)


class Desk:
    """What following asks of whoever holds the writer."""

    def __init__(self, followed: Callable[[], Sequence[Followed]], record: Callable[[Event], object]) -> None:
        self.followed = followed
        self.record = record

    def state(self) -> State:
        """What is followed, as a state of nothing else."""
        state = State()
        for each in self.followed():
            state.put(each)
        return state


def writers_desk(store: OpenStore, writer: Writer) -> Desk:
    """The desk of a writer in this process: it signs by the ledger's own key."""
    assert store.ledger is not None
    signer = Signer(store.ledger_key(), store.ledger)

    def submit(event: Event) -> object:
        return writer.record(signer.sign(event, on=china_today()))

    return Desk(lambda: list(writer.state.records(Followed)), recording(submit))


class NotRecorded(Explained):
    """The service could not record what was seen; it is seen again in the next round."""


def keep_followed(plan: Plan, desk: Desk, stop: threading.Event) -> None:
    """Read each ledger again and again until told to stop; what changed with one is logged."""
    # Here, so that a service that follows nothing does without a client for the network.
    from api.federation.http_feed import HttpFeed, HttpFellow, connections

    key = plan.key()
    with connections() as client:
        fellows = [HttpFellow(url, client) for url in plan.fellows]
        following = Following(plan.data, desk.state, desk.record, utc_now, fellows)
        feeds = {code: HttpFeed(url, key, client, utc_now) for code, url in plan.addresses.items()}
        told: dict[str, str] = {}

        def read(code: str) -> None:
            error = _error_of_round(following, code, feeds[code])
            if error is not None and told.get(code) != error.code:
                _log.warning("a ledger below is not in order", followed=code, error=error)
            elif error is None and told.get(code):
                _log.info("a ledger below is in order again", followed=code)
            told[code] = "" if error is None else error.code

        take_turns(Rota(list(feeds), plan.every_seconds), read, min(READERS, len(feeds)), stop)


def _error_of_round(following: Following, code: str, feed: Feed) -> Explained | None:
    try:
        return following.round(code, feed).error
    except Refused as refusal:
        return Explained(refusal.code, refusal.message("zh"), refusal.message("en"))
    except Explained as error:
        return error


class FollowingProcess:
    """The process that follows; each start has a pipe of its own, for one that was killed left its end half read."""

    def __init__(self, plan: Plan, desk: Desk) -> None:
        self.target: Callable[..., None] = follow_in_process
        self._plan = plan
        self._desk = desk
        self._told = RawValue("b", 0)
        self._service: Connection[Any, Any] | None = None

    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the next start."""
        service, process = Pipe()
        self._service = service
        return (self._plan, process, self._told)

    def stop(self) -> None:
        """Tell the process to end."""
        self._told.value = 1

    def answer(self, stop: threading.Event) -> None:
        """Answer what the process asks, until told to stop: the work of a thread beside it."""
        while not stop.is_set():
            asked = self._service
            try:
                if asked is None or asked.closed or not asked.poll(LOOK_SECONDS):
                    stop.wait(0 if asked is not None and not asked.closed else LOOK_SECONDS)
                    continue
                asked.send(self._answered(asked.recv()))
            except (EOFError, OSError):
                if asked is not None:
                    asked.close()

    def _answered(self, event: Event | None) -> list[Followed] | tuple[str, str, str] | None:
        """What is followed, where nothing is to be recorded; else why it was not recorded."""
        if event is None:
            return list(self._desk.followed())
        try:
            self._desk.record(event)
        except Refused as refusal:
            return refusal.code, refusal.message("zh"), refusal.message("en")
        except Explained as error:
            return error.code, error.zh, error.en
        return None


def follow_in_process(plan: Plan, service: Connection[Any, Any], told: Any) -> None:
    """Follow until told to stop, or until the service is gone: a process's work."""
    os.nice(NICENESS)
    # Ctrl-C goes to every process of the terminal; when to stop is the service's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def watch() -> None:
        while not told.value and parent is not None and parent.is_alive():
            time.sleep(LOOK_SECONDS)
        # In the middle of whatever it does: nothing of it has to be brought to an end.
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    one_at_a_time = threading.Lock()

    def ask(event: Event | None) -> Any:
        with one_at_a_time:
            service.send(event)
            return service.recv()

    def record(event: Event) -> None:
        failed = ask(event)
        if failed is not None:
            raise NotRecorded(*failed)

    keep_followed(plan, Desk(lambda: ask(None), record), threading.Event())
