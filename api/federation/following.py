"""Following a ledger (关注与核对): its mirror brought on, and what was seen there noted under this ledger's own key.

What the mirror finds is an event here: a checkpoint a day, each summary with what its entries come to, each fault. A
fault that needs a person's look keeps the mirror where it was until a registrar follows the ledger again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import structlog

from ledger.clock import CHINA
from ledger.domain.event import Event, utc_text
from ledger.domain.federation import PASSING, Followed
from ledger.domain.state import UNKNOWN_REFERENCE, State
from ledger.errors import Explained, Refused
from ledger.events.federation import CheckpointSeen, Discrepancy, MirrorFault, SummaryTaken
from ledger.events.matching import MatchAnswered
from ledger.federation.faults import Faulty, FeedFailed, MirrorDamaged
from ledger.federation.feeds import Feed
from ledger.federation.figures import (
    PARTS,
    ancestors,
    answers,
    differences,
    held_against,
    recomputed,
    summaries,
    units_below,
)
from ledger.federation.kept_files import Folder
from ledger.federation.mirror import Mirror
from ledger.federation.totals import Totals
from ledger.log.checkpoint import origin_of

MOST_OPEN = 120
"""How many mirrors stay open, each with some two thousand records of what stands in its ledger."""

COMPARED_EVERY = timedelta(minutes=1)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

_log = structlog.get_logger(__name__)


class Fellow(Protocol):
    """Somebody else who reads the same ledgers (同读方): another upper ledger, or a witness."""

    def checkpoint(self, origin: str) -> bytes | None:
        """The last checkpoint that it was shown of a log, named by its origin's SHA-256; None where it knows none.

        Raises:
            FeedFailed: it could not be asked.
        """


def origin_hash(ledger: str) -> str:
    """How a witness and a fellow name a ledger's log: the SHA-256 of its origin, hex."""
    return sha256(origin_of(ledger).encode()).hexdigest()


Record = Callable[[Event], object]
"""Signs an event with this ledger's own key, and records it."""


class FaultUnsettled(Explained):
    """The ledger was found at fault, and nobody has looked into it yet."""

    def __init__(self, followed: Followed) -> None:
        super().__init__(
            "fault-unsettled",
            f"{followed.name}自 {followed.fault_on} 起异常，尚未处理：查明后由授权管理员重新执行 songnuan federation add",
            f"{followed.name} has been at fault since {followed.fault_on}: look into it, then let a registrar run"
            " songnuan federation add again",
        )


class Round(NamedTuple):
    """What came of one round with one ledger: entries taken, where it stands, what was recorded, what failed."""

    followed: str
    taken: int
    size: int
    recorded: tuple[str, ...]
    error: Explained | None = None

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        failed = (
            None if self.error is None else {"code": self.error.code, "message": self.error.message("en")}
        )
        return {**self._asdict(), "error": failed}


def mirrors_folder(data: Path) -> Path:
    """Where the mirrors of a data folder lie, a folder for each ledger followed."""
    return data / "federation"


def mirror_of(data: Path, followed: Followed) -> Mirror:
    """The mirror of a ledger that is followed."""
    folder = Folder(mirrors_folder(data) / followed.ledger)
    return Mirror(folder, followed.ledger, followed.public_key, entries=followed.gives_entries)


def put_away(data: Path, ledger: str, position: int) -> None:
    """Keep a ledger's mirror beside, named by the entry for which it is made anew; nothing where there is none."""
    folder = mirrors_folder(data) / ledger
    if folder.exists():
        folder.rename(folder.with_name(f"{ledger}.before-{position}"))


def followed_ledger(state: State, ledger: str) -> Followed:
    """The ledger of that id, as it is followed; raises ``reference-unknown`` where it is not."""
    for each in state.records(Followed):
        if each.ledger == ledger:
            return each
    raise UNKNOWN_REFERENCE.refused(kind="followed", id=ledger)


class Following:
    """Rounds over ledgers that are followed, those of different ledgers in any thread.

    The mirrors of those read last stay in memory between them.
    """

    def __init__(
        self,
        data: Path,
        state: Callable[[], State],
        record: Record,
        now: Callable[[], datetime],
        fellows: Sequence[Fellow] = (),
    ) -> None:
        self._data = data
        self._totals = Totals(mirrors_folder(data))
        self._state = state
        self._record = record
        self._now = now
        self._answered: dict[str, int] = {}
        self._fellows = fellows
        self._compared: dict[str, datetime] = {}
        self._remembered: set[str] = set()
        self._mirrors: OrderedDict[str, Mirror] = OrderedDict()
        self._lock = threading.Lock()

    def round(self, code: str, feed: Feed) -> Round:
        """Bring one ledger's mirror on, and record what is to be said of it. Faults are recorded, not raised."""
        followed = self._state().get(Followed, code)
        mirror = self._mirror(followed)
        try:
            found = self._round(followed, mirror, feed)
        except MirrorDamaged as damaged:
            self._totals.note(mirror, damaged)
            raise
        self._totals.note(mirror, found.error)
        return found

    def _round(self, followed: Followed, mirror: Mirror, feed: Feed) -> Round:
        code = followed.id
        recorded: list[str] = []
        if followed.fault is not None and followed.fault not in PASSING:
            return Round(code, 0, mirror.size, (), FaultUnsettled(followed))
        try:
            progress = mirror.advance(feed, utc_text(self._now()))
            self._check_remembered(followed, mirror)
            self._compare(mirror)
        except Faulty as fault:
            self._note_fault(followed, fault, recorded)
            return Round(code, 0, mirror.size, tuple(recorded), fault)
        except MirrorDamaged:
            with self._lock:
                self._mirrors.pop(code, None)  # once its folder is put away, it is opened anew
            raise
        except FeedFailed as failed:
            self._note_silence(followed, mirror, recorded)
            return Round(code, 0, mirror.size, tuple(recorded), failed)
        self._note_seen(followed, mirror, recorded)
        if followed.gives_entries:
            self._note_summaries(code, mirror, recorded)
            self._note_answers(code, mirror, recorded)
        return Round(code, progress.taken, mirror.size, tuple(recorded))

    def _check_remembered(self, followed: Followed, mirror: Mirror) -> None:
        """Hold a mirror that was just opened against what this ledger has on record: its store may be an older one."""
        if followed.id in self._remembered:
            return
        if followed.size:
            mirror.check_holds(followed.size, bytes.fromhex(followed.root))
        self._remembered.add(followed.id)

    def _compare(self, mirror: Mirror) -> None:
        """Hold what others were shown of a ledger against its mirror, once a minute; who does not answer says nothing."""
        now = self._now()
        if now - self._compared.get(mirror.ledger, _LONG_AGO) < COMPARED_EVERY:
            return
        self._compared[mirror.ledger] = now
        for fellow in self._fellows:
            try:
                raw = fellow.checkpoint(origin_hash(mirror.ledger))
                if raw is not None:
                    mirror.hold_against(raw)
            except FeedFailed as failed:
                _log.warning("a fellow reader could not be asked", error=failed)
            except Refused as refusal:
                _log.warning("a fellow reader shows what the log has not signed", code=refusal.code)

    def _mirror(self, followed: Followed) -> Mirror:
        with self._lock:
            found = self._mirrors.get(followed.id)
            if found is None or found.ledger != followed.ledger:
                found = self._mirrors[followed.id] = mirror_of(self._data, followed)
            self._mirrors.move_to_end(followed.id)
            if len(self._mirrors) > MOST_OPEN:
                self._mirrors.popitem(last=False)[1].rest()
        return found

    def _today(self) -> str:
        return self._now().astimezone(CHINA).date().isoformat()

    def _say(self, event: Event, recorded: list[str]) -> None:
        self._record(event)
        recorded.append(event.NAME)

    def _note_seen(self, followed: Followed, mirror: Mirror, recorded: list[str]) -> None:
        today = self._today()
        if today > followed.seen_on or followed.fault is not None:
            seen = CheckpointSeen(followed=followed.id, day=today, size=mirror.size, root=mirror.root.hex())
            self._say(seen, recorded)

    def _note_summaries(self, code: str, mirror: Mirror, recorded: list[str]) -> None:
        after = self._state().get(Followed, code).summary_at
        filed = summaries(mirror.folder, mirror.parts, after=after)
        above = ancestors(mirror.folder, mirror.parts) if filed else {}
        for summary in filed:
            found = recomputed(
                mirror.folder,
                mirror.parts,
                PARTS,
                position=summary.as_of,
                campaign=summary.campaign,
                units=units_below(above, summary.unit),
            )
            persons, fen = held_against(summary, found)
            event = SummaryTaken(
                followed=code,
                day=self._today(),
                of_campaign=summary.campaign,
                of_unit=summary.unit,
                filed_on=summary.day,
                position=summary.position,
                as_of=summary.as_of,
                declared_persons=summary.persons,
                declared_fen=summary.amount_fen,
                recomputed_persons=persons,
                recomputed_fen=fen,
                differences=[Discrepancy(**each) for each in differences(summary, found)[:500]],
            )
            self._say(event, recorded)

    def _note_answers(self, code: str, mirror: Mirror, recorded: list[str]) -> None:
        """What the county said of matches; what was taken before, another start passes over."""
        for answer in answers(mirror.folder, mirror.parts, after=self._answered.get(code, 0)):
            said = MatchAnswered(followed=code, day=self._today(), **answer)
            if self._record(said) is not None:
                recorded.append(said.NAME)
            self._answered[code] = answer["position"]

    def _note_fault(self, followed: Followed, fault: Faulty, recorded: list[str]) -> None:
        if followed.fault == fault.fault:
            return
        event = MirrorFault(
            followed=followed.id,
            day=self._today(),
            fault=fault.fault,
            size=fault.size,
            position=fault.position,
            code=fault.finding.code,
        )
        self._say(event, recorded)

    def _note_silence(self, followed: Followed, mirror: Mirror, recorded: list[str]) -> None:
        """Not reached once is nothing; for days it is a fault."""
        last = max(followed.seen_on, followed.since)
        silent = (date.fromisoformat(self._today()) - date.fromisoformat(last)).days
        if silent >= followed.silent_after_days and followed.fault is None:
            fault = MirrorFault(followed=followed.id, day=self._today(), fault="silent", size=mirror.size)
            self._say(fault, recorded)


def recording(submit: Callable[[Event], object]) -> Record:
    """A record that passes over what another round has said already."""

    def record(event: Event) -> object:
        try:
            return submit(event)
        except Refused as refusal:
            if refusal.code in ("checkpoint-not-next", "summary-not-next", "fault-stands", "answer-not-next"):
                return None
            if isinstance(event, MatchAnswered):
                return None  # of a match that was not found here, or of two other ledgers: nobody's answer
            raise

    return record
