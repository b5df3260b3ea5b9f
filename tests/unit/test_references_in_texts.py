"""What a refusal's text makes of its details: ids, moments, and whatever else was sent."""

from __future__ import annotations

from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Rule

_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["{", "{0.__class__}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)

CASE, OTHER = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"


def test_a_refusal_says_the_serial_number_of_what_it_names() -> None:
    refusal = Rule.all["case-revoked"].refused(case=CASE)
    assert refusal.references() == {CASE}
    refusal.positions = {CASE: 26}
    assert refusal.message("zh") == "该申报或审批已撤销：登记序号 26"
    assert refusal.message("en") == "the case or its approval was revoked: entry 26"
    assert refusal.details == {"case": CASE}


def test_what_is_not_recorded_keeps_its_id() -> None:
    refusal = Rule.all["reference-unknown"].refused(kind="case", id=OTHER)
    refusal.positions = {CASE: 26}
    assert refusal.message("zh") == f"引用的申报不存在：{OTHER}"


def test_a_refusal_that_names_no_statement_has_no_references() -> None:
    assert Rule.all["same-line"].refused(line="workers").references() == set()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("2026-02-01T16:30:00Z", "2026-02-02 00:30:00"),
        ("0000-00-00T00:00:00Z", "0000-00-00T00:00:00Z"),
        ("2026-02-30T00:00:00Z", "2026-02-30T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_moment_is_told_by_chinas_clock_or_as_it_was_sent(sent: str, said: str) -> None:
    assert said in Rule.all["reference-unknown"].refused(kind="case", id=sent).message("zh")


@given(data=st.data())
def test_no_detail_keeps_a_refusal_from_being_told(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(sorted(Rule.all.values(), key=lambda rule: rule.code)))
    names = {
        field.split(".")[0].split("[")[0] for _, field, _, _ in Formatter().parse(rule.zh + rule.en) if field
    }
    details: dict[str, Any] = {name: data.draw(_ANYTHING) for name in sorted(names)}
    assert isinstance(rule.refused(**details).message("zh"), str)
