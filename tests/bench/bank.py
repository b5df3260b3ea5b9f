"""What it costs to read a bank's answer and to find its payouts: processor time and memory.

``python -m tests.bench.bank [--lines N] [--markdown]``. So many payouts by bank wait; the answer has a line for
each, without serials, so that every one is found by account, holder and sum. It is read in a process of its own,
whose processor time and peak of memory are given beside those of reading the file alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from api.bank.answer_file import BankChoices, read_bank_file
from api.bank.profile import GENERAL
from api.bank.reading import Reading
from api.demo.people import People
from api.gate import every_view
from ledger.domain.event import Event
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.payout import Disbursed
from ledger.identity.documents import PersonIdentity
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.signing import committed
from ledger.writing.writer import Writer
from projections.following.runner import Followers
from tests.bench.__main__ import print_measures
from tests.bench.measures import Measure, _database
from tests.founding import Founded, prepare

AT_ONCE = 2_000
FEN = 50_000
MOST_SECONDS, MOST_MIB = 20.0, 512
TODAY = "2026-06-01"


class Cost(NamedTuple):
    """Processor time in seconds, and the peak of memory in MiB."""

    seconds: float
    mib: float


def main() -> None:
    """Pay, write the answer, read it in processes of their own, and print a line."""
    if "--match" in sys.argv:
        _match(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
        return
    if "--read" in sys.argv:
        read_bank_file(Path(sys.argv[2]), TODAY)
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="songnuan-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedServer(folder / "server") as server:
            print_measures([_measure(server, folder, given.lines)], given.markdown)


def _measure(server: EmbeddedServer, folder: Path, lines: int) -> Measure:
    url, path = _database(server, "bank"), folder / "answer.csv"
    with OpenStore(Store(folder / "ledger", url)) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            paid = [person for some in _paid(founded, writer, lines) for person in some]
        connections = datastore(url)
        followers = Followers(connections)
        followers.prepare()
        followers.catch_up()
        connections.close()
    rows = [f"{each.account_holder},{each.account},500.00,交易成功" for each in paid]
    path.write_text("\n".join(["户名,账号,金额,结果", *rows]), encoding="utf-8")
    alone = _cost("--read", str(path))
    matched = _cost("--match", str(folder / "ledger"), str(path), url, str(lines))
    return Measure(
        f"a bank's answer of {lines:,} lines, read and matched",
        f"{matched.seconds:.1f} s, {matched.mib:.0f} MiB",
        f"{alone.seconds:.1f} s, {alone.mib:.0f} MiB to read it alone",
        f"{matched.seconds / alone.seconds:.1f} ×",
        f"≤ {MOST_SECONDS:.0f} s of processor time, {MOST_MIB} MiB",
        matched.seconds <= MOST_SECONDS and matched.mib <= MOST_MIB,
    )


def _cost(*arguments: str) -> Cost:
    """What a process of its own took."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bank", *arguments])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{arguments[0]} failed")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _paid(founded: Founded, writer: Writer, count: int) -> Iterator[list[PersonIdentity]]:
    """Payouts by bank, and whom they reach."""
    allocated = FundAllocated(campaign="b2026", line="workers", amount_fen=count * FEN)
    founded.record(writer, "finance", allocated)
    people = People(74)
    on: dict[str, Any] = {"campaign": "b2026", "unit": "tea"}
    while count > 0:
        persons = [people.person() for _ in range(min(AT_ONCE, count))]
        promised = [committed(person) for person in persons]
        clerk = founded.signer("tea-clerk")
        filed = [
            clerk.statement(DossierFiled(unit="tea", identity_commitment=p, facts=Facts()))
            for p, _ in promised
        ]
        dossiers = founded.record_all(writer, clerk.sign_together(filed, [each for _, each in promised]))
        nominated = [Nominated(**on, dossier=each.id, category="worker", amount_fen=FEN) for each in dossiers]
        cases = _recorded(founded, writer, "tea-clerk", nominated)
        _recorded(founded, writer, "tea-confirmer", [Confirmed(**on, case=case) for case in cases])
        approved = [Approved(**on, case=case, line="workers", amount_fen=FEN) for case in cases]
        _recorded(founded, writer, "approver", approved)
        pairs = zip(cases, dossiers, strict=True)
        paid = [
            Disbursed(**on, dossier=dossier.id, case=case, line="workers", amount_fen=FEN)
            for case, dossier in pairs
        ]
        _recorded(founded, writer, "finance", paid)
        count -= len(persons)
        yield persons


def _recorded(founded: Founded, writer: Writer, officer: str, events: Sequence[Event]) -> list[str]:
    signer = founded.signer(officer)
    signed = signer.sign_together([signer.statement(event) for event in events], [None] * len(events))
    return [receipt.id for receipt in founded.record_all(writer, signed)]


def _match(folder: Path, path: Path, url: str, lines: int) -> None:
    with OpenStore(Store(folder, url)) as store, store.connect() as connection:
        reading = Reading(every_view(connection), store.marker(), store.vault(), None)
        file, _ = reading.read(path, TODAY, GENERAL, BankChoices())
        found = sum(line.result == "paid" for line in reading.matched(file.lines, BankChoices()))
    if found != lines:
        raise RuntimeError(f"{found} of {lines} lines were matched")


if __name__ == "__main__":
    main()
