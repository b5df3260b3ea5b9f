"""Files for the bank by their profiles: text cells, serials, 开户行, and pain.001 by its public schema."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from api.bank.pain import NAMESPACE, Debtor, DebtorMissing
from api.bank.payment_file import Payment, PaymentFileFault, made
from api.bank.profile import PayLayout, profile, profile_names
from ledger.errors import IdentityFault
from ledger.identity.bank_branch import bank_branch
from tests.schemas import assert_valid

BATCH = "26011001"
PAYMENTS = [
    Payment(1, "260110010001", "p", "张三", "6222021234567890128", "工商银行某县支行", 50_000),
    Payment(2, "260110010002", "q", "欧阳·小燕", "0123456789012345678", "农业银行某县支行", 123_456_78),
]
DEBTOR = Debtor("某县总工会", "35001234567890", "工商银行某县支行")


def file(name: str, payments: list[Payment] | None = None) -> bytes:
    return made(profile(name).pay, payments or PAYMENTS, BATCH, "2026-01-10", DEBTOR)


@pytest.mark.parametrize("name", profile_names())
def test_the_same_payments_give_the_same_bytes_with_every_serial(name: str) -> None:
    raw = file(name)
    assert raw == file(name)
    if profile(name).pay.format == "xlsx":
        book = load_workbook(io.BytesIO(raw))
        said = "\n".join(str(cell.value) for row in book.worksheets[0] for cell in row)
    else:
        said = raw.decode(profile(name).pay.encoding)
    for each in PAYMENTS:
        assert each.serial in said and each.account in said and each.name in said


@pytest.mark.parametrize("name", [n for n in profile_names() if profile(n).pay.format == "xlsx"])
def test_no_cell_of_a_workbook_is_a_number(name: str) -> None:
    [sheet] = load_workbook(io.BytesIO(file(name))).worksheets
    cells = [cell for row in sheet for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert "0123456789012345678" in {cell.value for cell in cells}


def test_a_general_file_reads_as_its_headings_say() -> None:
    [sheet] = load_workbook(io.BytesIO(file("general"))).worksheets
    header, first, _ = [[cell.value for cell in row] for row in sheet]
    assert header == ["序号", "户名", "账号", "开户行", "金额", "附言", "用途"]
    assert first == [
        "1", "张三", "6222021234567890128", "工商银行某县支行", "500.00", "260110010001", "慰问金",
    ]  # fmt: skip


def test_texts_have_their_separator_unit_and_widths() -> None:
    assert file("icbc-wages").decode("gb18030").splitlines()[0] == (
        "1|6222021234567890128|张三|50000|260110010001"
    )
    assert (
        file("ccb-batch")
        .decode("gb18030")
        .splitlines()[1]
        .startswith("2|0123456789012345678|欧阳·小燕|123456.78")
    )
    lines = file("psbc-wages").split(b"\r\n")
    assert {len(line) for line in lines[:2]} == {6 + 32 + 60 + 15 + 20}


def test_what_a_form_cannot_hold_is_refused_and_not_cut() -> None:
    long = PAYMENTS[0]._replace(name="长" * 40)
    for name, payment in (("psbc-wages", long), ("ccb-batch", PAYMENTS[0]._replace(name="张|三"))):
        with pytest.raises(PaymentFileFault) as fault:
            file(name, [payment])
        assert fault.value.code == "payment-field-unfit"
        assert payment.name not in fault.value.message("zh")


def test_the_branch_is_asked_for_where_the_bank_needs_it() -> None:
    with pytest.raises(PaymentFileFault) as fault:
        file("icbc-batch", [PAYMENTS[0], PAYMENTS[1]._replace(bank=None)])
    assert (fault.value.code, "第 2 笔" in fault.value.message("zh")) == ("payment-field-missing", True)
    assert file("ccb-batch", [PAYMENTS[0]._replace(bank=None)])


def test_a_file_holds_as_many_as_its_bank_takes() -> None:
    layout: PayLayout = profile("general").pay.model_copy(update={"most_lines": 1})
    with pytest.raises(PaymentFileFault) as fault:
        made(layout, PAYMENTS, BATCH, "2026-01-10", DEBTOR)
    assert fault.value.code == "payment-too-many"


class TestPain:
    def test_it_is_as_the_public_schema_says(self) -> None:
        assert_valid(file("iso20022"), "pain.001.001.03")
        assert_valid(file("iso20022", [PAYMENTS[0]._replace(bank=None)]), "pain.001.001.03")

    def test_sums_count_and_serials_stand_in_it(self) -> None:
        root = ElementTree.fromstring(file("iso20022"))

        def said(name: str) -> list[str | None]:
            return [each.text for each in root.iter(f"{{{NAMESPACE}}}{name}")]

        assert said("NbOfTxs") == ["2", "2"]
        assert said("CtrlSum") == ["123956.78", "123956.78"]
        assert said("EndToEndId") == [each.serial for each in PAYMENTS]
        assert said("InstdAmt") == ["500.00", "123456.78"]

    def test_it_names_who_pays(self) -> None:
        with pytest.raises(DebtorMissing) as fault:
            made(profile("iso20022").pay, PAYMENTS, BATCH, "2026-01-10", Debtor())
        assert fault.value.code == "payment-debtor-missing"


@pytest.mark.parametrize("text", ["6222021234567890128", "工", "·", "行" * 61])
def test_a_branch_is_a_name(text: str) -> None:
    with pytest.raises(IdentityFault) as fault:
        bank_branch(text)
    assert fault.value.code == "bank-branch"
