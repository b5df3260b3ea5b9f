"""The example that follows the ledger with a projection of the library's, on a ledger that records."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eventsourcing.dcb.api import DCBEvent
from eventsourcing.dcb.domain import Tagged
from eventsourcing.persistence import PersistenceError

from ledger.domain.entry import act_of
from ledger.events.payout import Disbursed, PayoutReturned
from ledger.events.registry import LedgerFounded
from ledger.interop.application import EntryMapper, Ledger, Recorded
from ledger.writing.writer import Writer
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.scene import ON

EXAMPLE = Path(__file__).parent.parent.parent.parent / "examples" / "follow_ledger.py"


@pytest.fixture
def writer(founded: Founded) -> Iterator[Writer]:
    with founded.store.writer() as writer:
        yield writer


@contextmanager
def following(founded: Founded, file: Path) -> Iterator[subprocess.Popen[str]]:
    """The example at work; it is interrupted in the end, and must end well, also where the tests run in the background."""
    environment = os.environ | {"LEDGER_DATABASE_URL": founded.store.url}
    with subprocess.Popen(
        [sys.executable, str(EXAMPLE), str(file)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], count: int) -> list[list[str]]:
    """The next lines that it prints."""
    assert process.stdout is not None
    return [process.stdout.readline().rstrip("\n").split("\t") for _ in range(count)]


def shown(file: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), str(file), "--show"], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def paid(founded: Founded) -> dict[str, int]:
    """What each unit paid, in fen, by going over all entries."""
    sums: Counter[str] = Counter()
    for _, entry in entries(founded.store):
        match act_of(entry).event:
            case Disbursed(unit=unit, amount_fen=amount_fen):
                sums[unit] += amount_fen
            case PayoutReturned(unit=unit, amount_fen=amount_fen, line=str()):
                sums[unit] -= amount_fen
    return dict(sums)


def give_back(founded: Founded, writer: Writer, case: str, payout: str) -> None:
    back = PayoutReturned(
        **ON, payout=payout, case=case, line="workers", amount_fen=10_000, kind="refused", reason="退回"
    )
    founded.record(writer, "finance2", back)


def test_it_follows_what_is_recorded_and_goes_on_where_it_was(
    founded: Founded, writer: Writer, tmp_path: Path
) -> None:
    file = tmp_path / "paid.sqlite"
    case, _, payout = founded.paid(writer, amount_fen=80_000)
    with following(founded, file) as process:
        [first] = heard(process, 1)
        give_back(founded, writer, case, payout)
        founded.paid(writer, unit="sugar")
        assert [line[:2] for line in heard(process, 2)] == [["tea", "700.00"], ["sugar", "500.00"]]
    assert first[:2] == ["tea", "800.00"]
    founded.paid(writer)
    with following(founded, file) as process:
        [last] = heard(process, 1)
    newest = entries(founded.store)[-1][0]
    assert last == ["tea", "1200.00", str(newest)]
    assert paid(founded) == {"tea": 120_000, "sugar": 50_000}
    assert shown(file) == [f"up to position {newest}", "sugar\t500.00", "tea\t1200.00"]


def test_a_ledger_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), str(tmp_path / "paid.sqlite")],
        env={key: value for key, value in os.environ.items() if key != "LEDGER_DATABASE_URL"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert "set LEDGER_DATABASE_URL" in done.stderr


def test_who_follows_cannot_write(founded: Founded, writer: Writer) -> None:
    with Ledger({"LEDGER_DATABASE_URL": founded.store.url}) as followed:
        [entry] = list(followed.recorder.read(limit=1))
        assert isinstance(followed.mapper.to_domain_event(entry.event).decision.event, LedgerFounded)
        with pytest.raises(PersistenceError, match="read-only transaction"):
            followed.recorder.append([DCBEvent("Foreign", b"{}", [])])


def test_nothing_is_recorded_past_the_writer(founded: Founded, writer: Writer) -> None:
    _, entry = entries(founded.store)[0]
    with pytest.raises(RuntimeError, match="signed statements alone"):
        EntryMapper().to_dcb_event(Tagged([], Recorded(act_of(entry))))
