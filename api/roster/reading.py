"""A roster's rows, read and checked cell by cell (名单核对).

Every fault names its cell, what stood there and what was expected; one bad row never hides another.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from api.roster.columns import (
    FORMS,
    WORDS,
    Column,
    Recipient,
    coded,
)
from api.roster.file_notices import Notice
from api.roster.sheet import Table, letters, read_table
from api.roster.workbooks import Cell
from ledger.domain.policy import Policy
from ledger.domain.time_range import FIRST_YEAR
from ledger.errors import IdentityFault
from ledger.events.dossier import Facts
from ledger.identity import documents as identities
from ledger.identity.documents import (
    EnterpriseIdentity,
    PersonIdentity,
    masked_number,
    numbers_masked,
)

CODE = re.compile(r"[a-z0-9][a-z0-9.-]{0,47}")
LONGEST_TEXT = 200
LONGEST_HOUSEHOLD = 40
LONGEST_SHOWN = 40
EXACT_IN_EXCEL = 10**15
"""Excel keeps 15 digits of a number; a longer one was cut and cannot be had back."""


@dataclass(frozen=True)
class CellFault:
    """What is wrong with one cell."""

    cell: str
    heading: str
    found: str
    code: str
    zh: str
    en: str


@dataclass
class RosterRow:
    """One line of a roster; complete where it has no faults."""

    row: int
    identity: PersonIdentity | EnterpriseIdentity | None = None
    facts: Facts | None = None
    category: str = ""
    amount_fen: int | None = None
    on: str | None = None
    faults: list[CellFault] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    """What stands in its cells, by field, to be typed anew where it is at fault."""


@dataclass(frozen=True)
class Roster:
    """A roster as read: which form it is, and all its lines, good and bad."""

    sheet: str
    recipient: Recipient
    rows: list[RosterRow]
    notices: list[Notice] = field(default_factory=list)

    @property
    def good(self) -> list[RosterRow]:
        """The lines without faults."""
        return [row for row in self.rows if not row.faults]

    @property
    def bad(self) -> list[RosterRow]:
        """The lines with faults."""
        return [row for row in self.rows if row.faults]


def read_roster(path: Path, policy: Policy, *, today: datetime.date) -> Roster:
    """Reads and checks a file against a campaign's policy.

    Raises:
        RosterUnreadable: the file is no roster at all.
    """
    table = read_table(path)
    return Roster(table.sheet, table.recipient, list(read_rows(table, policy, today=today)), table.notices())


def read_rows(table: Table, policy: Policy, *, today: datetime.date) -> Iterator[RosterRow]:
    """A roster's lines, checked one after the other against a campaign's policy."""
    seen: dict[str, int] = {}
    for number, cells, cut in table.rows():
        row = _RosterLine(table, number, cells, policy, today).read()
        if cut is not None:
            row.faults.append(CellFault(f"第{number}行", "", str(cut.found), "row-cut", cut.zh, cut.en))
        if row.identity is None:
            yield row
            continue
        name = _identity_name(row.identity)
        first = seen.setdefault(name, row.row)
        if first != row.row:
            row.faults.append(
                CellFault(
                    f"第{row.row}行",
                    table.columns["number" if table.recipient == "person" else "credit_code"].heading,
                    masked_number(name),
                    "twice-in-roster",
                    f"与第 {first} 行重复",
                    f"the same as row {first}",
                )
            )
        yield row


def _identity_name(identity: PersonIdentity | EnterpriseIdentity) -> str:
    return identity.number if isinstance(identity, PersonIdentity) else identity.credit_code


class Line:
    """Reads cells of one row, gathering their faults: field → (cell's name, value)."""

    def __init__(
        self,
        recipient: Recipient,
        columns: Mapping[str, Column],
        cells: Mapping[str, tuple[str, Cell]],
        today: datetime.date,
    ) -> None:
        self._recipient = recipient
        self._columns = columns
        self._cells = cells
        self._today = today
        self.faults: list[CellFault] = []

    def read_identity(self) -> PersonIdentity | EnterpriseIdentity | None:
        """Who it is; None where a required cell is missing or at fault, and a fault says which."""
        who = self._person() if self._recipient == "person" else self._enterprise()
        for column in FORMS[self._recipient]:
            if column.required and column.field not in self._cells:
                self.faults.append(
                    CellFault(
                        self._place(column),
                        column.heading,
                        "",
                        "cell-missing",
                        "此栏必填，不能留空（身份信息须填全）",
                        "this is needed and cannot be left empty (an identity is given whole)",
                    )
                )
        return who

    def _place(self, column: Column) -> str:
        """What a cell is called in which nothing stands."""
        return column.heading

    def read_facts(self) -> Facts:
        """What is said of the hardship; a cell at fault counts as not given."""
        return self._person_facts() if self._recipient == "person" else self._enterprise_facts()

    def _person(self) -> PersonIdentity | None:
        name = self._read("name", lambda cell: identities.person_name(_text(cell)))
        number = self._read(
            "number", lambda cell: identities.resident_number(long_number(cell), today=self._today)
        )
        phone = self._read("phone", lambda cell: identities.phone(_text(cell)))
        account = self._read("account", lambda cell: identities.bank_card(long_number(cell)))
        holder = self._read("account_holder", lambda cell: identities.person_name(_text(cell)))
        household = self._read("household", lambda cell: identities.folded(_short(cell, LONGEST_HOUSEHOLD)))
        address = self._read("address", _short)
        if name is None or number is None:
            return None
        return PersonIdentity(
            name=name,
            number=number,
            phone=phone,
            account=account,
            account_holder=(holder or name) if account else None,
            household=household,
            address=address,
        )

    def _enterprise(self) -> EnterpriseIdentity | None:
        name = self._read("name", lambda cell: identities.organisation_name(_text(cell)))
        code = self._read("credit_code", lambda cell: identities.credit_code(long_number(cell)))
        phone = self._read("phone", lambda cell: identities.phone(_text(cell)))
        account = self._read("account", lambda cell: identities.corporate_account(long_number(cell)))
        holder = self._read("account_holder", lambda c: identities.organisation_name(_text(c)))
        address = self._read("address", _short)
        if name is None or code is None:
            return None
        return EnterpriseIdentity(
            name=name,
            credit_code=code,
            phone=phone,
            account=account,
            account_holder=(holder or name) if account else None,
            address=address,
        )

    def _person_facts(self) -> Facts:
        return Facts(
            household_size=self._read("household_size", lambda cell: whole(cell, 1, 30)),
            income_per_head_fen=self._read("income_per_head_fen", _income_fen),
            subsistence=self._word("subsistence"),
            cause=self._word("cause"),
            group=self._read("group", _group),
            employment=self._word("employment"),
            employed_in_county=self._yes("employed_in_county"),
            model_worker=self._word("model_worker"),
            dormitory=self._yes("dormitory"),
            shop=self._read("shop", _free_text),
            died_on=self._read("died_on", self._past_day),
        )

    def _enterprise_facts(self) -> Facts:
        return Facts(
            ownership=self._word("ownership"),
            stopped_months=self._read("stopped_months", lambda cell: whole(cell, 0, 600)),
            closing=self._word("closing"),
            staff_count=self._read("staff_count", lambda cell: whole(cell, 0, 1_000_000)),
        )

    def _word(self, name: str) -> Any:
        """The code of a cell that takes few words."""
        return self._read(name, lambda cell: _code(WORDS[name], cell))

    def _yes(self, name: str) -> bool | None:
        code = self._word(name)
        return None if code is None else code == "yes"

    def _read(self, name: str, parse: Callable[[Cell], Any]) -> Any:
        """A cell's value in normal form; None where it is empty, or at fault."""
        found = self._cells.get(name)
        if found is None:
            return None
        try:
            _check_computed(found[1])
            return parse(found[1])
        except IdentityFault as fault:
            self._fault(name, fault.code, fault.message("zh"), fault.message("en"))
            return None

    def _past_day(self, cell: Cell) -> str:
        return past_day(cell, self._today)

    def _fault(self, name: str, code: str, zh: str, en: str) -> None:
        cell, value = self._cells[name]
        shown = _shown(value)
        if name in ("number", "account", "phone"):
            shown = masked_number(shown)
        elif name != "credit_code":
            # Columns are shifted at times, and a number stands where none belongs.
            shown = numbers_masked(shown)
        heading = self._columns[name].heading
        self.faults.append(CellFault(cell, heading, shown, code, zh, en))


class _RosterLine(Line):
    """A row of a roster: also what is asked for, against a campaign's policy."""

    def __init__(
        self,
        table: Table,
        number: int,
        cells: Mapping[str, tuple[str, Cell]],
        policy: Policy,
        today: datetime.date,
    ) -> None:
        super().__init__(table.recipient, table.columns, cells, today)
        self._number = number
        self._policy = policy
        self._letters = {column.field: letters(index) for index, column in table.places.items()}

    def _place(self, column: Column) -> str:
        return f"{self._letters[column.field]}{self._number}"

    def read(self) -> RosterRow:
        category = self._read("category", self._category) or self._only_category()
        asked_fen = self._read("amount_fen", amount_fen)
        if asked_fen is not None and asked_fen <= 0:
            self._fault("amount_fen", "amount-not-positive", "金额必须大于零", "must be above zero")
        on = self._read("on", self._past_day)
        identity, facts = self.read_identity(), self.read_facts()
        typed = {name: _retyped(cell) for name, (_, cell) in self._cells.items()}
        return RosterRow(self._number, identity, facts, category, asked_fen, on, self.faults, typed)

    def _only_category(self) -> str:
        fitting = [c for c in self._policy.categories if c.recipient == self._recipient]
        if len(fitting) == 1:
            return fitting[0].code
        if "category" not in self._cells:
            titles = "、".join(category.title for category in fitting)
            self.faults.append(
                CellFault(
                    f"第{self._number}行",
                    "对象类别",
                    "",
                    "category-missing",
                    f"未填对象类别，应为：{titles}",
                    f"no category, expected one of: {titles}",
                )
            )
        return ""

    def _category(self, cell: Cell) -> str:
        text = _text(cell)
        for category in self._policy.categories:
            if text in (category.code, category.title):
                return category.code
        if CODE.fullmatch(text):
            # A code that the policy does not have is nominated as it is, and flagged.
            return text
        titles = "、".join(category.title for category in self._policy.categories)
        raise IdentityFault("category", f"没有此类别，应为：{titles}", f"no such category: {titles}")


# --- Cells --------------------------------------------------------------------------------------

ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!")

_OPEN_DOCUMENT_ERROR = re.compile(r"(?:Err|错误)[:：]\d{3}")


def _check_computed(cell: Cell) -> None:
    """Refuses what a formula left behind instead of a value: an error, or the formula itself."""
    text = cell.strip() if isinstance(cell, str) else ""
    if text.upper() in ERRORS or _OPEN_DOCUMENT_ERROR.fullmatch(text):
        raise IdentityFault(
            "cell-error",
            "单元格是公式错误值：请改正公式，或直接填写数值",
            "the cell holds a formula's error: mend the formula, or type the value",
        )
    if text.startswith("="):
        raise IdentityFault(
            "cell-not-computed",
            "公式没有计算结果：请用表格软件打开并保存一次，或直接填写数值",
            "the formula has no result: open and save the file in a spreadsheet program, or type the value",
        )


def long_number(cell: Cell) -> str:
    """A long number's text; refuses one that Excel stored as a number and has cut."""
    damaged = isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= EXACT_IN_EXCEL
    if damaged or (isinstance(cell, str) and re.fullmatch(r"\s*\d[.．]\d+[Ee]\+?\d+\s*", cell)):
        raise IdentityFault(
            "number-damaged",
            "号码被 Excel 存成数值，末几位已丢失，无法恢复：请把该列设为文本格式后重新填写",
            "Excel stored the number as a float and lost its last digits, which cannot be had back:"
            " format the column as text and type it again",
        )
    return _text(cell)


def amount_fen(cell: Cell) -> int:
    """Money in fen: 500, 500元, 1,200.50, 0.05万元, also full-width."""
    if isinstance(cell, bool | datetime.date | datetime.time | datetime.timedelta):
        raise _not_amount()
    text = unicodedata.normalize("NFKC", str(cell)).replace(",", "").replace(" ", "")
    text = text.lstrip("¥￥").removesuffix("人民币")
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)(万元|万|元|圆)?(?:整)?", text)
    if match is None:
        raise _not_amount()
    try:
        yuan = Decimal(match[1]) * (10_000 if match[2] in ("万元", "万") else 1)
    except InvalidOperation:
        raise _not_amount() from None
    fen = yuan * 100
    if isinstance(cell, float):
        fen = fen.quantize(Decimal("0.0001"))
    if fen != fen.to_integral_value():
        raise IdentityFault("amount-below-fen", "金额的小数超过两位", "more than two decimals")
    if abs(fen) > 10**13:
        raise _not_amount()
    return int(fen)


def _income_fen(cell: Cell) -> int:
    fen = amount_fen(cell)
    if fen < 0:
        raise IdentityFault("amount-negative", "金额不能为负", "must not be below zero")
    return fen


def _not_amount() -> IdentityFault:
    return IdentityFault(
        "amount", "不是金额：应如 500、500元、1,200.50、0.05万元", "not an amount, like 500 or 0.05万元"
    )


def whole(cell: Cell, least: int, most: int) -> int:
    """A whole number within bounds; units like 人 and 个月 may follow."""
    text = unicodedata.normalize("NFKC", _text(cell))
    match = re.fullmatch(r"(\d{1,9})\s*(?:人|口|个月|月|户)?", text)
    if match is None or not least <= int(match[1]) <= most:
        raise IdentityFault(
            "whole-number", f"应为 {least} 至 {most} 的整数", f"a whole number from {least} to {most}"
        )
    return int(match[1])


_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")


def date_text(cell: Cell) -> str:
    """A date in ISO form: a date cell, 2026-1-5, 2026/01/05, 2026.1.5, 2026年1月5日, 20260105."""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", _text(cell)).split(" ")[0])
    try:
        if match is not None:
            year, month, day = (int(part) for part in match.groups() if part is not None)
            return datetime.date(year, month, day).isoformat()
    except ValueError:
        pass
    raise IdentityFault("date", "不是日期：应如 2026-01-15", "not a date, like 2026-01-15")


def past_day(cell: Cell, today: datetime.date) -> str:
    """A date, as :func:`date_text`, of what has happened: from 1900 until tomorrow.

    The bounds are the ledger's for a date of business: its first year, and a day for clocks that differ.
    """
    text = date_text(cell)
    first, last = f"{FIRST_YEAR}-01-01", (today + datetime.timedelta(days=1)).isoformat()
    if not first <= text <= last:
        raise IdentityFault(
            "date-out-of-range",
            f"日期不合理：应在 {first} 至 {last} 之间",
            f"the date is out of range: expected one from {first} to {last}",
        )
    return text


def _short(cell: Cell, longest: int = LONGEST_TEXT) -> str:
    text = _text(cell)
    # What is folded later may grow.
    if max(len(text), len(unicodedata.normalize("NFKC", text))) > longest:
        raise IdentityFault(
            "text-too-long",
            f"文字超过 {longest} 个字符，请缩短",
            f"the text is longer than {longest} characters: shorten it",
        )
    return text


def _free_text(cell: Cell) -> str:
    text = _short(cell)
    if identities.identity_in_text(text) is not None:
        raise IdentityFault(
            "text-holds-identity", "文字中含有身份信息，不得写入", "the text holds an identity"
        )
    return text


def _group(cell: Cell) -> str:
    """A group of the plans by its word; a code of another plan's as it is."""
    text = _text(cell)
    return text if CODE.fullmatch(text) else _code(WORDS["group"], cell)


def _code(words: dict[str, tuple[str, ...]], cell: Cell) -> str:
    code = coded(words, _text(cell))
    if code is None:
        known = "、".join(synonyms[0] for synonyms in words.values())
        raise IdentityFault("word", f"应为：{known}", f"expected one of: {known}")
    return code


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return unicodedata.normalize("NFC", str(cell)).strip()


def _retyped(cell: Cell) -> str:
    """A cell as a person would type it; nothing for a number that was cut."""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    try:
        return long_number(cell)
    except IdentityFault:
        return ""


def _shown(cell: Cell) -> str:
    text = repr(cell) if isinstance(cell, float) else str(cell)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
