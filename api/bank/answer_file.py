"""The bank's answer to a batch of payouts (银行回盘文件), line by line, as its profile says.

Nothing is dropped in silence: a line that cannot be read says in which cell and why; columns, rows and sheets that
are not used are named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from api.bank.answer_table import (
    Table,
    actual_columns,
    came_back,
    cell_of,
    cell_text,
    check_actual,
    check_list,
    check_over,
    is_complete,
    lists_payments,
    over_table,
    said_of_all,
    text_of,
    title_of,
)
from api.bank.bank_words import (
    FOOTER,
    TOTALS,
    Result,
    UnknownResult,
    check_yuan,
    cut_widths,
    is_counterpart,
    is_of_returns,
    plain_word,
    taken_back,
    word_known,
    words_in,
)
from api.bank.profile import GENERAL, AnswerField, AnswerLayout, profile
from api.roster.amounts import amount_fen
from api.roster.cells import long_number
from api.roster.dates import past_day
from api.roster.file_notices import Notice, cells_marked, hidden_rows, short_rows
from api.roster.headings import Unit, heading_name, plain_heading, unit_of
from api.roster.layout import unit_over
from api.roster.sheet import (
    HEADER_WITHIN_ROWS,
    Cut,
    RosterUnreadable,
    cut_short,
    end_of,
    header_width,
    heading_twice,
    letters,
    sheets,
)
from api.roster.workbooks import Cell, Row, Sheet
from ledger.errors import IdentityFault
from ledger.identity.documents import numbers_masked

DECIDING = ("account", "amount", "result")
IGNORED = "-"
LEAST_HEADINGS = 3
SAMPLES = 3
SAMPLE_LENGTH = 20
_WITH_REASON = re.compile(r"([^()]+)\(([^()]+)\)")


MOST_ANSWER_ROWS = 20_000
"""Ten times what a payment file holds."""


class BankChoices(BaseModel):
    """What an officer says of a bank's file: headings or letters of columns, words of results, payouts of rows.

    ``columns`` maps ``返回标识`` or ``F`` to a field, ``words`` a result's word to paid or bounced; ``payouts`` the
    row of a line that was asked about to its payout.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, AnswerField] = Field(default={}, max_length=100)
    words: dict[str, Result] = Field(default={}, max_length=200)
    payouts: dict[int, str] = Field(default={}, max_length=2000)


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of the bank's, as far as it could be read; ``problem`` says what could not, in which ``cell``.

    ``row`` counts on over the file's sheets: a line is known by it.

    ``dated`` is the date's cell as it stands, empty where the file has none and today is taken; ``note`` are all the
    columns of notes, ``first_note`` the first of them.
    """

    row: int
    account: str
    name: str
    amount_fen: int | None
    result: Result | None
    reference: str
    booked_on: str
    note: str
    reason: str
    problem: IdentityFault | None = None
    cell: str = ""
    dated: str = ""
    first_note: str = ""


class AnswerColumn(NamedTuple):
    """A column of a bank's file: its letters, its heading, the field that it is, and some of what stands in it."""

    column: str
    heading: str
    field: AnswerField | None
    samples: list[str]


class BankFile(NamedTuple):
    """The bank's lines, and what is to be said of the file."""

    lines: list[BankLine]
    notices: list[Notice]


def read_bank_file(
    path: Path,
    today: str,
    layout: AnswerLayout | None = None,
    choices: BankChoices | None = None,
    before: BankChoices | None = None,
) -> BankFile:
    """The lines below each heading with account, amount and result, in every sheet that is not hidden.

    Without a layout it is the general profile's. ``before`` is what the officer chose for an earlier file: where
    it is used, a notice says so.

    Raises:
        RosterUnreadable: ``roster-file``, ``bank-no-header``, ``heading-twice``, ``bank-too-long`` or
            ``bank-word-known``.
    """
    layout = layout or profile(GENERAL).answer
    reader = _Reader(path, today, layout, choices or BankChoices(), before or BankChoices())
    for sheet in sheets(path):
        reader.read(sheet)
    if not reader.tables:
        raise RosterUnreadable(
            "bank-no-header",
            "找不到表头：银行回盘文件应有 账号、金额、结果 三栏；没有表头的文件，请选银行格式或指明各栏（如 B=account）",
            "no header found: the bank's file needs the columns 账号 (account), 金额 (amount) and 结果 (result); for a"
            " file without headings choose a profile or name the columns, like B=account",
        )
    if len(reader.lines) > MOST_ANSWER_ROWS:
        raise RosterUnreadable(
            "bank-too-long",
            f"银行回盘文件超过 {MOST_ANSWER_ROWS} 行，请分开读取",
            f"the bank's file has more than {MOST_ANSWER_ROWS} rows, read it in parts",
        )
    return BankFile(reader.lines, [*reader.notices, *reader.by_memory()])


def columns_of(
    path: Path, layout: AnswerLayout, choices: BankChoices, before: BankChoices
) -> list[AnswerColumn]:
    """The columns of the first sheet that has any, each with the field that it is taken for, or none.

    Raises:
        RosterUnreadable: ``roster-file``.
    """
    reader = _Reader(path, "2000-01-01", layout, choices, before)
    for sheet in sheets(path):
        if sheet.rows and not sheet.is_hidden:
            return reader.columns(sheet)
    return []


class _Reader:
    """Goes through a file's sheets and keeps lines and notices."""

    def __init__(
        self, path: Path, today: str, layout: AnswerLayout, choices: BankChoices, before: BankChoices
    ) -> None:
        self._path, self._today, self._layout = path, date.fromisoformat(today), layout
        self._known = {
            plain_heading(word): field for field, words in layout.headings.items() for word in words
        }
        self._chosen = {plain_heading(name): field for name, field in choices.columns.items()}
        self._before = {plain_heading(name): field for name, field in before.columns.items()}
        self._used: dict[str, str] = {}
        self._letters = {name.strip().upper(): field for name, field in choices.columns.items()}
        pairs: list[tuple[list[str], Literal["paid", "bounced", "pending"]]] = [
            (layout.pending, "pending"), (layout.bounced, "bounced"), (layout.paid, "paid"),
        ]  # fmt: skip
        self._words: dict[str, str] = {plain_word(word): said for words, said in pairs for word in words}
        for word, said in choices.words.items():
            if self._words.get(plain_word(word), said) != said:
                raise word_known(word)
        self._words |= {plain_word(word): said for word, said in choices.words.items()}
        self._words_before = {plain_word(word): said for word, said in before.words.items()}
        self.lines: list[BankLine] = []
        self.notices: list[Notice] = []
        self.tables = self._end = 0

    def read(self, sheet: Sheet) -> None:
        """A sheet: its lines, or that it is not used."""
        table = None if sheet.is_hidden else self._table(sheet)
        if table is None:
            if sheet.rows:
                self._say(
                    "bank-sheet-unused",
                    f"工作表 {sheet.name} 未采用：{'隐藏' if sheet.is_hidden else '没有账号、金额、结果三栏'}",
                    f"sheet {sheet.name} is not used: "
                    + ("it is hidden" if sheet.is_hidden else "it has no account, amount and result"),
                )
            return
        self.tables += 1
        before, self._end = self._end, self._end + max((number for number, _ in sheet.rows), default=0) + 1
        if before:
            self._say(
                "bank-rows-continued",
                f"工作表 {sheet.name} 的行号接续前表：第 1 行计为第 {before + 1} 行",
                f"the rows of sheet {sheet.name} are counted on from those before: its row 1 is {before + 1}",
            )
        width = header_width(self._path, table.header) if table.header else None
        ends: dict[int, int] = {}
        for number, line in table.rows:
            if (said := said_of_all(title_of((number, line)))) is not None:
                table = table._replace(of_all=said)
                self._say_of_all(title_of((number, line)), said)
            elif not self._is_aside((number, line), table):
                cut = cut_short(line, width) if table.header else None
                read = self._line(number + 1, line, table, cut)
                # A line is known by its row, so that lines of later sheets go on after those before.
                cell = f"{sheet.name}!{read.cell}" if before and read.cell else read.cell
                self.lines.append(replace(read, row=before + read.row, cell=cell))
                ends[number + 1] = end_of(line)
        self.notices += [*hidden_rows(ends, sheet.hidden), *cells_marked(sheet)]
        if width is None and table.header:
            self.notices += short_rows(ends, end_of(table.header))

    def columns(self, sheet: Sheet) -> list[AnswerColumn]:
        """Its columns, under the row of headings: the one that is understood, else the widest row of words."""
        rows = [row for index, row in sheet.rows if index < HEADER_WITHIN_ROWS]
        known = next((at for at, row in enumerate(rows) if is_complete(self._columns(row))), None)
        widest = max(range(len(rows)), key=lambda at: (words_in(rows[at]), -at))
        at = widest if known is None else known
        header = rows[at] if known is not None or words_in(rows[widest]) >= LEAST_HEADINGS else []
        below = [row for _, row in sheet.rows][at + 1 if header else 0 :]
        found = []
        for index in range(max(map(len, [header, *below]))):
            heading = str(header[index]).strip() if index < len(header) else ""
            texts = (str(row[index]).strip() for row in below if index < len(row))
            samples = list(dict.fromkeys(numbers_masked(text)[:SAMPLE_LENGTH] for text in texts if text))
            if heading or samples:
                field = self._field(index, heading)
                found.append(AnswerColumn(letters(index), heading, field, samples[:SAMPLES]))
        return found

    # --- The table ------------------------------------------------------------------------------

    def _table(self, sheet: Sheet) -> Table | None:
        for place, (index, row) in enumerate(sheet.rows):
            if index >= HEADER_WITHIN_ROWS:
                break
            columns = self._columns(row)
            # Where columns are named by letters, every row would do: a heading holds no account.
            named, of_all = over_table(sheet.name, sheet.rows[:place])
            is_table = is_complete(columns) or (of_all is not None and lists_payments(columns))
            if is_table and not any(map(str.isdigit, str(row[columns["account"]]))):
                self._check_once(row, columns)
                self._say_unused(row, columns, sheet.rows[place + 1 :])
                stated = unit_over(sheet.rows[:place]) or Unit(self._layout.unit)
                unit = unit_of(str(row[columns["amount"]])) or stated
                check_over(sheet.rows[:place])
                more = tuple(self._more_notes(row, columns))
                returns = tuple(index for index, cell in enumerate(row) if is_of_returns(cell))
                actual = actual_columns(row, columns)
                if of_all is not None and not is_complete(columns):
                    self._say_of_all(named, of_all)
                rows = sheet.rows[place + 1 :]
                return Table(columns, unit, rows, row, sheet.from_1904, more, returns, actual, of_all)
        return self._without_header(sheet)

    def _without_header(self, sheet: Sheet) -> Table | None:
        """By the letters that the officer named, or by the order of the profile."""
        named: dict[AnswerField, int] = {
            field: index
            for index in range(max((len(row) for _, row in sheet.rows), default=0))
            if (field := self._letters.get(letters(index))) is not None and field != IGNORED
        }
        if is_complete(named):
            return Table(named, Unit(self._layout.unit), sheet.rows, [], sheet.from_1904)
        if not self._layout.order or not sheet.rows:
            return None
        rows = sheet.rows
        if self._layout.widths:
            rows = [(index, cut_widths(row, self._layout.widths)) for index, row in rows]
        ordered: dict[AnswerField, int] = {
            field: index for index, field in enumerate(self._layout.order) if field != IGNORED
        }
        return Table(ordered, Unit(self._layout.unit), rows, []) if is_complete(ordered) else None

    def _field(self, index: int, cell: Cell) -> AnswerField | None:
        text = str(cell)
        for name in (plain_heading(text), heading_name(text)):
            if name in self._chosen:
                return self._chosen[name]
        if letters(index) in self._letters:
            return self._letters[letters(index)]
        for name in (plain_heading(text), heading_name(text)):
            if name in self._known:
                return self._known[name]
            if name in self._before:
                self._used[text.strip()] = self._before[name]
                return self._before[name]
        return None

    def _columns(self, row: list[Cell]) -> dict[AnswerField, int]:
        found: dict[AnswerField, int] = {}
        for index, cell in enumerate(row):
            field = self._field(index, cell) if cell else None
            if field is None or field == IGNORED:
                continue
            first = found.setdefault(field, index)
            if field in ("account", "name") and is_counterpart(cell) and not is_counterpart(row[first]):
                found[field] = index
        return found

    def _more_notes(self, row: list[Cell], columns: Mapping[AnswerField, int]) -> Iterator[int]:
        for index, cell in enumerate(row):
            if cell and index != columns.get("note") and self._field(index, cell) == "note":
                yield index

    def _check_once(self, header: list[Cell], columns: Mapping[AnswerField, int]) -> None:
        """Refuses two columns for what decides about money; banks write others twice."""
        for index, cell in enumerate(header):
            field = self._field(index, cell) if cell else None
            if field in DECIDING and columns[field] != index:
                if field == "account" and is_counterpart(header[columns[field]]) and not is_counterpart(cell):
                    continue
                before = columns[field]
                raise heading_twice(
                    self._layout.headings[field][0], (before, str(header[before])), (index, str(cell))
                )

    def _say_unused(self, header: list[Cell], columns: Mapping[AnswerField, int], rows: list[Row]) -> None:
        used = {*columns.values(), *self._more_notes(header, columns)}
        unused = [
            f"{letters(index)} {str(cell).strip()}".strip()
            for index, cell in enumerate(header)
            if index not in used and (self._field(index, cell) if cell else None) != IGNORED
            and (cell or any(index < len(row) and row[index] != "" for _, row in rows))
        ]  # fmt: skip
        if unused:
            named = "、".join(unused)
            self._say(
                "bank-columns-unused", f"以下各栏未采用：{named}", f"these columns are not used: {named}"
            )

    def _say_of_all(self, name: str, result: Result) -> None:
        zh, en = ("成功", "paid") if result == "paid" else ("失败", "failed")
        self._say(
            "bank-result-of-list",
            f"清单“{name}”按其名称为{zh}清单：没有结果栏的各行按{zh}读取，请核对",
            f"the list {name} is of the {en} by its name: its lines without a column of results were read so",
        )

    def _say(self, code: str, zh: str, en: str) -> None:
        self.notices.append(Notice(code, zh, en))

    # --- A line ---------------------------------------------------------------------------------

    def _is_aside(self, row: Row, table: Table) -> bool:
        """A total, or the heading again, which is said; any other row is a line."""
        number, cells = row
        if table.header and [str(cell) for cell in cells] == [str(cell) for cell in table.header]:
            self._say(
                "bank-heading-again",
                f"第 {number + 1} 行是重复的表头",
                f"row {number + 1} is the heading again",
            )
            return True
        texts = [plain_heading(str(cell)) for cell in cells if cell != ""]
        account = text_of(cells, table, "account")
        if texts and texts[0].startswith(TOTALS) and not any(map(str.isdigit, account)):
            self._say("bank-total", f"第 {number + 1} 行是合计", f"row {number + 1} is a total")
            return True
        if texts and FOOTER.match(texts[0]) and (not account.isascii() or not any(map(str.isdigit, account))):
            self._say(
                "bank-footer",
                f"第 {number + 1} 行是笔数、打印时间、经办人等，未采用",
                f"row {number + 1} says how many lines there are, who made the file or when, and is not used",
            )
            return True
        return False

    def _line(self, row: int, line: list[Cell], table: Table, cut: Cut | None) -> BankLine:
        problem, cell = None, ""
        account, amount, booked_on = "", None, self._today.isoformat()
        result: Result | None = None
        at: AnswerField = "account"
        try:
            if cut is not None:
                raise IdentityFault(cut.code, cut.zh, cut.en)
            account = long_number(cell_of(line, table, "account"))
            if not account:
                raise IdentityFault("bank-no-account", "本行没有账号", "this row has no account")
            at = "amount"
            amount = amount_fen(cell_of(line, table, "amount"), table.unit)
            if amount == 0:
                raise IdentityFault("bank-amount", "金额应大于零", "the amount must be above zero")
            at = "currency"
            check_yuan(text_of(line, table, "currency"))
            at = next((field for field in ("result", "code") if field in table.columns), "amount")
            result = self._result(line, table)
            check_list(result, table)
            if result == "paid":
                check_actual(line, table, amount)
            if amount < 0:
                at, amount, result = "amount", -amount, taken_back(result)
            at = "booked_on"
            if text_of(line, table, "booked_on"):
                booked_on = past_day(
                    cell_of(line, table, "booked_on"), self._today, from_1904=table.from_1904
                )
        except IdentityFault as fault:
            problem, cell = fault, f"{letters(table.columns[at])}{row}"
        return BankLine(
            row=row,
            account=account,
            name=text_of(line, table, "name"),
            amount_fen=amount,
            result=result,
            reference=text_of(line, table, "reference"),
            booked_on=booked_on,
            note=" ".join(
                filter(
                    None, [text_of(line, table, "note"), *(cell_text(line, at) for at in table.more_notes)]
                )
            ),
            reason=text_of(line, table, "reason"),
            problem=problem,
            cell=cell,
            dated=text_of(line, table, "booked_on"),
            first_note=text_of(line, table, "note"),
        )

    def _result(self, line: list[Cell], table: Table) -> Result:
        """By word, by code, or by both where they agree; the reason may not say otherwise."""
        fields: tuple[AnswerField, ...] = ("result", "code")
        texts = [text for field in fields if (text := text_of(line, table, field))]
        said = {text: self._meaning(text) for text in texts}
        if table.of_all is not None and not any(field in table.columns for field in fields):
            texts, said = [table.of_all], {table.of_all: table.of_all}
        unknown = next((text for text, word in said.items() if word is None), None if texts else "")
        if unknown is not None:
            raise UnknownResult(unknown)
        results = set(said.values())
        if "paid" in results and self._words.get(plain_word(text_of(line, table, "reason"))) == "bounced":
            results.add("bounced")
        if results == {"paid"} and (returned := came_back(line, table)):
            raise IdentityFault(
                "bank-result-contradicts",
                f"结果为“{texts[0]}”，另写有“{returned}”：请向银行核实是否已退回",
                f"the result is {texts[0]}, and beside it stands {returned}: ask the bank whether it came back",
            )
        if len(results) > 1:
            raise IdentityFault(
                "bank-result-contradicts",
                f"结果自相矛盾：{'、'.join(texts)} {text_of(line, table, 'reason')}".rstrip(),
                f"the result contradicts itself: {', '.join(texts)} {text_of(line, table, 'reason')}".rstrip(),
            )
        if results == {"pending"}:
            raise IdentityFault(
                "bank-pending", f"银行尚未办结：{texts[0]}", f"the bank has not finished with it: {texts[0]}"
            )
        return "paid" if results == {"paid"} else "bounced"

    def _meaning(self, text: str) -> str | None:
        """What a result's word means by the profile, by what was chosen now, or else before."""
        word = plain_word(text)
        if word not in self._words and word in self._words_before:
            self._used[text] = self._words_before[word]
            return self._words_before[word]
        return self._words.get(word) or self._with_reason(word)

    def _with_reason(self, word: str) -> str | None:
        """What a word means whose reason stands in brackets, where both say the same: 交易失败(户名不符)."""
        whole = _WITH_REASON.fullmatch(word)
        said = {self._words.get(part) for part in whole.groups()} if whole is not None else set()
        return said.pop() if len(said) == 1 else None

    def by_memory(self) -> list[Notice]:
        """What was taken as the officer chose for an earlier file, for them to see."""
        if not self._used:
            return []
        listed = "、".join(f"“{text}”={said}" for text, said in self._used.items())
        listed_en = ", ".join(f"{text!r} as {said}" for text, said in self._used.items())
        return [
            Notice(
                "bank-by-memory",
                f"按您上次所选：{listed}，不符的请重新指明",
                f"as you chose before: {listed_en}; choose anew what is not so",
            )
        ]
