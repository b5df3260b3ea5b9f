"""Annexes and summaries over HTTP: what stands in them, for whom, as of when, and as workbooks."""

from __future__ import annotations

import io
import threading
import tracemalloc
import zipfile
from unittest.mock import patch

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api.reports import annexes
from api.reports import workbook as writing
from api.reports.annexes import MOST_CASES
from api.reports.report import Column, Paragraph, Report
from api.reports.workbook import workbook
from api.service.turns import Turns
from ledger.errors import Refused, Unavailable
from ledger.events.campaign import SummaryFiled
from tests.http.serving import Enter
from tests.http.sharing import OneService


class TestOverHttp(OneService):
    def test_annex_2_lists_persons_masked_with_their_sums(self, enter: Enter) -> None:
        report = enter("finance").get("/reports/annex-2", campaign="b2026")
        headings = [column["zh"] for column in report["columns"]]
        paid, nominated = report["rows"]
        assert paid[headings.index("姓名")].count("*") >= 1
        assert paid[headings.index("批准金额（元）")] == paid[headings.index("实发金额（元）")] == 50_000
        assert nominated[headings.index("状态")] == "已申报"
        assert report["totals"][headings.index("实发金额（元）")] == 50_000
        assert report["annex"] == "附件2"

    def test_annex_1_has_no_persons(self, enter: Enter) -> None:
        report = enter("finance").get("/reports/annex-1", campaign="b2026")
        assert (report["rows"], report["annex"]) == ([], "附件1")

    def test_annex_3_rolls_units_up_and_counts_nobody_twice(self, enter: Enter) -> None:
        report = enter("auditor").get("/reports/annex-3", campaign="b2026")
        headings = [column["zh"] for column in report["columns"]]
        persons = headings.index("困难人员（人）")
        assert report["rows"][0][persons] == 2
        assert report["totals"][persons] == 2

    def test_a_report_is_as_of_a_moment(self, enter: Enter) -> None:
        auditor = enter("auditor")
        nominated = next(
            row for row in auditor.rows("/timeline/unit", name="tea") if row["type"] == "Nominated"
        )
        then = auditor.get("/reports/annex-2", campaign="b2026", as_of=nominated["position"])
        assert [row[-1] for row in then["rows"]] == ["已申报"]

    def test_a_unit_sees_its_own_alone(self, enter: Enter) -> None:
        assert len(enter("tea-clerk").get("/reports/annex-2", campaign="b2026")["rows"]) == 2
        assert enter("sugar-clerk").get("/reports/annex-2", campaign="b2026")["rows"] == []
        registrar = enter("registrar")
        assert registrar.get("/reports/annex-2", 403, campaign="b2026")["code"] == "reading-not-allowed"
        assert (
            enter("finance").get("/reports/annex-2", 404, campaign="nothing")["code"] == "reference-unknown"
        )

    @pytest.mark.parametrize("name", ["annex-1", "annex-2", "annex-3", "summary"])
    def test_a_workbook_says_the_same(self, client: TestClient, enter: Enter, name: str) -> None:
        finance = enter("finance")
        report = finance.get(f"/reports/{name}", campaign="b2026")
        answer = client.get(
            f"/reports/{name}?campaign=b2026&form=xlsx",
            headers={"cookie": f"songnuan_session={finance.cookie}"},
        )
        sheet = load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        lines = [list(line) for line in sheet.iter_rows(values_only=True)]
        heading = lines.index([column["zh"] for column in report["columns"]])
        for said, written in zip(report["rows"], lines[heading + 1 :], strict=False):
            money = [column["kind"] == "fen" for column in report["columns"]]
            expected = [v / 100 if fen and v is not None else v for v, fen in zip(said, money, strict=True)]
            assert written == expected
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")

    def test_a_report_beyond_its_limit_is_refused_by_name(
        self, enter: Enter, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(annexes, "MOST_CASES", 1)
        for form in ("json", "xlsx"):
            refused = enter("finance").get("/reports/annex-2", 422, campaign="b2026", form=form)
            assert refused["code"] == "report-too-long"
            assert refused["details"] == {"expected": 1}
            assert "按单位" in refused["title"]
        monkeypatch.setattr(annexes, "MOST_CASES", 2)
        assert len(enter("finance").get("/reports/annex-2", campaign="b2026")["rows"]) == 2

    def test_a_report_is_read_some_cases_at_a_time(
        self, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = enter("finance").get("/reports/annex-2", campaign="b2026")
        monkeypatch.setattr(annexes, "MOST_AT_ONCE", 1)
        assert enter("finance").get("/reports/annex-2", campaign="b2026") == whole

    def test_over_http_too_and_the_service_goes_on(
        self, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        finance = enter("finance")
        monkeypatch.setattr(writing, "LIMITS", writing.LIMITS._replace(wall_seconds=0.01))
        refused = finance.get("/reports/annex-2", 422, campaign="b2026", form="xlsx")
        assert refused["code"] == "export-limit"
        assert "按单位" in refused["title"]
        assert finance.get("/reports/annex-2", campaign="b2026")["rows"]


def test_the_summary_says_what_was_done_and_who_has_not_filed(enter: Enter) -> None:
    inspector, clerk = enter("inspector"), enter("tea-clerk")
    said = " ".join(each["zh"] for each in inspector.get("/reports/summary", campaign="b2026")["paragraphs"])
    assert "共申报 2 例，批准 1 例、500.00 元；已慰问 1 例" in said
    assert "未报送" in said
    assert "资金拨入" in said
    assert "监督发现疑点" in said
    position = clerk.post(
        SummaryFiled(campaign="b2026", unit="tea", persons=1, amount_fen=50_000, text="已慰问一人")
    )["position"]
    again = clerk.get("/reports/summary", campaign="b2026", wait_for=position)
    said = " ".join(each["zh"] for each in again["paragraphs"])
    assert "1 个上报单位中 1 个已报送总结。" in said
    # A clerk would know from the flags what to avoid, and the lines are the county's.
    assert "疑点" not in said
    assert "资金拨入" not in said


def long_report(rows: int) -> Report:
    titled = Paragraph(zh="名单", en="list")
    columns = [Column(zh=str(number), en="", kind="fen" if number > 9 else "text") for number in range(14)]
    row = ["张*三", *["困难职工"] * 9, 50_000, 50_000, 0, None]
    return Report(
        name="annex-2", title=titled, annex=None, heading=titled, columns=columns, rows=[row] * rows
    )


@pytest.mark.parametrize(
    ("limits", "named", "named_en"),
    [
        ({"memory_bytes": 8 << 20}, "内存 8 兆字节", "memory, 8 MiB"),
        ({"cpu_seconds": 1}, "时间 1 秒", "time, 1 s"),
        ({"wall_seconds": 0.01}, "时间 60 秒", "time, 60 s"),
        ({"file_bytes": 1 << 20}, "文件 1 兆字节", "the file's size, 1 MiB"),
    ],
)
def test_a_workbook_beyond_a_limit_is_refused_by_its_name(
    limits: dict[str, int], named: str, named_en: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LIMITS", writing.LIMITS._replace(**limits))
    with pytest.raises(Refused) as refused:
        workbook(long_report(MOST_CASES))
    assert refused.value.code == "export-limit"
    assert named in refused.value.message("zh")
    assert named_en in refused.value.message("en")


def test_the_largest_annex_is_within_the_limits() -> None:
    """Half of the memory is enough for it."""
    with patch.object(
        writing, "LIMITS", writing.LIMITS._replace(memory_bytes=writing.LIMITS.memory_bytes // 2)
    ):
        raw = workbook(long_report(MOST_CASES))
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        assert parts.read("xl/worksheets/sheet1.xml").count(b"<row ") > MOST_CASES


def test_writing_a_workbook_takes_little_of_this_process() -> None:
    report = long_report(1_000)
    workbook(long_report(10))
    tracemalloc.start()
    try:
        workbook(report)
        assert tracemalloc.get_traced_memory()[1] < 2 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_heavy_work_takes_turns() -> None:
    turns = Turns(most=1, wait_seconds=0.05)
    done = threading.Event()
    with turns.turn():
        with pytest.raises(Unavailable, match="too many files"), turns.turn():
            pass
        waiting = Turns(most=1)
        with waiting.turn():

            def take_one() -> None:
                waiting.turn().__enter__()
                done.set()

            thread = threading.Thread(target=take_one)
            thread.start()
            assert not done.wait(0.02)
        assert done.wait(10)
        thread.join()
    with turns.turn():
        pass
