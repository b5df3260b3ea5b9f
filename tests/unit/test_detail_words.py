"""Every detail that a Chinese text shows in words has one: all that the code gives is looked up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import build
from ledger.detail_words import WORDS, in_chinese
from ledger.domain.record import Record
from ledger.domain.references import KIND_TITLES
from ledger.domain.register_kinds import kind_title
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import Rule
from ledger.events.nomination import AFTER_THE_FACT, NOT_ENDED
from projections.views.roster_rows import STATE_TITLES

ROOT = Path(__file__).parents[2]
AS_THEY_ARE = re.compile(r"—|[A-Z0-9-]+|[a-z0-9./@:+-]*[/@][a-z0-9./@:+-]*|UUID(v7)?|JSON")
"""Abbreviations and names of forms, the same in both languages."""


def in_words() -> dict[str, set[str]]:
    """For each rule's name in the code, the details that its Chinese text shows in words."""

    found: dict[str, set[str]] = {}
    for path in (ROOT / "ledger").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.Call(args=[ast.Constant(value=str(code)), *_])
                ):
                    if code in Rule.all:
                        shown = set(re.findall(r"\{(\w+)!w\}", Rule.all[code].zh))
                        if shown:
                            found[name] = shown
                case _:
                    pass
    return found


def given() -> Iterator[tuple[str, str]]:
    """Each text that the code gives as such a detail, with its place; numbers in it are sevens."""
    rules = in_words()
    for path in sorted((ROOT / "ledger").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=rule), attr="refused" | "not_verified"),
                    keywords=keywords,
                ) if rule in rules:
                    for keyword in keywords:
                        if keyword.arg in rules[rule]:
                            for text in texts(keyword.value):
                                yield f"{path.name}:{node.lineno} {keyword.arg}", text
                case _:
                    pass


def texts(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[ast.FormattedValue(), *_]) if "what" in ast.dump(value):
            # What is malleable, in the beginning; each is in the table as a whole.
            return
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "7" for part in parts)  # type: ignore[misc]
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body)
            yield from texts(orelse)
        case _:
            return


GIVEN = list(given())


def records(kind: type[Record] = Record) -> Iterator[type[Record]]:
    """Every kind of record of what stands."""
    for below in kind.__subclasses__():
        if "KIND" in vars(below):
            yield below
        yield from records(below)


def test_the_code_gives_some() -> None:
    assert len(GIVEN) > 60


@pytest.mark.parametrize("text", sorted({text for _, text in GIVEN}))
def test_what_is_given_has_a_word(text: str) -> None:
    assert in_chinese(text) != text or AS_THEY_ARE.fullmatch(text) or text == "7, 7", text


ENGLISH = re.compile(r"(?<![A-Za-z0-9_./:-])[a-z]{2,}(?![A-Za-z0-9_./:-])")
NAMES_OF_FIELDS = {"parameter-invalid", "body-invalid"}
"""Refusals that name a parameter or a field as it is written."""


def test_no_detail_is_english_where_its_text_shows_it_as_it_stands() -> None:
    """What ``{detail!w}`` shows has a word, above; what ``{detail}`` shows is no English to begin with."""
    build()
    rules: dict[str, Rule] = {}
    trees = {}
    for room in ("ledger", "projections", "api"):
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = trees[path.name, room] = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                match node:
                    case ast.Assign(
                        targets=[ast.Name(id=name)],
                        value=ast.Call(func=ast.Name(id="Rule"), args=[ast.Constant(value=str(code)), *_]),
                    ) if code in Rule.all:
                        rules[name] = Rule.all[code]
    english = []
    for (name, _), tree in trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=rule), attr="refused" | "not_verified"),
                    keywords=keywords,
                ) if rule in rules and rules[rule].code not in NAMES_OF_FIELDS:
                    shown = set(re.findall(r"\{(\w+)\}", rules[rule].zh))
                    english += [
                        f"{name}:{node.lineno} {rules[rule].code} {each.arg}: {text}"
                        for each in keywords
                        if each.arg in shown
                        for text in texts(each.value)
                        if ENGLISH.search(text)
                    ]
    assert english == []


@pytest.mark.parametrize("kind", sorted({record.KIND for record in records()}))
def test_every_kind_of_what_stands_has_a_word(kind: str) -> None:
    assert in_chinese(kind) != kind


@pytest.mark.parametrize("kind", KIND_TITLES)
def test_what_can_be_named_is_called_the_same_where_it_is_unknown(kind: str) -> None:
    assert in_chinese(kind) == KIND_TITLES[kind][0]
    assert (
        UNKNOWN_REFERENCE.refused(kind=kind, id="7").message("zh") == f"引用的{KIND_TITLES[kind][0]}不存在：7"
    )


def test_a_level_of_units_is_said_in_chinese() -> None:
    refusal = Rule.all["level-above-parent"].refused(level="county", found="grass-roots", parent="tea")
    assert refusal.message("zh") == "级别为“县”的单位不能登记在级别为“基层”的单位 tea 之下"


def test_a_kind_of_lists_is_called_by_its_title() -> None:
    assert kind_title("deaths") == "死亡人口"
    assert kind_title("our-own") == "our-own"


def test_a_case_has_the_states_of_the_roster() -> None:
    for state in {*NOT_ENDED, AFTER_THE_FACT, "rejected", "revoked"}:
        assert WORDS[state] == STATE_TITLES[state][0]


def test_a_refusal_says_in_chinese_what_its_details_say_in_codes() -> None:
    refusal = Rule.all["state-not-allowed"].refused(expected="nominated, confirmed", found="paid in full")
    assert refusal.message("zh") == "当前状态不允许此操作：应为 已申报、已确认，实为 已付清"
    assert (
        refusal.message("en")
        == "not allowed in this state: expected nominated, confirmed, found paid in full"
    )
    assert refusal.details == {"expected": "nominated, confirmed", "found": "paid in full"}
