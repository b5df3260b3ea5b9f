"""Banks' answers by their profiles: headings, words, units, separators, and what is not used."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, ClassVar

import pytest
from openpyxl import Workbook

from api.bank.answer_file import BankChoices, BankFile, read_bank_file
from api.bank.profile import OURS, ProfileUnknown, profile, profile_names
from api.bank.remembered import unknown_to
from api.roster.sheet import RosterUnreadable
from tests.rosters.files import xlsx

pytestmark = pytest.mark.usefixtures("read_here")

TODAY = "2026-01-20"
ACCOUNT = "6222021234567890128"


def read(path: Path, raw: bytes, name: str = "general", **chosen: Any) -> BankFile:
    path.write_bytes(raw)
    return read_bank_file(path, TODAY, profile(name).answer, BankChoices(**chosen))


def workbook(*rows: list[Any], hidden: list[list[Any]] | None = None) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    if hidden is not None:
        sheet = book.create_sheet("旧")
        sheet.sheet_state = "hidden"
        for row in hidden:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def told(file: BankFile) -> list[tuple[Any, ...]]:
    """Of each line what decides, or the code of what is wrong with it."""
    return [
        (line.problem.code,) if line.problem else (line.account, line.name, line.amount_fen, line.result)
        for line in file.lines
    ]


class TestWords:
    @pytest.mark.parametrize(
        ("word", "result"),
        [
            *((word, "paid") for word in ("支付成功", "代发成功", "转账成功", "付款成功", "已记账", "Success", "S", "0000", "SUCCESS")),
            *((word, "bounced") for word in ("退汇", "户名不符", "账号不存在", "失败", "账户已销户", "F", "RJCT")),
        ],
    )  # fmt: skip
    def test_results_are_understood(self, tmp_path: Path, word: str, result: str) -> None:
        file = read(tmp_path / "a.csv", f"户名,账号,金额,结果\n张三,{ACCOUNT},500,{word}\n".encode())
        assert told(file) == [(ACCOUNT, "张三", 50_000, result)]

    @pytest.mark.parametrize(
        ("word", "code"),
        [("也许", "bank-result"), ("不太成功", "bank-result"), ("处理中", "bank-pending"), ("", "bank-result"),
         ("成功（退汇）", "bank-result")],
    )  # fmt: skip
    def test_what_is_not_understood_is_asked_about(self, tmp_path: Path, word: str, code: str) -> None:
        file = read(tmp_path / "a.csv", f"户名,账号,金额,结果\n张三,{ACCOUNT},500,{word}\n".encode())
        assert told(file) == [(code,)]

    def test_the_officer_explains_a_word_once(self, tmp_path: Path) -> None:
        raw = f"户名,账号,金额,结果\n张三,{ACCOUNT},500,也许\n".encode()
        assert told(read(tmp_path / "a.csv", raw, words={"也许": "bounced"}))[0][3] == "bounced"

    @pytest.mark.parametrize(("word", "meant"), [("失败", "paid"), ("成功", "bounced"), ("处理中", "paid")])
    def test_nobody_says_that_a_word_of_the_profile_means_something_else(
        self, tmp_path: Path, word: str, meant: str
    ) -> None:
        raw = f"户名,账号,金额,结果\n张三,{ACCOUNT},500,{word}\n".encode()
        with pytest.raises(RosterUnreadable) as refused:
            read(tmp_path / "a.csv", raw, words={word: meant})
        assert refused.value.code == "bank-word-known"

    def test_what_goes_by_an_earlier_choice_is_said(self, tmp_path: Path) -> None:
        raw = f"户名,账号,金额,结果,备忘\n张三,{ACCOUNT},500,妥,甲\n".encode()
        (tmp_path / "a.csv").write_bytes(raw)
        before = BankChoices(
            columns={"金额": "note", "备忘": "note"}, words={"妥": "paid", "成功": "bounced"}
        )
        layout = profile("general").answer
        file = read_bank_file(tmp_path / "a.csv", TODAY, layout, None, unknown_to(layout, before))
        assert told(file) == [(ACCOUNT, "张三", 50_000, "paid")] and file.lines[0].note == "甲"
        [notice] = file.notices
        assert notice.code == "bank-by-memory" and "“备忘”=note、“妥”=paid" in notice.zh

    @pytest.mark.parametrize(
        ("code", "word", "reason", "told_as"),
        [
            ("0000", "交易成功", "", "paid"), ("0000", "", "", "paid"), ("0000", "失败", "", "bank-result-contradicts"),
            ("0000", "成功", "户名不符", "bank-result-contradicts"), ("E17", "成功", "", "bank-result"),
        ],
    )  # fmt: skip
    def test_code_word_and_reason_agree(
        self, tmp_path: Path, code: str, word: str, reason: str, told_as: str
    ) -> None:
        head = "户名,账号,金额,返回码,付款结果,失败原因"
        raw = f"{head}\n张三,{ACCOUNT},500,{code},{word},{reason}\n".encode()
        assert told(read(tmp_path / "a.csv", raw))[0][-1] == told_as


class TestSums:
    """What a sum is in, and what one below zero says."""

    @pytest.mark.parametrize(
        ("currency", "told_as"), [("人民币", "paid"), ("CNY", "paid"), ("", "paid"), ("美元", "bank-currency"), ("HKD", "bank-currency")]
    )  # fmt: skip
    def test_another_currency_is_not_the_yuan(self, tmp_path: Path, currency: str, told_as: str) -> None:
        raw = f"户名,账号,金额,币种,结果\n张三,{ACCOUNT},500,{currency},成功\n".encode()
        assert told(read(tmp_path / "a.csv", raw))[0][-1] == told_as

    @pytest.mark.parametrize(
        ("sum_", "word", "told_as"),
        [("-500", "成功", "bounced"), ("500", "冲正", "bounced"), ("-500", "失败", "bank-amount"), ("0", "成功", "bank-amount")],
    )  # fmt: skip
    def test_a_sum_taken_back_is_no_payment(self, tmp_path: Path, sum_: str, word: str, told_as: str) -> None:
        raw = f"户名,账号,金额,结果\n张三,{ACCOUNT},{sum_},{word}\n".encode()
        assert told(read(tmp_path / "a.csv", raw))[0][-1] == told_as

    @pytest.mark.parametrize(
        ("heading", "beside", "told_as"),
        [
            ("退汇标志", "是", "bank-result-contradicts"), ("退汇标志", "否", "paid"), ("退汇日期", "2026-01-15", "bank-result-contradicts"),
            ("备注", "次日已退汇", "bank-result-contradicts"), ("备注", "退汇重发", "paid"), ("备注", "慰问金", "paid"),
            ("退汇原因", "账户注销", "bank-result-contradicts"),
        ],
    )  # fmt: skip
    def test_what_came_back_is_not_paid(
        self, tmp_path: Path, heading: str, beside: str, told_as: str
    ) -> None:
        raw = f"户名,账号,金额,结果,{heading}\n张三,{ACCOUNT},500,成功,{beside}\n".encode()
        assert told(read(tmp_path / "a.csv", raw))[0][-1] == told_as

    def test_a_file_in_another_currency_is_refused(self, tmp_path: Path) -> None:
        raw = f"币种：美元,,,\n户名,账号,金额,结果\n张三,{ACCOUNT},500,成功\n".encode()
        with pytest.raises(RosterUnreadable, match="美元"):
            read(tmp_path / "a.csv", raw)

    def test_counts_and_who_printed_are_no_lines(self, tmp_path: Path) -> None:
        foot = "成功笔数：1,成功金额：500.00,,\n打印时间：2026-01-10 11:00,,操作员：001,\n"
        raw = f"账号,户名,金额,结果\n{ACCOUNT},张三,500,成功\n{foot}".encode()
        file = read(tmp_path / "a.csv", raw)
        assert len(file.lines) == 1 and [each.code for each in file.notices] == ["bank-footer"] * 2


class TestColumns:
    def test_the_serial_may_stand_in_any_column_of_notes(self, tmp_path: Path) -> None:
        raw = f"账号,户名,金额,用途,附言,结果\n{ACCOUNT},张三,500,慰问金,260110010001,成功\n".encode()
        file = read(tmp_path / "a.csv", raw)
        assert (file.lines[0].note, file.lines[0].first_note) == ("慰问金 260110010001", "慰问金")
        assert not file.notices

    def test_the_account_that_paid_is_not_taken_for_the_one_that_was_paid(self, tmp_path: Path) -> None:
        raw = f"账号,户名,对方账号,对方户名,金额,结果\n35001,县总工会,{ACCOUNT},张三,500,成功\n".encode()
        file = read(tmp_path / "a.csv", raw)
        assert told(file) == [(ACCOUNT, "张三", 50_000, "paid")]
        assert "A 账号、B 户名" in file.notices[0].zh

    @pytest.mark.parametrize("account", ["对方账号", "收款账户", "账号", "收款人账号"])
    @pytest.mark.parametrize("result", ["返回码", "付款结果", "交易状态"])
    def test_headings_are_understood(self, tmp_path: Path, account: str, result: str) -> None:
        raw = f"{account},户名,金额,{result}\n{ACCOUNT},张三,500,成功\n".encode()
        assert told(read(tmp_path / "a.csv", raw)) == [(ACCOUNT, "张三", 50_000, "paid")]

    @pytest.mark.parametrize("between", ["|", "\t", ",", ";"])
    def test_whatever_stands_between(self, tmp_path: Path, between: str) -> None:
        rows = [["账号", "户名", "金额", "结果"], [ACCOUNT, "张三", "500.00", "成功"]]
        raw = "\n".join(between.join(row) for row in rows).encode("gb18030")
        assert told(read(tmp_path / "a.txt", raw)) == [(ACCOUNT, "张三", 50_000, "paid")]

    @pytest.mark.parametrize(
        ("heading", "amount_fen"), [("金额(分)", 500), ("金额（元）", 50_000), ("金额", 50_000)]
    )
    def test_the_unit_of_the_heading_counts(self, tmp_path: Path, heading: str, amount_fen: int) -> None:
        raw = f"账号,户名,{heading},结果\n{ACCOUNT},张三,500,成功\n".encode()
        assert told(read(tmp_path / "a.csv", raw))[0][2] == amount_fen

    def test_without_headings_the_columns_are_named_once(self, tmp_path: Path) -> None:
        raw = f"1|{ACCOUNT}|张三|500.00|成功\n".encode()
        with pytest.raises(RosterUnreadable) as refused:
            read(tmp_path / "a.txt", raw)
        assert refused.value.code == "bank-no-header"
        columns = {"B": "account", "C": "name", "D": "amount", "E": "result"}
        assert told(read(tmp_path / "a.txt", raw, columns=columns)) == [(ACCOUNT, "张三", 50_000, "paid")]

    def test_a_heading_that_is_not_known_is_named_once(self, tmp_path: Path) -> None:
        raw = f"账号,户名,金额,处理标识\n{ACCOUNT},张三,500,成功\n".encode()
        with pytest.raises(RosterUnreadable):
            read(tmp_path / "a.csv", raw)
        assert told(read(tmp_path / "a.csv", raw, columns={"处理标识": "result"}))[0][3] == "paid"

    def test_two_columns_of_money_are_not_chosen_between(self, tmp_path: Path) -> None:
        with pytest.raises(RosterUnreadable) as refused:
            read(tmp_path / "a.csv", f"账号,金额,成功金额,结果\n{ACCOUNT},5,6,成功\n".encode())
        assert refused.value.code == "heading-twice"


class TestNothingInSilence:
    def test_what_is_not_used_is_named(self, tmp_path: Path) -> None:
        head = ["账号", "户名", "金额", "结果", "手续费"]
        raw = workbook(
            ["某银行回单"], head, [ACCOUNT, "张三", 500, "成功", 1], head, ["合计", "", 500, "", ""],
            ["", "李四", 500, "成功", 0], [ACCOUNT, "王五", -5, "成功", 0], hidden=[["账号", "金额", "结果"]],
        )  # fmt: skip
        file = read(tmp_path / "a.xlsx", raw)
        assert told(file) == [
            (ACCOUNT, "张三", 50_000, "paid"),
            ("bank-no-account",),
            (ACCOUNT, "王五", 500, "bounced"),
        ]
        said = {notice.code: notice.en for notice in file.notices}
        assert said["bank-columns-unused"] == "these columns are not used: E 手续费"
        assert said["bank-heading-again"] == "row 4 is the heading again"
        assert said["bank-total"] == "row 5 is a total"
        assert "hidden" in said["bank-sheet-unused"]

    def test_a_number_that_a_spreadsheet_cut_is_named_by_its_cell(self, tmp_path: Path) -> None:
        raw = workbook(["账号", "户名", "金额", "结果"], [float(ACCOUNT), "张三", 500, "成功"])
        [line] = read(tmp_path / "a.xlsx", raw).lines
        assert (line.cell, line.problem and line.problem.code) == ("A2", "number-damaged")


ANSWERS: dict[str, str] = {
    "general": "序号,户名,账号,金额,附言,处理结果\n1,张三,{account},500.00,261128010001,成功\n",
    "icbc-batch": "顺序号,收款人名称,收款账号,金额,备注信息,指令状态\n1,张三,{account},500,261128010001,处理成功\n",
    "icbc-wages": "1|{account}|张三|50000|261128010001|0000|\n",
    "abc-batch": "编号,收款方账号,收款方户名,金额,附言,处理状态\n1,{account},张三,500.00,261128010001,已成功入账\n",
    "boc-batch": "序号,收款人账号,收款人名称,金额,附言,交易状态\n1,{account},张三,500,261128010001,银行处理成功\n",
    "ccb-batch": "1|{account}|张三|500.00|261128010001|成功|\n",
    "iso20022": "户名,账号,金额,附言,结果\n张三,{account},500,261128010001,ACSC\n",
    "psbc-wages": "{number:<6}{account:<32}{name}{amount:<15}{note:<20}0000\n",
    "rcu-wages": "序号,姓名,一卡通账号,发放金额,备注,结果\n1,张三,{account},500,261128010001,代发成功\n",
}
"""An answer of each profile's bank."""


class TestProfiles:
    def test_each_has_an_answer_here(self) -> None:
        assert set(profile_names()) == ANSWERS.keys()

    @pytest.mark.parametrize("name", ANSWERS)
    def test_its_answer_is_read(self, tmp_path: Path, name: str) -> None:
        padded = "张三" + " " * 56
        text = ANSWERS[name].format(
            account=ACCOUNT, number=1, name=padded, amount=50_000, note="261128010001"
        )
        [line] = read(tmp_path / "a.txt", text.encode("gb18030"), name).lines
        assert line.problem is None
        assert (line.account, line.name, line.amount_fen, line.result) == (ACCOUNT, "张三", 50_000, "paid")
        assert line.note == "261128010001"

    @pytest.mark.parametrize("name", ANSWERS)
    def test_its_payment_file_says_whom_how_much_and_the_serial(self, name: str) -> None:
        pay = profile(name).pay
        needed = {column.field for column in pay.columns if column.needed}
        assert needed >= {"account", "name", "amount", "note"}
        assert pay.format != "fixed" or all(column.width for column in pay.columns)

    def test_a_new_one_is_a_copied_file(self, tmp_path: Path) -> None:
        copied = (OURS / "ccb-batch.toml").read_text(encoding="utf-8").replace("建设银行", "本县村镇银行")
        (tmp_path / "county.toml").write_text(copied, encoding="utf-8")
        assert profile("county", tmp_path).zh == "本县村镇银行 批量代发"
        (tmp_path / "general.toml").write_text(
            'zh = "通用"\nen = "general"\nextends = "general"\n[answer]\npaid = ["妥"]\n', encoding="utf-8"
        )
        assert {"妥", "成功"} <= set(profile("county", tmp_path).answer.paid)

    @pytest.mark.parametrize(
        "text", ["zh = 1", "= no", 'zh = "x"\nen = "x"\nextends = "x"', 'zh = "x"\nen = "x"\nextends = "../general"']
    )  # fmt: skip
    def test_one_that_cannot_be_used_says_why(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "x.toml").write_text(text, encoding="utf-8")
        for name in ("x", "nowhere", "../general"):
            with pytest.raises(ProfileUnknown) as refused:
                profile(name, tmp_path)
            assert refused.value.code == "bank-profile"


class TestStrangeFiles:
    """Units over the table, days counted from 1904, sums split by their commas, what is struck out."""

    HEADER: ClassVar[list[Any]] = ["户名", "账号", "金额", "结果", "入账日期"]

    def test_the_unit_over_the_table_counts(self, tmp_path: Path) -> None:
        raw = workbook(["代发结果（单位：万元）"], self.HEADER, ["张三", ACCOUNT, 0.05, "成功", ""])
        assert told(read(tmp_path / "a.xlsx", raw)) == [(ACCOUNT, "张三", 50_000, "paid")]

    def test_days_are_counted_as_the_file_counts(self, tmp_path: Path) -> None:
        rows = [self.HEADER, ["张三", ACCOUNT, 500, "成功", 44_570]]
        [line] = read(tmp_path / "a.xlsx", xlsx(rows, from_1904=True)).lines
        assert line.booked_on == "2026-01-10"

    def test_a_sum_that_its_comma_splits_is_at_fault(self, tmp_path: Path) -> None:
        raw = f"户名,账号,结果,金额\n张三,{ACCOUNT},成功,1,000.00\n李四,{ACCOUNT},成功,500\n".encode()
        assert told(read(tmp_path / "a.csv", raw)) == [("row-spilled",), (ACCOUNT, "李四", 50_000, "paid")]

    def test_a_reason_in_brackets_goes_with_its_result(self, tmp_path: Path) -> None:
        raw = f"户名,账号,金额,结果\n张三,{ACCOUNT},500,交易失败(户名不符)\n".encode()
        assert told(read(tmp_path / "a.csv", raw)) == [(ACCOUNT, "张三", 50_000, "bounced")]

    @pytest.mark.parametrize("day", ["20260110101112", "2026/1/10 下午 3:05"])
    def test_a_time_may_follow_the_day(self, tmp_path: Path, day: str) -> None:
        raw = f"户名,账号,金额,结果,日期\n张三,{ACCOUNT},500,成功,{day}\n".encode()
        [line] = read(tmp_path / "a.csv", raw).lines
        assert (line.problem, line.booked_on) == (None, "2026-01-10")

    def test_what_is_struck_out_is_said(self, tmp_path: Path) -> None:
        raw = xlsx([self.HEADER, ["张三", ACCOUNT, 500, "成功", ""]], struck=["A2"])
        assert "cells-struck" in {each.code for each in read(tmp_path / "a.xlsx", raw).notices}


class TestLists:
    """The paid and the failed on lists of their own, and what was really paid."""

    HEADINGS: ClassVar[list[Any]] = ["账号", "户名", "金额", "说明"]
    PAID: ClassVar[list[Any]] = [ACCOUNT, "张三", 500, ""]
    FAILED: ClassVar[list[Any]] = ["6228480402564890018", "李四", 500, "户名不符"]
    TOLD: ClassVar[list[Any]] = [
        (ACCOUNT, "张三", 50_000, "paid"),
        ("6228480402564890018", "李四", 50_000, "bounced"),
    ]

    def test_the_name_of_a_list_is_the_result_of_its_lines(self, tmp_path: Path) -> None:
        sheets = {"失败明细": [self.HEADINGS, self.FAILED]}
        raw = xlsx([self.HEADINGS, self.PAID], title="成功明细", more=sheets)
        file = read(tmp_path / "sheets.xlsx", raw)
        assert told(file) == self.TOLD
        codes = [each.code for each in file.notices]
        assert codes == ["bank-result-of-list", "bank-result-of-list", "bank-rows-continued"]
        # Lines are matched by their row: two sheets' may not be one.
        assert [line.row for line in file.lines] == [2, 4]

    def test_so_is_the_title_over_it(self, tmp_path: Path) -> None:
        rows = [["代发成功清单"], self.HEADINGS, self.PAID, ["代发失败清单"], self.HEADINGS, self.FAILED]
        assert told(read(tmp_path / "titles.xlsx", workbook(*rows))) == self.TOLD

    @pytest.mark.parametrize("name", ["提交成功", "批量明细", "成功笔数：1", "成功失败明细"])
    def test_what_names_neither_is_no_result(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(RosterUnreadable) as refused:
            read(tmp_path / "list.xlsx", workbook([name], self.HEADINGS, self.PAID))
        assert refused.value.code == "bank-no-header"

    def test_a_success_among_failures_is_asked_about(self, tmp_path: Path) -> None:
        raw = xlsx([["账号", "户名", "金额", "结果"], [ACCOUNT, "张三", 500, "成功"]], title="失败清单")
        assert told(read(tmp_path / "failures.xlsx", raw)) == [("bank-result-contradicts",)]

    @pytest.mark.parametrize(
        ("paid", "result", "told_as"),
        [
            (500, "成功", "paid"),
            ("", "成功", "paid"),
            (300, "成功", None),
            (0, "成功", None),
            (0, "失败", "bounced"),
        ],
    )
    def test_another_sum_really_paid_is_asked_about(
        self, tmp_path: Path, paid: Any, result: str, told_as: str | None
    ) -> None:
        rows = [["账号", "户名", "金额", "实际入账金额", "结果"], [ACCOUNT, "张三", 500, paid, result]]
        expected = [("bank-result-contradicts",)] if told_as is None else [(ACCOUNT, "张三", 50_000, told_as)]
        assert told(read(tmp_path / "actual.xlsx", workbook(*rows))) == expected
