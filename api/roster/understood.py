"""What is understood of a roster's file, as a table for the documents (可识别的内容)."""

from __future__ import annotations

from collections.abc import Iterator

from api.roster.cleaning import PLACEHOLDERS
from api.roster.columns import ALSO_READ
from api.roster.headings import SERIALS, SIGNATURES, UNITS_FEN
from api.roster.unused import ASKED, WHY
from api.roster.words import CATEGORIES, WORDS

FORMS_OF_AMOUNTS = (
    "500、500元、500元整、500.00、1,200.50、５００、¥500、人民币500元、伍佰元整、五百元、5百、1千2百、0.05万、"
    "500/人、500元（伍佰元整）、人民币（大写）伍佰元整、500RMB"
)
FORMS_OF_DATES = (
    "2026-01-05、2026/1/5、2026.1.5、2026·1·5、2026年1月5日、20260105、二〇二六年一月五日（〇 写作 O、0 也可）、"
    "46027（表格的日期序号）、"
    "日期单元格"
)


def understood_markdown() -> Iterator[str]:
    """The lines of the table."""
    yield "| 内容 | 代码 | 可识别 |\n|---|---|---|"
    for column in ALSO_READ["person"]:
        yield f"| 表头（表外） | {column.field} | {'、'.join((column.heading, *column.synonyms))} |"
    yield f"| 表头：行号 | - | {'、'.join(SERIALS)} |"
    yield f"| 表头：签名 | - | {'、'.join(SIGNATURES)} |"
    yield f"| 单位（表头、表上方、单元格） | - | {'、'.join(UNITS_FEN)} |"
    yield f"| 金额 | - | {FORMS_OF_AMOUNTS} |"
    yield f"| 日期 | - | {FORMS_OF_DATES} |"
    yield f"| 视同未填 | - | {'、'.join(PLACEHOLDERS).replace('|', chr(92) + '|')} |"
    for kind in CATEGORIES:
        yield f"| 对象类别（方案中同类的唯一一项） | - | {'、'.join(kind)} |"
    for field, words in WORDS.items():
        for code, said in words.items():
            yield f"| {field} | {code} | {'、'.join(said)} |"
    for code, (zh, _) in WHY.items():
        asked = "须确认不需要" if code in ASKED else "仅列出"
        yield f"| 未采用 | {code} | {zh}（{asked}） |"
