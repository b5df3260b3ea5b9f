"""What papers are made from (文书的依据): the views of who asks, as of a position, and what things are called."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from api.gate import Row, ScopedViews
from api.papers import queries
from api.wording.titles import CodeTitles, category_titles
from ledger.clock import china_time
from ledger.domain.entry import act_of
from ledger.domain.event import Event
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.identity.vault import Vault
from projections.flags.catalogue import all_rules


class Signed(NamedTuple):
    """A statement on record: its event, entry and position, and who signed it as far as that is seen, the first first.

    ``unit`` is that officer's.
    """

    id: str
    position: int
    entry: bytes
    event: Event
    on: str
    recorded: str
    officers: list[str]
    unit: str


class PaperContext:
    """One question for a paper: the views within the asker's scope, as of a position.

    Raises:
        Refused: ``reference-unknown`` as of before the first entry.
    """

    def __init__(
        self,
        views: ScopedViews,
        vault: Vault,
        as_of: int,
        *,
        beyond: ScopedViews | None = None,
        lines: ScopedViews | None = None,
    ) -> None:
        """``beyond`` is what the asker may see where a paper is of one unit alone; ``lines`` the fund lines, if any."""
        self.views = views
        self.beyond = views if beyond is None else beyond
        self.lines = lines
        self.vault = vault
        self.as_of = as_of
        moment = queries.moment(views, as_of)
        if moment is None:
            raise UNKNOWN_REFERENCE.refused(kind="entry", id=str(as_of))
        self.position: int = moment["position"]
        self.recorded_at: datetime = moment["recorded_at"]

    @property
    def made_at(self) -> int:
        """When the newest entry was recorded, in seconds since 1970."""
        return int(self.recorded_at.timestamp())

    @property
    def foot(self) -> str:
        """Up to when the data reach, for the foot of every page."""
        return f"送暖账本　数据截至 {china_time(self.recorded_at)}（登记序号 {self.position:,}）"

    @cached_property
    def titles(self) -> CodeTitles:
        """What codes are called."""
        return CodeTitles(self.views)

    @cached_property
    def _officers(self) -> dict[str, tuple[str, str | None]]:
        return queries.officers_named(self.beyond)

    @cached_property
    def _categories(self) -> dict[tuple[str, str], str]:
        return category_titles(self.views)

    def unit(self, code: str | None) -> str:
        """A unit's name."""
        return "" if code is None else self.titles.title("unit", code)

    def officer(self, code: str | None) -> str:
        """An officer's name."""
        return "" if code is None else self._officers.get(code, (code, None))[0]

    def approver(self, code: str) -> str:
        """The name of who approved; to whom the unit above is not shown, that it was somebody there."""
        return self._officers[code][0] if code in self._officers else "上级审批人"

    def category(self, campaign: str, code: str) -> str:
        """A category's title."""
        return self._categories.get((campaign, code), code)

    def terms(self, campaign: str) -> Row:
        """Title, sponsor and policy of a campaign, as they stood.

        Raises:
            Refused: ``reference-unknown``.
        """
        found = queries.terms(self.views, campaign, self.as_of)
        if found is None:
            raise UNKNOWN_REFERENCE.refused(kind="campaign", id=campaign)
        return found

    def line(self, terms: Row, code: str | None) -> str:
        """What a fund line is called in a campaign's policy."""
        titles = {line["code"]: line.get("title") for line in terms["policy"].get("lines", [])}
        return "" if code is None else titles.get(code) or code

    def signed(self, statement_id: str, kind: type[Any]) -> Signed:
        """A statement of a kind, by its id.

        Raises:
            Refused: ``reference-unknown``, also where it is of another kind or recorded later.
        """
        found = self.statements([statement_id])
        if not found or not isinstance(found[0].event, kind) or found[0].position > self.position:
            raise UNKNOWN_REFERENCE.refused(kind="statement", id=statement_id)
        return found[0]

    def statements(self, statement_ids: list[str]) -> list[Signed]:
        """Statements by their ids, in the order in which they were recorded."""
        return self.said_of(self.views.statements(statement_ids))

    def statements_at(self, positions: list[int]) -> list[Signed]:
        """Statements by their positions."""
        return self.said_of(self.views.statements_at(positions))

    def said_of(self, rows: list[Row]) -> list[Signed]:
        """Statements that were read, in the order in which they were recorded."""
        signers = {
            row["position"]: row for row in queries.signers(self.views, [row["position"] for row in rows])
        }
        said = []
        for row in sorted(rows, key=lambda row: row["position"]):
            entry = bytes(row["entry"])
            act, by = act_of(entry), signers.get(row["position"])
            signed_by = [] if by is None else [by["officer"], *(by["seconds"] or [])]
            said.append(
                Signed(
                    id=row["id"],
                    position=row["position"],
                    entry=entry,
                    event=act.event,
                    on=act.statement.on,
                    recorded=china_time(datetime.fromisoformat(act.recorded_at)),
                    officers=[self.officer(each) for each in signed_by if each],
                    unit=self.unit(self._officers.get(next(iter(signed_by), None) or "", ("", None))[1]),
                )
            )
        return said


def rule_titles() -> dict[str, tuple[str, str]]:
    """Title and clause of each flag rule, by its id."""
    return {rule.id: (rule.title_zh, rule.clause) for rule in all_rules()}
