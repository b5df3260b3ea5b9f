"""An examination (检查): everything the database holds, held against what the entries say.

The history is audited as a bundle's is; then each table beside it, which is only a consequence of
the entries: tiles, the columns of the entries, the state, the vault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import orjson
import psycopg
import structlog
from eventsourcing import persistence

from ledger.audit.access_log_checks import check_access_log
from ledger.audit.audit import Summary, Trust, audit
from ledger.audit.cosignature_checks import check_cosignatures
from ledger.audit.history import READ_ENTRIES, Recorded
from ledger.audit.inbox_checks import check_inbox
from ledger.audit.register_checks import check_registers
from ledger.crypto.merkle import HASH_BYTES, leaf_hash
from ledger.crypto.signatures import key_id
from ledger.domain.entry import act_of
from ledger.domain.event import VerifiedEvent
from ledger.domain.household import Member
from ledger.domain.record import Record, record_from
from ledger.domain.state import Dossier, State
from ledger.errors import Misconfigured, Refused, Rule, SongnuanError
from ledger.events.dossier import DossierAmended
from ledger.events.household import MemberRecorded
from ledger.findings import (
    CHECKPOINTS_NOT_CHAINED,
    NOT_CHECKED,
    VAULT_NOT_OPENED,
    Finding,
    Report,
)
from ledger.identity.blind_index import Marker, commitment
from ledger.identity.vault import Sealed, Vault
from ledger.log.checkpoint_chain import check_chain
from ledger.log.proofs import stored_tiles
from ledger.log.tiles import (
    TILE_HASHES,
    Tile,
    subtree_root,
    tile_width,
)
from ledger.postgres.server_words import reason_of_unreadable

_log = structlog.get_logger(__name__)

TILE_DIFFERS = Rule(
    "tile-differs",
    zh="哈希瓦片 {path} 与记录不符",
    en="the tile {path} is not that of the entries",
)
TILE_UNEXPECTED = Rule(
    "tile-unexpected",
    zh="多出的哈希瓦片 {path}",
    en="a tile that the log does not have: {path}",
)
COLUMNS_DIFFER = Rule(
    "columns-differ",
    zh="记录表的 {column} 列与记录不符：应为 {expected}，实为 {found}",
    en="the column {column} is not what the entry says: expected {expected}, found {found}",
)
STANDING_DIFFERS = Rule(
    "standing-differs",
    zh="账面记录 {key} 与原始记录不符：应为 {expected!w}，实为 {found!w}",
    en="the state's record {key} is not what the entries add up to: expected {expected}, found {found}",
)
VAULT_DIFFERS = Rule(
    "vault-differs",
    zh="身份保险库记录 {id} 与签署的承诺值或盲索引不符：{problem}",
    en="the vault's row {id} is not what was committed to: {problem}",
)
VAULT_MISSING = Rule(
    "vault-missing",
    zh="身份保险库缺少记录 {id}，而档案未被删除",
    en="the vault's row {id} is missing, and its dossier was not erased",
)
VAULT_UNEXPECTED = Rule(
    "vault-unexpected",
    zh="身份保险库多出记录 {id}：没有对应签署件，或档案已删除",
    en="the vault has a row {id} of no statement, or of an erased dossier",
)


UNREADABLE: tuple[type[Exception], ...] = (
    psycopg.ProgrammingError,
    psycopg.DataError,
    psycopg.InternalError,
    psycopg.NotSupportedError,
    # The library's own, in which its datastore wraps those of the driver.
    persistence.ProgrammingError,
    persistence.DataError,
    persistence.NotSupportedError,
    Refused,
    LookupError,
    TypeError,
    ValueError,
)
"""What a table can do to who reads it, once it is not as it was made. A lost connection is none of these."""


class Secrets(NamedTuple):
    """The keys of the vault and of the marks, for who may look into the vault."""

    vault: Vault
    marker: Marker


def examine(
    connection: psycopg.Connection[Any],
    recorded: Recorded,
    trust: Trust,
    report: Report,
    *,
    secrets: Secrets | None = None,
    progress: Callable[[int], None] = lambda position: None,
    beside: Callable[[State], Sequence[Refused]] = lambda state: (),
) -> Summary:
    """Goes over the history, then over every table that follows from it, then what is ``beside`` them.

    With ``secrets``, each identity is opened and held against its commitment and its marks; no
    identity is given out. The connection sees one moment, in which ``recorded`` is all that there is;
    a table that cannot be read as it should be is a finding, and the others are gone over.
    """
    reading = partial(stage, connection, report)
    covered = _covered(connection, recorded.size)

    def compare_tiles(computed: Mapping[Tile, bytes]) -> None:
        full = {
            tile: hashes
            for tile, hashes in computed.items()
            if len(hashes) == TILE_HASHES * HASH_BYTES and tile_width(tile, covered) == TILE_HASHES
        }
        with reading("哈希瓦片", "the tiles"):
            _compare_tiles(connection, full, report)

    summary, state = audit(recorded, trust, report, progress=progress, tiles=compare_tiles)
    with reading("哈希瓦片", "the tiles"):
        _check_edge(connection, covered, report)
    unchecked = list(summary.unchecked)
    with reading("检查点链", "the checkpoints' chain"):
        if not check_chain(recorded.chains(), trust.log_keys, report):
            unchecked.append(CHECKPOINTS_NOT_CHAINED.refused())
    with reading("见证签名", "the cosignatures"):
        check_cosignatures(connection, report)
    erased = {dossier.id for dossier in state.records(Dossier) if dossier.erased}
    erased |= {member.id for member in state.records(Member) if member.erased}
    if secrets is None:
        unchecked.append(VAULT_NOT_OPENED.refused())
    with reading("记录表与身份保险库", "the entries' columns and the vault"):
        for acts in _acts(connection, recorded.size):
            for position, row, act in acts:
                _check_columns(position, row, act, report)
            _check_vault(connection, acts, secrets, erased, report)
    with reading("账面", "the state"):
        _check_standing(connection, state, report)
    with reading("查阅记录", "the access log"):
        unchecked.append(check_access_log(connection, recorded.size, report))
    with reading("身份保险库", "the vault"):
        _check_strays(connection, erased, report)
    with reading("名单", "the lists"):
        waiting = check_registers(connection, state, recorded.size, secrets, report)
        unchecked += [] if waiting is None else [waiting]
    with reading("异议收件箱", "the public's inbox"):
        uncommitted = check_inbox(connection, recorded.size, _ledger_keys(trust), report)
        unchecked += [] if uncommitted is None else [uncommitted]
    unchecked += beside(state)
    return summary._replace(unchecked=tuple(unchecked))


@contextmanager
def stage(connection: psycopg.Connection[Any], report: Report, zh: str, en: str) -> Iterator[None]:
    """One table's check: what keeps it from being done is a finding, and the next goes on.

    Rows that somebody changed may break a check in ways that nobody thought of. A connection that is lost is no finding.
    """
    try:
        with connection.transaction():
            yield
    except (psycopg.OperationalError, persistence.OperationalError, SongnuanError):
        raise
    except Exception as error:
        report(not_checked(error, zh, en))


def not_checked(error: Exception, zh: str, en: str) -> Finding:
    """The finding that something could not be read; what the database said of it goes to the log."""
    _log.warning("something could not be checked", part=en, error=error)
    problem, problem_en = reason_of_unreadable(error)
    return Finding(None, NOT_CHECKED.refused(what=zh, what_en=en, problem=problem, problem_en=problem_en))


def _ledger_keys(trust: Trust) -> dict[str, bytes]:
    """The ledger's own public keys: what it signs statements with, and its log."""
    return {key_id(key.public_key): key.public_key for key in trust.log_keys}


def _covered(connection: psycopg.Connection[Any], size: int) -> int:
    """Up to where the tiles should be: as far as the newest checkpoint is listed that is not beyond."""
    row = connection.execute(
        "SELECT coalesce(max(size), 0) FROM ledger.checkpoints WHERE size <= %s", (size,)
    ).fetchone()
    return int(row[0]) if row is not None else 0


def _compare_tiles(
    connection: psycopg.Connection[Any], computed: Mapping[Tile, bytes], report: Report
) -> None:
    stored = stored_tiles(connection, computed.keys())
    for tile, hashes in computed.items():
        if stored.get(tile) != hashes:
            report(Finding(None, TILE_DIFFERS.refused(path=tile.path())))


def _check_edge(connection: psycopg.Connection[Any], size: int, report: Report) -> None:
    """The unfinished tiles, from the full ones below, and that there are no others."""
    level = 0
    while size >> 8 * level:
        tile = Tile(level, (size >> 8 * level) // TILE_HASHES)
        width = tile_width(tile, size)
        expected = _edge_hashes(connection, tile, width)
        stored = stored_tiles(connection, [tile]).get(tile, b"")
        if stored != expected:
            report(Finding(None, TILE_DIFFERS.refused(path=tile.path(width or TILE_HASHES))))
        level += 1
    rows = connection.execute("SELECT level, index FROM ledger.tiles ORDER BY level, index")
    for found in rows:
        extra = Tile(*found)
        if tile_width(extra, size) == 0:
            report(Finding(None, TILE_UNEXPECTED.refused(path=extra.path())))


def _edge_hashes(connection: psycopg.Connection[Any], tile: Tile, width: int) -> bytes:
    first = tile.index * TILE_HASHES
    if tile.level == 0:
        rows = connection.execute(
            "SELECT data FROM ledger.entries WHERE position > %s AND position <= %s ORDER BY position",
            (first, first + width),
            binary=True,
        )
        return b"".join(leaf_hash(data) for (data,) in rows)
    below = [Tile(tile.level - 1, index) for index in range(first, first + width)]
    stored = stored_tiles(connection, below)
    return b"".join(subtree_root(stored.get(each, b"")) for each in below)


class _Row(NamedTuple):
    """An entry's other columns."""

    statement_id: str
    type: str
    tags: list[str]


def _acts(connection: psycopg.Connection[Any], size: int) -> Iterator[list[tuple[int, _Row, VerifiedEvent]]]:
    """The entries that can be read, with their columns, some at a time; what cannot was found before."""
    after = 0
    while rows := connection.execute(
        "SELECT position, data, statement_id::text, type, tags FROM ledger.entries"
        " WHERE position > %s AND position <= %s ORDER BY position LIMIT %s",
        (after, size, READ_ENTRIES),
    ).fetchall():
        read = []
        for position, data, statement_id, kind, tags in rows:
            try:
                read.append((position, _Row(statement_id, kind, tags), act_of(bytes(data))))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        yield read
        after = rows[-1][0]


def _check_columns(position: int, row: _Row, act: VerifiedEvent, report: Report) -> None:
    for column, found, expected in (
        ("statement_id", row.statement_id, act.id),
        ("type", row.type, act.statement.type),
        ("tags", " ".join(row.tags), " ".join(act.event.tags(act))),
    ):
        if found != expected:
            report(Finding(position, COLUMNS_DIFFER.refused(column=column, expected=expected, found=found)))


def _check_standing(connection: psycopg.Connection[Any], state: State, report: Report) -> None:
    stored = dict(connection.execute("SELECT key, value FROM ledger.standing").fetchall())
    computed = {
        record.key: orjson.loads(record.value())
        for kind in Record.kinds.values()
        for record in state.records(kind)
    }
    for key in sorted(stored.keys() | computed.keys()):
        found, expected = stored.get(key), computed.get(key)
        if found is not None:
            found = orjson.loads(record_from(key, found).value()) if expected is not None else found
        if found != expected:
            report(Finding(None, _standing_fault(key, expected, found)))


def _standing_fault(key: str, expected: dict[str, Any] | None, found: dict[str, Any] | None) -> Refused:
    """Only the members that differ, so that the message can be read."""
    if expected is None or found is None:
        return STANDING_DIFFERS.refused(
            key=key,
            expected="—" if expected is None else "a record",
            found="—" if found is None else "a record",
        )
    differing = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
    return STANDING_DIFFERS.refused(
        key=key,
        expected=str({name: expected.get(name) for name in sorted(differing)}),
        found=str({name: found.get(name) for name in sorted(differing)}),
    )


def _check_vault(
    connection: psycopg.Connection[Any],
    acts: Sequence[tuple[int, _Row, VerifiedEvent]],
    secrets: Secrets | None,
    erased: set[str],
    report: Report,
) -> None:
    """Holds the vault's rows against the statements by whose ids they stand.

    A statement that committed to an identity has one, any other has none.
    """
    rows = connection.execute(
        "SELECT id, dossier, key_version, wrapped_key, box FROM ledger.vault WHERE id = ANY(%s)",
        ([act.id for _, _, act in acts],),
        binary=True,
    ).fetchall()
    sealed = {row[0]: Sealed(*row) for row in rows}
    for position, _, act in acts:
        row = sealed.get(act.id)
        if act.event.commitment is None:
            if row is not None:
                report(Finding(position, VAULT_UNEXPECTED.refused(id=act.id)))
            continue
        dossier = act.event.dossier if isinstance(act.event, DossierAmended | MemberRecorded) else act.id
        if row is not None:
            problem = _vault_problem(row, dossier, act, secrets)
            if problem is not None:
                report(Finding(position, VAULT_DIFFERS.refused(id=act.id, problem=problem)))
        elif not erased & {dossier, act.id}:
            report(Finding(position, VAULT_MISSING.refused(id=act.id)))


def _vault_problem(sealed: Sealed, dossier: str, act: VerifiedEvent, secrets: Secrets | None) -> str | None:
    if sealed.dossier != dossier:
        return f"listed under dossier {sealed.dossier}"
    if secrets is None:
        return None
    try:
        disclosure = secrets.vault.open(sealed)
    except Misconfigured as error:
        return error.code
    if commitment(disclosure.identity, disclosure.salt) != act.event.commitment:
        return "commitment"
    marks = secrets.marker.marks_of(disclosure.identity)
    if {**act.marks, **marks} != act.marks:
        return "marks"
    return None


def _check_strays(connection: psycopg.Connection[Any], erased: set[str], report: Report) -> None:
    for (row_id,) in connection.execute(
        "SELECT v.id FROM ledger.vault v LEFT JOIN ledger.entries e ON e.statement_id::text = v.id"
        " WHERE e.position IS NULL OR v.dossier = ANY(%(erased)s) OR v.id = ANY(%(erased)s) ORDER BY v.id",
        {"erased": sorted(erased)},
    ).fetchall():
        report(Finding(None, VAULT_UNEXPECTED.refused(id=row_id)))
