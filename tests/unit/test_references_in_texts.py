"""What a refusal names by an id, people read by its serial number, once that was looked up."""

from __future__ import annotations

from ledger.errors import Rule

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
