"""A roster's lines, read and checked cell by cell (读表第三步：名单核对).

Every fault names its cell, what stood there and what was expected; one bad row never hides another. What
stands in a fault is masked: nobody is named whole.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.roster.amounts import amount_fen, income_fen, likely_fen
from api.roster.cells import (
    check_computed,
    check_written_out,
    code_of,
    free_text,
    long_number,
    masked_cell,
    plain_text,
    retyped,
    short_text,
    whole,
)
from api.roster.choices import Choices
from api.roster.cleaning import Kind, bare_number, cleaned, is_placeholder
from api.roster.columns import FORMS, Column, Recipient
from api.roster.dates import past_day
from api.roster.headings import Unit
from api.roster.lines import TableLine
from api.roster.mapping import OF_MONEY, MappedTable
from api.roster.names import check_one_number, is_long, roster_name
from api.roster.words import WORDS, Words, category_of, coded
from api.roster.workbooks import Cell
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import IdentityFault
from ledger.events.dossier import Facts
from ledger.identity import documents as identities
from ledger.identity.bank_branch import bank_branch
from ledger.identity.documents import (
    EnterpriseIdentity,
    PersonIdentity,
    UncheckedDocument,
)

CODE = re.compile(r"[a-z0-9][a-z0-9.-]{0,47}")
LONGEST_HOUSEHOLD = 40
OF_DIGITS = ("number", "credit_code", "account", "phone")
"""Fields whose value has no punctuation at its ends."""
UNCHECKED: dict[str, UncheckedDocument] = {
    "passport": "passport",
    "travel-permit": "travel-permit",
    "other": "other",
}


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
    """One line of a roster; complete where it has no faults.

    ``line`` counts the lines of the file from 1: in two sheets, or beside each other, two may have one row.
    """

    row: int
    line: int = 0
    sheet: str = ""
    person_cell: str = ""
    """Where its number stands, or should."""
    identity: PersonIdentity | EnterpriseIdentity | None = None
    facts: Facts | None = None
    category: str = ""
    amount_fen: int | None = None
    purpose: str | None = None
    visit_mode: str | None = None
    on: str | None = None
    faults: list[CellFault] = field(default_factory=list)
    warnings: list[CellFault] = field(default_factory=list)
    """What is to be said of cells that are taken all the same."""
    retype: Callable[[], dict[str, str]] = dict

    @property
    def typed(self) -> dict[str, str]:
        """What stands in its cells, by field, to be typed anew where it is at fault."""
        return self.retype()


class Line:
    """Reads cells of one row, gathering their faults: field → (cell's name, value)."""

    def __init__(
        self,
        recipient: Recipient,
        columns: Mapping[str, Column],
        cells: Mapping[str, tuple[str, Cell]],
        today: datetime.date,
        choices: Choices | None = None,
        words: Mapping[str, Words] = WORDS,
    ) -> None:
        self._recipient = recipient
        self._columns = columns
        self._cells = cells
        self._today = today
        self._choices = choices or Choices()
        self._words = words
        self.faults: list[CellFault] = []
        self.warnings: list[CellFault] = []
        self.dropped: list[tuple[str, Kind]] = []
        """Cells from which marks were dropped that nobody sees."""
        self.placeholders: list[str] = []
        """Cells that say that there is nothing."""

    def read_identity(self) -> PersonIdentity | EnterpriseIdentity | None:
        """Who it is; None where a required cell is missing or at fault, and a fault says which."""
        who = self._person() if self._recipient == "person" else self._enterprise()
        for column in FORMS[self._recipient]:
            if column.required and self._is_there(column) and column.field not in self._cells:
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

    def _is_there(self, column: Column) -> bool:
        """Whether there is such a column: where there is none, that is said once and not of each line."""
        return True

    def _place(self, column: Column) -> str:
        """What a cell is called in which nothing stands."""
        return column.heading

    def read_facts(self) -> Facts:
        """What is said of the hardship; a cell at fault counts as not given."""
        return self._person_facts() if self._recipient == "person" else self._enterprise_facts()

    def _person(self) -> PersonIdentity | None:
        name = self._read("name", roster_name)
        document = self._document()
        number = self._read("number", lambda cell: self._number(cell, document))
        phone = self._read("phone", lambda cell: identities.phone(plain_text(cell)))
        account = self._read("account", lambda cell: identities.personal_account(long_number(cell)))
        holder = self._read("account_holder", roster_name)
        if name is not None and is_long(name):
            self._warn(
                "name",
                "name-long",
                "汉字姓名超过四字而无间隔号，照填采用：请核对是否为一人",
                "a Chinese name of more than four characters without a dot: it is taken as given, see whether it is one person's",
            )
        bank = self._read("bank_name", lambda cell: bank_branch(plain_text(cell)))
        household = self._read(
            "household", lambda cell: identities.folded(short_text(cell, LONGEST_HOUSEHOLD))
        )
        address = self._read("address", short_text)
        if account is not None and not identities.is_card(account):
            self._warn(
                "account",
                "account-unchecked",
                "不是银行卡号（存折或其他账号），无法校验，照填采用：请核对",
                "no card but another account, which has no check digit: it is taken as given, compare it",
            )
        if name is None or number is None:
            return None
        unchecked = UNCHECKED.get(document or "") or identities.document_of(number)
        if unchecked is not None:
            self._warn(
                "number",
                "document-unchecked",
                "护照或其他证件的号码无法校验，照填采用：请核对证件",
                "the number of a passport or another document cannot be checked: it is taken as given, compare it",
            )
        return PersonIdentity(
            name=name,
            number=number,
            phone=phone,
            account=account,
            account_holder=(holder or name) if account else None,
            household=household,
            address=address,
            document=unchecked,
            bank_name=bank if account else None,
        )

    def _document(self) -> str | None:
        """The kind of document that stands in a column of its own."""
        found: str | None = self._read("document", lambda cell: self._code("document", cell))
        return found

    def _number(self, cell: Cell, document: str | None) -> str:
        check_one_number(cell)
        text = long_number(cell)
        unchecked = UNCHECKED.get(document or "")
        if document is None:
            unchecked = identities.document_of(text)
        return identities.document_number(text, today=self._today, document=unchecked)

    def _enterprise(self) -> EnterpriseIdentity | None:
        name = self._read("name", lambda cell: identities.organisation_name(plain_text(cell)))
        code = self._read("credit_code", lambda cell: identities.credit_code(long_number(cell)))
        phone = self._read("phone", lambda cell: identities.phone(plain_text(cell)))
        account = self._read("account", lambda cell: identities.corporate_account(long_number(cell)))
        holder = self._read("account_holder", lambda c: identities.organisation_name(plain_text(c)))
        bank = self._read("bank_name", lambda cell: bank_branch(plain_text(cell)))
        address = self._read("address", short_text)
        if name is None or code is None:
            return None
        return EnterpriseIdentity(
            name=name,
            credit_code=code,
            phone=phone,
            account=account,
            account_holder=(holder or name) if account else None,
            address=address,
            bank_name=bank if account else None,
        )

    def _person_facts(self) -> Facts:
        return Facts(
            household_size=self._read("household_size", lambda cell: whole(cell, 1, 30)),
            income_per_head_fen=self._read(
                "income_per_head_fen", lambda cell: income_fen(cell, self._unit("income_per_head_fen"))
            ),
            subsistence=self._word("subsistence"),
            cause=self._word("cause"),
            group=self._read("group", self._group),
            employment=self._word("employment"),
            employed_in_county=self._yes("employed_in_county"),
            model_worker=self._word("model_worker"),
            dormitory=self._yes("dormitory"),
            employer=self._read("employer", free_text),
            shop=self._read("shop", free_text),
            died_on=self._read("died_on", self._past_day),
        )

    def _enterprise_facts(self) -> Facts:
        return Facts(
            ownership=self._word("ownership"),
            stopped_months=self._read("stopped_months", lambda cell: whole(cell, 0, 600)),
            closing=self._word("closing"),
            staff_count=self._read("staff_count", lambda cell: whole(cell, 0, 1_000_000)),
        )

    def _unit(self, name: str) -> Unit:
        """The unit of a column of money."""
        return Unit("元")

    def _word(self, name: str) -> Any:
        """The code of a cell that takes few words."""
        return self._read(name, lambda cell: self._code(name, cell))

    def _code(self, name: str, cell: Cell) -> str:
        text = plain_text(cell)
        chosen = self._choices.word(name, text) if self._choices.words else None
        return chosen or code_of(self._words[name], text)

    def _group(self, cell: Cell) -> str:
        """A group of the plans by its word; a code of another plan's as it is."""
        text = plain_text(cell)
        return text if CODE.fullmatch(text) else self._code("group", cell)

    def _yes(self, name: str) -> bool | None:
        code = self._word(name)
        return None if code is None else code == "yes"

    def _read(self, name: str, parse: Callable[[Cell], Any]) -> Any:
        """A cell's value in normal form; None where it is empty, or at fault."""
        found = self._cells.get(name)
        if found is None:
            return None
        value = found[1]
        if isinstance(value, str):
            plain, dropped = cleaned(value)
            self.dropped += [(found[0], kind) for kind in dropped]
            if is_placeholder(plain) and not self._columns[name].required and not self._is_word(name, plain):
                self.placeholders.append(found[0])
                return None
            if name in OF_DIGITS and (bare := bare_number(plain)) != plain and bare:
                plain = bare
                self.dropped.append((found[0], "punctuation"))
            # What was dropped may have hidden a formula's guard around text.
            value = plain
        try:
            check_computed(value)
            check_written_out(value)
            return parse(value)
        except IdentityFault as fault:
            self._fault(name, fault.code, fault.message("zh"), fault.message("en"))
            return None

    def _is_word(self, name: str, text: str) -> bool:
        """Whether a cell that looks like nothing is a word of its field, or money, of which nothing is guessed."""
        return name == "amount_fen" or (name in self._words and coded(self._words[name], text) is not None)

    def _past_day(self, cell: Cell) -> str:
        return past_day(cell, self._today, from_1904=self._counts_from_1904())

    def _counts_from_1904(self) -> bool:
        """Whether the cell's file counts days from 1904."""
        return False

    def _fault(self, name: str, code: str, zh: str, en: str) -> None:
        self.faults.append(self._said(name, code, zh, en))

    def _warn(self, name: str, code: str, zh: str, en: str) -> None:
        self.warnings.append(self._said(name, code, zh, en))

    def _said(self, name: str, code: str, zh: str, en: str) -> CellFault:
        cell, value = self._cells[name]
        return CellFault(cell, self._columns[name].heading, masked_cell(name, value), code, zh, en)


class MappedLine(Line):
    """A row of a table whose columns are known: where its cells stand, in which unit, and what marks them."""

    def __init__(
        self,
        mapped: MappedTable,
        line: TableLine,
        today: datetime.date,
        choices: Choices,
        words: Mapping[str, Words] = WORDS,
    ) -> None:
        super().__init__(mapped.recipient, mapped.fields, line.cells, today, choices, words)
        self._mapped = mapped
        self._line = line

    def _place(self, column: Column) -> str:
        found = self._mapped.of(column.field)
        return f"{found.letters}{self._line.row}" if found is not None else f"第{self._line.row}行"

    def _is_there(self, column: Column) -> bool:
        return self._mapped.of(column.field) is not None

    def _unit(self, name: str) -> Unit:
        found = self._mapped.of(name)
        return found.unit if found is not None and found.unit is not None else Unit("元")

    def _counts_from_1904(self) -> bool:
        return self._mapped.table.sheet.from_1904

    def _amount_fen(self, cell: Cell) -> int:
        unit = self._unit("amount_fen")
        return likely_fen(amount_fen(cell, unit), unit)

    def _check_marks(self) -> None:
        """Faults of cells that say less, or other, than they seem: struck out, merged, shown in another unit."""
        for name in self._line.struck & set(self._cells):
            self._fault(
                name,
                "cell-struck",
                "单元格被划去（删除线），未采用：请写明是否仍有效",
                "the cell is struck out and was not taken: say whether it still holds",
            )
        for name in self._line.merged & set(self._cells):
            self._fault(
                name,
                "amount-merged",
                "与其他行合并为一格：每人多少（或谁的账号）不明，请逐行填写",
                "one cell for several lines: how much is whose is not clear, give it on each line",
            )
        if "amount_fen" in self._line.scaled and not isinstance(self._cells["amount_fen"][1], str):
            self._fault(
                "amount_fen",
                "amount-scaled",
                "单元格按格式显示的数（万、千、百分比等）与所存数值不同：请按元填写",
                "the cell's number format shows another number than is stored (万, per cent): write it in yuan",
            )


class RosterLine(MappedLine):
    """A row of a roster: also what is asked for, against a campaign's policy."""

    def __init__(
        self,
        mapped: MappedTable,
        line: TableLine,
        policy: Policy,
        today: datetime.date,
        choices: Choices,
        categories: dict[str, str],
        words: Mapping[str, Words],
        section: str = "",
    ) -> None:
        super().__init__(mapped, line, today, choices, words)
        self._policy = policy
        # Words that were understood on lines before, and the category that stands over the line.
        self._categories, self._section = categories, section
        self.is_from_title = False

    def read(self) -> RosterRow:
        """The line, with all that is wrong with it."""
        category = self._read("category", self._category) or self._only_category()
        asked_fen = self._in_words(self._read("amount_fen", self._amount_fen))
        if asked_fen is not None and asked_fen <= 0:
            self._fault("amount_fen", "amount-not-positive", "金额必须大于零", "must be above zero")
        on = self._read("on", self._past_day)
        identity, facts = self.read_identity(), self._with_level(self.read_facts())
        self._check_alive(facts)
        self._check_marks()
        who = FORMS[self._recipient][0]
        return RosterRow(
            row=self._line.row,
            sheet=self._mapped.sheet,
            person_cell=self._place(who),
            identity=identity,
            facts=facts,
            category=category,
            amount_fen=asked_fen,
            purpose=self._word("purpose") if self._recipient == "person" else None,
            visit_mode=self._word("visit_mode") if self._recipient == "person" else None,
            on=on,
            faults=self.faults,
            warnings=self.warnings,
            retype=self._all_retyped,
        )

    def _in_words(self, fen: int | None) -> int | None:
        """The sum in figures, compared with that in words, which counts where there are no figures."""
        words: int | None = self._read("amount_words", amount_fen)
        if words is None or "amount_fen" not in self._cells:
            return fen if words is None else words
        if fen is not None and fen != words:
            self._fault(
                "amount_words",
                "amount-words-differ",
                f"大写为 {words / 100:,.2f} 元，小写为 {fen / 100:,.2f} 元，两者不一致：请核对",
                f"it says {words / 100:,.2f} yuan in words and {fen / 100:,.2f} in figures: compare them",
            )
        return fen

    def _all_retyped(self) -> dict[str, str]:
        return {name: self._retyped(name, cell) for name, (_, cell) in self._cells.items()}

    def _retyped(self, name: str, cell: Cell) -> str:
        """A cell as it would be typed under the form's heading: with its unit where that is another."""
        text = retyped(cell)
        unit = self._unit(name)
        if name not in OF_MONEY or (unit.name == "元" and not unit.period):
            return text
        is_bare = re.fullmatch(r"[\d.,]+", text) is not None
        return f"{text}{unit.name}" if is_bare and not unit.period else ("" if is_bare else text)

    def _with_level(self, facts: Facts) -> Facts:
        """A category that names a model worker's level says it where no column does."""
        found = self._cells.get("category")
        if facts.model_worker is not None or found is None or "劳" not in str(found[1]):
            return facts
        level = coded(self._words["model_worker"], plain_text(found[1]))
        return facts if level is None else Facts.model_validate({**facts.model_dump(), "model_worker": level})

    def _check_alive(self, facts: Facts) -> None:
        if facts.died_on is not None:
            self._fault(
                "died_on",
                "person-died",
                f"此人已于 {facts.died_on} 死亡，不能列入名单",
                f"the person died on {facts.died_on} and cannot be on a roster",
            )

    def _only_category(self) -> str:
        fitting = [c for c in self._policy.categories if c.recipient == self._recipient]
        if len(fitting) == 1:
            return fitting[0].code
        if self._section and self._mapped.of("category") is None:
            self.is_from_title = True
            return self._section
        if "category" not in self._cells:
            titles = "、".join(category.title for category in fitting)
            zh, en = f"未填对象类别，应为：{titles}", f"no category, expected one of: {titles}"
            if not fitting:
                zh, en = (
                    "方案中没有此类对象（企业、人员）的类别",
                    "the policy has no category of such recipients",
                )
            self.faults.append(
                CellFault(
                    self._place(
                        next(column for column in FORMS[self._recipient] if column.field == "category")
                    ),
                    "对象类别",
                    "",
                    "category-missing",
                    zh,
                    en,
                )
            )
        return ""

    def _category(self, cell: Cell) -> str:
        text = plain_text(cell)
        found = self._categories.get(text) or self._choices.word("category", text)
        found = found or category_of(self._policy, text, self._recipient)
        if found is not None:
            self._categories[text] = found
            return found
        if CODE.fullmatch(text) and not text.isdecimal():
            # A code that the policy does not have is nominated as it is, and flagged.
            return text
        titles = "、".join(category.title for category in self._policy.categories)
        raise IdentityFault("category", f"没有此类别，应为：{titles}", f"no such category: {titles}")
