"""Words of banks' files (银行文件用语): how they are compared, what ends a page, which account is whose, the yuan."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from api.roster.headings import plain_heading
from api.roster.workbooks import Cell
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
