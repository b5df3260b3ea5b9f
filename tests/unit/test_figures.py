"""The tables of coverage and mutation that docs/testing.md has."""

from __future__ import annotations

from tools import coverage_table, mutation

RESULTS = """
    ledger.crypto.merkle.x_leaf_hash__mutmut_1: killed
    ledger.crypto.merkle.xǁTreeǁ__init____mutmut_2: survived
    ledger.domain.admission.x_decide__mutmut_1: timeout
    ledger.domain.admission.x_decide__mutmut_2: no tests
"""


def test_a_mutant_that_no_test_fails_for_is_not_counted() -> None:
    outcomes = mutation.parsed(RESULTS)
    assert outcomes["ledger.crypto.merkle.xǁTreeǁ__init____mutmut_2"] == "survived"
    assert mutation.table(outcomes).splitlines()[2:] == [
        "| `ledger.crypto.merkle` | 2 | 1 | 50% |",
        "| `ledger.domain.admission` | 2 | 1 | 50% |",
    ]


def test_rooms_are_added_up_and_all_comes_last() -> None:
    def file(lines: int, covered: int, branches: int = 0, come_by: int = 0) -> dict[str, dict[str, int]]:
        return {
            "summary": {
                "num_statements": lines,
                "covered_lines": covered,
                "num_branches": branches,
                "covered_branches": come_by,
            }
        }

    files = {
        "ledger/log/tiles.py": file(80, 80, 10, 10),
        "ledger/log/deeper/note.py": file(20, 10, 10, 0),
        "ledger/errors.py": file(100, 26),
    }
    assert coverage_table.table(files).splitlines()[2:] == [
        "| `ledger` | 100 | 26% | – |",
        "| `ledger/log` | 100 | 90% | 50% |",
        "| `all` | 200 | 58% | 50% |",
    ]
