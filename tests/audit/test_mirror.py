"""The mirror of a ledger below: what holds is kept, each fault is told as what it is, and a kill at any step is made good."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ledger.crypto.keys import new_key, public_hex
from ledger.errors import Refused
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.federation.faults import Faulty, FeedFailed, MirrorDamaged
from ledger.federation.feeds import MOST_PART_BYTES, needed_names, opened_pack, write_pack
from ledger.federation.figures import ancestors, recomputed, units_below
from ledger.federation.kept_files import Folder, bundle_entries
from ledger.federation.mirror import CARD, MOST_TAKEN, Mirror
from ledger.log.checkpoint import Checkpoint, origin_of
from ledger.log.note import Note, sign_text
from tests.audit.shown_log import NOW, Log, opened
from tests.audit.test_audit import LEDGER, LOG_KEY, Book
from tests.faults.mirror_kills import run_with_kills


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    """Some 600 entries, over three bundles."""
    book = Book()
    for _ in range(600):
        book.dossier()
    return book.history.lines


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return opened(tmp_path)


class Shown(Log):
    """A log that shows a checkpoint of somebody's choice."""

    def __init__(self, entries: list[bytes], checkpoint: bytes) -> None:
        super().__init__(entries)
        self.checkpoint = checkpoint

    def read(self, name: str) -> bytes:
        shown = super().read(name)
        return self.checkpoint if name == "checkpoint" else shown


def fault(mirror: Mirror, log: Log) -> tuple[str, str, int | None]:
    with pytest.raises(Faulty) as found:
        mirror.advance(log, NOW)
    return found.value.fault, found.value.finding.code, found.value.position


def test_it_goes_on_from_where_it_stopped_and_fetches_nothing_twice(
    mirror: Mirror, entries: list[bytes], tmp_path: Path
) -> None:
    for size in (100, 300, 603):
        log = Log(entries[:size])
        assert opened(tmp_path).advance(log, NOW).size == size
        asked = [name for name in log.asked if "entries" in name]
        assert len(asked) <= -(-size // 256)
        assert not any(name == "tile/entries/000" for name in asked) or size == 300
    again = opened(tmp_path)
    again.check()
    assert again.advance(Log(entries), NOW).taken == 0
    kept = [Folder(tmp_path).must_read(f"tile/entries/00{n}{w}") for n, w in ((0, ""), (1, ""), (2, ".p/91"))]
    assert [entry for bundle in kept for entry in bundle_entries(bundle)] == entries
    above = ancestors(again.folder, again.parts)
    assert units_below(above, "tea") == ["tea"]
    assert recomputed(again.folder, again.parts) == []


class TestFaults:
    def test_another_history_is_a_fork_and_less_of_it_a_set_back(
        self, mirror: Mirror, entries: list[bytes]
    ) -> None:
        mirror.advance(Log(entries[:300]), NOW)
        other = Book()
        other.dossier()
        forked = entries[:290] + other.history.lines[3:] * 20
        assert fault(mirror, Log(forked))[:2] == ("fork", "log-forked")
        assert fault(mirror, Log(entries[:299]))[:2] == ("set-back", "tail-cut")
        assert mirror.advance(Log(entries[:301]), NOW).taken == 1

    @pytest.mark.parametrize("known", [0, 300])
    def test_what_the_log_did_not_sign_is_no_evidence_against_it(
        self, known: int, mirror: Mirror, entries: list[bytes]
    ) -> None:
        """A page of some proxy, another ledger's checkpoint in a swapped pack, one under a foreign key."""
        if known:
            mirror.advance(Log(entries[:known]), NOW)
        other = Note("other.example/log\n5\n" + "A" * 43 + "=\n", ()).raw
        foreign = Log(entries[:20], new_key()).read("checkpoint")
        for shown in (b"", b"\xff" * 99, b"please sign in", other, foreign):
            log = Shown([*entries[:5], *entries[6:30]], shown)
            with pytest.raises(FeedFailed) as found:
                mirror.advance(log, NOW)
            assert found.value.code == "checkpoint-not-the-logs"
        assert mirror.advance(Log(entries[:310]), NOW).taken == 310 - known

    def test_entries_withheld_while_the_checkpoint_grows(self, mirror: Mirror, entries: list[bytes]) -> None:
        mirror.advance(Log(entries[:5]), NOW)
        log = Log(entries[:9])
        log.withholds = True
        assert fault(mirror, log)[:2] == ("withheld", "entries-withheld")
        log.withholds = False
        assert mirror.advance(log, NOW).size == 9

    def test_entries_that_are_not_the_checkpoints(self, mirror: Mirror, entries: list[bytes]) -> None:
        log = Log(entries[:9])
        log.serves = lambda bundle: bundle.replace(b'"marks":{"person":"0', b'"marks":{"person":"1', 1)
        assert fault(mirror, log)[:2] == ("entry-refused", "root-differs")
        log.serves = lambda bundle: bundle[:-3]
        assert fault(mirror, log)[:2] == ("entry-refused", "root-differs")
        log.serves = lambda bundle: bundle
        assert mirror.advance(log, NOW).size == 9

    def test_a_bundle_of_nothing_but_lengths_is_not_read_to_its_end(
        self, mirror: Mirror, entries: list[bytes]
    ) -> None:
        # As many entries as a bundle's bytes would let there be: a hundred times what fits into a minute.
        log = Log(entries[:20])
        log.serves = lambda bundle: bytes(MOST_PART_BYTES)
        assert fault(mirror, log) == ("entry-refused", "root-differs", None)
        with pytest.raises(ValueError, match="more than 256"):
            bundle_entries(bytes(1_000))

    def test_an_entry_that_should_have_been_refused(self, mirror: Mirror) -> None:
        book = Book()
        book.write("stranger", LedgerKeyRotated(public_key=public_hex(new_key()), reason="更换"))
        assert fault(mirror, Log(book.history.lines)) == ("entry-refused", "key-missing", 4)
        book = Book()
        book.write("clerk", LedgerKeyRotated(public_key=public_hex(new_key()), reason="更换"))
        assert fault(mirror, Log(book.history.lines)) == ("entry-refused", "verdict-differs", 4)

    def test_a_statement_that_stands_already_in_what_was_kept(
        self, mirror: Mirror, entries: list[bytes]
    ) -> None:
        mirror.advance(Log(entries[:9]), NOW)
        assert fault(mirror, Log([*entries[:9], entries[8]]))[1] in ("statement-twice", "verdict-differs")


class TestWhoClaimsMoreThanThereIs:
    """A checkpoint of a vast log, signed or not, takes no more than a question, and leaves the mirror as it was."""

    @pytest.mark.parametrize(("size", "asked"), [(10**18, 1), (MOST_TAKEN, 3)])
    def test_is_not_asked_on_and_on(
        self, size: int, asked: int, entries: list[bytes], tmp_path: Path
    ) -> None:
        text = Checkpoint(origin_of(LEDGER), size, bytes(32)).text
        vast = Note(text, (sign_text(text, LOG_KEY, origin_of(LEDGER)),)).raw
        log, mirror = Shown(entries[:40], vast), opened(tmp_path)
        with pytest.raises((FeedFailed, Faulty)) as found:
            mirror.advance(log, NOW)
        assert found.value.code == ("checkpoint-too-far" if asked == 1 else "mirror-entry-refused")
        assert len(log.asked) == asked
        assert mirror.advance(Log(entries[:40]), NOW).taken == 40


def test_a_key_that_was_rotated_meanwhile_is_taken_from_the_entries(mirror: Mirror) -> None:
    book, new = Book(), new_key()
    mirror.advance(Log(list(book.history.lines)), NOW)
    book.write("registrar", LedgerKeyRotated(public_key=public_hex(new), reason="年度更换"))
    rotated = list(book.history.lines)
    assert mirror.advance(Log(rotated, new), NOW).size == len(rotated)
    book.dossier()
    assert opened(mirror.folder.path).advance(Log(book.history.lines, new), NOW).taken == 1


@pytest.mark.parametrize("part", ["tile/entries/000.p/9", "tile/0/000.p/9", CARD])
def test_what_was_altered_in_its_own_store_is_found(part: str, entries: list[bytes], tmp_path: Path) -> None:
    opened(tmp_path).advance(Log(entries[:9]), NOW)
    raw = bytearray((tmp_path / part).read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / part).write_bytes(raw)
    with pytest.raises((MirrorDamaged, Faulty)):
        checked_and_taken_on(tmp_path, entries)


def checked_and_taken_on(folder: Path, entries: list[bytes]) -> None:
    found = opened(folder)
    found.check()
    found.advance(Log(entries[:12]), NOW)


def test_a_pack_takes_it_on_as_a_line_does(mirror: Mirror, entries: list[bytes], tmp_path: Path) -> None:
    mirror.advance(Log(entries[:300]), NOW)
    log = Log(entries[:520])
    pack = tmp_path / "county.pack"
    write_pack(pack, LEDGER, 300, 520, log.read)
    with opened_pack(pack) as feed:
        assert (feed.ledger, feed.after, feed.size) == (LEDGER, 300, 520)
        assert mirror.advance(feed, NOW).taken == 220
    assert len(zipfile.ZipFile(pack).namelist()) == 2 + len(list(needed_names(300, 520)))
    with opened_pack(pack) as feed, pytest.raises(Faulty) as found:
        opened(tmp_path / "from nothing").advance(feed, NOW)
    assert found.value.fault == "withheld"
    pack.write_bytes(pack.read_bytes()[:-40])
    with pytest.raises(FeedFailed), opened_pack(pack) as feed:
        pass


@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_step_is_made_good(seed: int, entries: list[bytes], tmp_path: Path) -> None:
    assert run_with_kills(tmp_path, entries[:400], seed) > 0


class TestOthersWereShown:
    """Checkpoints that somebody else was shown, held against the mirror."""

    def test_another_history_is_a_fork_and_its_checkpoint_is_kept(
        self, mirror: Mirror, entries: list[bytes]
    ) -> None:
        mirror.advance(Log(entries[:300]), NOW)
        assert mirror.hold_against(Log(entries[:290]).read("checkpoint"))
        assert not mirror.hold_against(Log(entries[:310]).read("checkpoint"))
        forked = Log([*entries[:280], *entries[281:290]])
        with pytest.raises(Faulty) as found:
            mirror.hold_against(forked.read("checkpoint"))
        assert (found.value.fault, found.value.size) == ("fork", 289)
        [kept] = (mirror.folder.path / "evidence").iterdir()
        assert kept.read_bytes() == forked.read("checkpoint")

    def test_what_the_log_has_not_signed_says_nothing(self, mirror: Mirror, entries: list[bytes]) -> None:
        mirror.advance(Log(entries[:9]), NOW)
        with pytest.raises(Refused) as refusal:
            mirror.hold_against(Log(entries[1:9], new_key()).read("checkpoint"))
        assert refusal.value.code == "note-not-signed"

    def test_what_this_ledger_remembers_is_held_against_a_store_of_before(
        self, mirror: Mirror, entries: list[bytes]
    ) -> None:
        mirror.advance(Log(entries[:9]), NOW)
        mirror.check_holds(9, mirror.root)
        with pytest.raises(Faulty, match="tail-cut"):
            mirror.check_holds(12, mirror.root)
        with pytest.raises(Faulty, match="log-forked"):
            mirror.check_holds(8, mirror.root)
