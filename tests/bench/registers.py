"""What a list from outside costs: taken in row by row, and looked back over all that was nominated.

``python -m tests.bench.registers [--rows N] [--events N] [--markdown]``. A list of so many rows, one in a hundred
of which is somebody's who was nominated, comes to a ledger of so many events. Taking it in is measured in a
process of its own, whose peak of memory it is; the look-back is from the entry to the last of its flags.
"""

from __future__ import annotations

import argparse
import datetime
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from stdnum.cn import ric

from api.demo.people import People
from api.registers.list_file import ListFile
from api.registers.loading import Said, event_of, made_ready
from ledger.domain.register_kinds import KINDS
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.nomination import Nominated
from ledger.events.register import ReferenceListed
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.registers import Prepared
from ledger.writing.signing import committed
from ledger.writing.writer import Writer
from projections.following.runner import Followers
from tests.bench.__main__ import print_measures
from tests.bench.measures import Measure, _database
from tests.bench.views import say
from tests.founding import Founded, prepare

AT_ONCE = 5_000
ONE_IN = 100
MOST_SECONDS, MOST_MIB, MOST_SECONDS_BACK = 90.0, 1024, 60.0
TODAY = datetime.date(2026, 6, 1)
KIND = KINDS["public-payroll"]
SINCE = "2020-01-01"
SAID = Said("财政供养人员", "财政局", "2026-01-01", "county")


def main() -> None:
    """Grow the ledger, take the list in, look back, and print two lines."""
    if "--take-in" in sys.argv:
        _take_in(*map(Path, sys.argv[2:4]), url=sys.argv[4])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="songnuan-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedServer(folder / "server") as server:
            print_measures(_measures(server, folder, given.rows, given.events), given.markdown)


def _measures(server: EmbeddedServer, folder: Path, rows: int, events: int) -> list[Measure]:
    url, path = _database(server, "registers"), folder / "list.csv"
    with OpenStore(Store(folder / "ledger", url)) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            nominated = [number for some in _grown(founded, writer, events) for number in some]
            expected = _write(path, rows, nominated)
            connections = datastore(url)
            followers = Followers(connections)
            followers.prepare()
            say("caught up", followers.catch_up())
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [
                sys.executable,
                "-m",
                "tests.bench.registers",
                "--take-in",
                str(folder / "ledger"),
                str(path),
                url,
            ]
            started = time.perf_counter()
            subprocess.run(command, check=True)
            taken = time.perf_counter() - started
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            say("taken in", rows)
            founded.record(writer, "auditor", _event(store, path, rows))
            started = time.perf_counter()
            head = followers.catch_up()
            looked_back = time.perf_counter() - started
        with store.connect() as connection:
            query = "SELECT count(*) FROM views.flags WHERE rule = %s AND to_position IS NULL"
            [(found,)] = connection.execute(query, (KIND.rule,)).fetchall()
        connections.close()
    assert found == expected, (found, expected)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    mib = after.ru_maxrss / 1024
    return [
        Measure(
            f"a list of {rows:,} rows (csv), taken in",
            f"{taken:.1f} s, {mib:.0f} MiB ({seconds:.1f} s of processor time)",
            "",
            "",
            f"≤ {MOST_SECONDS:.0f} s, {MOST_MIB} MiB",
            taken <= MOST_SECONDS and mib <= MOST_MIB,
        ),
        Measure(
            f"its look-back over {head:,} events, {found:,} hits",
            f"{looked_back:.1f} s",
            "",
            "",
            f"≤ {MOST_SECONDS_BACK:.0f} s",
            looked_back <= MOST_SECONDS_BACK,
        ),
    ]


def _grown(founded: Founded, writer: Writer, events: int) -> Iterator[list[str]]:
    """Dossiers and nominations until there are that many events; the numbers of whom they are about."""
    clerk, people, recorded = founded.signer("tea-clerk"), People(73), 0
    while recorded < events:
        persons = [people.person() for _ in range(min(AT_ONCE, (events - recorded + 1) // 2))]
        promised = [committed(person) for person in persons]
        filed = [
            clerk.statement(DossierFiled(unit="tea", identity_commitment=p, facts=Facts()))
            for p, _ in promised
        ]
        dossiers = founded.record_all(writer, clerk.sign_together(filed, [each for _, each in promised]))
        made = [
            clerk.statement(
                Nominated(campaign="b2026", unit="tea", dossier=each.id, category="worker", amount_fen=50_000)
            )
            for each in dossiers
        ]
        founded.record_all(writer, clerk.sign_together(made, [None] * len(made)))
        recorded += 2 * len(persons)
        yield [person.number for person in persons]


def _write(path: Path, rows: int, nominated: list[str]) -> int:
    """A list of so many rows, one in a hundred of them somebody's who was nominated; how many these are."""
    hits = list(dict.fromkeys(nominated))[: rows // ONE_IN]
    with path.open("w", encoding="utf-8") as file:
        file.write("公民身份号码,姓名,起始日期,工作单位\n")
        file.writelines(f"{number},某某,{SINCE},某局\n" for number in hits)
        day = datetime.date(1965, 1, 1)
        for number in range(rows - len(hits)):
            born = day + datetime.timedelta(days=number // 1_000)
            # A region of which the made-up people are not.
            digits = f"110105{born:%Y%m%d}{number % 1_000:03d}"
            file.write(f"{digits}{ric.calc_check_digit(digits + '0')},某某,{SINCE},某局\n")
    return len(hits)


def _take_in(folder: Path, path: Path, *, url: str) -> None:
    with OpenStore(Store(folder, url)) as store, store.connect() as connection:
        made_ready(store, connection, ListFile(path, KIND), TODAY)


def _event(store: OpenStore, path: Path, rows: int) -> ReferenceListed:
    """The event that registers the list that was taken in."""
    with store.connect() as connection:
        [(register, root)] = connection.execute("SELECT number, root FROM ledger.registers").fetchall()
    body = event_of(ListFile(path, KIND), Prepared(register, root, rows, 0), SAID)
    return ReferenceListed.model_validate(body)


if __name__ == "__main__":
    main()
