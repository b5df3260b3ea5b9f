"""What is wrong with a value is told in the ledger's own words, in both languages."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

import ledger.events  # noqa: F401 # all event types
from ledger.domain.event import parse_event
from ledger.errors import Refused
from ledger.validation_words import OTHERWISE, WORDS, json_kind, problem_words, shown

ASCII_WORDS = {"JSON", "UUID", "ASCII", "true", "false", "null"}


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    count: Annotated[int, Field(ge=1, le=9)] = 1
    text: Annotated[str, Field(min_length=2, max_length=4, pattern="^[a-z]*$")] = "abc"
    choice: Literal["one", "two"] = "one"
    many: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    part: dict[str, int] | None = None


def words(**given: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Part).validate_python(given)
    return problem_words(caught.value.errors()[0])


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        ({"count": 0}, "应不小于 1", "expected at least 1"),
        ({"count": 10}, "应不大于 9", "expected at most 9"),
        ({"count": "1"}, "应为整数", "expected a whole number"),
        ({"text": "a"}, "应至少有 2 个字符", "expected at least 2 characters"),
        ({"text": "abcde"}, "应至多有 4 个字符", "expected at most 4 characters"),
        ({"text": "ABC"}, "应符合格式 ^[a-z]*$", "expected to match ^[a-z]*$"),
        ({"choice": "six"}, "应为 one、two 之一", "expected one of one, two"),
        ({"many": []}, "应至少有 1 项", "expected at least 1 items"),
        ({"many": [1, 2, 3]}, "应至多有 2 项", "expected at most 2 items"),
        ({"part": []}, "应为名称与值的对照（JSON 对象）", "expected a JSON object of names and values"),
        ({"other": 1}, "没有名为此的项", "there is no field of that name"),
    ],
)
def test_says_what_was_expected(given: dict[str, Any], zh: str, en: str) -> None:
    assert words(**given) == (zh, en)


def test_every_type_is_one_of_the_library_and_its_chinese_has_no_english_words() -> None:
    assert set(WORDS) - {"path_type"} <= set(get_args(ErrorType))
    for zh, en in [*WORDS.values(), OTHERWISE]:
        without_names = re.sub(r"\{\w+\}|\d{4}-[\dT:+-]*", "", zh)
        assert set(re.findall(r"[A-Za-z]+", without_names)) <= ASCII_WORDS
        assert not re.search(r"[\u3400-\u9fff]", en)


def test_a_type_that_nobody_worded_has_no_sentence_of_the_library() -> None:
    error: Any = {"type": "callable_type", "loc": (), "msg": "Input should be callable", "input": 1}
    assert problem_words(error) == OTHERWISE
    error["type"] = "greater_than_equal"
    assert problem_words(error) == OTHERWISE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ("中", '"中"'),
        (b"\xff{", '"�{"'),
        (2**70, str(2**70)),
        ({"a": [True]}, '{"a":[true]}'),
    ],
)
def test_a_value_is_shown_as_json(value: Any, text: str) -> None:
    assert shown(value) == text
    assert len(shown("x" * 500)) == 80


def test_a_kind_is_told_without_the_value() -> None:
    assert json_kind("110101199003070011") == ("18 个字符的文字", "text of 18 characters")
    kinds: list[object] = [None, True, 1, {}]
    assert [json_kind(each)[1] for each in kinds] == [
        "null",
        "a boolean",
        "a number",
        "an object",
    ]


@pytest.mark.parametrize(
    ("topic", "body", "zh", "en"),
    [
        (
            "FundAllocated.v1",
            {"campaign": "b", "line": "l"},
            "amount_fen：缺少此项",
            "amount_fen: it is missing",
        ),
        (
            "FundAllocated.v1",
            {"campaign": "b", "line": "l", "amount_fen": "1"},
            "amount_fen：应为整数",
            "amount_fen: expected a whole number",
        ),
    ],
)
def test_an_event_that_does_not_fit_is_refused_in_both_languages(
    topic: str, body: dict[str, Any], zh: str, en: str
) -> None:
    with pytest.raises(Refused) as caught:
        parse_event(topic, body)
    refusal = caught.value
    assert refusal.code == "body-invalid"
    assert zh in refusal.message("zh")
    assert en in refusal.message("en")
    assert refusal.details["problems"] == [zh]
    assert refusal.details["problems_en"] == [en]


def test_what_several_fields_say_together_is_told_in_chinese_too() -> None:
    from ledger.domain.policy.campaign_policy import Window

    with pytest.raises(ValidationError) as caught:
        Window.model_validate({"start": "2026-02-01", "end": "2026-01-01"})
    assert problem_words(caught.value.errors()[0]) == (
        "期间的结束早于开始",
        "the window ends before it starts",
    )
