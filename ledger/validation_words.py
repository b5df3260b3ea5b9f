"""What is wrong with a value (校验问题), in Chinese and English: this software's words, not a library's.

Whatever pydantic finds is told by its error's type. Its own sentences are English, change with its
versions, and stand in no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Words = tuple[str, str]
"""A text in Chinese and in English."""

LONGEST_SHOWN = 80
ABSENT = "—"
"""What stands for a value that is not there."""


class ValueProblem(ValueError):
    """What a validator of this software finds wrong with a value, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


_WHOLE = ("应为整数", "expected a whole number")
_NUMBER = ("应为数字", "expected a number")
_BOOLEAN = ("应为 true 或 false", "expected true or false")
_TEXT = ("应为文字", "expected text")
_OBJECT = ("应为名称与值的对照（JSON 对象）", "expected a JSON object of names and values")
_LIST = ("应为列表（JSON 数组）", "expected a list")
_DATE = ("应为日期，如 2026-01-15", "expected a date like 2026-01-15")
_TIME = ("应为时间，如 2026-01-15T09:30:00+08:00", "expected a time like 2026-01-15T09:30:00+08:00")
_BYTES = ("应为字节", "expected bytes")
_UUID = ("应为 UUID", "expected a UUID")
_URL = ("应为网址", "expected a URL")
_CHOICE = ("应为 {choices} 之一", "expected one of {choices_en}")
_EMPTY = ("应为空值（null）", "expected null")
_JSON = ("应为 JSON，写法有误", "expected JSON, it is malformed")
_CHARACTERS = ("文字中有不能编码的字符", "the text holds a character that cannot be encoded")

WORDS: Mapping[str, Words] = {
    "missing": ("缺少此项", "it is missing"),
    "missing_argument": ("缺少此项", "it is missing"),
    "extra_forbidden": ("没有名为此的项", "there is no field of that name"),
    "none_required": _EMPTY,
    "json_invalid": _JSON,
    "json_type": _JSON,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": ("整数的位数过多", "the whole number has too many digits"),
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": ("应为有限的数字", "expected a finite number"),
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "string_type": _TEXT,
    "string_unicode": _CHARACTERS,
    "string_not_ascii": ("应只含 ASCII 字符", "expected ASCII characters only"),
    "bytes_type": _BYTES,
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "path_type": ("应为路径", "expected a path"),
    "greater_than": ("应大于 {gt}", "expected more than {gt}"),
    "greater_than_equal": ("应不小于 {ge}", "expected at least {ge}"),
    "less_than": ("应小于 {lt}", "expected less than {lt}"),
    "less_than_equal": ("应不大于 {le}", "expected at most {le}"),
    "multiple_of": ("应为 {multiple_of} 的倍数", "expected a multiple of {multiple_of}"),
    "string_too_short": ("应至少有 {min_length} 个字符", "expected at least {min_length} characters"),
    "string_too_long": ("应至多有 {max_length} 个字符", "expected at most {max_length} characters"),
    "too_short": ("应至少有 {min_length} 项", "expected at least {min_length} items"),
    "too_long": ("应至多有 {max_length} 项", "expected at most {max_length} items"),
    "string_pattern_mismatch": ("应符合格式 {pattern}", "expected to match {pattern}"),
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "union_tag_invalid": ("{discriminator} " + _CHOICE[0], "{discriminator}: " + _CHOICE[1]),
    "union_tag_not_found": ("缺少 {discriminator}", "{discriminator} is missing"),
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_naive": ("时间须带时区，如 +08:00", "the time needs its offset, like +08:00"),
    "timezone_aware": ("时间不得带时区", "the time must have no offset"),
    "uuid_type": _UUID,
    "uuid_parsing": _UUID,
    "url_type": _URL,
    "url_parsing": _URL,
    "url_scheme": _URL,
    "url_too_long": _URL,
}
"""What to say of each type of error; ``{name}`` is filled from the error's context."""

OTHERWISE: Words = ("值的形式不符", "the value is not in the form expected")
"""What is said of any other type."""


def problem_words(error: ErrorDetails) -> Words:
    """What is wrong, in Chinese and English.

    >>> problem_words({"type": "greater_than_equal", "loc": (), "msg": "", "input": 0, "ctx": {"ge": 1}})
    ('应不小于 1', 'expected at least 1')
    """
    context: dict[str, Any] = error.get("ctx", {})
    own = context.get("error")
    if isinstance(own, ValueProblem):
        return own.zh, own.en
    zh, en = WORDS.get(error["type"], OTHERWISE)
    expected = str(context.get("expected") or context.get("expected_tags") or "")
    choices = [choice.strip("'") for choice in expected.replace(" or ", ", ").split(", ")]
    filled = {
        **context,
        "choices": "、".join(choices),
        "choices_en": ", ".join(choices),
        "discriminator": str(context.get("discriminator", "")).strip("'"),
    }
    try:
        return zh.format_map(filled), en.format_map(filled)
    except KeyError:
        return OTHERWISE


def found_text(error: ErrorDetails) -> str:
    """What was found, as JSON, shortened; a dash where there is nothing."""
    if error["type"] in ("missing", "missing_argument"):
        return ABSENT
    return shown(error.get("input"))


def shown(value: Any) -> str:
    """A value as it stands in JSON, shortened; bytes and texts that are no JSON as far as they are text."""
    if isinstance(value, bytes):
        value = value[:LONGEST_SHOWN].decode("utf-8", "replace")
    try:
        text = orjson.dumps(value, default=str).decode()
    except TypeError:
        # A number beyond 64 bits, or half of a surrogate pair.
        text = ascii(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def json_kind(value: Any) -> Words:
    """Which kind of JSON value it is, without the value: it may be a person's.

    >>> json_kind([])
    ('数组', 'an array')
    """
    if value is None:
        return "空值（null）", "null"
    if isinstance(value, bool):
        return "布尔值", "a boolean"
    if isinstance(value, int | float):
        return "数字", "a number"
    if isinstance(value, str):
        return f"{len(value)} 个字符的文字", f"text of {len(value)} characters"
    return ("数组", "an array") if isinstance(value, list) else ("对象", "an object")
