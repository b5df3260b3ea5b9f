"""The write-ahead log as files (WAL): segments, timelines, and what is missing between them. Pure.

A base backup is made whole by the segments that follow on it without a gap, along the timelines
that the history files name. Recovery itself ends without a word at the first segment that is not
there; so the chain is computed before, and a hole in it has a name.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024
PARTIAL = ".partial"
DAMAGED = ".damaged"

_LONG_HEADER = struct.Struct("=HHIQI4xQI")
_LONG = 0x0002
_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?").fullmatch
_HISTORY = re.compile(r"([0-9A-F]{8})\.history").fullmatch
_SWITCH = re.compile(r"\s*(\d+)\s+([0-9A-Fa-f]+/[0-9A-Fa-f]+)").match


def parse_lsn(text: str) -> int:
    """Read a log sequence number as PostgreSQL writes it.

    >>> parse_lsn("1/2000028")
    4328521768
    """
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def format_lsn(lsn: int) -> str:
    """Write a log sequence number as PostgreSQL does.

    >>> format_lsn(4328521768)
    '1/2000028'
    """
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


class Segment(NamedTuple):
    """One segment of one timeline; ``number`` counts from the start of the log."""

    timeline: int
    number: int

    def name(self, size: int = DEFAULT_SEGMENT_BYTES) -> str:
        """Its file's name."""
        per_log = 2**32 // size
        return f"{self.timeline:08X}{self.number // per_log:08X}{self.number % per_log:08X}"


def parse_segment(name: str, size: int = DEFAULT_SEGMENT_BYTES) -> Segment | None:
    """The segment that a file is named for, whole or partial; None for any other file."""
    match = _SEGMENT(name)
    if match is None:
        return None
    timeline, log, number = (int(part, 16) for part in match.groups()[:3])
    return Segment(timeline, log * (2**32 // size) + number)


SEGMENT_HEAD_BYTES = 40
"""The long header of a segment's first page."""


class SegmentHead(NamedTuple):
    """What a segment's file begins with: the server that wrote it, and how large its segments are.

    ``system`` is the server's system identifier, in decimal.
    """

    system: str
    segment_bytes: int


def parse_segment_head(head: bytes) -> SegmentHead | None:
    """The head of a segment's file; None where it holds no WAL yet.

    It is ``XLogLongPageHeaderData`` of PostgreSQL's ``xlog_internal.h``, in this machine's byte order.
    """
    if len(head) < SEGMENT_HEAD_BYTES:
        return None
    magic, info, _, _, _, system, segment_bytes = _LONG_HEADER.unpack_from(head)
    return SegmentHead(str(system), segment_bytes) if magic and info & _LONG else None


def system_in(head: bytes) -> str | None:
    """The server that wrote a segment; None where the file holds no WAL yet."""
    found = parse_segment_head(head)
    return None if found is None else found.system


class Switch(NamedTuple):
    """An ancestor of a timeline, and the LSN at which it was left."""

    timeline: int
    until: int


def parse_history(text: str) -> tuple[Switch, ...]:
    """The ancestors in a history file, the oldest first."""
    found = (_SWITCH(line) for line in text.splitlines() if not line.lstrip().startswith("#"))
    return tuple(Switch(int(match[1]), parse_lsn(match[2])) for match in found if match is not None)


@dataclass(frozen=True)
class Archive:
    """The WAL files that there are: whole segments, unfinished ones, and the timelines' histories.

    ``damaged`` are segments that are there and not as they were stored: none of the others.
    """

    segment_bytes: int = DEFAULT_SEGMENT_BYTES
    whole: frozenset[Segment] = frozenset()
    partial: frozenset[Segment] = frozenset()
    histories: Mapping[int, tuple[Switch, ...]] = field(default_factory=dict)
    damaged: frozenset[Segment] = frozenset()

    def __or__(self, other: Archive) -> Archive:
        """Both archives' files together."""
        return Archive(
            self.segment_bytes,
            self.whole | other.whole,
            self.partial | other.partial,
            {**self.histories, **other.histories},
            self.damaged | other.damaged,
        )


def list_archive(
    names: Iterable[str], histories: Mapping[str, str], segment_bytes: int = DEFAULT_SEGMENT_BYTES
) -> Archive:
    """The archive of files of these names; ``histories`` are the history files' texts by name.

    A name with :data:`DAMAGED` after it stands for a segment that is not what was stored.
    """
    whole: set[Segment] = set()
    partial: set[Segment] = set()
    damaged: set[Segment] = set()
    for name in names:
        segment = parse_segment(name.removesuffix(DAMAGED), segment_bytes)
        if segment is not None:
            kind = damaged if name.endswith(DAMAGED) else partial if name.endswith(PARTIAL) else whole
            kind.add(segment)
    parsed = {}
    for name, text in histories.items():
        match = _HISTORY(name)
        if match is not None:
            parsed[int(match[1], 16)] = parse_history(text)
    return Archive(segment_bytes, frozenset(whole), frozenset(partial), parsed, frozenset(damaged))


class Hole(NamedTuple):
    """What is missing, by the files' names, and the LSN up to which nothing is.

    ``damaged`` are the names of those among it that are there, and not what was stored.
    """

    first: str
    last: str
    whole_until: int
    damaged: tuple[str, ...] = ()

    def said(self) -> tuple[str, str]:
        """What is the matter with which files, in Chinese and English.

        >>> Hole("A", "A", 0).said(), Hole("A", "A", 0, ("A",)).said()
        (('缺少 A', 'A is missing'), ('A 已损坏', 'A is damaged'))
        >>> Hole("A", "C", 0, ("B",)).said()
        ('从 A 到 C 缺失或损坏（已损坏：B）', 'A to C are missing or damaged (damaged: B)')
        """
        if self.first == self.last:
            if self.damaged:
                return f"{self.first} 已损坏", f"{self.first} is damaged"
            return f"缺少 {self.first}", f"{self.first} is missing"
        between = f"从 {self.first} 到 {self.last} ", f"{self.first} to {self.last} are "
        if not self.damaged:
            return f"{between[0]}缺失", f"{between[1]}missing"
        named = "、".join(self.damaged), ", ".join(self.damaged)
        return (
            f"{between[0]}缺失或损坏（已损坏：{named[0]}）",
            f"{between[1]}missing or damaged (damaged: {named[1]})",
        )


class Link(NamedTuple):
    """A segment of the chain; ``partial`` where only the unfinished file is there."""

    segment: Segment
    partial: bool


class Chain(NamedTuple):
    """The segments that follow on a base without a gap, and the hole after them if there is one.

    ``timeline`` is the newest that they lead to, ``end`` the LSN at which the last segment ends.
    """

    timeline: int
    links: tuple[Link, ...]
    end: int
    hole: Hole | None
    lineage: tuple[Switch, ...]
    segment_bytes: int

    @property
    def next_number(self) -> int:
        """The number of the segment that makes the chain longer: the last one's own while it is unfinished."""
        unfinished = bool(self.links) and self.links[-1].partial
        return self.end // self.segment_bytes - unfinished

    def holds(self, timeline: int, lsn: int) -> bool:
        """Whether that point of that timeline is in the chain, or would be were it longer."""
        return _timeline_at(self.timeline, self.lineage, lsn) == timeline


class Base(NamedTuple):
    """Where a base backup begins, and the LSN from which it is consistent."""

    timeline: int
    start: int
    end: int


def follow(base: Base, archive: Archive) -> Chain:
    """The chain of segments after a base, towards the newest timeline that descends from it."""
    size = archive.segment_bytes
    timeline, lineage = _newest_descendant(base, archive)

    def expected(number: int) -> Segment:
        """Recovery reads a segment of the newest timeline that had begun by the segment's end."""
        return Segment(_timeline_at(timeline, lineage, (number + 1) * size - 1), number)

    first = base.start // size
    present = archive.whole | archive.partial
    newest = max(
        (each.number for each in present if each.number >= first and expected(each.number) == each),
        default=first - 1,
    )
    links: list[Link] = []
    number = first
    while number <= newest:
        wanted = expected(number)
        if wanted in archive.whole:
            links.append(Link(wanted, False))
        elif wanted in archive.partial and number == newest:
            links.append(Link(wanted, True))
        else:
            break
        number += 1
    end = number * size
    hole = _hole_after(number, newest, archive, expected)
    if hole is None:
        hole = _missing_history(base, archive)
    if hole is None and end < base.end:
        last = Segment(base.timeline, (base.end - 1) // size)
        hole = _hole([*(expected(each) for each in range(number, last.number)), last], archive)
    return Chain(timeline, tuple(links), end, hole, lineage, size)


def _hole_after(
    number: int, newest: int, archive: Archive, expected: Callable[[int], Segment]
) -> Hole | None:
    """The gap from a segment that is not there to the next that is."""
    if number > newest:
        return None
    last = number
    while last < newest and expected(last + 1) not in archive.whole | archive.partial:
        last += 1
    return _hole([expected(each) for each in range(number, last + 1)], archive)


def _hole(segments: Sequence[Segment], archive: Archive) -> Hole:
    size = archive.segment_bytes
    return Hole(
        segments[0].name(size),
        segments[-1].name(size),
        segments[0].number * size,
        tuple(each.name(size) for each in segments if each in archive.damaged),
    )


def _missing_history(base: Base, archive: Archive) -> Hole | None:
    """A timeline of which there are segments, but not the file that says where it began."""
    later = {
        each.timeline
        for each in archive.whole | archive.partial
        if each.timeline > base.timeline and each.timeline not in archive.histories
    }
    if not later:
        return None
    timeline = min(later)
    begun = min(each.number for each in archive.whole | archive.partial if each.timeline == timeline)
    name = f"{timeline:08X}.history"
    return Hole(name, name, begun * archive.segment_bytes)


def _newest_descendant(base: Base, archive: Archive) -> tuple[int, tuple[Switch, ...]]:
    written = {each.timeline for each in archive.whole | archive.partial}
    for timeline in sorted(written & set(archive.histories), reverse=True):
        lineage = archive.histories[timeline]
        left = next((each.until for each in lineage if each.timeline == base.timeline), None)
        if timeline > base.timeline and left is not None and left >= base.end:
            return timeline, lineage
    return base.timeline, archive.histories.get(base.timeline, ())


def _timeline_at(newest: int, lineage: tuple[Switch, ...], lsn: int) -> int:
    """The timeline on which that LSN was written, in the history of the newest."""
    return next((each.timeline for each in lineage if lsn < each.until), newest)
