"""Backups that keep themselves, in a folder and in an S3-compatible store."""

from __future__ import annotations

import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from api.operating.doctor import check_rehearsal
from api.operating.rehearsing import last_rehearsal, rehearse
from api.operating.target_checks import check_target
from api.service.settings import Settings
from ledger.errors import Incomplete, Misconfigured, Unavailable
from ledger.storage.depot import open_depot
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Holdings
from ledger.storage.keeper import Keeper
from ledger.storage.left_behind import held
from ledger.storage.reading_back import PASS, Rounds, read_back
from ledger.storage.receiving import WalReceiver
from ledger.storage.restoring import restore
from ledger.storage.retention import Retention, Schedule
from ledger.storage.slots import BACKUP_SLOT, drop_slot
from ledger.storage.standby import state_of
from tests.commands import COMMAND, run_command
from tests.database.test_backup import bring_secrets, next_segment, recorded, server_of
from tests.founding import Founded


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def keeping(
    founded: Founded,
    folder: Path,
    holdings: Holdings,
    schedule: Schedule | None = None,
    retention: Retention | None = None,
) -> Iterator[None]:
    keeper = Keeper(
        founded.store.url,
        founded.ledger,
        server_of(founded),
        holdings,
        folder / "spool",
        schedule=schedule or Schedule(rehearse=None),
        retention=retention,
    )
    stop = threading.Event()
    thread = threading.Thread(target=keeper.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_the_doctor_tries_a_bucket_and_leaves_nothing_there(bucket: str, tmp_path: Path) -> None:
    (check,) = check_target(Settings(data_dir=tmp_path, backup_target=bucket))
    assert check.level == "ok"
    assert open_depot(bucket).names("") == []


def test_in_a_store_nothing_is_lost_and_a_rehearsed_restore_is_whole(
    ledger: Founded, folder: Path, bucket: str
) -> None:
    holdings = Holdings(open_depot(bucket))
    with keeping(ledger, folder, holdings):
        eventually(lambda: holdings.summary().base is not None)
        for _ in range(2):
            recorded(ledger, 3)
            next_segment(ledger)
        last = recorded(ledger, 3)
        eventually(lambda: holdings.summary().position == last)
    # Ended and begun again, it goes on where it was.
    with keeping(ledger, folder, holdings):
        next_segment(ledger)
        last = recorded(ledger, 2)
        eventually(lambda: holdings.summary().position == last)
    summary = holdings.summary()
    assert summary.chain is not None
    assert summary.chain.hole is None
    settings = Settings(data_dir=folder / "data")
    assert [each.way_out[1] for each in check_rehearsal(settings)] == ["run songnuan backup rehearse"]
    rehearsal = rehearse(holdings, settings)
    assert [each.level for each in check_rehearsal(settings)] == ["ok"]
    assert (rehearsal.error, rehearsal.findings, rehearsal.position) == (None, 0, last)
    assert holdings.last_rehearsal() == last_rehearsal(folder / "data") == rehearsal
    assert not (folder / "data" / "rehearsal").exists()
    # What is spoiled or gone is named, by a restore and by a rehearsal.
    spoiled = sorted(name for name in holdings.segment_names() if not name.endswith(".partial"))[-1]
    for done, damaged in (
        (lambda: open_depot(bucket).put(f"wal/{spoiled}.gz", b""), (spoiled,)),
        (lambda: open_depot(bucket).delete([f"wal/{spoiled}.gz"]), ()),
        (lambda: open_depot(bucket).put(f"wal/{spoiled}.gz", b"spoiled"), (spoiled,)),
    ):
        done()
        summary = holdings.summary()
        assert summary.chain is not None
        assert summary.chain.hole is not None
        assert summary.chain.hole.damaged == damaged
        assert summary.position < last
    place, wal, _ = holdings.fetch(folder / "fetched")
    with pytest.raises(Incomplete) as trouble:
        restore(place, EmbeddedServer(folder / "restored"), wal)
    assert trouble.value.code == "wal-hole"
    assert f"{spoiled} 已损坏" in trouble.value.message("zh")
    assert f"{spoiled} is damaged" in trouble.value.message("en")
    assert rehearse(holdings, Settings(data_dir=folder / "data")).error == "wal-hole"


@pytest.fixture
def kept(ledger: Founded, folder: Path) -> Path:
    """A folder of backups whose unfinished segment holds the last entries."""
    target = folder / "kept"
    holdings = Holdings(open_depot(str(target)))
    with keeping(ledger, folder, holdings):
        eventually(lambda: holdings.summary().base is not None)
        last = recorded(ledger, 3)
        eventually(lambda: holdings.summary().position == last)
    return target


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:30])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


def zeroed(path: Path) -> None:
    """What a power cut leaves."""
    path.write_bytes(path.read_bytes() + bytes(512))


def test_a_damaged_file_of_a_backup_is_named_with_the_way_out(
    ledger: Founded, folder: Path, kept: Path
) -> None:
    partial = next(kept.glob("wal/*.partial.json"))
    files = [next(kept.glob("bases/*/card.json")), partial, partial.with_suffix(".gz")]
    for path in files:
        whole = path.read_bytes()
        for damage in (cut, empty, zeroed) if path.suffix == ".json" else (cut, empty):
            damage(path)
            with pytest.raises(Misconfigured) as trouble:
                Holdings(open_depot(str(kept))).fetch(folder / "fetched")
            shutil.rmtree(folder / "fetched", ignore_errors=True)
            assert trouble.value.code == "backup-malformed"
            assert path.relative_to(kept).as_posix() in trouble.value.en, (path, damage)
        path.write_bytes(whole)
    archive = next(kept.glob("bases/*/base.tar.gz"))
    whole = archive.read_bytes()
    for damage in (cut, empty, gone):
        damage(archive)
        with pytest.raises(Misconfigured) as trouble:
            Holdings(open_depot(str(kept))).fetch(folder / "fetched")
        assert (trouble.value.code, archive.parent.name in trouble.value.en) == ("backup-malformed", True)
        assert Holdings(open_depot(str(kept))).summary().damaged == [archive.parent.name]
    archive.write_bytes(whole)
    # What says whose the target is keeps nobody from a restore: the segments tell what it needs of it.
    owner = kept / "ledger.json"
    whole = owner.read_bytes()
    for damage in (cut, empty, zeroed):
        damage(owner)
        place, wal, _ = Holdings(open_depot(str(kept))).fetch(folder / "fetched")
        assert list(wal.iterdir())
        shutil.rmtree(folder / "fetched")
        with pytest.raises(Misconfigured) as trouble:
            Holdings(open_depot(str(kept))).claim("other", "1", 1)
        assert "ledger.json" in trouble.value.en
        owner.write_bytes(whole)
    # A base that is shorter than it was is none: nobody is told that nothing is lost.
    archive = next(kept.glob("bases/*/base.tar.gz"))
    whole = archive.read_bytes()
    empty(archive)
    assert Holdings(open_depot(str(kept))).summary().base is None
    archive.write_bytes(whole)
    # By the way out that is named for a segment, what comes before it is restored, and the loss is said.
    partial.unlink()
    partial.with_suffix(".gz").unlink()
    holdings = Holdings(open_depot(str(kept)))
    base = holdings.bases()[0]
    place, wal, _ = holdings.fetch(folder / "fetched")
    done = restore(place, EmbeddedServer(folder / "restored"), wal)
    assert done.position == base.size


def changed(path: Path) -> None:
    """One bit, at the same size: of the checksum, since within runs of zeros many a bit makes no difference."""
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)


def test_what_changed_at_the_same_size_is_found_by_reading_back(
    ledger: Founded, folder: Path, kept: Path
) -> None:
    holdings = Holdings(open_depot(str(kept)))
    assert read_back(holdings, holdings.stored()) == []
    archive, segment = next(kept.glob("bases/*/base.tar.gz")), next(kept.glob("wal/*.partial.gz"))
    for path in (archive, segment):
        changed(path)
    assert holdings.summary().base is not None
    damaged = [path.relative_to(kept).as_posix() for path in (archive, segment)]
    assert read_back(holdings, holdings.stored()) == damaged
    # From now on the base counts as not there; the unfinished segment's card is the keeper's.
    assert (holdings.summary().base, holdings.summary().damaged) == (None, [archive.parent.name])
    assert read_back(holdings, holdings.stored()) == damaged[1:]


def test_the_keeper_reads_back_and_begins_a_new_base(
    ledger: Founded, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.storage.keeper.READ_BACK", timedelta(milliseconds=100))
    holdings = Holdings(open_depot(str(folder / "kept")))
    with keeping(ledger, folder, holdings):
        eventually(lambda: holdings.summary().base is not None)
        for _ in range(2):
            recorded(ledger, 1)
            next_segment(ledger)
        last = recorded(ledger, 1)
        eventually(lambda: holdings.summary().position == last)
        chain = holdings.summary().chain
        assert chain is not None
        segment = chain.links[-2].segment.name(holdings.segment_bytes())
        changed(folder / "kept" / "wal" / f"{segment}.gz")
        eventually(lambda: len(holdings.bases()) == 2)
    assert f"wal/{segment}.gz" not in holdings.stored()


def test_reading_back_goes_around_and_outlives_a_restart(tmp_path: Path) -> None:
    names = [f"wal/{number}" for number in range(5)]
    every = PASS / 2
    rounds = [Rounds(tmp_path / "at", every) for _ in range(3)]
    read = []
    for each in rounds:
        some = each.next_of(names)
        each.done(some)
        read.append(some)
    assert read == [names[:3], names[3:], names[:3]]
    (tmp_path / "at").write_text("{", encoding="utf-8")
    assert Rounds(tmp_path / "at", every).next_of(names) == names[:3]
    assert Rounds(tmp_path / "at", every).next_of([]) == []


def test_in_a_folder_old_bases_go_with_their_wal_and_a_gap_begins_a_new_base(
    ledger: Founded, folder: Path
) -> None:
    holdings = Holdings(open_depot(str(folder / "backups")))
    often = Schedule(every=timedelta(0), rehearse=None)
    # Left in the spool by a server of before a move: it is kept, apart from this one's.
    elsewhere = folder / "spool" / "wal"
    elsewhere.mkdir(parents=True)
    (elsewhere / "0000000100000000000000FF").write_bytes(head_of_segment(42))
    with keeping(ledger, folder, holdings, often, Retention(days=0, bases=1)):
        eventually(lambda: holdings.summary().base is not None)
        first = holdings.bases()[0].name
        next_segment(ledger)
        recorded(ledger, 1)
        eventually(lambda: first not in [each.name for each in holdings.bases()])
    [aside] = (folder / "spool").glob("wal-of-42-*/0000000100000000000000FF")
    assert aside.read_bytes() == head_of_segment(42)
    summary = holdings.summary()
    assert summary.base is not None
    # The newest base holds its own WAL: what is kept beside it, if anything was received since, is later.
    archive, start = holdings.archive(), holdings.bases()[0].base.start // holdings.segment_bytes()
    assert all(segment.number >= start for segment in archive.whole | archive.partial)
    # The slot is dropped by somebody, and WAL goes by unseen. What was received last was whole, so that
    # no file of the spool tells where to go on.
    for left in (folder / "spool" / "wal").glob("*.partial"):
        left.unlink()
    go_by_unseen(ledger)
    bases = len(holdings.bases())
    with keeping(ledger, folder, holdings):
        eventually(lambda: len(holdings.bases()) > bases)
        last = recorded(ledger, 1)
        eventually(lambda: holdings.summary().position == last)
        with pytest.raises(Unavailable) as trouble, keeping_at_once(ledger, folder, holdings):
            pass
        assert trouble.value.code == "keeper-elsewhere"


def head_of_segment(system: int) -> bytes:
    return struct.pack("=HHIQI4xQII", 0xD118, 2, 1, 0, 0, system, 16 * 1024 * 1024, 8192)


def go_by_unseen(founded: Founded) -> None:
    """Drop the backups' slot once nobody uses it, and write WAL that the server forgets."""
    with founded.store.connect() as connection:
        eventually(
            lambda: (
                connection.execute("SELECT bool_or(active) FROM pg_replication_slots").fetchone() == (False,)
            )
        )
        drop_slot(connection, BACKUP_SLOT)
        for _ in range(3):
            recorded(founded, 1)
            next_segment(founded)
        connection.execute("CHECKPOINT")


@contextmanager
def keeping_at_once(founded: Founded, folder: Path, holdings: Holdings) -> Iterator[None]:
    stop = threading.Event()
    stop.set()
    Keeper(founded.store.url, founded.ledger, server_of(founded), holdings, folder / "other").run(stop)
    yield


def receivers(folder: Path) -> list[psutil.Process]:
    """The programs that write WAL to a folder."""
    return [
        each
        for each in psutil.process_iter(["cmdline"])
        if "pg_receivewal" in " ".join(each.info["cmdline"] or ()) and str(folder) in each.info["cmdline"]
    ]


def ballast(ledger: Founded) -> None:
    """Something that takes a moment to copy."""
    with ledger.store.connect() as connection:
        connection.execute(
            "CREATE TABLE public.ballast AS SELECT repeat(md5(n::text), 60) FROM generate_series(1, 60000) n"
        )


def kill_in_the_middle_of_a_copy(environment: dict[str, str], folder: Path) -> None:
    """A keeper, killed while its base is being copied."""
    copy = folder / "data" / "backup-spool" / "base.part" / "base"
    command = subprocess.Popen(
        [COMMAND, "backup", "keep", "--rehearse", "never"], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        eventually((copy / "base").exists)
    finally:
        command.kill()
        command.wait()
    assert not (copy.parent / "backup.json").exists()


def has_ended(process: psutil.Process) -> bool:
    """Whether it is gone, or waits for nothing but to be taken leave of."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_a_killed_keeper_left_is_ended_by_the_next(ledger: Founded, folder: Path) -> None:
    spool = folder / "data" / "backup-spool"
    command = subprocess.Popen(
        [COMMAND, "backup", "keep", str(folder / "backups"), "--rehearse", "never"],
        env={"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(folder / "data")},
        stdout=subprocess.DEVNULL,
    )
    try:
        # From the first waypoint on it has the slot, and WAL on its disk.
        eventually((spool / "keeping.json").exists)
        [left] = receivers(spool / "wal")
    finally:
        command.kill()
        command.wait()
    assert not has_ended(left)
    last = recorded(ledger, 2)
    holdings = Holdings(open_depot(str(folder / "backups")))
    stop = threading.Event()
    keeper = Keeper(ledger.store.url, ledger.ledger, server_of(ledger), holdings, spool)
    thread = threading.Thread(target=keeper.run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: holdings.summary().position == last)
        assert has_ended(left)
        # One that lives is left alone.
        with pytest.raises(Unavailable) as trouble:
            WalReceiver(ledger.store.url, server_of(ledger), spool / "wal").prepare()
        assert trouble.value.code == "folder-in-use"
        assert len(receivers(spool / "wal")) == 1
    finally:
        stop.set()
        thread.join()


def test_a_copy_that_was_killed_in_the_middle_is_named_and_never_offered_and_the_next_makes_it_anew(
    ledger: Founded, folder: Path
) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "SONGNUAN_DATA_DIR": str(folder / "data"),
        "SONGNUAN_BACKUP_TARGET": str(folder / "backups"),
        "SONGNUAN_LANG": "en",
    }
    holdings = Holdings(open_depot(str(folder / "backups")))
    ballast(ledger)
    kill_in_the_middle_of_a_copy(environment, folder)
    # Broken off between archive and card as well, as a kill may do it.
    half = folder / "backups" / "bases" / "20260101T000000Z" / "base.tar.gz"
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(b"half")
    assert holdings.summary().base is None
    status = run_command("backup", "status", env=environment)
    assert status.returncode == 6
    assert "20260101T000000Z" in status.stdout
    assert "unfinished" in status.stdout
    (line,) = [
        each
        for each in check_target(Settings(data_dir=folder / "data", backup_target=str(folder / "backups")))
        if "20260101T000000Z" in each.said[1]
    ]
    assert (line.level, "backup keep" in line.way_out[1]) == ("warn", True)
    bring_secrets(ledger, folder / "restored")
    restored = run_command(
        "backup",
        "restore",
        str(folder / "backups"),
        env=environment | {"SONGNUAN_DATA_DIR": str(folder / "restored")},
    )
    assert (restored.returncode, "no-base" in restored.stderr) == (4, True), restored.stderr
    with keeping(ledger, folder, holdings):
        eventually(lambda: holdings.summary().base is not None)
    assert not half.exists()
    assert [
        each
        for each in check_target(Settings(data_dir=folder / "data", backup_target=str(folder / "backups")))
        if "unfinished" in each.said[1]
    ] == []
    assert "unfinished" not in run_command("backup", "status", env=environment).stdout


def test_the_keeper_starts_its_server_again_and_goes_on(ledger: Founded, folder: Path) -> None:
    command = subprocess.Popen(
        [COMMAND, "backup", "keep", str(folder / "backups"), "--rehearse", "never"],
        env={"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(folder / "data")},
        stdout=subprocess.DEVNULL,
    )
    try:
        eventually((folder / "data" / "backup-spool" / "keeping.json").exists)
        ended = psutil.Process(server_of(ledger).pid())
        ended.kill()
        eventually(lambda: has_ended(ended) and state_of(server_of(ledger)).role == "primary")
        last = recorded(ledger, 2)
        holdings = Holdings(open_depot(str(folder / "backups")))
        eventually(lambda: holdings.summary().position == last)
    finally:
        command.terminate()
        assert command.wait(60) == 0


def test_a_rehearsal_ends_what_a_killed_one_left_and_is_alone(folder: Path) -> None:
    holdings, settings = Holdings(open_depot(str(folder / "backups"))), Settings(data_dir=folder / "data")
    left = EmbeddedServer(folder / "data" / "rehearsal" / "restored")
    left.start()
    left.release()
    process = psutil.Process(left.pid())
    with held(folder, folder / "data" / "rehearsal.lock"), pytest.raises(Unavailable) as trouble:
        rehearse(holdings, settings)
    assert trouble.value.code == "folder-in-use"
    assert not has_ended(process)
    assert rehearse(holdings, settings).error == "no-base"
    assert has_ended(process)
    assert not (folder / "data" / "rehearsal").exists()
