"""The refusal of a statement that the program cannot decide (无法判定): a mistake of ours, and its alone."""

from __future__ import annotations

import secrets

import structlog

from ledger.errors import Refused, Rule

NOT_DECIDABLE = Rule(
    "not-decidable",
    zh="系统无法判定此签署件，未登记：请把编号 {number} 告诉管理员，日志中有详情",
    en="the program cannot decide this statement, nothing was recorded: the log has the reason under {number}",
)

_log = structlog.get_logger(__name__)


def undecidable(error: BaseException, statement_id: str | None = None) -> Refused:
    """Log an unexpected error with its traceback under a number, and return the refusal that names it."""
    number = secrets.token_hex(4)
    _log.error(
        "a statement cannot be decided",
        number=number,
        statement=statement_id,
        exc_info=(type(error), error, error.__traceback__),
    )
    return NOT_DECIDABLE.refused(number=number)
