"""The years that a new statement may name (时间范围), so that days before and after them exist too."""

from __future__ import annotations

from ledger.errors import Rule
from ledger.statements.statement import Statement

TIME_OUT_OF_RANGE = Rule(
    "time-out-of-range",
    zh="时间不合理：{where} 应在 {expected} 之间，实为 {found}",
    en="the time is out of range: {where} must lie in {expected}, found {found}",
)
FIRST_YEAR, LAST_YEAR = "1900", "9998"
"""Between which a new statement's times must lie, so that days before and after them exist too."""


def is_in_range(text: str) -> bool:
    """Whether a day or a moment lies in the years that a new statement may name."""
    return FIRST_YEAR <= text[:4] <= LAST_YEAR


def check_times(statement: Statement) -> None:
    """Refuse a new statement whose own times lie beyond all reason: ``time-out-of-range``."""
    for where, text in (("made_at", statement.made_at), ("on", statement.on)):
        if not is_in_range(text):
            raise TIME_OUT_OF_RANGE.refused(where=where, expected=f"{FIRST_YEAR}–{LAST_YEAR}", found=text)
