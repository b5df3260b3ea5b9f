"""Words of banks' files (银行文件用语): how they are compared, what ends a page, which account is whose, the yuan."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

from api.roster.headings import plain_heading
from api.roster.sheet import RosterUnreadable
from api.roster.workbooks import Cell, Row
from ledger.errors import IdentityFault

Result = Literal["paid", "bounced"]
TOTALS = ("合计", "总计", "小计", "共计", "累计")
FOOTER = re.compile(
    r"(?:成功|失败|总)(?:笔数|金额)|打印(?:时间|日期|人)|操作员|制表|经办|复核|审核|共\d+[笔条页]|第\d+页|以下空白"
)
"""How a row begins that ends a page or a file."""
_COUNTERPART = ("对方", "收款", "收方", "转入", "贷方", "入账")
"""What the heading says of the account that was paid, beside one of the account that paid."""
YUAN_NAMES = ("人民币", "人民币元", "元", "cny", "rmb", "156", "01", "001", "¥")


_RETURNED = re.compile(r"已?(?:退汇|退票|退回|冲正|冲销|撤销)(?!重|后|再|原因)")
"""What says beside a success that it was taken back since; not where it says that it is paid again."""
_NOT_SO = ("否", "无", "未", "不", "n", "no", "0", "-", "--", "—", "/", "正常", "false")
_CURRENCY_ABOVE = re.compile(r"币[种别]\s*[:：]\s*(\w+)")


def is_of_returns(heading: Cell) -> bool:
    """Whether a column says whether, when or why a payment came back, by its heading.

    >>> is_of_returns("退汇标志"), is_of_returns("冲正日期"), is_of_returns("备注")
    (True, True, False)
    """
    return re.search("退汇|退票|退回|冲正|冲销|撤销", str(heading)) is not None


def says_returned(text: str, *, of_returns: bool) -> bool:
    """Whether a cell says that a payment came back: by its words, or at all in a column that is only of that.

    >>> says_returned("次日已退汇", of_returns=False), says_returned("退汇重发", of_returns=False)
    (True, False)
    >>> says_returned("是", of_returns=True), says_returned("否", of_returns=True)
    (True, False)
    """
    if of_returns:
        return bool(text) and plain_word(text) not in _NOT_SO
    return _RETURNED.search(text) is not None


def check_yuan_above(rows: Iterable[Row]) -> None:
    """Refuses a file that names another currency over its table.

    Raises:
        IdentityFault: ``bank-currency``.
    """
    for _, row in rows:
        for cell in row:
            said = _CURRENCY_ABOVE.search(cell) if isinstance(cell, str) else None
            if said is not None:
                check_yuan(said[1])


def plain_word(text: str) -> str:
    """A result's word to be compared: whole, folded, without spaces, in one case.

    >>> plain_word(" Success "), plain_word("交易 成功")
    ('success', '交易成功')
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def check_yuan(currency: str) -> None:
    """Refuses a currency that is not the yuan; none is the yuan.

    Raises:
        IdentityFault: ``bank-currency``.
    """
    if currency and plain_word(currency) not in YUAN_NAMES:
        raise IdentityFault(
            "bank-currency",
            f"币种为“{currency}”，只接受人民币",
            f"the currency is {currency}, yuan are expected",
        )


def taken_back(result: Result) -> Result:
    """What a sum below zero says: what was paid is taken back (冲正).

    Raises:
        IdentityFault: ``bank-amount``, where that did not succeed either.
    """
    if result == "bounced":
        raise IdentityFault(
            "bank-amount",
            "金额为负（冲正）而结果为失败：请核对这一笔是否已付",
            "the sum is below zero and the result a failure: see whether it was paid",
        )
    return "bounced"


def is_counterpart(heading: Cell) -> bool:
    """Whether a heading is of the account that was paid, by its own words."""
    return plain_heading(str(heading)).startswith(_COUNTERPART)


class UnknownResult(IdentityFault):
    """A result's word that nobody explained yet; ``word`` as it stands in the file."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(
            "bank-result",
            f"无法识别的结果“{word}”：应为 成功 或 失败；可指明一次，如 {word or '词'}=paid",
            f"unknown result {word!r}: expected 成功 (paid) or 失败 (bounced); say once what it means, like"
            f" {word or 'WORD'}=paid",
        )


def word_known(word: str) -> RosterUnreadable:
    """The refusal of a word that is to mean something else than the profile says."""
    return RosterUnreadable(
        "bank-word-known",
        f"“{word}”是银行格式中已有的结果用词，不能另指；格式不符的，请改选或另写银行格式",
        f"{word!r} is a word of the bank's profile and cannot mean something else: choose or write another profile",
    )


def cut_widths(row: list[Cell], widths: list[int]) -> list[Cell]:
    """A line of fixed widths, counted in bytes of GB 18030, as such files are."""
    raw = ",".join(map(str, row)).encode("gb18030")
    cells: list[Cell] = []
    for width in widths:
        cells.append(raw[:width].decode("gb18030", "replace").strip())
        raw = raw[width:]
    return cells


def words_in(row: list[Cell]) -> int:
    """How many cells of a row are words without figures, as headings are; none where one is a number."""
    texts = [str(cell).strip() for cell in row if str(cell).strip()]
    return 0 if any(any(map(str.isdecimal, text)) for text in texts) else len(texts)
