"""Statements of account read: tables with balances that chain, camt.053 by its public schema, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.bank.camt import NoCamt, read_camt
from api.bank.profile import profile
from api.bank.statement_file import ReadStatement, StatementFault, read_statement
from tests.rosters.files import xlsx
from tests.schemas import assert_valid

LAYOUT = profile("general").statement
TODAY = "2026-01-20"


def read(path: Path, text: str) -> ReadStatement:
    path.write_bytes(text.encode("gb18030") if path.suffix == ".csv" else text.encode())
    return read_statement(path, TODAY, LAYOUT)


TWO_COLUMNS = """账号：3500,,,,,
期初余额：1000.00,,,,,
日期,借方发生额,贷方发生额,余额,对方户名,摘要
2026-01-10,500.00,,500.00,张三,慰问金260110010001
2026-01-11,,200.00,700.00,县财政,拨款
2026-01-11,0.50,,699.50,,手续费
"""
ONE_COLUMN = """交易日期,借贷标志,金额,余额,对方账号
2026-01-11,借,0.50,699.50,
2026-01-11,贷,200,700,6222021234567890128
2026-01-10,借,500,500,
"""


def sums(statement: ReadStatement) -> list[tuple[str, int]]:
    return [(entry.direction, entry.amount_fen) for entry in statement.entries]


@pytest.mark.parametrize("text", [TWO_COLUMNS, ONE_COLUMN], ids=["two columns", "one, newest first"])
def test_entries_and_balances_are_read_in_order(tmp_path: Path, text: str) -> None:
    found = read(tmp_path / "a.csv", text)
    assert sums(found) == [("debit", 50_000), ("credit", 20_000), ("debit", 50)]
    assert (found.opening_fen, found.closing_fen) == (100_000, 69_950)
    assert (found.from_day, found.to_day) == ("2026-01-10", "2026-01-11")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("2026-01-11,,200.00,700.00,县财政,拨款\n", ""), "statement-breaks"),
        (("699.50", "699.00"), "statement-breaks"),
        (("期初余额：1000.00", "期初余额：900.00"), "statement-breaks"),
        ((",200.00,700.00", "5.00,200.00,700.00"), "statement-row"),
        (("0.50,,", "很多,,"), "statement-row"),
        (("2026-01-11,,", "2026-13-11,,"), "statement-row"),
        (("日期,借方发生额", "某,某"), "statement-no-header"),
    ],
)
def test_what_does_not_follow_is_named(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    with pytest.raises(StatementFault) as fault:
        read(tmp_path / "a.csv", TWO_COLUMNS.replace(*change))
    assert fault.value.code == code


def test_without_any_balance_it_is_no_statement(tmp_path: Path) -> None:
    with pytest.raises(StatementFault) as fault:
        read(tmp_path / "a.csv", "日期,借方,贷方\n2026-01-10,5,\n")
    assert fault.value.code == "statement-no-balance"


def test_red_figures_are_taken_back(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "日期,借方,贷方,余额\n2026-01-10,500,,500\n2026-01-10,-500,,1000\n")
    assert sums(found) == [("debit", 50_000), ("credit", 50_000)]


def test_every_column_of_notes_is_read_and_no_other_currency(tmp_path: Path) -> None:
    text = "交易日,借方,贷方,余额,币种,摘要,附言\n2026-01-10,500,,500,人民币,慰问,260110010001\n"
    assert read(tmp_path / "a.csv", text).entries[0].note == "慰问 260110010001"
    with pytest.raises(StatementFault, match="美元"):
        read(tmp_path / "a.csv", text.replace("人民币", "美元"))
    with pytest.raises(StatementFault, match="港元"):
        read(tmp_path / "a.csv", f"账户币种：港元,,,,,,\n{text}")


# --- ISO 20022 ----------------------------------------------------------------------------------


def camt(message: str, version: str, *entries: str, **balances: str) -> str:
    body, one = ("BkToCstmrStmt", "Stmt") if message == "camt.053" else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    told = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='CNY'>{sum_}</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-10</Dt></Dt></Bal>"
        for code, sum_ in balances.items()
    )
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:{message}.001.{version}'>"
        f"<{body}><GrpHdr><MsgId>m</MsgId><CreDtTm>2026-01-11T08:00:00+08:00</CreDtTm></GrpHdr><{one}><Id>s</Id>"
        "<CreDtTm>2026-01-11T08:00:00+08:00</CreDtTm><FrToDt><FrDtTm>2026-01-10T00:00:00+08:00</FrDtTm>"
        "<ToDtTm>2026-01-10T23:59:59+08:00</ToDtTm></FrToDt><Acct><Id><Othr><Id>35001234567890</Id></Othr></Id></Acct>"
        f"{told}{''.join(entries)}</{one}></{body}></Document>"
    )


def entry(version: str, amount: str, direction: str, details: str = "", status: str = "BOOK") -> str:
    said = status if version == "02" else f"<Cd>{status}</Cd>"
    return (
        f"<Ntry><Amt Ccy='CNY'>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>{said}</Sts>"
        "<BookgDt><Dt>2026-01-10</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef><BkTxCd><Prtry><Cd>1</Cd></Prtry></BkTxCd>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def detail(version: str, serial: str, amount: str, direction: str = "DBIT", back: str = "") -> str:
    name = "<Nm>张三</Nm>" if version == "02" else "<Pty><Nm>张三</Nm></Pty>"
    side = "Cdtr" if direction == "DBIT" else "Dbtr"
    parties = (
        f"<RltdPties><{side}>{name}</{side}><{side}Acct><Id><Othr><Id>6222021234567890128</Id></Othr></Id>"
        f"</{side}Acct></RltdPties>"
    )
    sum_ = f"<Amt Ccy='CNY'>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>"
    in_details = f"<AmtDtls><TxAmt><Amt Ccy='CNY'>{amount}</Amt></TxAmt></AmtDtls>"
    returned = f"<RtrInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>{back}</AddtlInf></RtrInf>" if back else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{serial}</EndToEndId></Refs>{in_details if version == '02' else sum_}"
        f"{parties}{returned}</TxDtls>"
    )


@pytest.mark.parametrize("version", ["02", "08"])
class TestCamt:
    def test_a_statement_is_read(self, tmp_path: Path, version: str) -> None:
        text = camt(
            "camt.053", version,
            entry(version, "500.00", "DBIT", detail(version, "260110010001", "500.00")),
            entry(version, "0.5", "DBIT"), entry(version, "7", "CRDT", status="PDNG"),
            OPBD="1000.00", CLBD="499.50",
        )  # fmt: skip
        assert_valid(text.encode(), f"camt.053.001.{version}")
        found = read(tmp_path / "a.xml", text)
        assert sums(found) == [("debit", 50_000), ("debit", 50)]
        assert (found.opening_fen, found.closing_fen) == (100_000, 49_950)
        first = found.entries[0]
        assert (first.parts, first.name, first.account) == (("260110010001",), "张三", "6222021234567890128")
        assert [notice.code for notice in found.notices] == ["entry-not-booked"]

    def test_one_that_does_not_add_up_is_refused(self, tmp_path: Path, version: str) -> None:
        with pytest.raises(StatementFault) as fault:
            read(
                tmp_path / "a.xml", camt("camt.053", version, entry(version, "5", "DBIT"), OPBD="9", CLBD="9")
            )
        assert fault.value.code == "statement-breaks"

    def test_a_notification_has_its_transactions(self, tmp_path: Path, version: str) -> None:
        details = detail(version, "260110010001", "500.00", "CRDT", "户名不符")
        text = camt("camt.054", version, entry(version, "500", "CRDT", details))
        assert_valid(text.encode(), f"camt.054.001.{version}")
        path = tmp_path / "a.xml"
        path.write_text(text)
        [[back]] = [each.details for each in read_camt(path)[0].entries]
        assert (back.references, back.is_return, back.reason, back.name) == (
            ["260110010001"], True, "户名不符", "张三",
        )  # fmt: skip


class TestWhatIsNoMessage:
    @pytest.mark.parametrize(
        "text",
        [
            "<Document><BkToCstmrStmt>", "<Document><BkToCstmrStmt/></Document>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><Document><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>",
            "<BkToCstmrStmt>" * 100,
        ],
    )  # fmt: skip
    def test_it_is_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(StatementFault) as fault:
            read(tmp_path / "a.xml", text)
        assert fault.value.code == "statement-unreadable"

    def test_entities_are_not_opened(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("secret")
        bomb = f"<!DOCTYPE a [<!ENTITY b SYSTEM 'file://{secret}'>]><Document><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>"
        path = tmp_path / "a.xml"
        path.write_text(bomb)
        with pytest.raises(NoCamt) as refused:
            read_camt(path)
        assert "secret" not in str(refused.value).replace(str(secret), "")

    @pytest.mark.parametrize(
        ("amount", "currency"), [("5", "EUR"), ("0.005", "CNY"), ("x", "CNY"), ("-1", "CNY")]
    )
    def test_another_currency_or_a_part_of_a_fen_is_refused(
        self, tmp_path: Path, amount: str, currency: str
    ) -> None:
        one: Any = entry("02", amount, "DBIT").replace("Ccy='CNY'", f"Ccy='{currency}'")
        with pytest.raises(StatementFault) as fault:
            read(tmp_path / "a.xml", camt("camt.053", "02", one, OPBD="9", CLBD="9"))
        assert fault.value.code == "statement-unreadable"


HEAD = "日期,借方发生额,贷方发生额,余额"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\n2026-01-10,500,,500\n{HEAD}\n2026-01-11,,200,700\n",
        f"{HEAD}\n2026-01-10,500,,500\n本页合计,500,0,500\n2026-01-11,,200,700\n合计,500,200,\n",
        f"承前页,,,1000\n{HEAD}\n2026-01-10,500,,500\n过次页,,,500\n承前页,,,500\n2026-01-11,,200,700\n",
        "日期,金额,余额\n2026-01-10,-500.00,500.00\n2026-01-11,+200.00,700.00\n",
        f"单位：万元,,,\n{HEAD}\n2026-01-10,0.05,,0.05\n2026-01-11,,0.02,0.07\n",
        f"{HEAD}\n20260110101112,500,,500\n20260111090000,,200,700\n",
    ],
    ids=["headings again", "totals", "pages", "signed", "unit above", "times"],
)
def test_what_is_no_entry_is_told_from_those_that_are(tmp_path: Path, text: str) -> None:
    found = read(tmp_path / "a.csv", text)
    assert sums(found) == [("debit", 50_000), ("credit", 20_000)]
    assert (found.opening_fen, found.closing_fen) == (100_000, 70_000)


def test_a_single_signed_sum_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StatementFault) as fault:
        read(tmp_path / "a.csv", "日期,金额,余额\n2026-01-10,500.00,500.00\n")
    assert fault.value.code == "statement-row"


def test_sheets_are_not_left_out_in_silence(tmp_path: Path) -> None:
    header: list[Any] = HEAD.split(",")
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx([header, ["2026-01-10", 500, None, 500]], more={"说明": [["略"]]}))
    assert "bank-sheet-unused" in {each.code for each in read_statement(path, TODAY, LAYOUT).notices}
    other = {"2月": [header, ["2026-01-11", 100, None, 400]]}
    path.write_bytes(xlsx([header, ["2026-01-10", 500, None, 500]], more=other))
    with pytest.raises(StatementFault) as fault:
        read_statement(path, TODAY, LAYOUT)
    assert fault.value.code == "statement-sheets"


def test_days_are_counted_as_the_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx([HEAD.split(","), [44_570, 500, None, 500]], hidden=[2], from_1904=True))
    found = read_statement(path, TODAY, LAYOUT)
    assert (found.from_day, [each.code for each in found.notices]) == ("2026-01-10", ["rows-hidden"])
