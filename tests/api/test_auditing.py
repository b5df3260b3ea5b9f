"""The auditors' work over HTTP: samples that repeat, a replay with its report, the bundle to take away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.queries.sampling import Method, drawn
from ledger.audit import Trust, audit
from ledger.bundle import opened_bundle
from ledger.errors import Refused
from ledger.events.oversight import SampleExamined, SampleException
from ledger.findings import Finding
from tests.api.serving import Enter, Officer, service
from tests.founding import Founded
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


def cases(count: int) -> list[dict[str, Any]]:
    return [
        {"case_id": f"case-{number}", "paid_fen": number * 1_000, "rank": number % 4}
        for number in range(count)
    ]


class TestDrawing:
    @given(
        st.integers(0, 60),
        st.integers(1, 70),
        st.text(min_size=1, max_size=9),
        st.sampled_from(["random", "sum", "flag"]),
    )
    def test_a_sample_is_of_its_population_no_larger_than_asked_and_the_same_again(
        self, population: int, size: int, seed: str, method: Method
    ) -> None:
        found = drawn(cases(population), method, size, seed)
        ids = [case["case_id"] for case in found]
        assert len(set(ids)) == len(ids) <= size
        assert set(ids) <= {case["case_id"] for case in cases(population)}
        assert found == drawn(cases(population), method, size, seed)
        if method != "sum":
            assert len(found) == min(size, population)

    def test_another_seed_draws_others(self) -> None:
        assert drawn(cases(50), "random", 5, "a") != drawn(cases(50), "random", 5, "b")

    def test_by_sum_a_case_over_the_step_is_always_in(self) -> None:
        large = [*cases(20), {"case_id": "large", "paid_fen": 10**7, "rank": 0}]
        for seed in "abcdefgh":
            assert "large" in [case["case_id"] for case in drawn(large, "sum", 5, seed)]

    def test_under_flags_the_most_severe_come_first(self) -> None:
        assert {case["rank"] for case in drawn(cases(40), "flag", 10, "s")} == {3}


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
        case = auditor.rows("/sample", campaign="b2026", size=1, seed="x")[0]["case_id"]
        examined = SampleExamined(
            campaign="b2026",
            method="random",
            seed="x",
            size=1,
            drawn_at=10,
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
