"""The questions of these commands (签署类命令的查询): each by its route's path, and by the views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, cast

from api.audit import sampling
from api.audit.draws import ordered_draw
from api.dossiers import queries as dossiers
from api.flags.queries import FlagFilter
from api.flags.queries import flags as standing_flags
from api.gate import LATEST, Row, ScopedViews
from api.investigations.queries import investigations
from api.money import queries as balances
from api.objections import queries as objections
from api.rectifications.queries import rectifications
from api.registry import queries as registry
from api.reports import annexes
from api.roster import queries as roster
from api.wording.masked_names import named
from ledger.domain.policy.campaign_policy import Recipient
from ledger.identity.vault import Vault

Answer = Callable[..., list[Row]]


@dataclass(frozen=True)
class Asked:
    """A question: where a service answers it, and how the views do; both give the same rows.

    ``is_recorded`` says that its answer has a line in the access log.
    """

    path: str
    answer: Answer
    is_paged: bool = False
    is_recorded: bool = True

    def of_views(self, views: ScopedViews, vault: Vault, **parameters: Any) -> list[Row]:
        """The rows that the route would answer, of views that are cut to campaign and unit."""
        return self.answer(views, vault, **parameters)


def _cases(views: ScopedViews, vault: Vault, **asked: Any) -> list[Row]:
    found: list[Row] = []
    while True:
        after = found[-1]["nominated_position"] if found else 0
        part = roster.cases(views, roster.RosterFilter(**asked), after=after, limit=1_000)
        found += part
        if len(part) < 1_000:
            named(found, views, vault)
            return found


def _payouts(views: ScopedViews, vault: Vault, case: str) -> list[Row]:
    return dossiers.payouts(views, case, LATEST)


def _flags(views: ScopedViews, vault: Vault, rule: str | None = None, **cut: Any) -> list[Row]:
    return standing_flags(views, FlagFilter(rule=rule), limit=None)


def _open_objections(views: ScopedViews, vault: Vault, **cut: Any) -> list[Row]:
    return objections.unsettled(views, LATEST)


def _waiting_objections(views: ScopedViews, vault: Vault, **cut: Any) -> list[Row]:
    found: list[Row] = []
    while part := objections.waiting(views, after=found[-1]["number"] if found else None):
        found += part
    return found


def _investigations(views: ScopedViews, vault: Vault, **cut: Any) -> list[Row]:
    return investigations(views)


def _summary(views: ScopedViews, vault: Vault, campaign: str, unit: str) -> list[Row]:
    return roster.summary(views, campaign=campaign, unit=unit)


def _sample(
    views: ScopedViews,
    vault: Vault,
    method: str,
    size: int,
    seed: str,
    as_of: int | None = None,
    **cut: Any,
) -> list[Row]:
    at = LATEST if as_of is None else as_of
    found = sampling.drawn_as_asked(views, cast(sampling.Method, method), size, seed, at).cases
    named(found, views, vault)
    return found


def _draw(views: ScopedViews, vault: Vault, draw: str) -> list[Row]:
    return [asdict(ordered_draw(views, draw))]


def _annex(number: str) -> Answer:
    def answered(views: ScopedViews, vault: Vault, campaign: str, unit: str) -> list[Row]:
        if number == "3":
            of_sums = annexes.annex_of_sums(views, campaign=campaign, unit=unit, as_of=LATEST, of="")
            return cast(list[Row], of_sums.rows)
        recipient: Recipient = "enterprise" if number == "1" else "person"
        return cast(list[Row], annexes.annex(views, vault, recipient, as_of=LATEST, of="").rows)

    return answered


CASES = Asked("/roster", _cases, is_paged=True)
CAMPAIGNS = Asked("/campaigns", lambda views, vault: registry.campaigns(views, LATEST), is_recorded=False)
PAYOUTS = Asked("/payouts", _payouts, is_recorded=False)
FLAGS = Asked("/flags", _flags, is_paged=True)
OPEN_OBJECTIONS = Asked("/objections/open", _open_objections)
WAITING_OBJECTIONS = Asked("/objections", _waiting_objections, is_paged=True)
INVESTIGATIONS = Asked("/investigations", _investigations)
COLLECTIVE = Asked("/collective-help", lambda views, vault: balances.collective(views), is_recorded=False)
RECTIFICATIONS = Asked("/rectifications", lambda views, vault: rectifications(views), is_recorded=False)
SUMMARY = Asked("/summary", _summary, is_recorded=False)
SAMPLE = Asked("/sample", _sample)
DRAW = Asked("/draws", _draw, is_recorded=False)
ANNEXES = {number: Asked(f"/reports/annex-{number}", _annex(number)) for number in ("1", "2", "3")}
