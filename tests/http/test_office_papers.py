"""Papers of payment and oversight over HTTP and by command: 付款审批单, 领款单, 发放花名册, 取证单, 清单, 移送函."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import build
from ledger.domain.event import Document
from ledger.errors import Refused
from ledger.events.handover import MatterHandedOver
from ledger.events.nomination import Approved, Confirmed
from ledger.events.oversight import CaseClosed, CaseOpened, SampleExamined, SampleException
from ledger.events.payout import AidDelivered, AidItem
from ledger.events.rectification import RectificationItem, RectificationOrdered
from ledger.writing.writer import Writer
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service
from tests.papers import is_landscape, text_of
from tests.patterns import Patterns
from tests.scene import ON
from tests.waiting import wait_until


class Told(NamedTuple):
    """The statements behind the papers."""

    due: str
    sample: str
    handover: str
    position: int


def hand_out_goods(founded: Founded, writer: Writer) -> None:
    """A case that is given rice and no money."""
    case, dossier = founded.nominated(writer)
    founded.record(writer, "tea-confirmer", Confirmed(**ON, case=case))
    founded.record(writer, "approver", Approved(**ON, case=case, forms=["goods"], goods_fen=9_000))
    rice = AidItem(name="大米", quantity=2, measure="袋", value_fen=9_000)
    given = AidDelivered(**ON, dossier=dossier, case=case, form="goods", items=[rice])
    founded.record(writer, "finance", given)


def tell(founded: Founded) -> Told:
    """One case paid, one approved and due; a sample with a finding, an order to put right, a matter handed over."""
    with founded.store.writer() as writer:
        paid, _, _ = founded.paid(writer)
        hand_out_goods(founded, writer)
        due, *_ = founded.approved(writer)
        said: dict[str, Any] = {
            "campaign": "b2026", "method": "random", **founded.ordered(writer, "sample", "auditor", 5),
            "examined": 2, "exceptions": [SampleException(case=paid, finding="签收单缺失")], "conclusion": "总体合规",
        }  # fmt: skip
        sample = founded.record(writer, "auditor", SampleExamined(**said)).id
        opened = founded.record(writer, "inspector", CaseOpened(**ON, title="签收不全", text="群众反映")).id
        item = RectificationItem(what="补齐签收单", unit="tea", due="2099-01-31", investigation=opened)
        closed = CaseClosed(
            **ON,
            investigation=opened,
            finding="substantiated",
            amount_fen=123_400,
            text="签收单缺失，金额已核实。",
        )
        founded.record(writer, "inspector", closed)
        order = RectificationOrdered(
            campaign="b2026", document=Document(number="整改〔2026〕1号"), items=[item]
        )
        founded.record(writer, "inspector", order)
        handed = MatterHandedOver(
            **ON, organ="县纪委监委", letter=Document(number="移送〔2026〕1号"), handed_over_on=founded.day(),
            what="疑似冒领慰问金。", investigation=opened,
        )  # fmt: skip
        recorded = founded.record(writer, "inspector", handed)
    return Told(due, sample, recorded.id, recorded.position)


class TestOfficePapers:
    """One ledger and one service for all that only ask."""

    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("office-papers")

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
        return answer.content

    def test_what_is_due_is_on_the_payment_form_with_its_sum_in_words(
        self, client: TestClient, enter: Enter, told: Told
    ) -> None:
        text = text_of(self.paper(client, enter("finance"), "payment-form", campaign="b2026"))
        for said in (
            "付款审批单",
            "收款人数1人（户）",
            "¥500.00",
            "人民币伍佰元整",
            "支付复核（会计）",
            "单位负责人（审批）",
            "（已扣除本次付款及其他已批待付）",
        ):
            assert said in text, said
        # Asked of one unit alone it says the same of the line and of who approved.
        of_unit = text_of(self.paper(client, enter("finance"), "payment-form", campaign="b2026", unit="tea"))
        assert re.findall("可用余额¥[0-9,.]+", of_unit) == re.findall("可用余额¥[0-9,.]+", text) != []
        # The unit's clerk is shown neither.
        clerks = text_of(self.paper(client, enter("tea-clerk"), "payment-form", campaign="b2026"))
        assert "可用余额（由主办单位财务人员填写）" in clerks and "上级审批人" in clerks
        assert "*" in text, "names are masked"
        enter("registrar").get("/papers/payment-form", 403, campaign="b2026")
        # Of one case that is paid nothing is due.
        refused = enter("sugar-clerk").get("/papers/payment-form", 422, campaign="b2026")
        assert refused["code"] == "paper-without-payees"

    def test_the_list_is_signed_by_all_and_has_its_total_in_words(
        self, client: TestClient, enter: Enter
    ) -> None:
        raw = self.paper(client, enter("tea-clerk"), "signing-list", campaign="b2026", number="花2026-1")
        text = text_of(raw)
        assert is_landscape(raw)
        for said in (
            "慰问金发放花名册",
            "证件号后四位",
            "本人签名",
            "代领人签名及关系",
            "共3人（户）",
            "壹仟元整",
            "（盖章）",
            "实物及数量",
            "大米2袋",
        ):
            assert said in text, said
        assert text.count("1,000.00") == 2 and "编号：花2026-1" in text

    def test_a_receipt_for_cash_is_a_form_of_its_own(
        self, client: TestClient, enter: Enter, told: Told
    ) -> None:
        text = text_of(
            self.paper(client, enter("tea-clerk"), "cash-receipts", campaign="b2026", case=told.due)
        )
        for said in ("领款单", "人民币伍佰元整", "领款人签名", "代领人签名（关系）", "证明人"):
            assert said in text, said
        assert text.count("领款方式现金") == 1

    def test_a_finding_has_its_evidence_sheet(self, client: TestClient, enter: Enter, told: Told) -> None:
        text = text_of(self.paper(client, enter("auditor"), f"evidence-sheet/{told.sample}"))
        for said in (
            "审计取证单",
            "签收单缺失",
            "发放慰问金",
            "三、被审计单位意见",
            "审计人员：auditor",
            "（盖章）",
        ):
            assert said in text, said
        refused = enter("auditor").get(f"/papers/evidence-sheet/{told.sample}", 422, finding=2)
        assert refused["code"] == "sample-finding-unknown"
        enter("tea-clerk").get(f"/papers/evidence-sheet/{told.sample}", 403)

    @pytest.mark.parametrize(
        ("name", "said"), [("problem-list", "核查事项：签收不全1,234.00"), ("rectification-list", "整改中")]
    )
    def test_what_is_to_be_put_right_has_its_days(
        self, client: TestClient, enter: Enter, name: str, said: str
    ) -> None:
        path = f"rectifications/{name}"
        text = text_of(self.paper(client, enter("inspector"), path, campaign="b2026"))
        for each in ("补齐签收单", "2099-01-31", "整改〔2026〕1号", "责任单位签收", said):
            assert each in text, each
        none = enter("inspector").get(f"/papers/{path}", 422, campaign="b2026", rectification="none")
        assert none["code"] == "paper-without-items"
        enter("finance").get(f"/papers/{path}", 403, campaign="b2026")

    def test_a_matter_is_handed_over_by_letter(self, client: TestClient, enter: Enter, told: Told) -> None:
        text = text_of(self.paper(client, enter("inspector"), f"handovers/{told.handover}"))
        for said in (
            "问题线索移送函",
            "县纪委监委：",
            "移送〔2026〕1号",
            "疑似冒领慰问金。",
            "不作为结论",
            "移送函回执",
            "（盖章）",
        ):
            assert said in text, said
        enter("finance").get(f"/papers/handovers/{told.handover}", 403)

    def test_commands_write_the_same(
        self, client: TestClient, founded: Founded, told: Told, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
        monkeypatch.setenv("SONGNUAN_DATA_DIR", str(folder / "data"))
        monkeypatch.setattr("api.cli.papers.typeset", lambda paper: paper.model_dump_json().encode())
        file = folder / "paper.pdf"
        on = [str(file), "--campaign", "b2026"]
        for arguments, said in (
            (["payment-form", *on, "--unit", "tea"], "伍佰元整"),
            (["cash-receipts", *on], "领款人签名"),
            (["signing-list", *on], "壹仟元整"),
            (["evidence-sheet", str(file), told.sample], "签收单缺失"),
            (["problem-list", *on], "补齐签收单"),
            (["rectification-list", *on], "补齐签收单"),
            (["handover-letter", str(file), told.handover], "县纪委监委"),
        ):
            done = CliRunner().invoke(build(), ["report", *arguments])
            assert done.exit_code == 0, (arguments, done.output, done.exception)
            assert said in file.read_text(), arguments
        nobody = CliRunner().invoke(build(), ["report", "payment-form", *on, "--unit", "sugar"])
        assert isinstance(nobody.exception, Refused) and nobody.exception.code == "paper-without-payees"
