"""The public's inbox held against what the ledger committed to when it received it (收件核验)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
import psycopg

from ledger.domain.entry import act_of, read_entry
from ledger.domain.event import utc_text
from ledger.errors import Refused, Rule
from ledger.events.inbox import ObjectionReceived
from ledger.events.opening import objection_digest
from ledger.findings import INBOX_PENDING, INBOX_UNCOMMITTED, Finding, Report
from ledger.statements.statement import SignatureChecker, parse_envelope, parse_statement

INBOX_MISSING = Rule(
    "inbox-missing",
    zh="收件箱缺少编号 {number} 的群众异议，台账记有收件",
    en="the inbox lacks the objection {number}, which the ledger received",
)
INBOX_DIFFERS = Rule(
    "inbox-differs",
    zh="收件箱中编号 {number} 的群众异议与收件时的承诺值不符：{column}",
    en="the objection {number} in the inbox is not what was committed to: {column}",
)
INBOX_UNEXPECTED = Rule(
    "inbox-unexpected",
    zh="收件箱多出编号 {number} 的异议：台账没有收到过",
    en="the inbox has an objection {number} that the ledger never received",
)


class _Row(NamedTuple):
    """An objection as the inbox has it."""

    number: str
    received_at: datetime
    notice: str
    case_id: str
    campaign: str
    unit: str
    text: str
    salt: bytes | None
    receipt: str | None
    envelope: bytes | None
    lodged: bool
    """Whether the statement by which it is said to be taken down is one, on that case; true where none is."""


class _Received(NamedTuple):
    """A recorded receipt: its position, the event, when it was recorded, and the envelope that was signed."""

    position: int
    event: ObjectionReceived
    recorded_at: str
    envelope: bytes


def check_inbox(
    connection: psycopg.Connection[Any], size: int, ledger_keys: Mapping[str, bytes], report: Report
) -> Refused | None:
    """Hold every row against its event, and every event against its row.

    ``ledger_keys`` are the ledger's own public keys by id: a row whose event they signed and that is not
    recorded yet is on its way. Answers what could not be held, where rows are older than the commitment.
    """
    received: dict[str, _Received] = {}
    for position, data in connection.execute(
        "SELECT position, data FROM ledger.entries WHERE type LIKE 'ObjectionReceived.%%' AND position <= %s"
        " ORDER BY position",
        (size,),
    ).fetchall():
        act = act_of(bytes(data))
        # What the column calls a receipt and the entry does not is named with the columns.
        if isinstance(act.event, ObjectionReceived):
            envelope = orjson.dumps(read_entry(bytes(data))["envelope"])
            received[act.id] = _Received(position, act.event, act.recorded_at, envelope)
    uncommitted = 0
    first = min((each.recorded_at for each in received.values()), default="9999")
    for row in _rows(connection):
        known = received.pop(row.receipt, None) if row.receipt is not None else None
        if known is not None:
            for column in _differing(row, known):
                report(Finding(known.position, INBOX_DIFFERS.refused(number=row.number, column=column)))
        elif row.envelope is not None and _signed(row, ledger_keys):
            report(Finding(None, INBOX_PENDING.refused(number=row.number)))
        elif row.receipt is None and utc_text(_utc(row.received_at)) < first:
            uncommitted += 1
        else:
            report(Finding(None, INBOX_UNEXPECTED.refused(number=row.number)))
    for each in received.values():
        report(Finding(each.position, INBOX_MISSING.refused(number=each.event.number)))
    return INBOX_UNCOMMITTED.refused(count=uncommitted) if uncommitted else None


def _rows(connection: psycopg.Connection[Any]) -> list[_Row]:
    rows = connection.execute(
        "SELECT i.number, i.received_at AT TIME ZONE 'UTC', i.notice, i.case_id, i.campaign, i.unit, i.text,"
        " i.salt, i.receipt::text, i.envelope, i.statement IS NULL OR EXISTS (SELECT FROM ledger.entries e"
        " WHERE e.statement_id = i.statement AND e.type LIKE 'ObjectionLodged.%'"
        " AND e.tags @> array['case:' || i.case_id]) FROM ledger.inbox i ORDER BY i.number"
    ).fetchall()
    return [_Row(*row) for row in rows]


def _differing(row: _Row, received: _Received) -> list[str]:
    """The columns that are not what was committed to."""
    event = received.event
    stated = {
        "number": event.number,
        "notice": event.notice,
        "case_id": event.case,
        "campaign": event.campaign,
        "unit": event.unit,
    }
    found = [name for name, value in stated.items() if getattr(row, name) != value]
    if row.salt is None or objection_digest(row.salt, _utc(row.received_at), row.text) != event.digest:
        found.append("text")
    if not row.lodged:
        found.append("statement")
    if row.envelope != received.envelope:
        found.append("envelope")
    return found


def _signed(row: _Row, ledger_keys: Mapping[str, bytes]) -> bool:
    """Whether the ledger's own key signed the receipt that the row carries."""
    try:
        envelope = parse_envelope(bytes(row.envelope or b""))
        statement = parse_statement(envelope.payload)
        for signature in envelope.signatures:
            SignatureChecker().verify(
                envelope.payload, statement.ledger, signature, ledger_keys[signature.keyid]
            )
    except (Refused, KeyError, ValueError):
        return False
    return (
        bool(envelope.signatures) and statement.id == row.receipt and statement.body["number"] == row.number
    )


def _utc(naive: datetime) -> datetime:
    return naive.replace(tzinfo=UTC)
