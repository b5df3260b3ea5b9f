"""A list made ready for its signature (名单载入): read, its rows written, and the event that registers it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from api.registers.list_file import ListFile
from api.registers.rows import ListLineFault, ListRead
from ledger.domain.register_kinds import RegisterKind
from ledger.errors import Explained
from ledger.events.register import EarlierPayoutsListed, ReferenceListed
from ledger.storage.store import OpenStore
from ledger.writing.registers import Prepared, discard, prepare


@dataclass(frozen=True)
class Said:
    """What an officer says of a list: where it counts, what it is called, from whom, of when, until when it is kept."""

    title: str
    source: str
    data_on: str
    unit: str | None = None
    keep_until: str | None = None
    document: str | None = None
    replaces: str | None = None
    year: int | None = None
    """Of payouts that are brought in, of which year."""


class YearMissing(Explained):
    """Payouts are brought in, and nobody said of which year."""


class NothingListed(Explained):
    """A list of which no line can be taken."""


def made_ready(
    store: OpenStore,
    connection: psycopg.Connection[Any],
    file: ListFile,
    today: datetime.date,
    progress: Callable[[int], None] = lambda done: None,
) -> Prepared:
    """Read a list and write its rows, all or none.

    Raises:
        NothingListed: ``register-empty``.
        RosterUnreadable: the file cannot be read.
    """
    prepared = prepare(
        connection,
        file.lines(today),
        file.kind,
        file.period,
        marker=store.marker(),
        vault=store.vault(),
        progress=progress,
    )
    if prepared.rows == 0:
        discard(connection, prepared)
        raise NothingListed(
            "register-empty",
            f"{file.name} 中没有可用的行（{file.invalid} 行有误）",
            f"no line of {file.name} can be taken ({file.invalid} are wrong)",
        )
    return prepared


def check_year(kind: RegisterKind, year: int | None) -> None:
    """Refuses payouts that are brought in without their year.

    Raises:
        YearMissing: ``register-year-missing``.
    """
    if kind.relation == "given" and year is None:
        raise YearMissing(
            "register-year-missing",
            "补录以前年度发放须写明年度",
            "say of which year the payouts are that are brought in",
        )


def read_list(store: OpenStore, file: ListFile, today: datetime.date, said: Said) -> ListRead:
    """Read a list and write its rows, which wait a day for the signature under what is answered.

    Raises:
        NothingListed, RosterUnreadable: as :func:`made_ready`.
        YearMissing: as :func:`check_year`.
    """
    check_year(file.kind, said.year)
    with store.connect() as connection:
        prepared = made_ready(store, connection, file, today)
    return ListRead(
        rows=prepared.rows,
        duplicates=prepared.duplicates,
        invalid=file.invalid,
        codes=dict(file.codes),
        faults=[ListLineFault(**fault._asdict()) for fault in file.faults],
        mapping=file.mapped,
        unused=file.unused,
        total_fen=prepared.total_fen,
        type=event_type(file.kind).topic(),
        event=event_of(file, prepared, said),
    )


def event_type(kind: RegisterKind) -> type[ReferenceListed]:
    """The event that registers a list of a kind."""
    return EarlierPayoutsListed if kind.relation == "given" else ReferenceListed


def event_of(file: ListFile, prepared: Prepared, said: Said) -> dict[str, Any]:
    """The body of the event that registers a list that was made ready."""
    kept_from = datetime.date.fromisoformat(file.period[1] or said.data_on)
    keep_until = said.keep_until or (kept_from + datetime.timedelta(days=file.kind.keep_days)).isoformat()
    body = {
        "unit": said.unit,
        "kind": file.kind.code,
        "title": said.title,
        "source": said.source,
        "document": None if said.document is None else {"number": said.document},
        "data_on": said.data_on,
        "period_start": file.period[0],
        "period_end": file.period[1],
        "keep_until": keep_until,
        "digest": file.digest,
        "root": prepared.root,
        "rows": prepared.rows,
        "invalid": file.invalid,
        "duplicates": prepared.duplicates,
        "replaces": said.replaces,
    }
    if event_type(file.kind) is EarlierPayoutsListed:
        body |= {"year": said.year, "total_fen": prepared.total_fen}
    assert body.keys() <= event_type(file.kind).model_fields.keys()
    return {name: value for name, value in body.items() if value is not None}
