"""The upper ledger's overview: levels, ledgers with their figures, cases behind them, an entry with its proof."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from api.federation.overview import kind_of, levels, standings, within
from ledger.crypto.merkle import leaf_hash, verify_inclusion
from ledger.federation.totals import Totals
from ledger.log.checkpoint import open_checkpoint, parse_proof
from ledger.log.note import parse_key
from tests.founding import Founded
from tests.http.serving import Officer, service
from tests.levels import follow_two
from tests.patterns import Patterns


def test_an_upper_ledger_shows_its_levels_down_to_an_entry_and_its_proof(
    founded: Founded, patterns: Patterns, tmp_path: Path
) -> None:
    follow_two(founded, patterns, tmp_path)
    with service(founded, tmp_path) as client:
        auditor = Officer(client, founded, "auditor").sign_in()
        [province] = auditor.rows("/federation/levels")
        counts = {name: province[name] for name in ("ledgers", "fresh", "fault", "never_seen")}
        assert (province["region"], counts) == (
            "430000",
            {"ledgers": 2, "fresh": 1, "fault": 0, "never_seen": 1},
        )
        assert (province["declared_fen"], province["paid_fen"], province["difference_fen"]) == (
            50_001,
            50_000,
            1,
        )
        assert [row["region"] for row in auditor.rows("/federation/levels", below="430000")] == [
            "430100",
            "430200",
        ]
        page = auditor.get("/federation/ledgers", below="430000", limit=1)
        [north] = page["rows"]
        assert (north["followed"], north["helped"], north["difference_fen"]) == ("north", 1, 1)
        [south] = auditor.rows("/federation/ledgers", after=page["next"])
        assert (south["state"], south["paid_fen"]) == ("never-seen", None)
        assert auditor.rows("/federation/ledgers", state="fault") == []
        [before] = auditor.rows("/federation/ledgers", below="430100", day="2000-01-01")
        assert (before["helped"], before["declared_fen"]) == (0, None)
        assert auditor.get("/federation/levels", 422, below="43") is not None

        [by_category] = auditor.rows("/federation/rollup", of="north", by="category")
        assert by_category["paid_fen"] == 50_000
        behind = auditor.get("/federation/north/cases", category="worker")
        [case] = behind["rows"]
        assert behind["total"] == 1
        assert auditor.get("/federation/north/cases", unit="nowhere")["total"] == 0
        assert auditor.get("/session")["follows"]
        assert case["paid_fen"] == 50_000
        assert auditor.rows("/federation/north/cases", unit="nowhere") == []
        shown = auditor.get(f"/federation/north/entries/{case['entry']}")
        check_proved(shown, case["entry"])
        assert (
            auditor.get(f"/federation/north/entries/{north['size'] + 1}", 404)["code"] == "entry-not-mirrored"
        )
        assert client.get(f"/federation/{'0' * 64}/checkpoint").status_code == 404
        origin = sha256(shown["proof"].partition("\n\n")[2].partition("\n")[0].encode()).hexdigest()
        assert client.get(f"/federation/{origin}/checkpoint").text == shown["proof"].partition("\n\n")[2]
        clerk = Officer(client, founded, "tea-clerk").sign_in()
        for path in ("levels", "ledgers", "north/cases", f"north/entries/{case['entry']}"):
            assert clerk.get(f"/federation/{path}", 403)["code"] == "reading-not-allowed"
        assert auditor.get("/federation/nobody/cases", 404)["code"] == "reference-unknown"


def check_proved(shown: dict[str, Any], position: int) -> None:
    proof = parse_proof(shown["proof"].encode())
    checkpoint, _ = open_checkpoint(proof.checkpoint, [parse_key(shown["verifier_key"])])
    assert proof.leaf_index == position - 1
    leaf = leaf_hash(shown["entry_text"].encode())
    verify_inclusion(leaf, proof.leaf_index, checkpoint.size, proof.path, checkpoint.root)


def test_ledgers_that_give_no_entries_roll_up_as_they_declare(tmp_path: Path) -> None:
    followed = [
        {
            "followed": code, "name": code, "level": "county", "region": region, "gives": gives, "size": 5,
            "seen_on": "2026-01-10", "fault": fault, "fault_on": None,
        }
        for code, region, gives, fault in (
            ("a", "430181", "figures", None), ("b", "430182", "entries", "withheld"),
            ("c", "440103", "entries", "silent"), ("d", "440000", "entries", "fork"),
        )
    ]  # fmt: skip
    summary: dict[str, Any] = {"of_campaign": "b", "declared_persons": 2, "recomputed_fen": None}
    taken = [
        {**summary, "followed": "a", "of_unit": "tea", "declared_fen": 300},
        {**summary, "followed": "a", "of_unit": "silk", "declared_fen": 50},
    ]
    rows = standings(Totals(tmp_path), followed, {"a": "1"}, taken, "2026-02-01")
    assert (rows[0].state, rows[0].declared_fen, rows[0].paid_fen, rows[0].difference_fen) == (
        "declared-only",
        350,
        None,
        None,
    )
    assert [kind_of(row.state) for row in rows] == ["declared-only", "fault", "silent", "fault"]
    assert [row.followed for row in within(rows, "430000", "fault")] == ["b"]
    hunan, guangdong = levels(rows, "000000")
    assert (hunan.declared_only, hunan.fault, hunan.declared_fen, hunan.name) == (1, 1, 350, "湖南省")
    assert (guangdong.silent, guangdong.fault, guangdong.name) == (1, 1, "广东省")
    assert [each.region for each in levels(rows, "440000")] == ["440000", "440100"]


def test_one_in_ten_of_2900_ledgers_at_fault_is_told_at_each_level(tmp_path: Path) -> None:
    faults = ("fork", "set-back", "entry-refused", "withheld", "silent")
    followed: list[dict[str, Any]] = [
        {
            "followed": f"c{number:04}", "name": f"c{number:04}", "level": "county", "gives": "entries", "size": 5,
            "region": f"{11 + number % 29}{1 + number // 29 % 10:02}{1 + number // 290:02}", "seen_on": "2026-01-10",
            "fault": faults[number // 10 % 5] if number % 10 == 0 else None, "fault_on": "2026-01-11",
        }
        for number in range(2_900)
    ]  # fmt: skip
    ids = {row["followed"]: row["followed"] for row in followed}
    rows = standings(Totals(tmp_path), followed, ids, [], "2026-02-01")
    assert len(within(rows, "000000", "fault")) == 232
    assert len(within(rows, "000000", "silent")) == 58
    provinces = levels(rows, "000000")
    assert len(provinces) == 29 and sum(each.fault for each in provinces) == 232
    assert {each.fresh + each.fault + each.silent for each in provinces} == {100}
    one = provinces[3]
    cities = levels(rows, one.region)
    assert (sum(each.ledgers for each in cities), sum(each.fault for each in cities)) == (100, one.fault)
