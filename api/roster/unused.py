"""What of a file is not used, and why (未采用的内容): sheets, columns and rows, each named, nothing in silence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Part = Literal["sheet", "column", "row"]

WHY: dict[str, tuple[str, str]] = {
    "sheet-hidden": ("工作表在文件中被隐藏，未读取", "the sheet is hidden in the file and was not read"),
    "sheet-empty": ("工作表是空的", "the sheet is empty"),
    "sheet-notes": ("填表说明，不是名单", "the notes on filling the form in"),
    "sheet-no-table": ("工作表中没有名单的表头", "the sheet has no headings of a roster"),
    "sheet-not-chosen": ("未选择此工作表", "the sheet was not chosen"),
    "sheet-other-form": (
        "与其他工作表的对象不同（企业、人员应分开导入）",
        "it lists others than the sheets before (enterprises and persons are imported apart)",
    ),
    "column-unknown": (
        "不认识的栏目，内容未导入",
        "its heading is not understood, what it holds is not imported",
    ),
    "column-by-content": (
        "表头不认识，内容像{meant}：请确认后采用",
        "its heading is not understood, its cells look like {meant}: say so to use it",
    ),
    "column-hidden": (
        "此栏（{meant}）在文件中被隐藏，未读取",
        "the column is hidden in the file ({meant_en}) and was not read",
    ),
    "column-ignored": ("按所选不导入", "chosen as not needed"),
    "column-ignored-before": (
        "上次选为不需要，但认得是{meant}：请再确认",
        "chosen as not needed for an earlier file, and understood as {meant}: say so again",
    ),
    "column-again": (
        "与 {other} 列意思相同，采用了那一列",
        "it means the same as column {other}, which is used",
    ),
    "column-empty": ("整栏没有内容", "nothing stands in it"),
    "column-serial": ("行的序号，不导入", "the lines' own numbers, not imported"),
    "column-relation": (
        "与户主的关系，只用来分辨家庭成员",
        "what a member is to the head of the household, by which members are told",
    ),
    "column-signature": ("签名栏，不导入", "where recipients sign, not imported"),
    "column-note": ("备注不导入", "notes are not imported"),
    "column-note-weighs": (
        "备注不导入，但其中写有{words}（第 {rows} 行）：请逐行核对这些人是否仍在名单",
        "notes are not imported, but rows {rows} say {words}: see whether these persons are still listed",
    ),
    "column-note-holds": (
        "备注不导入，但其中写有像账号、号码的数字（第 {rows} 行）：需要采用的，请在表中另设一栏",
        "notes are not imported, but rows {rows} hold what looks like accounts or numbers: give those that are needed"
        " a column of their own",
    ),
    "column-weighs": (
        "内容未导入，但其中写有{words}（第 {rows} 行）：请逐行核对这些人是否仍在名单",
        "what it holds is not imported, but rows {rows} say {words}: see whether these persons are still listed",
    ),
    "column-beside": (
        "属于旁边的另一张表（汇总等），未读取",
        "it is of another table beside this one, as of its totals, and was not read",
    ),
    "column-no-heading": ("没有表头的栏，内容未导入", "it has no heading, what it holds is not imported"),
    "sheet-other-year": (
        "写明的年份早于其他工作表，像是往年的名单：需要读取的，请选定工作表",
        "it names an earlier year than another sheet, as a former list would: choose the sheet to read it",
    ),
    "sheet-weighs": (
        "按名称或标题是取消、待定等人员的名单，未读取：需要读取的，请选定工作表",
        "by its name or title it lists those who were taken off or wait, and was not read: choose the sheet to read it",
    ),
    "sheet-sideways": (
        "不是一行一人的名单（单人表格，或横向排列）：请改为每人一行、表头在上",
        "it is no list with a line for each person (a form of one person, or on its side): put each on a line"
        " of their own, with the headings above",
    ),
    "row-title": ("标题或说明", "a title or a remark"),
    "row-heading-again": ("重复的表头", "headings repeated"),
    "row-total": ("合计或小计", "a total"),
    "row-remark": ("填表人、审核人、说明等", "who made it, who checked it, a remark"),
    "row-serial-only": ("只有序号的空行", "an empty line with its number alone"),
    "row-number-aside": (
        "有身份证号，却不成一行（在表头之上，或各格连在一起）：未读取",
        "it has an identity number and is no line (above the headings, or its cells run together), and was not read",
    ),
    "row-section": (
        "分段的单位或地方名称，不是一个人",
        "the name of a unit or a place over the lines below it, and no person",
    ),
    "row-column-marks": ("栏次（甲、乙或 1、2）", "the columns' own marks (甲, 乙 or 1, 2)"),
    "row-example": ("填写示例，不是一个人", "an example of how the form is filled in, and no person"),
    "row-nobody": ("没有写明是谁", "it does not say whom it is about"),
    "row-goes-on": (
        "与上一行合并，属同一人，未另作一行",
        "merged with the row above: the same person's, and no line of its own",
    ),
    "row-member": (
        "家庭成员（{relation}），没有自己的金额，未作为慰问对象",
        "a member of the household ({relation}) without a sum of their own, and no recipient",
    ),
    "row-unnumbered": (
        "没有序号，也没有金额，像是上一行的家庭成员：未作为慰问对象",
        "it has neither a number of its own nor a sum, as a member of the household above: no recipient",
    ),
    "row-hidden": ("在文件中被隐藏或筛选掉，未读取", "hidden or filtered out in the file, and not read"),
    "row-struck": ("被划去（删除线），未读取", "struck out, and not read"),
}
"""Code → why, in Chinese and English."""
ASKED = (
    "sheet-hidden",
    "sheet-no-table",
    "sheet-other-form",
    "sheet-sideways",
    "sheet-other-year",
    "sheet-weighs",
    "column-unknown",
    "column-weighs",
    "column-beside",
    "column-by-content",
    "column-hidden",
    "column-ignored-before",
    "column-again",
    "column-no-heading",
    "column-note-weighs",
    "column-note-holds",
    "row-number-aside",
    "row-example",
    "row-nobody",
    "row-goes-on",
    "row-member",
    "row-unnumbered",
    "row-hidden",
    "row-struck",
)
"""What an officer has to accept as not needed before anything is signed."""


@dataclass(frozen=True)
class Unused:
    """A part of a file that is not used: a column by its letter and heading, a row by its number from 1."""

    part: Part
    sheet: str
    code: str
    zh: str
    en: str
    column: str = ""
    heading: str = ""
    row: int | None = None

    @property
    def is_asked(self) -> bool:
        """Whether an officer has to accept it as not needed."""
        return self.code in ASKED

    @property
    def place(self) -> str:
        """What it is called: a sheet, ``H 民族``, ``第 7 行``."""
        return {"sheet": self.sheet, "column": f"{self.column} {self.heading}".strip(), "row": f"{self.row}"}[
            self.part
        ]


def sheet_unused(sheet: str, code: str) -> Unused:
    """A sheet that is not used."""
    return Unused("sheet", sheet, code, *WHY[code])


def column_unused(sheet: str, column: str, heading: str, code: str, **said: str) -> Unused:
    """A column that is not used."""
    zh, en = (text.format(**said) for text in WHY[code])
    return Unused("column", sheet, code, zh, en, column=column, heading=heading)


NUMBER_IN_TEXT = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d\d{3}[\dXx](?![\dA-Za-z])")
"""What looks like a resident's number within a text."""
_SET_ASIDE = ("row-title", "row-remark", "row-total", "row-heading-again", "row-serial-only")


def row_aside(sheet: str, index: int, code: str, row: Iterable[object]) -> Unused:
    """A row that looks like nobody's, by its number from 0; asked about where somebody's number stands in it."""
    has_number = code in _SET_ASIDE and any(NUMBER_IN_TEXT.search(str(cell)) for cell in row)
    return row_unused(sheet, index, "row-number-aside" if has_number else code)


def row_unused(sheet: str, index: int, code: str, **said: str) -> Unused:
    """A row that is not used, by its number from 0."""
    zh, en = (text.format(**said) for text in WHY[code])
    return Unused("row", sheet, code, zh, en, row=index + 1)
