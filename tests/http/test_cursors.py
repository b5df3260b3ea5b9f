"""What is beyond the newest entry is refused everywhere, and every list that is cut says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.audit.replaying import Replays
from api.bank.answer_file import read_bank_file
from api.roster.roster_file import read_roster
from api.service.service import service_of
from ledger.clock import china_today
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.http.serving import Enter
from tests.http.sharing import OneService
from tests.scene import policy

BEYOND = 10**9
CURSORS = (
    ("/roster", "after"),
    ("/postings?account=line/b2026/workers", "after"),
    ("/timeline/unit?name=tea", "after"),
    ("/events", "after"),
    ("/events", "to"),
    ("/events/live", "after"),
    ("/access", "before"),
    ("/units", "as_of"),
    ("/units", "wait_for"),
    ("/flags", "after"),
    ("/diff?what=roster", "since"),
)


class TestWhoOnlyAsks(OneService):
    def test_a_position_that_nothing_reached_is_refused_wherever_it_is_asked(
        self, client: TestClient, enter: Enter, founded: Founded
    ) -> None:
        auditor = enter("auditor")
        newest = len(entries(founded.store))
        for path, name in CURSORS:
            found = f"1.{BEYOND}.x" if path == "/flags" else BEYOND
            refused = auditor.get(f"{path}{'&' if '?' in path else '?'}{name}={found}", 422)
            assert refused["code"] == "position-unknown", path
            assert refused["details"]["found"] == BEYOND
        refused = client.get(
            "/events/live",
            headers={"cookie": f"songnuan_session={auditor.cookie}", "last-event-id": str(BEYOND)},
        )
        assert refused.json()["code"] == "position-unknown"
        for path in (f"/proof/{BEYOND}", f"/consistency/1/{BEYOND}"):
            assert client.get(path).json()["code"] == "not-yet-published"
        # The newest itself is the cursor of who has read everything.
        for path, name in CURSORS[:3]:
            assert auditor.rows(f"{path}{'&' if '?' in path else '?'}{name}={newest}") == []
        assert auditor.get(f"/events?after={newest}") == ""

    def test_a_difference_comes_in_pages(self, enter: Enter) -> None:
        auditor = enter("auditor")
        for what in ("roster", "balance"):
            whole = auditor.get("/diff", what=what, since="1")
            assert whole["next"] is None
            assert whole["rows"]
            pages: list[Any] = []
            asked: dict[str, Any] = {}
            while True:
                page = auditor.get("/diff", what=what, since="1", limit=1, **asked)
                pages += page["rows"]
                if page["next"] is None:
                    break
                asked["after_key"] = page["next"]
            assert pages == whole["rows"]

    def test_more_cases_than_are_checked_at_once_are_refused(self, enter: Enter) -> None:
        refused = enter("auditor").get("/roster/checks", 422, campaign="b2026", cases=",".join(["x"] * 101))
        assert refused["code"] == "parameter-invalid"
        assert (refused["details"]["where"], refused["details"]["found"]) == ("cases", 101)

    @pytest.mark.parametrize(
        "path", ["/roster", "/postings?account=line/b2026/workers", "/timeline/unit?name=tea", "/flags"]
    )
    def test_a_page_that_is_full_and_the_last_says_so(self, enter: Enter, path: str) -> None:
        auditor = enter("auditor")
        whole = auditor.get(path, limit=500) if "?" not in path else auditor.get(f"{path}&limit=500")
        count = len(whole["rows"])
        assert count > 0
        assert whole["next"] is None
        separator = "&" if "?" in path else "?"
        assert auditor.get(f"{path}{separator}limit={count}")["next"] is None
        if count > 1:
            assert auditor.get(f"{path}{separator}limit={count - 1}")["next"] is not None


def object_to(founded: Founded, count: int) -> None:
    """Objections to the first case, as the public's inbox keeps them."""
    with founded.store.connect() as connection:
        (case,) = connection.execute("SELECT min(case_id) FROM views.cases").fetchone() or ("",)
        for number in range(count):
            connection.execute(
                "INSERT INTO ledger.inbox (number, received_at, notice, case_id, campaign, unit, text)"
                " VALUES (%s, now(), 'n', %s, 'b2026', 'tea', 'text')",
                (f"NUMBER{number:06}", case),
            )


def test_objections_come_in_pages_with_their_total(enter: Enter, founded: Founded) -> None:
    object_to(founded, 5)
    above = enter("approver")
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        page = above.get("/objections", **asked)
        assert page["total"] == 5
        seen += [row["number"] for row in page["rows"]]
        if page["next"] is None:
            break
        asked["after"] = page["next"]
    whole = above.get("/objections", limit=5)
    assert (len(whole["rows"]), whole["next"]) == (5, None)
    assert seen == [f"NUMBER{number:06}" for number in range(5)]
    assert above.get("/objections", 404, after="NOTHING")["code"] == "reference-unknown"


HEADER = "姓名,公民身份号码,对象类别,慰问金额（元）"


def test_a_row_that_ends_before_its_header_says_that_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f"{HEADER},,\n张三,110101199003070011,困难职工,\n李四,110101199003070038,困难职工\n")
    roster = read_roster(path, policy(), today=date(2026, 1, 12))
    codes = {row.row: [fault.code for fault in row.faults] for row in roster.rows}
    assert "row-cut" not in codes[2]
    assert "row-cut" in codes[3]
    (fault,) = (fault for fault in roster.rows[1].faults if fault.code == "row-cut")
    assert (fault.cell, fault.found) == ("第3行", "3")
    assert "表头有 4 格" in fault.zh
    assert "4" in fault.en


def test_a_line_of_the_banks_that_ends_early_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("账号,金额,结果,附言\n6228480402564890018,5,成功,\n6228480402564890018,5,成功\n")
    whole, cut = read_bank_file(path, china_today()).lines
    assert whole.problem is None
    assert cut.problem is not None
    assert cut.problem.code == "row-cut"


def test_a_text_is_not_cut_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f"{HEADER},工作单位\n张三,110101199003070011,困难职工,500,{'车' * 201}\n")
    roster = read_roster(path, policy(), today=date(2026, 1, 12))
    fault = next(fault for fault in roster.rows[0].faults if fault.code == "text-too-long")
    assert fault.cell == "E2"
    assert fault.found.endswith("…")


def test_a_replay_that_failed_says_when_it_ended_and_quotes_no_error(
    enter: Enter, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("110101199003070011")

    monkeypatch.setattr("api.audit.replaying.datastore", broken)
    auditor = enter("auditor")
    said = {"cookie": f"songnuan_session={auditor.cookie}", "x-csrf-token": auditor.csrf}
    assert client.post("/replays", headers=said).status_code == 202
    service_of({"app": client.app}).part(Replays).wait()
    state = auditor.get("/replays")
    assert state["state"] == "failed"
    assert state["started_at"] <= state["ended_at"]
    assert "重新计算比对出错" in state["problem"]
    assert "1101" not in state["problem"]
