"""A list in the demonstration of several levels (演示名单): who is on public payroll, as one of the counties has it."""

from __future__ import annotations

from collections.abc import Callable

from ledger.clock import china_today
from ledger.domain.event import Event
from ledger.domain.register_kinds import KINDS
from ledger.events.register import ReferenceListed
from ledger.identity.documents import PersonIdentity
from ledger.identity.register_rows import Listed
from ledger.storage.store import OpenStore
from ledger.writing.batch import Receipt
from ledger.writing.registers import prepare


def public_payroll(store: OpenStore, person: PersonIdentity, record: Callable[[str, Event], Receipt]) -> str:
    """List a person as on public payroll since the year before, by the inspector; answers the list's id."""
    today, kind = china_today(), KINDS["public-payroll"]
    since = f"{int(today[:4]) - 1}-01-01"
    rows = [Listed(person.number, 1, {"since": since, "employer": "北县某事业单位"})]
    with store.connect() as connection:
        prepared = prepare(connection, rows, kind, (None, None), marker=store.marker(), vault=store.vault())
    listed = ReferenceListed(
        unit="union",
        kind=kind.code,
        title="财政供养人员",
        source="北县财政局",
        data_on=today,
        keep_until=f"{int(today[:4]) + 1}-12-31",
        digest="0" * 64,
        root=prepared.root,
        rows=prepared.rows,
    )
    return record("inspector", listed).id
