"""A line of the access log as it is answered (查阅日志应答)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel

from ledger.writing.access_log import AccessKind
from projections.frame.column import Number, Title


@dataclass
class AccessRow:
    """One line: when (UTC), what was done by whom, over which scope, and how many rows it gave.

    ``campaigns`` and ``units`` are null for all; ``rows`` is null for a stream; ``elsewhere``
    counts persons on other lists; ``address`` is a keyed mark: the same for the same address.
    """

    number: Annotated[int, Title("行号", "line", only="command")]
    at: Annotated[str, Title("时间", "when")]
    kind: Annotated[AccessKind, Title("类别", "kind")]
    what: Annotated[str, Title("事项", "what")]
    officer: Annotated[str | None, Title("人员", "officer")]
    key: str | None
    unit: str | None
    campaigns: Annotated[list[str] | None, Title("活动", "campaigns")]
    units: Annotated[list[str] | None, Title("单位", "units")]
    subject: Annotated[str | None, Title("对象", "subject")]
    rows: Annotated[Number | None, Title("行数", "rows")]
    elsewhere: Number | None
    code: Annotated[str | None, Title("拒绝代码", "code", only="command")]
    address: str | None
    request: str | None


class AccessPage(BaseModel):
    """A page of the access log, the newest line first; ``next`` is the cursor for ``before``.

    ``total`` counts the lines of all pages, and is null on all but the first.
    """

    rows: list[AccessRow]
    next: int | None
    total: int | None
