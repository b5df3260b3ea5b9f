"""Identities shown (身份信息查阅): recorded first, with officer and purpose, and only then opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

import psycopg

from api.gate import ScopedViews, every_view
from ledger.audit.audit import Disclosed
from ledger.domain.entry import act_of
from ledger.domain.event import Event
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import Refused, Rule
from ledger.events.dossier import IdentityRevealed
from ledger.events.household import MemberRevealed
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity
from ledger.identity.vault import Sealed, Vault
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

R = TypeVar("R", bound=Event)

SHOWN_WITHIN = timedelta(minutes=15)
"""How long after it was recorded an identity can be asked for."""

REVEAL_NOT_RECORDED = Rule(
    "reveal-not-recorded",
    zh="没有记录本人查阅此身份信息，或已超过 {expected} 分钟：{id}",
    en="no record that you were shown this identity within {expected} minutes: {id}",
)


class Shown(NamedTuple):
    """A dossier's identity as it was last given, and where it is recorded that it was shown."""

    dossier: str
    position: int
    identity: PersonIdentity | EnterpriseIdentity


def reveal(
    connection: psycopg.Connection,
    writer: Writer,
    officer: Signer,
    vault: Vault,
    dossiers: Sequence[str],
    purpose: str,
) -> list[Shown]:
    """Records for each dossier that its identity is shown to the officer, then opens them all.

    Nothing is opened where one is refused.

    Raises:
        Refused: ``reference-unknown``, ``dossier-erased``, ``role-not-held``, ``reveals-too-many``.
    """
    units = units_of(connection, dossiers)
    statements = [
        officer.statement(IdentityRevealed(unit=units[dossier], dossier=dossier, purpose=purpose))
        for dossier in dossiers
    ]
    positions = []
    for outcome in writer.record_all(officer.sign_together(statements, [None] * len(statements))):
        if isinstance(outcome, Refused):
            raise outcome
        positions.append(outcome.position)
    opened = newest(every_view(connection), vault, dossiers)
    return [
        Shown(dossier, position, opened[dossier])
        for dossier, position in zip(dossiers, positions, strict=True)
    ]


class Looked(NamedTuple):
    """Whom the reader recorded that they are shown: at which position, of which dossier, which member of its household."""

    position: int
    dossier: str
    member: str | None


def shown_lately(views: ScopedViews, statements: Sequence[str]) -> list[Looked]:
    """What the reader's own IdentityRevealed and MemberRevealed statements of the last quarter of an hour are about.

    Raises:
        Refused: ``reveal-not-recorded``.
    """
    found: dict[str, tuple[int, IdentityRevealed | MemberRevealed]] = own_lately(
        views, statements, (IdentityRevealed, MemberRevealed)
    )
    return [
        Looked(position, event.dossier, event.member if isinstance(event, MemberRevealed) else None)
        for position, event in found.values()
    ]


def members_opened(views: ScopedViews, vault: Vault, members: Sequence[str]) -> dict[str, PersonIdentity]:
    """Members' identities; one that was erased or sealed, or may not be seen, is not there."""
    rows = views.rows(
        "SELECT v.id, v.dossier, v.key_version, v.wrapped_key, v.box FROM member_vault v"
        " WHERE v.id = ANY(%(members)s) AND NOT v.sealed",
        members=list(members),
    )
    opened = {row["id"]: vault.open(Sealed(**row)).identity for row in rows}
    return {each: identity for each, identity in opened.items() if isinstance(identity, PersonIdentity)}


def own_lately(
    views: ScopedViews, statements: Sequence[str], kinds: tuple[type[R], ...]
) -> dict[str, tuple[int, R]]:
    """The reader's own statements of these kinds of the last quarter of an hour: position and event of each.

    Raises:
        Refused: ``reveal-not-recorded``.
    """
    oldest = (datetime.now(UTC) - SHOWN_WITHIN).isoformat()
    found: dict[str, tuple[int, R]] = {}
    for row in views.own_statements(statements):
        act = act_of(bytes(row["entry"]))
        if isinstance(act.event, kinds) and act.recorded_at >= oldest:
            found[row["id"]] = row["position"], act.event
    for statement_id in statements:
        if statement_id not in found:
            raise REVEAL_NOT_RECORDED.refused(expected=SHOWN_WITHIN.seconds // 60, id=statement_id)
    return found


def newest(
    views: ScopedViews, vault: Vault, dossiers: Sequence[str]
) -> dict[str, PersonIdentity | EnterpriseIdentity]:
    """Each dossier's identity as it was last given; one that was erased, or may not be seen, is not there."""
    rows = {row.dossier: row for row in _rows(views, dossiers)}
    return {dossier: vault.open(row).identity for dossier, row in rows.items()}


class Retained(NamedTuple):
    """A dossier with an identity: its unit, the last day it is kept (2056-12-31), whether sealed."""

    dossier: str
    unit: str
    kept_until: str | None
    sealed: bool


def retained(
    connection: psycopg.Connection, *, unit: str | None = None, due_on: str | None = None
) -> list[Retained]:
    """Dossiers that were not erased, by their last day; ``due_on`` asks for those past it that day."""
    rows = connection.execute(
        "SELECT value ->> 'id', value ->> 'unit', value ->> 'kept_until',"
        " coalesce((value ->> 'sealed')::boolean, false) FROM ledger.standing"
        " WHERE key >= 'dossier/' AND key < 'dossier0' AND NOT (value ->> 'erased')::boolean"
        " AND (%(unit)s::text IS NULL OR value ->> 'unit' = %(unit)s)"
        " AND (%(due)s::text IS NULL OR value ->> 'kept_until' < %(due)s)"
        " ORDER BY value ->> 'kept_until', key",
        {"unit": unit, "due": due_on},
    )
    return [Retained(*row) for row in rows]


def disclosed(connection: psycopg.Connection, vault: Vault, dossiers: Sequence[str]) -> Iterator[Disclosed]:
    """All that was ever committed to of these dossiers, for a bundle; they were revealed before."""
    for row in _rows(every_view(connection), dossiers):
        opened = vault.open(row)
        yield Disclosed(row.id, opened.salt, opened.identity)


def units_of(connection: psycopg.Connection, dossiers: Sequence[str]) -> dict[str, str]:
    """The units that the dossiers belong to; raises ``reference-unknown``."""
    found = connection.execute(
        "SELECT value ->> 'id', value ->> 'unit' FROM ledger.standing WHERE key = ANY(%s)",
        ([f"dossier/{dossier}" for dossier in dossiers],),
    )
    units: dict[str, str] = dict(found.fetchall())
    for dossier in dossiers:
        if dossier not in units:
            raise UNKNOWN_REFERENCE.refused(kind="dossier", id=dossier)
    return units


def _rows(views: ScopedViews, dossiers: Sequence[str]) -> list[Sealed]:
    """The vault's rows of these dossiers, in the order in which they came."""
    found = views.rows(
        "SELECT v.id, v.dossier, v.key_version, v.wrapped_key, v.box FROM vault v"
        " WHERE v.dossier = ANY(%(dossiers)s) ORDER BY v.position",
        dossiers=list(dossiers),
    )
    return [Sealed(**row) for row in found]
