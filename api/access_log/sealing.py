"""Sealing the access log (查阅日志封存): its head becomes an event, hourly while it grows, and at the end."""

from __future__ import annotations

import threading

import structlog

from ledger.clock import china_today
from ledger.errors import SongnuanError
from ledger.events.access import AccessLogHead, AccessLogSealed
from ledger.storage.store import OpenStore
from ledger.writing.access_log import AccessLog
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

SEALED_EVERY_SECONDS = 3600.0

_log = structlog.get_logger(__name__)


def seal_access_log(store: OpenStore, writer: Writer, log: AccessLog) -> int | None:
    """Record the log's head where it has grown since the last time; return the entry's position."""
    if store.ledger is None:
        raise RuntimeError("the ledger is not founded")
    head = log.head
    sealed = writer.state.find(AccessLogHead, AccessLogHead.ONLY)
    before = 0 if sealed is None else sealed.lines
    if head.number < before:
        _log.critical("lines of the access log are missing", lines=head.number)
    if head.number <= before:
        return None
    event = AccessLogSealed(lines=head.number, head=head.link.hex())
    signer = Signer(store.ledger_key(), store.ledger)
    return writer.record(signer.sign(event, on=china_today())).position


def keep_sealed(store: OpenStore, writer: Writer, log: AccessLog, stop: threading.Event) -> None:
    """Seal the log now and then until stopped, and once more then."""
    stopped = False
    while not stopped:
        stopped = stop.wait(SEALED_EVERY_SECONDS)
        try:
            seal_access_log(store, writer, log)
        except SongnuanError as error:
            _log.error("the access log is not sealed yet", code=error.code)
