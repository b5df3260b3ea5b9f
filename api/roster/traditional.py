"""Traditional characters in headings and words (繁体字), as Big5 files and some workbooks have them, in the simplified form."""

from __future__ import annotations

_FOLDED = str.maketrans(
    "證號碼銀電話額類別對稱單備註戶開帳賬職業員難補標準發種現長級務處關係費與領實應擬問機聯絡優撫殘疾勞動範農",
    "证号码银电话额类别对称单备注户开帐账职业员难补标准发种现长级务处关系费与领实应拟问机联络优抚残疾劳动范农",
)


def simplified(text: str) -> str:
    """A heading or a word in the simplified form; names are left as they are.

    >>> simplified("身分證號"), simplified("銀行帳戶"), simplified("困難職工")
    ('身份证号', '银行帐户', '困难职工')
    """
    if text.isascii():
        return text
    return text.translate(_FOLDED).replace("身分", "身份")
