"""Limits on JSON are told from the bytes, as decoding would tell them."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.statements.submissions import SubmissionMalformed, read_each, split_submissions
from ledger.errors import Refused
from ledger.statements.json_limits import (
    Limits,
    check_limits,
    check_text,
    split_array,
    split_lines,
)
from ledger.statements.statement import parse_envelope, parse_statement
from tests.commands import processes
from tests.unit.hostile_bodies import HOSTILE, read_alone

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
WIDE = Limits(10**6, 100, 10**6)


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def code(call: Any, *arguments: Any) -> str:
    with pytest.raises(Refused) as error:
        call(*arguments)
    assert "?" not in error.value.message("zh") + error.value.message("en")
    return error.value.code


@given(VALUES)
def test_depth_is_that_of_the_decoded_value(value: Any) -> None:
    raw = orjson.dumps(value)
    depth = depth_of(value)
    check_limits(raw, Limits(len(raw), depth, 10**6))
    if depth > 0:
        assert code(check_limits, raw, Limits(len(raw), depth - 1, 10**6)) == "too-deep"
    assert code(check_limits, raw, Limits(len(raw) - 1, depth, 10**6)) == "too-large"


@given(st.lists(VALUES, max_size=8))
def test_an_array_is_split_as_decoding_would(values: list[Any]) -> None:
    for raw in (orjson.dumps(values), orjson.dumps(values, option=orjson.OPT_INDENT_2)):
        assert [orjson.loads(each) for each in split_array(raw, WIDE, 8, 10**6)] == values


@given(st.binary(max_size=60) | st.text('[]{}",:\\1 ', max_size=40).map(str.encode))
def test_what_is_no_array_never_passes_as_one(raw: bytes) -> None:
    try:
        elements = split_array(raw, WIDE, 100, 10**6)
        decoded = [orjson.loads(each) for each in elements]
    except (ValueError, Refused):
        return
    assert orjson.loads(raw) == decoded


def test_each_limit_has_its_code() -> None:
    assert code(check_limits, b"[[]]" * 5, Limits(100, 9, 9)) == "too-many-values"
    assert code(split_array, b"[1,2,3]", WIDE, 2, 100) == "too-many-elements"
    assert code(split_array, b"[[1,2,3]]", Limits(100, 5, 3), 9, 100) == "too-many-values"
    assert code(split_array, b"[1,[1,2,3]]", WIDE, 9, 4) == "too-many-values"
    assert code(split_array, b'["' + b"x" * 50 + b'"]', Limits(40, 5, 9), 9, 100) == "too-large"
    assert code(split_array, b"[" * 9, Limits(100, 3, 99), 9, 100) == "too-deep"
    assert code(split_lines, b"1\n2\n3", WIDE, 2) == "too-many-elements"
    assert code(split_lines, b"\n" * 9, WIDE, 2) == "too-many-elements"


SURROGATES = st.text(
    st.sampled_from(["\ud83d", "\ude00", "\ud800", "a", "\\", "u", "0", "\0", "é"]), max_size=6
)


@given(SURROGATES)
def test_text_is_what_can_be_written(text: str) -> None:
    raw = json.dumps([text]).encode()
    decoded = json.loads(raw)[0]
    try:
        decoded.encode()
        writable = "\0" not in decoded
    except UnicodeEncodeError:
        writable = False
    if writable:
        check_text(raw)
    else:
        assert code(check_text, raw) == "text-unwritable"


def test_text_is_utf_8() -> None:
    assert code(check_text, b'"\xff"') == "text-unwritable"
    assert code(check_text, "[1]".encode("utf-16")) == "text-unwritable"


def test_what_is_never_closed_is_too_deep_as_well() -> None:
    assert code(check_limits, b"[" * 50, Limits(100, 9, 99)) == "too-deep"
    assert code(check_limits, b"[" * 50 + b"]" * 50, Limits(100, 49, 99)) == "too-deep"
    check_limits(b"[" * 50 + b"]" * 50, Limits(100, 50, 99))
    check_limits(b'{"a":[' + b"[]," * 40 + b"1]", Limits(999, 3, 99))


def test_an_envelope_or_a_statement_is_not_nested_without_end() -> None:
    assert code(parse_envelope, b"[" * 60_000) == "too-deep"
    assert code(parse_statement, b'{"a":' * 9_000) == "too-deep"


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_no_body_within_the_limits_takes_more_than_256_mib(kind: str) -> None:
    answer, answered = processes().Pipe(duplex=False)
    process = processes().Process(target=read_alone, args=(kind, answered))
    process.start()
    answered.close()
    assert 0 < answer.recv() < 256
    process.join()
    assert process.exitcode == 0


def test_elements_are_read_one_by_one_and_the_bad_ones_named() -> None:
    found = read_each(split_submissions(b'[{}, 1, {"envelope": {}}]', as_lines=False))
    assert [isinstance(each, SubmissionMalformed) for each in found] == [True, True, False]
    for body in (b"[]", b"[1", b"[1]]", b"[1}", b"[,1]x"):
        with pytest.raises(SubmissionMalformed):
            read_each(split_submissions(body, as_lines=False))
