"""Cells as values (单元格的值): their text, long numbers, whole numbers, words; and as far as anybody may see them."""

from __future__ import annotations

import datetime
import re
import unicodedata

from api.roster.cleaning import cleaned
from api.roster.words import Words, coded
from api.roster.workbooks import Cell
from ledger.errors import IdentityFault
from ledger.identity import documents as identities
from ledger.identity.documents import masked_address, masked_document, masked_name, numbers_masked

LONGEST_TEXT = 200
LONGEST_SHOWN = 40
EXACT_IN_EXCEL = 10**15
"""Excel keeps 15 digits of a number; a longer one was cut and cannot be had back."""
NUMBERS = ("number", "account", "phone", "household")
NAMES = ("name", "account_holder")

DITTO = ("〃", "″", "′′", "〞", '"', "''", "同上", "同前", "同上行", "(同上)")
"""What stands for what the cell above says; as NFKC makes it."""
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!")

_OPEN_DOCUMENT_ERROR = re.compile(r"(?:Err|错误)[:：]\d{3}")


def check_computed(cell: Cell) -> None:
    """Refuses what a formula left behind instead of a value: an error, or the formula itself."""
    text = cell.strip() if isinstance(cell, str) else ""
    if text[:1] not in ("#", "=", "E", "e", "错"):
        return
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


def check_written_out(cell: Cell) -> None:
    """Refuses a cell that points at the one above instead of saying what it says: 〃, 同上.

    Lines are sorted and filtered, and the one above is then another.
    """
    if isinstance(cell, str) and unicodedata.normalize("NFKC", cell).strip() in DITTO:
        raise IdentityFault(
            "cell-ditto",
            "“同上”未采用：排序或筛选后上一行可能不是原来那行，请写明",
            "it says the same as above, which may be another line after sorting: write it out",
        )


def long_number(cell: Cell) -> str:
    """A long number's text; refuses one that Excel stored as a number and has cut."""
    if isinstance(cell, str):
        cell = cleaned(cell).text
    damaged = isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= EXACT_IN_EXCEL
    if damaged or (
        isinstance(cell, str) and "e" in cell.lower() and re.fullmatch(r"\s*\d[.．]\d+[Ee]\+?\d+\s*", cell)
    ):
        raise IdentityFault(
            "number-damaged",
            "号码被 Excel 存成数值，末几位已丢失，无法恢复：请把该列设为文本格式后重新填写",
            "Excel stored the number as a float and lost its last digits, which cannot be had back:"
            " format the column as text and type it again",
        )
    return plain_text(cell)


def whole(cell: Cell, least: int, most: int) -> int:
    """A whole number within bounds; units like 人 and 个月 may follow."""
    text = unicodedata.normalize("NFKC", plain_text(cell))
    match = re.fullmatch(r"(\d{1,9})\s*(?:人|口|个月|月|户)?", text)
    if match is None or not least <= int(match[1]) <= most:
        raise IdentityFault(
            "whole-number", f"应为 {least} 至 {most} 的整数", f"a whole number from {least} to {most}"
        )
    return int(match[1])


def short_text(cell: Cell, longest: int = LONGEST_TEXT) -> str:
    """A text of at most so many characters."""
    text = plain_text(cell)
    # What is folded later may grow.
    if max(len(text), len(unicodedata.normalize("NFKC", text))) > longest:
        raise IdentityFault(
            "text-too-long",
            f"文字超过 {longest} 个字符，请缩短",
            f"the text is longer than {longest} characters: shorten it",
        )
    return text


def free_text(cell: Cell) -> str:
    """A text without identities."""
    text = short_text(cell)
    if identities.identity_in_text(text) is not None:
        raise IdentityFault(
            "text-holds-identity", "文字中含有身份信息，不得写入", "the text holds an identity"
        )
    return text


def code_of(words: Words, text: str) -> str:
    """The code of a word; a fault lists what is known."""
    code = coded(words, text)
    if code is None:
        known = "、".join(synonyms[0] for synonyms in words.values())
        raise IdentityFault("word", f"应为：{known}", f"expected one of: {known}")
    return code


def plain_text(cell: Cell) -> str:
    """A cell's text, a whole number without its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return unicodedata.normalize("NFC", cleaned(cell).text if isinstance(cell, str) else str(cell)).strip()


def retyped(cell: Cell) -> str:
    """A cell as a person would type it; nothing for a number that was cut."""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    try:
        return long_number(cell)
    except IdentityFault:
        return ""


def masked_cell(name: str, cell: Cell) -> str:
    """What stands in a cell, as far as anybody may see it."""
    shown = _shown(cell)
    if shown[:1] in ("=", "#"):
        return numbers_masked(shown)
    if name in NUMBERS:
        return masked_document(shown)
    if name in NAMES:
        return masked_name(shown)
    if name == "address":
        return masked_address(shown)
    # Columns are shifted at times, and a number stands where none belongs.
    return shown if name == "credit_code" else numbers_masked(shown)


def _shown(cell: Cell) -> str:
    text = repr(cell) if isinstance(cell, float) else str(cell)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
