"""Down to one entry (下钻): the cases behind a mirror's figures, an entry as it was recorded, its proof."""

from __future__ import annotations

from typing import Any

from ledger.errors import Refused, Rule
from ledger.federation.columns import bounded, source_of
from ledger.federation.figures import LAST_VERSIONS, Row
from ledger.federation.kept_files import bundle_entries, entries_name
from ledger.federation.mirror import Mirror
from ledger.log.checkpoint import Proof
from ledger.log.tiles import TILE_HASHES, Tile, tile_width

NOT_MIRRORED = Rule(
    "entry-not-mirrored",
    zh="镜像中没有第 {found} 号记录：已核对至第 {expected} 号",
    en="the mirror has no entry {found}: verified up to {expected}",
)


def cases(mirror: Mirror, *, day: str, named: dict[str, str | None], after: int, limit: int) -> list[Row]:
    """Cases with help as of a day, each with the position of its last version, in that order.

    ``named`` has campaign, unit, category and line, null where any will do.
    """
    selected = """
        SELECT last_position AS entry, last_day AS day, case_id, campaign, unit, category, line, state, approved_fen,
            paid_fen, delivered_fen AS goods_fen
    """
    rest = "ORDER BY last_position LIMIT $limit"
    return _asked(mirror, selected, rest, {**named, "day": day, "after": after, "limit": limit}, [*named])


def count_cases(mirror: Mirror, *, day: str, named: dict[str, str | None]) -> int:
    """How many cases :func:`cases` has on all its pages."""
    found = _asked(mirror, "SELECT count(*) AS cases", "", {**named, "day": day, "after": 0}, [*named])
    return int(found[0]["cases"]) if found else 0


def _asked(mirror: Mirror, selected: str, rest: str, asked: dict[str, Any], named: list[str]) -> list[Row]:
    parts = [part for part in mirror.parts if part.relation == "cases" and part.month <= asked["day"][:7]]
    if not parts:
        return []
    wanted = " AND ".join(f"(${name} IS NULL OR {name} = ${name})" for name in named)
    query = f"""
        WITH last AS ({LAST_VERSIONS.format(cases=source_of(mirror.folder, parts))})
        {selected} FROM last
        WHERE {wanted} AND last_position > $after AND (paid_fen > 0 OR delivered_fen > 0) {rest}
    """
    with bounded() as engine:
        found = engine.execute(query, {**asked, "position": mirror.size})
        names = [each[0] for each in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def entry(mirror: Mirror, position: int) -> bytes:
    """The entry at a position, as the ledger below has recorded it.

    Raises:
        Refused: ``entry-not-mirrored``.
        MirrorDamaged: what was kept is not what it was.
    """
    if not 1 <= position <= mirror.size or not mirror.gives_entries:
        raise _not_mirrored(mirror, position)
    index, at = divmod(position - 1, TILE_HASHES)
    name = entries_name(index, tile_width(Tile(0, index), mirror.size))
    return bundle_entries(mirror.folder.must_read(name))[at]


def prove(mirror: Mirror, position: int) -> Proof:
    """That the entry at a position is under the checkpoint that the mirror stands at."""
    if not 1 <= position <= mirror.size or not mirror.gives_entries:
        raise _not_mirrored(mirror, position)
    return mirror.prove(position)


def _not_mirrored(mirror: Mirror, position: int) -> Refused:
    return NOT_MIRRORED.refused(expected=mirror.size, found=position)
