"""Kinds of registers (名单种类): what a list from outside holds, and what help that meets it means; data, not code.

The kinds of this release stand in ``register_kinds.toml``. A county's own come in files of the same form; what
is recorded of a list is enough for its rule, so that no ledger depends on such a file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from importlib import resources
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.domain.fields import Code
from ledger.errors import Explained

EARLIER_PAYOUTS: Final = "earlier-payouts"
"""The kind of lists that bring in what was paid before the ledger began."""
COUNTYS_RULE = "on-reference-list"
"""The rule of kinds that are not this release's."""

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


class KindsUnreadable(Explained):
    """A file of kinds is not what it should be."""


class RegisterColumn(BaseModel):
    """What a row holds besides its number (名单的栏), and the headings by which it is found."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    headings: Annotated[list[str], Field(min_length=1)]
    holds: Literal["day", "fen", "count", "text"]
    only: list[str] = Field(default_factory=list)
    """Words of which a cell says one, where it says something: a row with another is not the kind's."""


class RegisterKind(BaseModel):
    """One kind of list; what each member means stands at the head of ``register_kinds.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    code: Code
    title_zh: str
    title_en: str
    meaning_zh: str
    meaning_en: str
    rule: Code = COUNTYS_RULE
    severity: Literal["high", "medium", "low"] = "medium"
    identity: Literal["person", "enterprise"] = "person"
    columns: list[RegisterColumn] = Field(default_factory=list)
    needs: list[str] = Field(default_factory=list)
    since: str | None = None
    since_days: int = 0
    until: str | None = None
    until_days: int = 0
    beyond_days: Annotated[int, Field(ge=0, le=3650)] = 0
    relation: Literal["on", "absent", "given"] = "on"
    also: list[Code] = Field(default_factory=list)
    amount: str | None = None
    revealed: str | None = None
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 730

    @model_validator(mode="after")
    def _names_its_columns(self) -> RegisterKind:
        days = {column.name for column in self.columns if column.holds == "day"}
        named = {self.since, self.until} - {None}
        sums = {column.name for column in self.columns if column.holds == "fen"}
        if self.amount is not None and self.amount not in sums:
            raise ValueError(f"{self.code}: amount names no column of money")
        if not named <= days or not set(self.needs) <= {column.name for column in self.columns}:
            raise ValueError(f"{self.code}: since, until and needs name columns, the first two of days")
        return self

    def meets(
        self, facts: Mapping[str, str | int], period: tuple[str | None, str | None]
    ) -> tuple[str | None, str | None]:
        """From which day to which help meets a row; None on a side that is open.

        >>> KINDS["deaths"].meets({"died_on": "2025-12-31"}, ("2025-01-01", "2025-12-31"))
        ('2026-01-01', None)
        >>> KINDS["other-payments"].meets({}, ("2026-01-01", None))
        ('2026-01-01', None)
        """
        since = until = None
        if self.since is not None and self.since in facts:
            since = _shifted(str(facts[self.since]), self.since_days)
        elif period[0] is not None and "since" not in self._open:
            since = _shifted(period[0], -self.beyond_days)
        if self.until is not None and self.until in facts:
            until = _shifted(str(facts[self.until]), self.until_days)
        elif period[1] is not None and "until" not in self._open:
            until = _shifted(period[1], self.beyond_days)
        return since, until

    @property
    def _open(self) -> tuple[str, ...]:
        """The sides on which a row has no end, whatever the list's period is: the dead stay dead."""
        return ("until",) if self.until is None and self.since in self.needs else ()


def _shifted(day: str, days: int) -> str:
    shifted = date.fromisoformat(day) + timedelta(days) if days else date.fromisoformat(day)
    return min(max(shifted, FIRST_DAY), LAST_DAY).isoformat()


def read_kinds(text: str) -> dict[str, RegisterKind]:
    """The kinds in a file's text, by code.

    Raises:
        KindsUnreadable: ``register-kinds-unreadable`` with what is wrong.
    """
    try:
        return {code: RegisterKind(code=code, **said) for code, said in tomllib.loads(text).items()}
    except (tomllib.TOMLDecodeError, ValidationError, TypeError, ValueError) as error:
        problem = str(error).splitlines()[0]
        raise KindsUnreadable(
            "register-kinds-unreadable",
            f"名单种类文件有误：{problem}",
            f"the file of registers' kinds is wrong: {problem}",
        ) from None


KINDS: Mapping[str, RegisterKind] = read_kinds(
    resources.files("ledger.domain").joinpath("register_kinds.toml").read_text(encoding="utf-8")
)
"""The kinds of this release."""


def rules_of(kind: str) -> list[str]:
    """The rules that a list of that kind raises, its own first."""
    return [KINDS[kind].rule, *KINDS[kind].also] if kind in KINDS else [COUNTYS_RULE]


def kind_title(code: str) -> str:
    """A kind's Chinese title (名单种类); a kind that is not known here keeps its code."""
    return KINDS[code].title_zh if code in KINDS else code
