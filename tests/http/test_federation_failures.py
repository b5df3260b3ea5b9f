"""What goes wrong between levels: a fork shown to two, stores of before, clocks apart, one in ten at fault."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.federation.following import Fellow, Following, mirror_of, mirrors_folder, origin_hash
from api.federation.overview import kind_of, standings
from ledger.clock import utc_now
from ledger.crypto.keys import new_key, public_hex
from ledger.crypto.merkle import HASH_BYTES, leaf_hash
from ledger.domain.federation import Followed
from ledger.errors import Refused
from ledger.events.federation import LedgerFollowed, MirrorFault
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.federation.faults import FeedFailed
from ledger.federation.totals import Totals
from ledger.log.checkpoint import Checkpoint, origin_of
from ledger.log.note import Note, sign_text
from ledger.log.tiles import Edge, Tile, parse_index_path
from tests.audit.shown_log import Log
from tests.audit.test_audit import LEDGER, LOG_KEY, Book
from tests.scene import Scene


class Upper:
    """A ledger that follows one county, in memory but for its mirrors; ``later`` is how its clock is ahead."""

    def __init__(self, scene: Scene, folder: Path, fellows: list[Fellow] | None = None) -> None:
        self.scene = scene
        self.folder = folder
        self.later = timedelta()
        self.said: list[Any] = []
        scene.time = utc_now()
        self.following = Following(folder, lambda: scene.state, self.record, self.now, fellows or [])

    def now(self) -> Any:
        return utc_now() + self.later

    def record(self, event: Any) -> None:
        self.said.append(event)
        self.scene.time = max(self.scene.time, self.now())
        self.scene.do("ledger", event)

    def follow(self, code: str = "north", ledger: str = LEDGER, **terms: Any) -> None:
        self.scene.do(
            "registrar",
            LedgerFollowed(
                followed=code, ledger=ledger, name=code, level="county", region="430181",
                **{"public_key": public_hex(LOG_KEY), "silent_after_days": 2, **terms},
            ),
        )  # fmt: skip

    @property
    def fault(self) -> str | None:
        return self.scene.state.get(Followed, "north").fault

    def checkpoint(self, origin: str) -> bytes | None:
        """As a fellow: what its mirror stands at."""
        if origin != origin_hash(LEDGER):
            return None
        return mirror_of(self.folder, self.scene.state.get(Followed, "north")).checkpoint or None


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    book = Book()
    for _ in range(40):
        book.dossier()
    return book.history.lines


def test_a_fork_shown_to_two_is_found_as_they_exchange_checkpoints(
    entries: list[bytes], tmp_path: Path
) -> None:
    city = Upper(Scene(), tmp_path / "city")
    province = Upper(Scene(), tmp_path / "province", [city])
    for upper in (city, province):
        upper.follow()
    assert city.following.round("north", Log(entries[:20])).error is None
    other = [*entries[:10], *entries[11:30]]
    found = province.following.round("north", Log(other))
    assert found.error is not None
    assert (found.recorded, province.fault) == (("MirrorFault",), "fork")
    assert isinstance(province.said[-1], MirrorFault)
    assert province.said[-1].size == 20
    # Nobody of whom nothing is known, and nobody who cannot be asked, makes a fault.
    assert Upper(Scene(), tmp_path / "none").checkpoint("0" * 64) is None


class Unreachable:
    def checkpoint(self, origin: str) -> bytes | None:
        raise FeedFailed("peer-unreachable", "连接被拒绝", "connection refused")


class Strange:
    def checkpoint(self, origin: str) -> bytes | None:
        return Log([b"{}"], new_key()).read("checkpoint")


def test_a_fellow_that_shows_nothing_of_the_logs_makes_no_fault(entries: list[bytes], tmp_path: Path) -> None:
    upper = Upper(Scene(), tmp_path, [Unreachable(), Strange()])
    upper.follow()
    assert upper.following.round("north", Log(entries[:20])).error is None


def test_an_upper_ledger_that_was_restored_says_again_what_its_mirrors_hold(
    entries: list[bytes], tmp_path: Path
) -> None:
    before = Upper(Scene(), tmp_path)
    before.follow()
    before.following.round("north", Log(entries[:20]))
    # Its database is of before it read, its mirrors are newer.
    restored = Upper(Scene(), tmp_path)
    restored.follow()
    found = restored.following.round("north", Log(entries[:25]))
    assert (found.taken, found.recorded) == (5, ("CheckpointSeen",))
    assert restored.scene.state.get(Followed, "north").size == 25


def test_mirrors_that_were_restored_hide_no_set_back(entries: list[bytes], tmp_path: Path) -> None:
    upper = Upper(Scene(), tmp_path / "now")
    upper.follow()
    upper.following.round("north", Log(entries[:30]))
    for shown, fault in ((entries[:25], "set-back"), ([*entries[:3], *entries[4:40]], "fork")):
        again = Upper(upper.scene, tmp_path / fault)
        again.follow()
        assert again.following.round("north", Log(shown)).error is not None
        assert again.fault == fault


def test_a_key_rotated_while_nothing_was_read_is_taken_from_the_entries(tmp_path: Path) -> None:
    book, new = Book(), new_key()
    upper = Upper(Scene(), tmp_path)
    upper.follow()
    upper.following.round("north", Log(list(book.history.lines)))
    book.write("registrar", LedgerKeyRotated(public_key=public_hex(new), reason="年度更换"))
    book.dossier()
    assert upper.following.round("north", Log(book.history.lines, new)).error is None
    # Another process, which knows the first key alone from the statement, and the rest from the mirror.
    again = Upper(upper.scene, tmp_path)
    assert again.following.round("north", Log(book.history.lines, new)).error is None


def test_clocks_apart_make_no_fault(entries: list[bytes], tmp_path: Path) -> None:
    upper = Upper(Scene(), tmp_path)
    upper.follow()
    assert upper.following.round("north", Log(entries[:20])).recorded == ("CheckpointSeen",)
    upper.later = timedelta(days=-30)
    assert upper.following.round("north", Log(entries[:25])).recorded == ()
    upper.later = timedelta(days=1)
    assert upper.following.round("north", Log(entries[:30])).recorded == ("CheckpointSeen",)
    assert upper.fault is None


class Checkpoints:
    """A log of which checkpoints and tiles are shown, and no entries."""

    def __init__(self, ledger: str, leaves: list[bytes]) -> None:
        edge = Edge()
        edge.append(leaves)
        self._tiles = edge.take_changed()
        text = Checkpoint(origin_of(ledger), edge.size, edge.root()).text
        self._checkpoint = Note(text, (sign_text(text, LOG_KEY, origin_of(ledger)),)).raw

    def read(self, name: str) -> bytes:
        if name == "checkpoint":
            return self._checkpoint
        index, width = parse_index_path(name.removeprefix("tile/0/")) or (0, 0)
        return self._tiles[Tile(0, index)][: width * HASH_BYTES]


def test_one_in_ten_at_fault_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    upper = Upper(Scene(), tmp_path)
    ids = {f"c{number}": f"0194f000-0000-4000-8000-{number:012}" for number in range(20)}
    leaves = [leaf_hash(bytes([number])) for number in range(20)]
    for code, ledger in ids.items():
        upper.follow(code, ledger, gives="figures")
        assert upper.following.round(code, Checkpoints(ledger, leaves[:10])).error is None
    for number, (code, ledger) in enumerate(ids.items()):
        shown = leaves[1:] if number == 3 else leaves[:5] if number == 13 else leaves
        found = upper.following.round(code, Checkpoints(ledger, shown))
        assert (found.error is not None) == (number in (3, 13))
    rows = [
        {
            "followed": each.id, "name": each.name, "level": each.level, "region": each.region, "gives": "figures",
            "size": each.size, "seen_on": each.seen_on, "fault": each.fault, "fault_on": each.fault_on or None,
        }
        for each in upper.scene.state.records(Followed)
    ]  # fmt: skip
    found_states = [
        row.state for row in standings(Totals(mirrors_folder(tmp_path)), rows, ids, [], "9999-12-31")
    ]
    assert sorted(found_states) == ["declared-only"] * 18 + ["fork", "set-back"]
    assert [kind_of(each) for each in found_states].count("fault") == 2
    with pytest.raises(Refused):
        upper.following.round("nobody", Checkpoints(LEDGER, leaves))
