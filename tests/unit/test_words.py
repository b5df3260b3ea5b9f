"""The words of Chinese texts: those that an office no longer uses stand in no code, page or flag."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import build
from ledger.errors import Rule

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")

BANNED = {
    r"提名(?![称册])": "申报",
    r"审核人": "审批人",
    r"已审批": "已批准",
    r"领取慰问金|退回未发": "单位领款, 单位缴回未发款",
    r"第几号|消于|(?<!注销)起于": "登记序号, 发现于, 消除于",
    r"陈述": "签署件",
    r"账目": "记录",
    r"(?<![登式])记账(?![户号本目凭])": "登记; 入账 for money",
    r"(?<![新重])建账(?![户号本目])": "建立台账",
    r"(?<!会计)科目": "资金项目",
    r"承付|资金交回": "已批待付, 结余资金缴回",
    # Another organ files a case, and its file has a number and a day.
    r"(?<!外部)(?<!外部机关)立案(?![机文日事])|结案|案件": "核查立项, 办结, 核查事项",
    r"截留|挪用|冒签|私自扩大|自批自领": "the fact",
    r"已排除": "核实不属实",
    r"单位受处分|廉洁情况": "单位已取消补助资格, 廉洁纪律问题反映",
    # 问题线索 is what is handed over to another organ.
    r"(?<!问题)线索": "疑点",
    r"事后补录|补录事项": "登记滞后, 未经校验的补录",
    r"登记员": "授权管理员",
    r"登录口令": "登录请求",
    r"比特|折价|可空": "匹配度, 折款, 选填",
    r"张榜|驳回": "公示, 不予批准, 退回补正",
    r"拨回|看不懂|读不出|读不了|写不了|打不开|口令不对": "the written register",
    r"重放|样本数|截至第": "重新计算, 样本量, 数据截至",
}
"""What no Chinese text says, and what it says instead."""

WAS = (
    "提名", "已审批", "审核人", "领取慰问金", "退回未发慰问金", "第几号", "起于", "消于", "陈述", "账目", "记账", "建账", "下达",
    "资金科目", "承付", "资金交回", "立案", "结案", "案件", "已排除", "截留", "挪用", "冒签", "私自扩大", "自批自领", "单位受处分",
    "廉洁情况报告", "线索", "事后补录", "登记员", "登录口令", "比特", "折价", "可空", "张榜公告", "驳回", "重放", "种子", "样本数",
)  # fmt: skip
"""The words that the glossary tells apart from those that are said today."""

READ = {
    "api/roster": "words and headings that offices' files hold, which are read as they stand",
    "api/bank": "words of banks' files, which are read as they stand",
}
"""Folders of which the texts are read from others' files, and why the ban is not theirs."""

QUOTED = {
    "私自扩大慰问对象，取消次年补助资格（方案甲 二、四）": "an officer's reason in the demonstration quotes the plan's clause",
}
"""Texts that quote another's, and whose."""


def _strings(source: str) -> Iterator[str]:
    """The strings of a module that hold Chinese, its docstrings left out."""
    tree = ast.parse(source)
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documentation and CHINESE.search(text):
                yield text


@functools.cache
def _texts() -> list[tuple[str, str]]:
    """Every Chinese text with the file that holds it, read once for all tests."""
    return list(_read())


def _read() -> Iterator[tuple[str, str]]:
    """Every Chinese text with the file that holds it."""
    for room in ("ledger", "projections", "api"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "node_modules" not in name and not name.startswith(tuple(READ)):
                yield from ((name, text) for text in _strings(path.read_text()))
    pages = [*(ROOT / "api/web/src").rglob("*.ts"), *(ROOT / "api/web/src").rglob("*.vue")]
    for path in sorted([*pages, *(ROOT / "docs/flags").glob("*.md")]):
        for line in path.read_text().splitlines():
            if CHINESE.search(line):
                yield path.relative_to(ROOT).as_posix(), line


@pytest.mark.parametrize("banned", BANNED)
def test_no_text_says_what_an_office_no_longer_says(banned: str) -> None:
    said = [f"{name}: {text}" for name, text in _texts() if re.search(banned, text) and text not in QUOTED]
    assert not said, f"say {BANNED[banned]}:\n" + "\n".join(said)


LATIN = {
    "bank-line-differs": "", "built-in-changed": "PostgreSQL", "characters-not-in-fonts": "SimSun-ExtB",
    "content-encoding-unsupported": "Content-Encoding", "font-missing": "Noto Serif CJK SC", "host-not-one": "Host",
    "moment-malformed": "W03-1 T09", "not-canonical": "RFC", "not-nfc": "NFC", "paper-limit": "xlsx",
    "paper-too-long": "xlsx", "point-not-on-curve": "SM2", "request-malformed": "HTTP", "text-unwritable": "UTF-8 NUL",
    "transfer-coding-unsupported": "chunked", "verifier-key-malformed": "Base64",
}  # fmt: skip
"""Names of standards, programs and forms in Chinese refusals, which have no other name."""


def test_no_refusal_is_half_english() -> None:
    build()  # every room has its rules by then
    for code, rule in Rule.all.items():
        text = re.sub(r"\{[^}]*\}|songnuan( [a-z][a-z-]*)*|--[a-z-]+", "", rule.zh)
        found = set(re.findall(r"[A-Za-z][A-Za-z0-9_.-]*", text))
        assert found <= set(LATIN.get(code, "").split()), f"{code}: {rule.zh}"


TERM = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_the_glossary_has_a_term_for_every_word_that_is_not_said() -> None:
    """docs/glossary.md: the term, its English, where it is used, what it is not; each stands in some text."""
    terms = TERM.findall((ROOT / "docs/glossary.md").read_text())[1:]
    said = "".join(text for _, text in _texts())
    names = [name.strip() for term, *_ in terms for name in term.split("、")]
    assert [name for name in names if name not in said] == []
    assert len(names) == len(set(names)) > 40
    old = "".join(term[3] for term in terms)
    assert [word for word in WAS if word not in old] == []


def test_texts_are_found_in_every_place() -> None:
    places = {name.split("/")[0] if "web" not in name else "pages" for name, _ in _texts()}
    assert places == {"ledger", "projections", "api", "pages", "docs"}


def test_quotations_stand_where_they_are_allowed() -> None:
    assert set(QUOTED) <= {text for _, text in _texts()}
