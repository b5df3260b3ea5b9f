"""The auditors' work over HTTP: samples that repeat, a replay with its report, the bundle to take away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.audit.sampling import Method, draw, drawn_as_asked
from api.gate import LATEST, ScopedViews, every_view
from api.gate.access_scope import EVERYTHING
from ledger.audit.audit import Trust, audit
from ledger.audit.bundle import opened_bundle
from ledger.errors import Refused
from ledger.events.draws import DrawOrdered
from ledger.events.oversight import SampleExamined, SampleException
from ledger.findings import Finding
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service
from tests.scene import NOBODY


@pytest.fixture
def client(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    with founded.store.writer() as writer:
        for _ in range(6):
            founded.paid(writer)
        for _ in range(4):
            founded.nominated(writer)
    with service(founded, tmp_path) as client:
        yield client


def planted(founded: Founded) -> psycopg.Connection[Any]:
    """Sixty more cases at other positions, with what was paid, every fifth under a flag."""
    connection = founded.store.connect()
    connection.execute(
        "INSERT INTO views.cases SELECT (jsonb_populate_record(NULL::views.cases, to_jsonb(c) || jsonb_build_object("
        "  'case_id', 'case-' || n, 'paid_fen', n * n * 700, 'nominated_position', 5000 - n))).*"
        " FROM (SELECT * FROM views.cases WHERE to_position IS NULL LIMIT 1) c, generate_series(1, 60) n"
    )
    connection.execute(
        "INSERT INTO views.flags SELECT 'flag-' || n, 'planted', 1, (array['low', 'medium', 'high'])[n % 3 + 1],"
        "  campaign, 'case:' || campaign || '/' || case_id, unit, 1, '{}', 0, '{}', '{}', 1, NULL"
        " FROM (SELECT *, row_number() OVER (ORDER BY case_id) AS n FROM views.cases) c WHERE n % 5 = 0"
    )
    return connection


SEEDS = ("2026", "抽样", "a|b", "\0")
SIZES = (1, 3, 25, 66, 500)


class TestDrawing:
    """The database draws what this draws, which is the drawing in words."""

    def expected(self, cases: list[dict[str, Any]], method: Method, size: int, seed: str) -> list[str]:
        def chance(case: dict[str, Any]) -> str:
            return sha256(f"{seed}|{case['case_id']}".encode()).hexdigest()

        total = sum(case["paid_fen"] for case in cases)
        if size >= len(cases):
            return [case["case_id"] for case in cases]
        if method == "sum" and total >= size:
            step = total // size
            hits = range(int(sha256(seed.encode()).hexdigest(), 16) % step, total, step)
            chosen, passed = set(), 0
            for case in cases:
                if any(passed <= hit < passed + case["paid_fen"] for hit in hits):
                    chosen.add(case["case_id"])
                passed += case["paid_fen"]
        else:
            ranked = sorted(cases, key=lambda each: (-each["rank"] if method == "flag" else 0, chance(each)))
            chosen = {case["case_id"] for case in ranked[:size]}
        return [case["case_id"] for case in cases if case["case_id"] in chosen]

    @pytest.mark.usefixtures("client")
    def test_a_sample_is_what_seed_and_method_say_and_the_same_again(self, founded: Founded) -> None:
        with planted(founded) as connection:
            views = every_view(connection)
            cases = draw(views, "random", 500, "", LATEST).cases
            assert len(cases) == 70
            assert {case["rank"] for case in cases} == {0, 1, 2, 3}
            for method in get_args(Method):
                for seed, size in product(SEEDS, SIZES):
                    found = draw(views, method, size, seed, LATEST)
                    assert found.of == 70
                    ids = [case["case_id"] for case in found.cases]
                    assert ids == self.expected(cases, method, size, seed), (method, seed, size)
                    assert found == draw(views, method, size, seed, LATEST)

    @pytest.mark.usefixtures("client")
    def test_no_more_is_read_than_is_drawn(self, founded: Founded) -> None:
        with planted(founded) as connection:
            read: list[int] = []

            class Counting(ScopedViews):
                def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
                    found = super().rows(query, **parameters)
                    read.append(len(found))
                    return found

            draw(Counting(connection, EVERYTHING), "flag", 5, "s", LATEST)
            assert max(read) == 5

    @pytest.mark.usefixtures("client")
    def test_where_nothing_was_paid_the_sum_draws_at_random(self, founded: Founded) -> None:
        with planted(founded) as connection:
            connection.execute("UPDATE views.cases SET paid_fen = 0")
            views = every_view(connection)
            assert draw(views, "sum", 5, "s", LATEST) == draw(views, "random", 5, "s", LATEST)
            with pytest.raises(Refused, match=r"0\.00") as refusal:
                drawn_as_asked(views, "sum", 5, "s", LATEST)
            assert refusal.value.code == "sample-sum-too-small"


class TestASample:
    def test_it_is_as_of_a_moment_and_repeats(self, enter: Enter) -> None:
        auditor = enter("auditor")
        first = auditor.get("/sample", campaign="b2026", size=4, seed="2026")
        again = auditor.get("/sample", campaign="b2026", size=4, seed="2026", as_of=first["position"])
        assert [row["case_id"] for row in first["rows"]] == [row["case_id"] for row in again["rows"]]
        assert (len(first["rows"]), first["of"]) == (4, 10)
        assert all("*" in row["masked_name"] for row in first["rows"])

    def test_its_result_goes_on_record(self, enter: Enter) -> None:
        auditor = enter("auditor")
        order = auditor.post(DrawOrdered(campaign="b2026", of="sample", size=1))
        (draw,) = auditor.rows("/draws", draw=order["id"], wait_for=order["position"])
        assert auditor.rows("/draws", campaign="b2026") == [draw]
        assert draw["drawn_at"] == order["position"]
        by = {name: draw[name] for name in ("campaign", "method", "size", "seed")}
        case = auditor.rows("/sample", **by, as_of=draw["drawn_at"])[0]["case_id"]
        examined = SampleExamined(
            **by,
            draw=draw["draw"],
            drawn_at=draw["drawn_at"],
            examined=1,
            exceptions=[SampleException(case=case, finding="缺签收单")],
            conclusion="一例缺签收单，已要求补齐",
        )
        assert auditor.post(examined)["position"] > 10

    def test_not_with_a_case_that_never_was_nor_by_another_than_an_auditor(
        self, founded: Founded, tmp_path: Path
    ) -> None:
        examined = SampleExamined(
            campaign="b2026",
            method="random",
            seed="x",
            size=1,
            drawn_at=10,
            examined=1,
            exceptions=[SampleException(case=NOBODY, finding="无此人")],
            conclusion="结论",
        )
        with founded.store.writer() as writer:
            examined = examined.model_copy(update=founded.ordered(writer, "sample", "auditor"))
            found_nothing = examined.model_copy(update={"exceptions": []})
            for officer, event, code in (
                ("auditor", examined, "reference-unknown"),
                ("finance", found_nothing, "role-not-held"),
            ):
                with pytest.raises(Refused) as refusal:
                    founded.record(writer, officer, event)
                assert refusal.value.code == code

    def test_a_finance_officer_draws_none(self, enter: Enter) -> None:
        assert enter("finance").get("/sample", 403, seed="x")["code"] == "reading-not-allowed"


class TestAReplay:
    def start(self, client: TestClient, officer: Officer) -> Any:
        return client.post(
            "/replays",
            headers={"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf},
        )

    def report(self, officer: Officer) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while True:
            found: dict[str, Any] = officer.get("/replays")
            if found["state"] != "running":
                return found
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def test_it_compares_every_row_and_says_who_asked(self, client: TestClient, enter: Enter) -> None:
        auditor = enter("auditor")
        assert auditor.get("/replays")["state"] == "none"
        started = self.start(client, auditor)
        assert (started.status_code, started.json()["state"]) == (202, "running")
        found = self.report(auditor)
        assert (found["state"], found["differences"], found["by"]) == ("done", [], "auditor")
        assert found["rows"] > 50

    def test_what_somebody_changed_in_a_view_is_named(
        self, client: TestClient, enter: Enter, founded: Founded
    ) -> None:
        auditor = enter("auditor")
        with founded.store.connect() as connection:
            connection.execute(
                "UPDATE views.payouts SET amount_fen = amount_fen + 1 WHERE position ="
                " (SELECT min(position) FROM views.payouts)"
            )
        self.start(client, auditor)
        assert len(self.report(auditor)["differences"]) == 1

    def test_only_who_reads_all_history_may_ask(self, client: TestClient, enter: Enter) -> None:
        assert self.start(client, enter("finance")).json()["code"] == "reading-not-allowed"


class TestTheBundle:
    def test_it_is_downloaded_and_verifies(
        self, client: TestClient, enter: Enter, founded: Founded, tmp_path: Path
    ) -> None:
        cookie = {"cookie": f"songnuan_session={enter('auditor').cookie}"}
        deadline = time.monotonic() + 10
        while (answer := client.get("/bundle", headers=cookie)).status_code == 404:
            assert time.monotonic() < deadline
        (tmp_path / "bundle.zip").write_bytes(answer.content)
        findings: list[Finding] = []
        with opened_bundle(tmp_path / "bundle.zip") as bundle:
            summary, _ = audit(bundle, Trust((founded.log_key,)), findings.append)
        assert findings == []
        assert summary.size > 30

    def test_a_finance_officer_gets_none(self, enter: Enter) -> None:
        assert enter("finance").get("/bundle", 403)["code"] == "reading-not-allowed"


def test_phases_stand_between_positions(enter: Enter) -> None:
    auditor = enter("auditor")
    head = auditor.get("/units")["position"]
    for phase in auditor.rows("/phases", campaign="b2026"):
        assert 1 <= phase["from_position"] <= head + 1
        assert phase["to_position"] <= head
