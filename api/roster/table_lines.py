"""A roster's line within its table (表中的一行): where its cells stand, in which unit, and what a campaign's policy asks."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from api.roster.amounts import amount_fen, likely_fen
from api.roster.cells import plain_text, retyped
from api.roster.choices import Choices
from api.roster.columns import FORMS, Column
from api.roster.headings import Unit, bare_unit
from api.roster.lines import TableLine
from api.roster.mapping import OF_MONEY, MappedTable
from api.roster.reading import CODE, CellFault, Line, RosterRow
from api.roster.words import WORDS, Words, category_of, coded
from api.roster.workbooks import Cell
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import IdentityFault
from ledger.events.dossier import Facts


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
        own = self._cells.get("amount_unit") if name == "amount_fen" else None
        said = None if own is None else bare_unit(str(own[1]))
        return said or self._unit_of_column(name)

    def _unit_of_column(self, name: str) -> Unit:
        found = self._mapped.of(name)
        return found.unit if found is not None and found.unit is not None else Unit("元")

    def _counts_from_1904(self) -> bool:
        return self._mapped.table.sheet.from_1904

    def _amount_fen(self, cell: Cell) -> int:
        unit, column = self._unit("amount_fen"), self._unit_of_column("amount_fen")
        own = self._cells.get("amount_unit")
        if own is not None and (bare_unit(str(own[1])) is None or column.name not in ("元", unit.name)):
            raise IdentityFault(
                "amount-doubtful",
                f"金额有疑义，未采用：本行的单位为“{own[1]}”，金额一栏的单位为{column.name}；请写明，如 500.00元",
                f"the amount is doubtful and was not taken: the line's unit is {own[1]}, the column's {column.name}",
            )
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
