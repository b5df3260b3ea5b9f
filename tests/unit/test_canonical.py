"""Canonical JSON: RFC 8785, its public vectors, and the fast encoding that statements use."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.statements.statement import (
    LARGEST_INTEGER,
    canonical,
    canonical_plain,
    parse_canonical,
)

VECTORS = Path(__file__).parent.parent / "vectors" / "jcs"

# RFC 8785, appendix B: IEEE 754 bits → the number's one spelling.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
}


@pytest.mark.parametrize("name", [path.name for path in sorted((VECTORS / "input").iterdir())])
def test_public_vectors(name: str) -> None:
    value = json.loads((VECTORS / "input" / name).read_text(encoding="utf-8"))
    assert canonical(value) == (VECTORS / "output" / name).read_bytes().rstrip(b"\n")


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_spelt_as_ecmascript_spells_them(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number).decode() == text


def test_keys_are_sorted_by_utf16_units() -> None:
    # U+10000 is two units from D800 on, which sort before U+FB33.
    value = {"\ufb33": 1, "\U00010000": 2, "€": 3, "\r": 4, "1": 5, "ö": 6}
    assert list(json.loads(canonical(value))) == ["\r", "1", "ö", "€", "\U00010000", "\ufb33"]


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, -(2**53), "\ud800", {1: 2}, b"x", object()])
def test_what_json_cannot_hold_is_an_error(value: object) -> None:
    with pytest.raises(ValueError):
        canonical(value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_the_fast_encoding_is_the_canonical_one(value: object) -> None:
    assert canonical_plain(value) == canonical(value)
    assert parse_canonical(canonical(value), "value") == value


@given(plain.filter(lambda value: isinstance(value, dict | list) and len(value) > 0))
def test_another_spelling_is_refused(value: object) -> None:
    spaced = json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
    if spaced != canonical(value):
        with pytest.raises(Refused) as refusal:
            parse_canonical(spaced, "value")
        assert refusal.value.code == "not-canonical"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"a":1,"a":1}', "not-canonical"),
        (b'{"b":1,"a":2}', "not-canonical"),
        (b'{"a":"\\u0041"}', "not-canonical"),
        (b'{"a":1e2}', "not-canonical"),
        (b'{"a":9007199254740993}', "statement-malformed"),
        (b'{"a":', "statement-malformed"),
        (b"\xff", "statement-malformed"),
        (b"NaN", "statement-malformed"),
    ],
)
def test_bytes_that_are_not_canonical(raw: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_canonical(raw, "value")
    assert refusal.value.code == code
