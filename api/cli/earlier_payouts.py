"""``songnuan import --payouts``: what was paid in an earlier year is brought in after the fact (补录以前年度发放)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.output import errors
from api.cli.registers import Registering, register
from api.registers.earlier_payouts import EarlierPayoutsFile
from api.registers.loading import Said
from api.roster.choices import Choices
from ledger.clock import china_today
from ledger.domain.register_kinds import EARLIER_PAYOUTS, KINDS

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


class Earlier(NamedTuple):
    """What is said of an earlier year's payouts: of which year, what the list is called, where it comes from."""

    year: int | None
    title: str | None
    source: str | None
    unit: str | None
    choices: Choices


def bring_in(
    file: Path | None, earlier: Earlier, how: Registering, *, after_the_fact: bool, is_roster: bool
) -> None:
    """Reads the list, says how good it is, and on acceptance signs it once; the file itself is not kept."""
    if file is None or not after_the_fact or is_roster:
        raise Misused(
            "以前年度的发放只能补录：--payouts FILE --after-the-fact（不与名单一起导入）",
            "earlier payouts are brought in by --payouts FILE --after-the-fact, without a roster",
        )
    year = _year_of(file, earlier.year)
    first, last = f"{year}-01-01", min(f"{year}-12-31", china_today())
    list_file = EarlierPayoutsFile(file, KINDS[EARLIER_PAYOUTS], (first, last), choices=earlier.choices)
    said = Said(
        title=earlier.title or f"{year}年度发放（补录）",
        source=earlier.source or "原发放名册",
        data_on=last,
        unit=earlier.unit,
        year=year,
    )
    if not how.as_json:
        errors.print(
            say(
                f"补录 {year} 年度发放：只供比对，不记支出，不产生审批和发放",
                f"bringing in what was paid in {year}: for comparing alone, no expense, no approval, no payout",
            )
        )
    register(list_file, said, how)


def _year_of(file: Path, said: int | None) -> int:
    """The year that was said, or the one that stands in the file's name."""
    if said is not None:
        return said
    found = {int(year) for year in _YEAR.findall(file.stem)}
    if len(found) != 1:
        raise Misused(
            f"请以 --year 写明年度：文件名 {file.name} 中没有（或不止一个）年度",
            f"say by --year of which year it is: the name {file.name} does not tell",
        )
    return found.pop()
