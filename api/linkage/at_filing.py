"""Comparison at filing (申报时比对): what waits where a policy asks for it, compared, and said by the ledger's own key.

Rosters come in parts. So a campaign is compared once nothing was handed in between two looks, and each time only whom it
was handed since, with all of its sponsor's unit. Every reading of identities is a line in the access log beforehand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import psycopg
import structlog

from api.gate import every_view
from api.linkage.running import LinkageRuns
from api.linkage.runs import count_persons
from ledger.errors import Refused, Unavailable
from ledger.events.filing_comparison import FilingsCompared
from ledger.identity.vault import Vault
from ledger.storage.store import OpenStore
from ledger.supervision import repeat
from ledger.writing.access_log import AccessLine, AccessLog, unavailable
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

LOOK_SECONDS = 20.0
LINE_WITHIN_SECONDS = 30.0
"""So long the access log may take to write the line, before which nothing is read."""

WHAT = "comparison at filing"
"""What the access log calls it."""

Connection = psycopg.Connection[Any]

_log = structlog.get_logger(__name__)


class Waiting(NamedTuple):
    """What was handed in to a campaign since it was compared: ``through`` is the last entry of it."""

    campaign: str
    unit: str
    through: int
    dossiers: frozenset[str]


class Asking(NamedTuple):
    """An open campaign whose policy asks for a comparison at filing, its sponsor, the entry up to which it was compared."""

    campaign: str
    unit: str
    after: int


def asking(connection: Connection) -> list[Asking]:
    """The campaigns whose policies ask for it."""
    rows = connection.execute(
        "SELECT c.value ->> 'id', c.value ->> 'sponsor', coalesce((u.value ->> 'through')::bigint, 0)"
        " FROM ledger.standing c LEFT JOIN ledger.standing u ON u.key = 'filings-compared/' || (c.value ->> 'id')"
        " WHERE c.key >= 'campaign/' AND c.key < 'campaign0'"
        " AND NOT coalesce((c.value ->> 'closed')::boolean, false)"
        " AND coalesce((c.value -> 'policy' ->> 'compare_at_filing')::boolean, false) ORDER BY 1"
    ).fetchall()
    return [Asking(*row) for row in rows]


def waiting(connection: Connection, asks: Asking, position: int) -> Waiting | None:
    """Whom a campaign was handed since, or whose identity changed since, up to a position that the views hold.

    With a dossier come the others of its number: of these, one stands for the person.
    """
    changed = connection.execute(
        "SELECT v.dossier, e.position FROM ledger.entries e JOIN ledger.vault v ON v.id = e.statement_id::text"
        " WHERE e.position > %s AND e.position <= %s",
        (asks.after, position),
    ).fetchall()
    rows = every_view(connection).rows(
        """
        WITH handed AS (
            SELECT k.dossier, k.person, k.nominated_position AS position FROM cases k
            WHERE k.campaign = %(campaign)s AND k.to_position IS NULL AND k.recipient = 'person'
                AND k.nominated_position > %(after)s AND k.nominated_position <= %(position)s
            UNION ALL
            SELECT k.dossier, k.person, c.position
            FROM unnest(%(dossiers)s::text[], %(positions)s::bigint[]) AS c (dossier, position)
            JOIN cases k ON k.dossier = c.dossier AND k.campaign = %(campaign)s AND k.to_position IS NULL
                AND k.recipient = 'person'
        )
        SELECT n.dossier, max(h.position) AS position FROM handed h
        JOIN dossiers n ON n.person = h.person AND n.to_position IS NULL AND NOT n.erased AND NOT n.sealed
        GROUP BY n.dossier
        """,
        campaign=asks.campaign,
        after=asks.after,
        position=position,
        dossiers=[dossier for dossier, _ in changed],
        positions=[at for _, at in changed],
    )
    if not rows:
        return None
    through = max(row["position"] for row in rows)
    return Waiting(asks.campaign, asks.unit, through, frozenset(row["dossier"] for row in rows))


Recorder = Callable[[Sequence[FilingsCompared]], None]
"""Signs what was found by the ledger's own key and records it."""


class FilingComparison:
    """Compares what waits, and records what it found.

    ``note`` writes of a reading of identities beforehand, with how many persons it is of; it raises where it cannot.
    """

    def __init__(self, vault: Vault, record: Recorder, note: Callable[[Waiting, int], None]) -> None:
        self._vault, self._record, self._note = vault, record, note

    def compare(
        self, connection: Connection, filed: Waiting, say: Callable[[str], None] = lambda step: None
    ) -> int:
        """Compares whom a campaign was handed; answers how many pairs there are.

        Raises:
            Unavailable: ``access-log-unavailable``; then nothing was read.
        """
        # DuckDB and Splink are only for this: loading them would slow every start.
        from api.linkage.comparing import compare_filed

        self._note(filed, count_persons(connection, filed.unit))
        found = compare_filed(connection, self._vault, filed.unit, filed.dossiers, say)
        self._record(found.filed(filed.campaign, filed.unit, filed.through))
        return len(found.found.pairs)


def by_the_ledger(store: OpenStore, writer: Writer) -> Recorder:
    """Records what was found under the ledger's own key.

    Raises (of the recorder):
        Refused: a policy was changed, or somebody compared the same, meanwhile.
    """
    assert store.ledger is not None
    ledger = store.ledger

    def record(events: Sequence[FilingsCompared]) -> None:
        signer = Signer(store.ledger_key(), ledger)
        for event in events:
            writer.record(signer.sign(event))

    return record


class ComparisonDuty:
    """The looks of a service: what has waited since the look before is compared, unless a run is going on."""

    def __init__(
        self, store: OpenStore, comparison: FilingComparison, views_at: Callable[[], int], runs: LinkageRuns
    ) -> None:
        self._store, self._comparison, self._views_at, self._runs = store, comparison, views_at, runs
        self._seen: dict[str, int] = {}
        """The newest entry that waited at the look before, by campaign."""
        self._nothing_up_to: dict[str, int] = {}

    def look(self) -> None:
        """One look at every campaign whose policy asks for it."""
        with self._store.connect() as connection:
            for asks in asking(connection):
                position = self._views_at()
                after = max(asks.after, self._nothing_up_to.get(asks.campaign, 0))
                filed = waiting(connection, asks._replace(after=after), position)
                if filed is None:
                    self._nothing_up_to[asks.campaign] = position
                elif self._seen.get(asks.campaign) != filed.through:
                    self._seen[asks.campaign] = filed.through
                elif not self._runs.is_going_on:
                    self._compare(connection, filed)

    def _compare(self, connection: Connection, filed: Waiting) -> None:
        try:
            pairs = self._comparison.compare(connection, filed)
        except Refused as refusal:
            _log.warning("what was filed is not compared", campaign=filed.campaign, code=refusal.code)
            return
        _log.info("what was filed is compared", campaign=filed.campaign, through=filed.through, pairs=pairs)


def noted_in(access_log: AccessLog) -> Callable[[Waiting, int], None]:
    """Writes the line of a reading, by nobody's session: the policy asked for it."""

    def note(filed: Waiting, persons: int) -> None:
        line = AccessLine("identities", WHAT, campaigns=(filed.campaign,), units=(filed.unit,), rows=persons)
        try:
            access_log.record(line).result(LINE_WITHIN_SECONDS)
        except TimeoutError:
            raise unavailable() from None

    return note


def keep_compared(duty: ComparisonDuty, stop: threading.Event) -> None:
    """Look again and again until told to stop."""
    repeat(
        duty.look,
        stop,
        every_seconds=LOOK_SECONDS,
        tolerate=(Unavailable, psycopg.Error),
        failure="what was filed is not compared yet",
    )
