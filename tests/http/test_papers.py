"""Papers over HTTP and by command: what stands on each, for whom, and that it proves itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import build
from api.papers.typesetting import MOST_ROWS
from ledger.crypto.keys import save_key
from ledger.domain.event import Grant
from ledger.domain.policy.public_notice import NoticeContacts
from ledger.errors import Refused
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.case_chart import ChartFiled
from ledger.events.nomination import NoticePosted
from ledger.events.oversight import CaseClosed, CaseOpened, Measure, SampleExamined, SampleException
from ledger.events.working_paper import WorkingPaperReviewed
from tests.browser.working import END, START
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service
from tests.papers import is_landscape, pages_of, text_of
from tests.patterns import Patterns
from tests.scene import NOBODY, ON
from tests.waiting import wait_until

CONTACTS = NoticeContacts(
    issuer="茶厂工会委员会",
    objections_to="李主席",
    phone="0773-1234567",
    supervising_phone="0773-7654321",
)


class Told(NamedTuple):
    """The statements behind the papers."""

    notice: str
    case: str
    payout: str
    sample: str
    reviewed: str
    investigation: str
    position: int


def tell(founded: Founded) -> Told:
    """Two payouts, one of which the bank debited; a notice, an examined sample, a case that was closed."""
    with founded.store.writer() as writer:
        founded.enrol(writer, "tea-auditor", "tea", [Grant(role="auditor", unit="tea")])
        case, paid, payout = founded.paid(writer)
        founded.paid(writer)
        waiting, _ = founded.nominated(writer)
        notice = NoticePosted(**ON, cases=[waiting], start=START, end=END, place="公示栏", contacts=CONTACTS)
        posted = founded.record(writer, "tea-confirmer", notice).id
        founded.record(writer, "finance2", _statement(founded, payout))
        said: dict[str, Any] = {
            "campaign": "b2026", "method": "random", **founded.ordered(writer, "sample", "auditor", 5),
            "examined": 3, "exceptions": [SampleException(case=case, finding="签收单缺失")], "conclusion": "总体合规#@[",
        }  # fmt: skip
        sample = founded.record(writer, "auditor", SampleExamined(**said)).id
        again = founded.ordered(writer, "sample", "auditor", 5)
        founded.enrol(writer, "auditor2", "county", [Grant(role="auditor", unit="county")])
        examined = founded.record(writer, "auditor", SampleExamined(**said | again)).id
        review = {"sample": examined, "outcome": "agreed", "opinion": "依据充分"}
        agreed = WorkingPaperReviewed.model_validate({"campaign": "b2026", "unit": "county", **review})
        founded.record(writer, "auditor2", agreed)
        opened = CaseOpened(**ON, title="签收不全", text="群众反映")
        receipt = founded.record(writer, "inspector", opened)
        investigation, opened_at = receipt.id, receipt.position
        chart = ChartFiled.model_validate(
            {
                **ON, "investigation": investigation, "drawn_at": opened_at, "text": "资金流向同一单位",
                "nodes": [
                    {"node": f"dossier:{paid}", "x": 0, "y": 0, "note": "与上年同一账户"}, {"node": "unit:tea", "x": 200, "y": 40},
                    {"node": f"payout:{payout}", "x": 80, "y": 160}, {"node": "officer:tea-clerk", "x": -60, "y": 180},
                ],
            }
        )  # fmt: skip
        founded.record(writer, "inspector", chart)
        measure = Measure(kind="return", unit="tea", amount_fen=50_000, text="限期退回")
        closed = CaseClosed(
            **ON, investigation=investigation, finding="partly", amount_fen=50_000, officers=["tea-clerk"],
            measures=[measure], text="查实一笔",
        )  # fmt: skip
        last = founded.record(writer, "inspector", closed).position
    return Told(posted, case, payout, sample, examined, investigation, last)


def _statement(founded: Founded, payout: str) -> AccountStatementRecorded:
    with founded.store.connect() as connection:
        [allocated] = connection.execute(
            "SELECT statement_id::text FROM ledger.entries WHERE type = 'FundAllocated.v1'"
        ).fetchone() or [None]
    day = founded.day()
    entries: list[tuple[str, str, int, dict[str, Any]]] = [
        ("a", "credit", 25_000_000, {"moved_by": allocated}),
        ("b", "debit", 50_000, {"payouts": [payout]}),
        ("c", "debit", 500, {}),
    ]
    return AccountStatementRecorded.model_validate(
        {
            "campaign": "b2026", "account": "icbc", "lines": ["workers"], "from_day": day, "to_day": day,
            "opening_fen": 0, "closing_fen": 24_949_500, "file": "f" * 64,
            "entries": [
                {"bank_reference": name * 64, "booked_on": day, "direction": direction, "amount_fen": fen, **more}
                for name, direction, fen, more in entries
            ],
        }
    )  # fmt: skip


class TestPapers:
    """One ledger and one service for all that only ask."""

    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("papers")

    @pytest.fixture(scope="class")
    @classmethod
    def founded(cls, patterns: Patterns, folder: Path) -> Iterator[Founded]:
        with patterns.copy(folder / "data") as founded:
            yield founded

    @pytest.fixture(scope="class")
    @classmethod
    def told(cls, founded: Founded) -> Told:
        return tell(founded)

    @pytest.fixture(scope="class")
    @classmethod
    def client(cls, founded: Founded, told: Told, folder: Path) -> Iterator[TestClient]:
        with service(founded, folder) as client:
            wait_until(lambda: int(client.get("/checkpoint").text.split("\n")[1]) >= told.position)
            yield client

    def paper(self, client: TestClient, officer: Officer, path: str, **asked: Any) -> bytes:
        headers = {"cookie": f"songnuan_session={officer.cookie}"}
        answer = client.get(f"/papers/{path}", params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
        return answer.content

    def test_a_working_paper_states_population_and_method_and_has_room_for_findings(
        self, client: TestClient, enter: Enter
    ) -> None:
        raw = self.paper(
            client, enter("auditor"), "working-paper", campaign="b2026", seed="#1", method="sum", size=2
        )
        text = text_of(raw)
        assert is_landscape(raw)
        for said in ("活动送温暖", "3例", "货币单位抽样", "随机种子#1", "编制人", "复核人", "核查发现"):
            assert said in text, said
        assert "抽样间隔500.00元" in text
        assert re.search(r"songnuanverifybundlesongnuan-b2026-\d+\.zip--verifier-key", text)

    def test_one_on_record_has_findings_auditor_and_its_own_proof(
        self, client: TestClient, enter: Enter, told: Told, founded: Founded, tmp_path: Path
    ) -> None:
        text = text_of(self.paper(client, enter("auditor"), f"working-paper/{told.sample}"))
        for said in ("签收单缺失", "未发现异常", "总体合规", "编制人：auditor", "随机种子", "总体合规#@["):
            assert said in text, said
        assert "全数核查" in text and "对账单已列支" in text and "无银行记录" in text
        shown = enter("auditor").get(f"/statements/{told.sample}")
        leaf, position = shown["receipt"]["leaf_hash"], shown["receipt"]["position"]
        assert f"songnuanverifyproof{position}.tlog-proof--leaf\\{leaf}" in text
        proof = tmp_path / "proof"
        proof.write_text(shown["proof"].strip())
        key = client.get("/checkpoint/key").text.strip()
        assert f"'{key}'" in text
        done = CliRunner().invoke(
            build(), ["verify", "proof", str(proof), "--leaf", leaf, "--verifier-key", key]
        )
        assert done.exit_code == 0, done.output
        enter("tea-clerk").get(f"/papers/working-paper/{told.sample}", 403)
        enter("auditor").get("/papers/working-paper", 404, campaign="b2026", seed="1", as_of="0")
        assert enter("auditor").get(f"/papers/working-paper/{told.case}", 404)["code"] == "reference-unknown"

    def test_a_review_is_on_the_paper_and_in_the_list(
        self, client: TestClient, enter: Enter, told: Told
    ) -> None:
        text = text_of(self.paper(client, enter("auditor"), f"working-paper/{told.reviewed}"))
        for said in ("编制人：auditor", "复核人：auditor2", "四、复核意见", "已复核。依据充分"):
            assert said in text, said
        first, last = enter("auditor").rows("/samples")
        assert (first["sample"], first["state"], first["reviewed_by"]) == (told.sample, "prepared", None)
        assert (last["prepared_by"], last["reviewed_by"], last["unit"]) == ("auditor", "auditor2", "county")

    def test_a_case_report_has_grounds_finding_persons_and_measures(
        self, client: TestClient, enter: Enter, told: Told
    ) -> None:
        text = text_of(self.paper(client, enter("inspector"), f"case/{told.investigation}"))
        for said in (
            "核查情况报告",
            "群众反映",
            "部分属实",
            "500.00元",
            "tea-clerk",
            "经办人",
            "退回资金",
            "限期退回",
            "附：关系图1",
            "资金流向同一单位",
            "与上年同一账户",
            "由单位发放500.00元",
        ):
            assert said in text, said
        enter("finance").get(f"/papers/case/{told.investigation}", 403)
        enter("inspector").get(f"/papers/case/{told.case}", 404)

    @pytest.mark.parametrize(
        ("name", "said"), [("annex-2", "附件2"), ("annex-3", "附件3"), ("summary", "工作总结")]
    )
    def test_annexes_have_totals_once_and_the_seals_place(
        self, client: TestClient, enter: Enter, name: str, said: str
    ) -> None:
        raw = self.paper(client, enter("finance"), f"reports/{name}", campaign="b2026")
        text = text_of(raw)
        assert said in text and "（盖章）" in text and "单位负责人" in text
        assert text.count("合计") == 1
        assert is_landscape(raw) == (name == "annex-2")

    def test_a_notice_is_masked_and_says_whom_to_tell(
        self, client: TestClient, enter: Enter, told: Told
    ) -> None:
        clerk = enter("tea-clerk")
        text = text_of(
            self.paper(
                client, clerk, f"notices/{told.notice}", address="https://ledger.example", number="公示1号"
            )
        )
        for said in (
            "茶厂工会委员会",
            "李主席",
            "0773-7654321",
            "（盖章）",
            "公示1号",
            f"/app/notice/{told.notice}",
        ):
            assert said in text, said
        assert "*" in text
        clerk.get(f"/papers/notices/{told.notice}", 422, address="javascript:alert(1)")
        enter("sugar-clerk").get(f"/papers/notices/{told.notice}", 404)

    def test_a_receipt_is_for_who_signed_and_for_auditors(
        self, client: TestClient, enter: Enter, told: Told
    ) -> None:
        for officer in ("finance", "auditor"):
            text = text_of(self.paper(client, enter(officer), f"receipts/{told.payout}"))
            for said in (
                "登记回执",
                "发放慰问金",
                told.payout,
                "签署人finance",
                "金额500.00元",
                "活动送温暖",
            ):
                assert said in text, said
        enter("sugar-clerk").get(f"/papers/receipts/{told.payout}", 403)
        assert enter("auditor").get("/papers/receipts/none", 404)["code"] == "reference-unknown"

    def test_an_account_is_reconciled_with_what_is_outstanding(
        self, client: TestClient, enter: Enter, founded: Founded
    ) -> None:
        month = founded.day()[:7]
        asked = {"campaign": "b2026", "account": "icbc", "month": month}
        text = text_of(self.paper(client, enter("finance"), "reconciliation", **asked))
        for said in (
            "银行存款余额调节表", "249,000.00", "249,495.00", "银行已付、单位未付", "单位已付、银行未付",
            "调节后余额相符", "出纳", "会计",
        ):  # fmt: skip
            assert said in text, said
        assert text.count("248,995.00") == 2
        refused = enter("finance").get("/papers/reconciliation", 422, **{**asked, "month": "2020-01"})
        assert refused["code"] == "no-statement-of-month"
        enter("tea-clerk").get("/papers/reconciliation", 403, **asked)
        # A statement is of the sponsor's account: who sees but a unit sees none.
        of_unit = enter("tea-auditor").get("/papers/reconciliation", 422, **asked)
        assert of_unit["code"] == "no-statement-of-month"

    def test_commands_write_the_same(
        self,
        client: TestClient,
        founded: Founded,
        told: Told,
        folder: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
        monkeypatch.setenv("SONGNUAN_DATA_DIR", str(folder / "data"))
        # How they are set is tried above; here is what goes to the typesetter.
        monkeypatch.setattr("api.cli.papers.typeset", lambda paper: paper.model_dump_json().encode())
        month = founded.day()[:7]
        file = tmp_path / "paper.pdf"
        for arguments, said in (
            (["working-paper", str(file), "--sample", told.sample], "签收单缺失"),
            (
                ["working-paper", str(file), "--campaign", "b2026", "--seed", "1", "--unit", "tea"],
                "tea（含下属单位）",
            ),
            (["case", str(file), told.investigation], "部分属实"),
            (["annex", "2", str(file), "--campaign", "b2026"], "附件2"),
            (["notice", str(file), told.notice], "李主席"),
            (["receipt", str(file), told.payout], "发放慰问金"),
            (
                ["reconciliation", str(file), "--campaign", "b2026", "--account", "icbc", "--month", month],
                "相符",
            ),
        ):
            done = CliRunner().invoke(build(), ["report", *arguments])
            assert done.exit_code == 0, (arguments, done.output, done.exception)
            assert said in file.read_text(), arguments
        neither = CliRunner().invoke(build(), ["report", "working-paper", str(file)])
        assert neither.exit_code != 0
        lost = CliRunner().invoke(build(), ["report", "receipt", str(file), NOBODY])
        assert isinstance(lost.exception, Refused)
        seen = json.loads(CliRunner().invoke(build(), ["access", "--kind", "export", "--json"]).output)
        assert {row["what"] for row in seen} >= {"songnuan report case", "songnuan report reconciliation"}


def test_slips_are_typeset_before_they_are_issued(
    founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with founded.store.writer() as writer:
        founded.paid(writer)
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    key, file = tmp_path / "key.pem", tmp_path / "slips.pdf"
    save_key(founded.key("finance"), key, "")
    command = [
        "report",
        "slips",
        "b2026",
        "tea",
        str(file),
        "--address",
        "https://ledger.example",
        "--key",
        str(key),
    ]
    monkeypatch.setattr("api.cli.slips.typeset", _refuse)
    assert isinstance(CliRunner().invoke(build(), command).exception, Refused)
    assert not file.exists()
    monkeypatch.undo()
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    done = CliRunner().invoke(build(), command)
    assert done.exit_code == 0, (done.output, done.exception)
    [page] = pages_of(file.read_bytes())
    assert re.search(r"([A-Z0-9]{5}-){3}[A-Z0-9]{5}", page) and "500.00元" in page
    assert CliRunner().invoke(build(), command).exit_code != 0, "none is left without a slip"


def _refuse(paper: object) -> bytes:
    from api.papers.typesetting import PAPER_TOO_LONG

    raise PAPER_TOO_LONG.refused(expected=MOST_ROWS, found=MOST_ROWS + 1)
