"""The access log held against the heads that the ledger recorded (查阅日志核验).

Lines after the last head are chained, and nothing more: whoever can write to the table could chain
them again, or take the last away, until the next head is recorded. That is said each time, also where
no such line is seen, for that is how it looks when all were taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import psycopg

from ledger.domain.entry import act_of
from ledger.errors import Refused, Rule
from ledger.events.access import AccessLogSealed
from ledger.findings import ACCESS_LINES_UNSEALED, Finding, Report
from ledger.writing.access_log import FIRST_LINK, next_link

ACCESS_LINE_MISSING = Rule(
    "access-line-missing",
    zh="查阅日志缺少第 {first} 至第 {last} 行",
    en="the access log lacks the lines {first} to {last}",
)
ACCESS_LINE_CHANGED = Rule(
    "access-line-changed",
    zh="查阅日志第 {number} 行与其链值不符",
    en="line {number} of the access log is not what its link says",
)
ACCESS_LOG_DIFFERS = Rule(
    "access-log-differs",
    zh="查阅日志前 {lines} 行与台账所封存的不符：应为 {expected}，实为 {found}",
    en="the first {lines} lines of the access log are not those that were sealed:"
    " expected {expected}, found {found}",
)

READ_LINES = 5_000


class _Seal(NamedTuple):
    """A head of the access log that an entry recorded."""

    position: int
    lines: int
    head: str


def check_access_log(connection: psycopg.Connection[Any], size: int, report: Report) -> Refused:
    """Go over all lines and their links, and hold them against every head up to ``size`` entries.

    Gives back what no head could show: from which line on, and how many there are.
    """
    seals = _seals(connection, size)
    sealed = seals[-1].lines if seals else 0
    link, before = FIRST_LINK, 0
    for number, line, stored in _lines(connection):
        if number != before + 1:
            _report_seals(seals, before, number - 1, None, report)
            report(Finding(None, ACCESS_LINE_MISSING.refused(first=before + 1, last=number - 1)))
        elif not _follows(link, line, stored):
            report(Finding(None, ACCESS_LINE_CHANGED.refused(number=number)))
        _report_seals(seals, number - 1, number, stored, report)
        # Go on from what is stored, so that one change is one finding.
        link, before = stored, number
    if sealed > before:
        report(Finding(None, ACCESS_LINE_MISSING.refused(first=before + 1, last=sealed)))
    return ACCESS_LINES_UNSEALED.refused(sealed=sealed, count=max(before - sealed, 0))


def _follows(link: bytes, line: str, stored: bytes) -> bool:
    try:
        return next_link(link, orjson.loads(line)) == stored
    except (TypeError, ValueError):  # what canonical JSON cannot hold was never written by us
        return False


def _report_seals(seals: list[_Seal], after: int, upto: int, stored: bytes | None, report: Report) -> None:
    """Compare the heads over more than ``after`` and at most ``upto`` lines with the link that is there."""
    while seals and after < seals[0].lines <= upto:
        seal = seals.pop(0)
        found = "—" if stored is None else stored.hex()
        if found != seal.head:
            report(
                Finding(
                    seal.position,
                    ACCESS_LOG_DIFFERS.refused(lines=seal.lines, expected=seal.head, found=found),
                )
            )


def _seals(connection: psycopg.Connection[Any], size: int) -> list[_Seal]:
    """The recorded heads, by how many lines they are over."""
    rows = connection.execute(
        "SELECT position, data FROM ledger.entries WHERE type = %s AND position <= %s ORDER BY position",
        (AccessLogSealed.topic(), size),
    )
    seals = []
    for position, data in rows:
        try:
            event = act_of(bytes(data)).event
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # found before, as an entry that cannot be read
        if isinstance(event, AccessLogSealed):
            seals.append(_Seal(position, event.lines, event.head))
    return sorted(seals, key=lambda seal: seal.lines)


def _lines(connection: psycopg.Connection[Any]) -> Iterator[tuple[int, str, bytes]]:
    """Every line's text with its number and link, in order."""
    after = 0
    while rows := connection.execute(
        "SELECT number, line::text, chain FROM ledger.access_log WHERE number > %s ORDER BY number LIMIT %s",
        (after, READ_LINES),
    ).fetchall():
        for number, line, chain in rows:
            yield number, line, bytes(chain)
        after = rows[-1][0]
