"""Holdings (备份库存): what a depot has of one ledger, what it adds up to, and fetching it back."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import structlog

from ledger.clock import utc_now
from ledger.errors import Misconfigured
from ledger.storage.backup import (
    CARD,
    Backup,
    base_of,
    read_card,
)
from ledger.storage.base_backup import BASE
from ledger.storage.cards import backup_damaged
from ledger.storage.depot import Depot, pack, unpack, way_out
from ledger.storage.retention import KeptBase, base_for
from ledger.storage.wal import (
    DAMAGED,
    DEFAULT_SEGMENT_BYTES,
    PARTIAL,
    SEGMENT_HEAD_BYTES,
    Archive,
    Base,
    Chain,
    Segment,
    SegmentHead,
    follow,
    list_archive,
    parse_segment,
    parse_segment_head,
)
from ledger.storage.waypoints import Waypoint, append_waypoint, last_within, waypoint_from

LEDGER = "ledger.json"
FORMAT = 1

_log = structlog.get_logger(__name__)


class Found(NamedTuple):
    """What was found first: its code, and its position where it has one."""

    code: str
    position: int | None = None


class Rehearsal(NamedTuple):
    """A restore that was tried (恢复演练): of which base, up to which position, with how many findings.

    ``error`` is the code of what kept it from being done, ``first`` the first of the findings; None in a
    record of a release that kept none.
    """

    at: str
    base: str
    position: int
    findings: int
    seconds: float
    error: str | None = None
    first: Found | None = None

    @property
    def succeeded(self) -> bool:
        """Whether a whole ledger came of it."""
        return self.error is None and self.findings == 0

    def problem(self) -> tuple[str, str]:
        """What is wrong, in Chinese and English: a code, and how much else."""
        if self.error is not None:
            return self.error, self.error
        if self.first is None:
            return f"不符 {self.findings} 处", f"{self.findings} findings"
        code, position = self.first
        zh = code if position is None else f"第 {position} 号 {code}"
        en = code if position is None else f"{code} at {position}"
        return f"不符 {self.findings} 处，首处为 {zh}", f"{self.findings} findings, the first is {en}"

    def to_json(self) -> dict[str, Any]:
        """All of it, as it is kept; see :func:`read_rehearsal`."""
        return {**self._asdict(), "first": None if self.first is None else self.first._asdict()}


def read_rehearsal(card: dict[str, Any]) -> Rehearsal:
    """A rehearsal as it was kept."""
    first = card.get("first")
    return Rehearsal(**{**card, "first": None if first is None else Found(**first)})


class Summary(NamedTuple):
    """Up to where nothing is lost, from the newest base on; ``chain`` names a hole if there is one."""

    base: KeptBase | None
    bases: int
    last: Waypoint | None
    chain: Chain | None
    rehearsal: Rehearsal | None
    damaged: Sequence[str] = ()
    """The names of bases whose archive is gone, or not what was stored."""

    @property
    def position(self) -> int:
        """The position up to which nothing is lost."""
        found = 0 if self.base is None else self.base.size
        return found if self.last is None else max(found, self.last.position)


class Holdings:
    """The backups of one ledger in a depot."""

    def __init__(self, depot: Depot) -> None:
        self._depot = depot

    def claim(self, ledger: str, system: str, segment_bytes: int) -> None:
        """Make the depot this ledger's on this server, unless it is another's.

        ``system`` is the server's system identifier: standbys and restored copies share it, a server that
        the ledger was moved to has its own, and its WAL follows on nothing that is here.

        Raises:
            Misconfigured: ``backup-of-another``, ``backup-of-another-server``.
        """
        found = self._depot.get_card(LEDGER, _ledger_card)
        if found is None:
            found = {"ledger": ledger, "format": FORMAT, "segment_bytes": segment_bytes}
        elif found["ledger"] != ledger:
            raise Misconfigured(
                "backup-of-another",
                f"此备份目标属于台账 {found['ledger']}：请另选目标",
                f"the backup's target belongs to the ledger {found['ledger']}: choose another",
            )
        # Depots of before it was said tell it by the WAL that they have.
        head = self._a_segments_head() if found.get("system") is None else None
        theirs = found.get("system") if head is None else head.system
        if theirs is not None and theirs != system:
            raise Misconfigured(
                "backup-of-another-server",
                f"此备份目标存的是另一台数据库服务器（{theirs}）的 WAL，现在的是 {system}：台账迁移或升级之后，请另选"
                "空的备份目标；旧目标仍可用来恢复迁移之前的台账",
                f"the backup's target has the WAL of another database server ({theirs}), this one is {system}: after a"
                " move or an upgrade keep backups in a new, empty target; the old one still restores what was before",
            )
        if found.get("system") != system:
            self._depot.put_json(LEDGER, {**found, "system": system})

    def _a_segments_head(self) -> SegmentHead | None:
        """Whose WAL is here, in segments of which size; None where there is none."""
        for name in sorted(self.segment_names(), key=lambda each: each.endswith(PARTIAL)):
            packed = self._depot.get(f"wal/{name}.gz")
            if packed is not None:
                with suppress(OSError, EOFError, zlib.error):
                    return parse_segment_head(unpack(packed)[:SEGMENT_HEAD_BYTES])
        return None

    def bases(self) -> list[KeptBase]:
        """The whole bases, the oldest first; one whose archive has another size than it had is none."""
        whole, damaged = self._bases()
        for name in damaged:
            _log.error("a base is not what was stored", base=name)
        return whole

    def _bases(self) -> tuple[list[KeptBase], list[str]]:
        """The whole bases, the oldest first, and the names of those whose archive is gone or has another size."""
        found, damaged, sizes = [], [], self._depot.sizes("bases")
        for name in sizes:
            if name.endswith("/card.json"):
                kept = self._depot.get_card(name, partial(_kept_base, name.split("/")[1]))
                archive = f"bases/{name.split('/')[1]}/base.tar.gz"
                if kept is None:
                    continue
                base, size, is_damaged = kept
                there = sizes.get(archive)
                if is_damaged or not there or (size is not None and size != there):
                    damaged.append(base.name)
                    continue
                found.append(base)
        return sorted(found, key=lambda each: each.finished_at), sorted(damaged)

    def unfinished_bases(self) -> list[str]:
        """Names of objects of bases that were broken off."""
        names = self._depot.names("bases")
        whole = {name.split("/")[1] for name in names if name.endswith("/card.json")}
        return [name for name in names if name.split("/")[1] not in whole]

    def half_stored(self) -> list[str]:
        """The bases that no restore is offered: they are being stored, or were broken off."""
        return sorted({name.split("/")[1] for name in self.unfinished_bases()})

    def add_base(self, folder: Path) -> KeptBase:
        """Store a backup that was taken into a folder; its card comes last."""
        card = read_card(folder)
        base = base_of(folder)
        name = card.taken_at.replace(":", "").replace("-", "")[:15] + "Z"
        digest = self._depot.put_tree(f"bases/{name}/base.tar.gz", folder / BASE)
        kept = KeptBase(name, utc_now(), card.size, base)
        told = {
            **card._asdict(),
            **base._asdict(),
            "sha256": digest,
            "bytes": self._depot.sizes(f"bases/{name}")[f"bases/{name}/base.tar.gz"],
            "finished_at": kept.finished_at.isoformat(),
        }
        self._depot.put_json(f"bases/{name}/card.json", told)
        return kept

    def remove_base(self, name: str) -> None:
        """Remove a base, its card first: what is left of a break is no whole one."""
        self._depot.delete([f"bases/{name}/card.json", f"bases/{name}/base.tar.gz"])

    def add_segment(self, path: Path, waypoint: Waypoint | None) -> None:
        """Store a segment, whole or unfinished, with the furthest waypoint that it holds."""
        content = path.read_bytes()
        packed = pack(content)
        self._depot.put(f"wal/{path.name}.gz", packed)
        card: dict[str, Any] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "packed": len(packed),
            "waypoint": None if waypoint is None else waypoint.to_json(),
        }
        self._depot.put_json(f"wal/{path.name}.json", card)
        if not path.name.endswith(PARTIAL):
            self.remove_segments([path.name + PARTIAL])

    def add_history(self, path: Path) -> None:
        """Store a timeline's history."""
        self._depot.put(f"wal/{path.name}", path.read_bytes())

    def remove_segments(self, names: list[str]) -> None:
        """Remove segments, their cards first."""
        self._depot.delete([name for each in names for name in (f"wal/{each}.json", f"wal/{each}.gz")])

    def segment_names(self) -> list[str]:
        """The names of the segments that were stored whole, finished or not, as their cards say."""
        return _carded(self._depot.names("wal"))

    def _kept_segments(self) -> tuple[list[str], list[str]]:
        """Those of them that are there as they were stored, as far as the listing tells, and those that are not."""
        sizes = self._depot.sizes("wal")
        kept: list[str] = []
        damaged: list[str] = []
        for name in _carded(sorted(sizes)):
            size = sizes.get(f"wal/{name}.gz")
            if self._has_its_size(name, size):
                kept.append(name)
            elif size is not None:
                damaged.append(name)
        return kept, damaged

    def _has_its_size(self, name: str, size: int | None) -> bool:
        if not size:
            return False
        card = self._depot.get_card(f"wal/{name}.json", _segment_card)
        return card is None or (not card.is_damaged and card.packed in (None, size))

    def stored(self) -> list[str]:
        """The names of all bases' archives and segments that were stored whole, and were not found damaged."""
        bases = [f"bases/{each.name}/base.tar.gz" for each in self._bases()[0]]
        return [*bases, *(f"wal/{name}.gz" for name in self._kept_segments()[0])]

    def read_back(self, name: str) -> bool:
        """Whether a base's archive or a segment is still what was stored; where not, its card says so from now on.

        One that was removed, or stored anew, since its name was read is sound. The card of an unfinished segment
        is left alone: the keeper puts another in its place every few seconds.
        """
        place = (
            name.removesuffix(".gz") + ".json" if name.startswith("wal/") else f"{_folder_of(name)}/card.json"
        )
        card = self._depot.get_card(place, dict)
        if card is None:
            return True
        is_segment = name.startswith("wal/")
        found = hashlib.sha256(self._unpacked(name)).hexdigest() if is_segment else self._depot.digest(name)
        if found == card["sha256"]:
            return True
        if self._depot.get_card(place, dict) != card:
            return True
        _log.error("what lies in the depot is not what was stored", object=name)
        if PARTIAL not in name:
            self._depot.put_json(place, {**card, "damaged": True})
        return False

    def _unpacked(self, name: str) -> bytes:
        """A segment's content; nothing where it is gone or cannot be unpacked."""
        try:
            return unpack(self._depot.get(name) or b"")
        except (OSError, EOFError, zlib.error):
            return b""

    def segment_bytes(self) -> int:
        """How large a segment is: by the depot's card or, where that is damaged, by the segments themselves."""
        try:
            card = self._depot.get_card(LEDGER, _ledger_card)
        except Misconfigured as damaged:
            _log.error(
                "the card of the backups' target is damaged; its segments tell their size", error=damaged
            )
            head = self._a_segments_head()
            return DEFAULT_SEGMENT_BYTES if head is None else head.segment_bytes
        return DEFAULT_SEGMENT_BYTES if card is None else int(card["segment_bytes"])

    def archive(self) -> Archive:
        """The WAL that there is."""
        histories = {
            name.removeprefix("wal/"): (self._depot.get(name) or b"").decode()
            for name in self._depot.names("wal")
            if name.endswith(".history")
        }
        kept, damaged = self._kept_segments()
        names = [*kept, *(name + DAMAGED for name in damaged)]
        return list_archive(names, histories, self.segment_bytes())

    def summary(self) -> Summary:
        """What a restore from the newest base would give."""
        bases, damaged = self._bases()
        rehearsal = self.last_rehearsal()
        if not bases:
            return Summary(None, 0, None, None, rehearsal, damaged)
        chain = follow(bases[-1].base, self._with_own(bases[-1], self.archive()))
        last = self._last_waypoint(chain)
        return Summary(bases[-1], len(bases), last, chain, rehearsal, damaged)

    def _with_own(self, kept: KeptBase, archive: Archive) -> Archive:
        """The archive, and the segments that lie in the base itself."""
        size = archive.segment_bytes
        own = range(kept.base.start // size, (kept.base.end - 1) // size + 1)
        return archive | Archive(size, frozenset(Segment(kept.base.timeline, number) for number in own))

    def _last_waypoint(self, chain: Chain) -> Waypoint | None:
        for link in reversed(chain.links):
            name = link.segment.name(chain.segment_bytes) + (PARTIAL if link.partial else "")
            card = self._depot.get_card(f"wal/{name}.json", _segment_card)
            if card is not None and card.waypoint is not None:
                return last_within(chain, [card.waypoint])
        return None

    def add_rehearsal(self, rehearsal: Rehearsal) -> None:
        """Keep what became of a rehearsed restore."""
        name = rehearsal.at.replace(":", "").replace("-", "")[:15]
        self._depot.put_json(f"rehearsals/{name}Z.json", rehearsal.to_json())

    def last_rehearsal(self) -> Rehearsal | None:
        """The newest rehearsed restore."""
        names = self._depot.names("rehearsals")
        return self._depot.get_card(names[-1], read_rehearsal) if names else None

    def fetch(
        self, folder: Path, position: int | None = None, moment: datetime | None = None
    ) -> tuple[Path, Path, str]:
        """Fetch the base to restore from and the WAL after it; their folders, and the base's name.

        A segment that is not what was stored is left out, so that it is named as missing; the last is refused.

        Raises:
            Misconfigured: ``no-base``, ``backup-malformed``.
        """
        bases = self.bases()
        kept = base_for(bases, position, moment)
        if kept is None:
            raise self._no_base(bases)
        card = self._depot.get_card(f"bases/{kept.name}/card.json", _base_card)
        if card is None:
            raise self._no_base([])
        place = folder / kept.name
        self._depot.fetch_tree(f"bases/{kept.name}/base.tar.gz", place / BASE, card["sha256"], card["bytes"])
        own = {name: card[name] for name in Backup._fields}
        (place / CARD).write_bytes(orjson.dumps(own))
        wal = folder / "wal"
        wal.mkdir(mode=0o700, exist_ok=True)
        first = kept.base.start // self.segment_bytes()
        damaged = []
        for name in self.segment_names():
            segment = parse_segment(name, self.segment_bytes())
            if segment is not None and segment.number >= first and not self._fetch_segment(name, wal):
                damaged.append(name)
        # Before another it is a hole, which the restore names; after the last nothing would tell of it.
        if damaged and damaged[-1] == max(self.segment_names(), key=lambda each: each[8:]):
            last = f"wal/{damaged[-1]}.gz"
            raise backup_damaged(last, way_out(last))
        for name in self._depot.names("wal"):
            if name.endswith(".history"):
                (wal / name.removeprefix("wal/")).write_bytes(self._depot.get(name) or b"")
        return place, wal, kept.name

    def _no_base(self, bases: list[KeptBase]) -> Misconfigured:
        """The error where none is old enough, or none is whole, or none is there at all."""
        damaged = self._bases()[1]
        if not bases and damaged:
            name = f"bases/{damaged[-1]}/base.tar.gz"
            return backup_damaged(name, way_out(name))
        return _no_base(bases)

    def _fetch_segment(self, name: str, wal: Path) -> bool:
        """Fetch a segment with its waypoint; whether it is what was stored."""
        card = self._depot.get_card(f"wal/{name}.json", _segment_card)
        if card is None:
            return True  # it was removed since its name was read
        if card.waypoint is not None:
            append_waypoint(wal, card.waypoint)
        content = self._unpacked(f"wal/{name}.gz")
        if hashlib.sha256(content).hexdigest() != card.sha256:
            _log.error("a segment is not what was stored", segment=name)
            if self._depot.get(f"wal/{name}.gz") is not None:
                (wal / f"{name}{DAMAGED}").touch()
            return False
        (wal / name).write_bytes(content)
        return True


class SegmentCard(NamedTuple):
    """What a segment's card says: its content's digest, the furthest waypoint in it, and its size in the depot.

    Cards of before that was kept say no size. ``is_damaged`` where it was read back and was another.
    """

    sha256: str
    waypoint: Waypoint | None
    packed: int | None
    is_damaged: bool


def _segment_card(card: dict[str, Any]) -> SegmentCard:
    waypoint = card["waypoint"]
    packed = card.get("packed")
    return SegmentCard(
        str(card["sha256"]),
        None if waypoint is None else waypoint_from(waypoint),
        None if packed is None else int(packed),
        bool(card.get("damaged")),
    )


def _carded(names: list[str]) -> list[str]:
    """The segments that have a card, of the names of all objects."""
    return [name[len("wal/") : -len(".json")] for name in names if name.endswith(".json")]


def _ledger_card(card: dict[str, Any]) -> dict[str, Any]:
    return {**card, "ledger": str(card["ledger"]), "segment_bytes": int(card["segment_bytes"])}


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def _kept_base(name: str, card: dict[str, Any]) -> tuple[KeptBase, int | None, bool]:
    """A base, how large its archive is (cards of before that was kept do not say), and whether it was found damaged."""
    base = Base(int(card["timeline"]), int(card["start"]), int(card["end"]))
    kept = KeptBase(name, datetime.fromisoformat(card["finished_at"]), int(card["size"]), base)
    size = None if card.get("bytes") is None else int(card["bytes"])
    return kept, size, bool(card.get("damaged"))


def _base_card(card: dict[str, Any]) -> dict[str, Any]:
    size = card.get("bytes")
    return {
        "sha256": str(card["sha256"]),
        "bytes": None if size is None else int(size),
        **{name: card[name] for name in Backup._fields},
    }


def _no_base(bases: list[KeptBase]) -> Misconfigured:
    """The error where none is old enough, or none is there at all."""
    if not bases:
        return Misconfigured(
            "no-base",
            "备份目标中还没有全量备份：先运行 songnuan backup keep",
            "there is no base backup yet: run songnuan backup keep first",
        )
    first = bases[0]
    at = first.finished_at.isoformat(timespec="seconds")
    return Misconfigured(
        "no-base",
        f"最早的全量备份已含前 {first.size} 条（{at}），不能恢复到更早：给出更大的序号或更晚的时间",
        f"the oldest base backup has the first {first.size} entries already ({at}), nothing before it can be restored:"
        " give a later position or moment",
    )
