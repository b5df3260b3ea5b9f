"""Comparing marks between ledgers: what is planted is found and nothing else, the same by DuckDB and by Spark."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ledger import spark
from ledger.errors import Misconfigured
from ledger.federation import comparing
from ledger.federation.columns import Rows, bounded, without_erased, write_parts
from ledger.federation.comparing import Compared, DuckDb, Hit, gathered
from ledger.federation.kept_files import Folder
from ledger.federation.spark import Spark


def mark(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@dataclass
class County:
    """A ledger's columns in the making: its dossiers, what they were paid, their marks."""

    name: str
    rows: Rows = field(default_factory=lambda: defaultdict(list))
    position: int = 0

    def add(self, relation: str, year: int, **members: Any) -> None:
        self.position += 1
        row = {"day": f"{year}-01-20", "position": self.position, **members}
        self.rows[relation, f"{year}-01"].append(row)

    def paid(self, dossier: str, person: str, year: int = 2026, fen: int = 50_000, **options: Any) -> str:
        """A dossier that was marked, and what it was paid."""
        figures = {"paid_fen": fen, "delivered_fen": 0, "case_id": f"case of {dossier} {year}"}
        self.add("cases", year, dossier=dossier, **figures)
        for key_year in options.pop("key_years", (year,)):
            self.marked(dossier, person, key_year, **options)
        return dossier

    def marked(self, dossier: str, person: str, key_year: int, **options: Any) -> None:
        """All marks of a dossier at one position, as one entry makes them."""
        self.position += 1
        for kind in ("person", "account", "household"):
            value = person if kind == "person" else options.get(kind)
            if value is not None:
                said = {
                    "kind": kind,
                    "mark": mark(f"{kind} {value} {key_year}"),
                    "person": mark(f"person {person} {key_year}"),
                }
                row = {"day": "2026-01-21", "position": self.position, "dossier": dossier, "version": dossier}
                self.rows["marks", "2026-01"].append({**row, "key_year": key_year, **said})

    def listed(self, listed: str, person: str, since: str | None, until: str | None = None) -> None:
        """A row of a list that was marked."""
        row = {"dossier": listed, "key_year": 2026, "mark": mark(f"person {person} 2026")}
        self.add("listed", 2026, **row, since=since, until=until)

    def written(self, place: Path) -> Compared:
        folder = Folder(place / self.name)
        parts = without_erased(folder, write_parts(folder, self.rows, 1, self.position))
        return Compared(self.name, folder, parts)


def compared(counties: list[County], place: Path, engine: Any = None) -> list[Hit]:
    work = place / "work"
    if not gathered([each.written(place) for each in counties], work):
        return []
    return (engine or DuckDb()).hits(work)


def rules(hits: list[Hit]) -> list[tuple[Any, ...]]:
    return [
        (hit.rule, hit.first_ledger, hit.first_dossier, hit.second_ledger, hit.second_dossier, hit.year)
        for hit in hits
    ]


def test_each_rule_and_its_decoy(tmp_path: Path) -> None:
    north, south = County("north"), County("south")
    north.paid("n1", "wang")
    south.paid("s1", "wang")
    # Paid nothing in the other, or in years apart: no match.
    north.paid("n2", "li")
    south.paid("s2", "li", fen=0)
    north.paid("n3", "zhao", 2024)
    south.paid("s3", "zhao", 2026, key_years=(2026, 2024))
    # An account of two persons; a household of two; the same person under both is one person.
    north.paid("n4", "sun", account="62", household="h1")
    south.paid("s4", "qian", account="62", household="h1")
    # Twice within one ledger is that ledger's own affair.
    south.paid("s5", "zhou")
    south.paid("s6", "zhou")
    # The year before, elsewhere: by the older key, which is good for one more year.
    north.paid("n7", "wu", 2025)
    south.paid("s7", "wu", 2026, key_years=(2026, 2025))
    found = rules(compared([north, south], tmp_path))
    assert found == [
        ("account-shared", "north", "n4", "south", "s4", 2026),
        ("household-paid-twice", "north", "n4", "south", "s4", 2026),
        ("person-paid-before", "north", "n7", "south", "s7", 2026),
        ("person-paid-twice", "north", "n1", "south", "s1", 2026),
    ]


def test_who_is_on_a_register_of_another_ledger_when_help_began(tmp_path: Path) -> None:
    north, bureau = County("north"), County("bureau")
    for number, person in enumerate(("dead", "died later", "dead in 2025", "elsewhere")):
        north.paid(f"n{number}", person)  # on 20 January
    bureau.listed("deaths", "dead", "2026-01-20")
    bureau.listed("deaths", "died later", "2026-01-21")
    bureau.listed("payroll", "dead in 2025", "2024-01-01", "2025-12-31")
    bureau.listed("old", "elsewhere", None)
    # On the county's own list: its own flag says so.
    north.listed("own", "died later", None)
    bureau.add("erasures", 2026, dossier="old")
    [hit] = compared([north, bureau], tmp_path)
    assert rules([hit]) == [("on-register", "north", "n0", "bureau", "deaths", 2026)]
    turned = hit._replace(first_ledger="bureau", second_ledger="north")
    assert turned.digest() != hit.digest()


def test_a_dossier_marked_anew_counts_by_its_newest_marks_and_an_erased_one_not_at_all(
    tmp_path: Path,
) -> None:
    north, south = County("north"), County("south")
    for number, county in enumerate((north, south)):
        county.paid("d1", "wang", account="62")
        county.marked("d1", "wang", 2026, account=f"another {number}")
        county.paid("d2", "li")
    south.add("erasures", 2026, dossier="d2")
    one = south.written(tmp_path)
    [marks] = [part for part in one.parts if part.relation == "marks"]
    assert b"d2" not in (one.folder.path / marks.file).read_bytes()
    [hit] = compared([north, south], tmp_path)
    assert (hit.rule, hit.first_dossier, hit.first_position) == ("person-paid-twice", "d1", 3)


def test_two_keys_marks_of_one_pair_are_one_match(tmp_path: Path) -> None:
    counties = [County("north"), County("south")]
    for county in counties:
        county.paid("d", "wang", key_years=(2026, 2025))
    [hit] = compared(counties, tmp_path)
    other = hit._replace(first_position=90, second_position=91)
    turned = other._replace(first_ledger="south", second_ledger="north")
    assert hit.digest() == other.digest() == turned.digest() != hit._replace(year=2027).digest()


def province(seed: int, ledgers: int, persons: int) -> tuple[list[County], set[tuple[Any, ...]]]:
    """Ledgers with planted pairs of each rule among many who are paid once; answers what is to be found."""
    drawn = random.Random(seed)
    counties = [County(f"county-{number:03}") for number in range(ledgers)]
    planted = set[tuple[Any, ...]]()
    for number in range(ledgers * persons):
        counties[number % ledgers].paid(
            f"d{number}", f"p{number}", account=f"a{number}", household=f"h{number}"
        )
    for number in range(50):
        first, second = sorted(drawn.sample(range(ledgers), 2))
        one, other = counties[first], counties[second]
        pair, who = (one.name, f"x{number}", other.name, f"y{number}"), f"planted {number}"
        match number % 5:
            case 0:
                one.paid(pair[1], who)
                other.paid(pair[3], who)
                planted.add(("person-paid-twice", *pair, 2026))
            case 1:
                one.paid(pair[1], f"{who} a", account=who)
                other.paid(pair[3], f"{who} b", account=who)
                planted.add(("account-shared", *pair, 2026))
            case 2:
                one.paid(pair[1], f"{who} a", household=who)
                other.paid(pair[3], f"{who} b", household=who)
                planted.add(("household-paid-twice", *pair, 2026))
            case 3:
                one.paid(pair[1], who)
                other.listed(pair[3], who, "2026-01-01")
                planted.add(("on-register", *pair, 2026))
            case _:
                one.paid(pair[1], who, 2025)
                other.paid(pair[3], who, 2026, key_years=(2026, 2025))
                planted.add(("person-paid-before", *pair, 2026))
    return counties, planted


def test_precision_and_recall_over_a_province(tmp_path: Path) -> None:
    counties, planted = province(7, 12, 60)
    hits = compared(counties, tmp_path)
    assert set(rules(hits)) == planted
    assert len(hits) == len(planted)


def test_spark_finds_the_same_to_the_row(tmp_path: Path) -> None:
    try:
        spark.check_spark()
    except Misconfigured as missing:
        pytest.skip(missing.message("en"))
    counties, _ = province(7, 6, 5)
    expected = compared(counties, tmp_path)
    assert Spark("local[1]").hits(tmp_path / "work") == expected


def test_what_spark_lacks_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code in (("find_spec", "spark-missing"), ("shutil", "java-missing")):
        with monkeypatch.context() as patched:
            patched.delenv("JAVA_HOME", raising=False)
            if name == "find_spec":
                patched.setattr(spark, "find_spec", lambda name: None)
            else:
                patched.setattr(spark, "find_spec", lambda name: object())
                patched.setattr("shutil.which", lambda name: None)
            with pytest.raises(Misconfigured) as refusal:
                spark.check_spark()
        assert refusal.value.code == code and "\n" not in refusal.value.message("zh")


def test_nothing_marked_is_nothing_found(tmp_path: Path) -> None:
    assert compared([County("north"), County("south")], tmp_path) == []


def test_what_memory_does_not_hold_lies_beside_the_marks_and_not_where_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started_in = tmp_path / "started-in"
    started_in.mkdir()
    monkeypatch.chdir(started_in)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    # DuckDB's own choice is a folder in the one that the process was started in.
    with ThreadPoolExecutor(1) as another_thread:
        place = another_thread.submit(_spills_to).result()
    assert place.startswith(f"{tmp_path}/songnuan-columns-")
    with duckdb.connect() as engine:
        comparing._bound(engine, tmp_path / "work")
        assert engine.execute(_WHERE).fetchone() == (f"{tmp_path}/work-spill",)


_WHERE = "SELECT current_setting('temp_directory')"


def _spills_to() -> str:
    with bounded() as engine:
        row = engine.execute(_WHERE).fetchone()
    assert row is not None
    return str(row[0])
