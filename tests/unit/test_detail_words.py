"""Every detail that a Chinese text shows in words has one: all that the code gives is looked up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.detail_words import WORDS, in_chinese
from ledger.errors import Rule
from ledger.events.nomination import AFTER_THE_FACT, NOT_ENDED
from projections.views.roster_rows import STATE_TITLES

ROOT = Path(__file__).parents[2]
AS_THEY_ARE = re.compile(r"[A-Z0-9-]+|[a-z0-9./@:+-]*[/@][a-z0-9./@:+-]*|UUID(v7)?|JSON")
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


def test_the_code_gives_some() -> None:
    assert len(GIVEN) > 60


@pytest.mark.parametrize("text", sorted({text for _, text in GIVEN}))
def test_what_is_given_has_a_word(text: str) -> None:
    assert in_chinese(text) != text or AS_THEY_ARE.fullmatch(text) or text == "7, 7", text


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
