"""Linkage runs on record (人员比对的记录): which may be gone on from, and how many persons one is about to read."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from api.service.statuses import answered_with
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import Rule
from ledger.events.linkage import LinkageStarted, PersonsLinked
from projections.frame.recorded import recorded

Connection = psycopg.Connection[Any]

LINKAGE_OVER = answered_with(
    409,
    Rule(
        "linkage-over",
        zh="人员比对 {id} 的结果均已登记，不再读取身份信息：需要再次比对的，请另行发起",
        en="what the linkage run {id} found is all on record, and no identity is read for it again: start another run",
    ),
)


class Run(NamedTuple):
    """A run on record: its unit, and the position of the run that it goes on from, 0 where it compares all."""

    id: str
    unit: str | None
    after: int = 0


def run_before(connection: Connection, unit: str | None, model: str) -> tuple[str, int] | None:
    """The newest run over that unit by that model of which every part is on record, and its position.

    Another model would weigh the old pairs otherwise: it has to compare all.
    """
    runs = connection.execute(
        "SELECT e.position, e.data FROM ledger.standing s"
        " JOIN ledger.entries e ON e.statement_id = (s.value ->> 'id')::uuid"
        " WHERE s.key LIKE 'linkage/%%' AND s.value ->> 'unit' IS NOT DISTINCT FROM %s"
        " AND s.value ->> 'campaign' IS NULL ORDER BY e.position DESC",
        (unit,),
    ).fetchall()
    for position, data in runs:
        act = recorded(position, data).act
        if (
            isinstance(act.event, LinkageStarted)
            and act.event.model == model
            and _is_whole(connection, act.id)
        ):
            return act.id, position
    return None


def _is_whole(connection: Connection, run: str) -> bool:
    """Every part of what a run found is on record."""
    parts = connection.execute(
        "SELECT position, data FROM ledger.entries WHERE tags @> ARRAY[%s] AND type LIKE 'PersonsLinked%%'",
        (f"linkage:{run}",),
    ).fetchall()
    if not parts:
        return False
    event = recorded(*parts[0]).event
    return isinstance(event, PersonsLinked) and event.parts == len(parts)


def check_not_over(connection: Connection, run: str) -> None:
    """Refuses to read the identities of a run again whose findings are all on record.

    Raises:
        Refused: ``linkage-over``.
    """
    if _is_whole(connection, run):
        raise LINKAGE_OVER.refused(id=run)


def own_run(connection: Connection, run: str, officer: str) -> tuple[Run, int]:
    """A run on record that this officer started, and its position; another's is like one that is not there.

    Raises:
        Refused: ``reference-unknown``.
    """
    row = connection.execute(
        "SELECT e.position, e.data FROM ledger.entries e JOIN ledger.standing s ON s.key = 'linkage/' || %s"
        " WHERE e.statement_id = %s::uuid AND s.value ->> 'officer' = %s",
        (run, run, officer),
    ).fetchone()
    event = None if row is None else recorded(*row).event
    if row is None or not isinstance(event, LinkageStarted):
        raise UNKNOWN_REFERENCE.refused(kind="linkage", id=run)
    after = 0
    if event.since is not None:
        before = connection.execute(
            "SELECT position FROM ledger.entries WHERE statement_id = %s::uuid", (event.since,)
        ).fetchone()
        after = 0 if before is None else int(before[0])
    return Run(run, event.unit, after), int(row[0])


def count_persons(connection: Connection, unit: str | None) -> int:
    """How many persons' identities are about to be read."""
    row = connection.execute(f"SELECT count(DISTINCT v.dossier) {PERSONS}", {"unit": unit}).fetchone()
    return 0 if row is None else int(row[0])


PERSONS = (
    " FROM (SELECT * FROM ledger.vault x WHERE NOT EXISTS (SELECT FROM ledger.standing m WHERE m.key = 'member/' || x.id)) v"
    " JOIN ledger.standing s ON s.key = 'dossier/' || v.dossier"
    " JOIN ledger.standing u ON u.key = 'unit/' || (s.value ->> 'unit')"
    " WHERE s.value ->> 'recipient' = 'person' AND NOT coalesce((s.value ->> 'sealed')::boolean, false)"
    " AND (%(unit)s::text IS NULL OR u.value ->> 'id' = %(unit)s OR u.value -> 'ancestors' ? %(unit)s)"
)
"""Persons of the unit and all below it; a sealed identity is used no more, an erased one is gone."""
