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

from api.roster.amounts import income_fen
from api.roster.cells import (
    check_computed,
    check_written_out,
    code_of,
    free_text,
    long_number,
    masked_cell,
    plain_text,
    short_text,
    whole,
)
from api.roster.choices import Choices
from api.roster.cleaning import Kind, bare_number, cleaned, is_placeholder
from api.roster.columns import FORMS, Column, Recipient
from api.roster.dates import past_day
from api.roster.headings import Unit
from api.roster.names import check_one_number, is_long, roster_name
from api.roster.words import WORDS, Words, coded
from api.roster.workbooks import Cell
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
OF_ACCOUNTS = ("account", "account_holder", "bank_name")
IN_CASH = ("现金", "现金发放", "现金领取", "领现金", "领取现金", "无卡")
"""What stands in place of an account where somebody has none and is paid in cash."""
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
            if self._says_nothing(name, plain):
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

    def _says_nothing(self, name: str, text: str) -> bool:
        """Whether a cell that may be empty says that there is nothing: no account, where somebody is paid in cash."""
        if name in OF_ACCOUNTS and text in IN_CASH:
            return True
        return is_placeholder(text) and not self._columns[name].required and not self._is_word(name, text)

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
