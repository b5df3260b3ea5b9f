"""Every figure of every desk is what plain SQL finds in the views, on a ledger where something of most kinds waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from psycopg.rows import dict_row

from api.desks.matters import MATTERS
from ledger.clock import china_today
from ledger.events.nomination import Approved, Confirmed
from tests.founding import Founded
from tests.http.planting import plant
from tests.http.serving import Officer, service
from tests.patterns import Patterns

_OF_UNIT = "(%(unit)s::text IS NULL OR unit = %(unit)s)"
_NOW = f"to_position IS NULL AND {_OF_UNIT}"
_FLAGS = (
    "SELECT coalesce(sum(n), 0)::bigint AS rows, coalesce(sum(most), 0)::bigint AS fen FROM"
    " (SELECT count(*) AS n, max(amount_fen) AS most FROM flags WHERE to_position IS NULL{more} GROUP BY subject) s"
)
_HELD = (
    "SELECT count(*) FILTER (WHERE fen > 0) AS rows, coalesce(sum(fen) FILTER (WHERE fen > 0), 0)::bigint AS fen FROM"
    " (SELECT o.unit, sum(coalesce((SELECT (t.sums ->> 'held')::bigint FROM totals t WHERE t.owner = o.owner"
    f"   ORDER BY t.position DESC LIMIT 1), 0)) AS fen FROM owners o WHERE o.unit IS NOT NULL AND {_OF_UNIT}"
    "  GROUP BY o.unit) s"
)
FIGURES = {
    "sent-back": f"SELECT count(*) AS rows FROM cases WHERE state = 'rejected' AND {_NOW}",
    "rosters-due": (
        "SELECT count(*) AS rows, min(policy ->> 'roster_deadline') AS due FROM terms WHERE to_position IS NULL"
        " AND closed_on IS NULL AND policy ->> 'roster_deadline' >= %(today)s"
    ),
    "held": _HELD,
    "hand-out": f"SELECT count(*) AS rows, coalesce(sum(approved_fen - paid_fen), 0)::bigint AS fen FROM cases"
    f" WHERE state = 'approved' AND {_NOW}",
    "confirm": f"SELECT count(*) AS rows FROM cases WHERE state = 'nominated' AND {_NOW}",
    "announce": f"SELECT count(*) AS rows FROM cases WHERE state = 'confirmed' AND {_NOW}",
    "notices": "SELECT count(DISTINCT notice) AS rows, min(end_on)::text AS due FROM notices"
    f" WHERE end_on >= %(today)s::date AND {_OF_UNIT}",
    "objections": "SELECT count(*) AS rows FROM objections WHERE to_position IS NULL AND upheld IS NULL",
    "approve": "SELECT count(*) AS rows, coalesce(sum(asked_fen), 0)::bigint AS fen FROM cases"
    f" WHERE state = 'on-notice' AND notice_until < %(today)s::date AND {_NOW}",
    "unmatched": "SELECT count(*) AS rows, coalesce(sum(amount_fen), 0)::bigint AS fen FROM payouts p"
    f" WHERE method = 'bank' AND {_OF_UNIT} AND NOT EXISTS (SELECT FROM bank_lines b WHERE b.payout = p.payout)",
    "grave-flags": _FLAGS.format(more=" AND severity = 'high'"),
    "flags": _FLAGS.format(more=""),
    "investigations": "SELECT count(*) AS rows FROM investigations WHERE to_position IS NULL AND finding IS NULL",
    "rectifications": "SELECT count(*) AS rows, min(due)::text AS due FROM rectifications"
    " WHERE to_position IS NULL AND struck_off_at IS NULL",
    "entries": "SELECT count(*) AS rows FROM timeline",
    "old-keys": "SELECT count(*) AS rows FROM keys WHERE to_position IS NULL AND revoked_from IS NULL"
    " AND valid_from < (%(today)s::date - 730)::text",
    "units": "SELECT count(*) AS rows FROM units",
    "officers": "SELECT count(*) AS rows FROM officers",
}
FIGURES["pay"] = FIGURES["hand-out"]

OFFICERS = {
    "tea-clerk": "tea",
    "tea-confirmer": "tea",
    "approver": None,
    "finance": None,
    "finance2": None,
    "auditor": None,
    "inspector": None,
    "registrar": None,
}
"""Each with the unit that their role is over, None for all."""


@pytest.fixture(scope="module")
def planted(
    patterns: Patterns, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Founded, TestClient]]:
    folder: Path = tmp_path_factory.mktemp("desks")
    with patterns.copy(folder / "data") as founded:
        with founded.store.writer() as writer:
            plant(founded, writer)
            founded.nominated(writer)
            # And one that is approved, and waits to be paid or handed out.
            case = founded.nominated(writer)[0]
            founded.record(writer, "tea-confirmer", Confirmed(campaign="b2026", unit="tea", case=case))
            approved = Approved(campaign="b2026", unit="tea", case=case, line="workers", amount_fen=50_000)
            founded.record(writer, "approver", approved)
        with service(founded, folder) as client:
            yield founded, client


def test_every_matter_has_its_sql() -> None:
    assert FIGURES.keys() == {matter.code for matter in MATTERS}


@pytest.mark.parametrize("name", OFFICERS)
def test_figures_of_a_desk_are_those_of_plain_sql(planted: tuple[Founded, TestClient], name: str) -> None:
    founded, client = planted
    desk: list[dict[str, Any]] = Officer(client, founded, name).sign_in().rows("/desk")
    assert desk
    today = china_today()
    with founded.store.connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SET search_path TO views")
        for row in desk:
            sql = cursor.execute(FIGURES[row["code"]], {"unit": OFFICERS[name], "today": today}).fetchone()
            assert sql is not None
            days = (
                None
                if sql.get("due") is None
                else (date.fromisoformat(sql["due"]) - date.fromisoformat(today)).days
            )
            assert (row["rows"], row["due"], row["days_left"]) == (sql["rows"], sql.get("due"), days), row[
                "code"
            ]
            if row["amount_fen"] is not None:
                assert row["amount_fen"] == sql["fen"], row["code"]


def test_something_waits_on_every_desk(planted: tuple[Founded, TestClient]) -> None:
    founded, client = planted
    for name in OFFICERS:
        rows = Officer(client, founded, name).sign_in().rows("/desk")
        assert any(row["rows"] > 0 for row in rows), name
