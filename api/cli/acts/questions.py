"""What commands ask (命令的查询): each by its route's path, and by the views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, cast

from api.audit import sampling
from api.audit.draws import ordered_draw
from api.audit.queries import samples
from api.cli.question import Asked
from api.dossiers import queries as dossiers
from api.flags.queries import FlagFilter
from api.flags.queries import flags as standing_flags
from api.gate import LATEST, Row, ScopedViews
from api.gate.references import check_references
from api.investigations.queries import investigations
from api.money import queries as balances
from api.objections import queries as objections
from api.rectifications import queries as rectified
from api.registry import queries as registry
from api.reports import annexes
from api.roster import queries as roster
from api.wording.masked_names import named
from api.wording.subjects import name_subjects
from ledger.domain.policy.campaign_policy import Recipient
from ledger.identity.vault import Vault


def _cases(
    views: ScopedViews,
    vault: Vault,
    *,
    as_of: int = LATEST,
    after: int = 0,
    limit: int = LATEST,
    **asked: Any,
) -> list[Row]:
    found = roster.cases(views, roster.RosterFilter(**asked), as_of=as_of, after=after, limit=limit)
    named(found, views, vault)
    return found


def _payouts(views: ScopedViews, vault: Vault, case: str) -> list[Row]:
    return dossiers.payouts(views, case, LATEST)


def _flags(
    views: ScopedViews, vault: Vault, *, as_of: int = LATEST, limit: int | None = None, **asked: Any
) -> list[Row]:
    check_references(views, rule=asked.get("rule"))
    found = standing_flags(views, FlagFilter(**asked), as_of=as_of, limit=limit)
    name_subjects(found, views, vault)
    return found


def _open_objections(views: ScopedViews, vault: Vault, **cut: Any) -> list[Row]:
    return objections.unsettled(views, LATEST)


def _waiting_objections(views: ScopedViews, vault: Vault, **cut: Any) -> list[Row]:
    found: list[Row] = []
    while part := objections.waiting(views, after=found[-1]["number"] if found else None):
        found += part
    return found


def _rectifications(
    views: ScopedViews, vault: Vault, *, state: str | None = None, as_of: int = LATEST, **cut: Any
) -> list[Row]:
    return rectified.rectifications(views, state, as_of)


def _handed_over(views: ScopedViews, vault: Vault, *, as_of: int = LATEST, **cut: Any) -> list[Row]:
    return rectified.handovers(views, as_of)


def _filed_elsewhere(views: ScopedViews, vault: Vault, *, as_of: int = LATEST, **cut: Any) -> list[Row]:
    return rectified.outside_cases(views, as_of)


def _investigations(views: ScopedViews, vault: Vault, **cut: Any) -> list[Row]:
    return investigations(views)


def _summary(
    views: ScopedViews, vault: Vault, *, campaign: str, unit: str | None = None, as_of: int = LATEST
) -> list[Row]:
    return roster.summary(views, campaign=campaign, unit=unit, as_of=as_of)


def _collective(
    views: ScopedViews, vault: Vault, *, campaign: str | None = None, as_of: int = LATEST
) -> list[Row]:
    return balances.collective(views, as_of, campaign)


def _sample(
    views: ScopedViews,
    vault: Vault,
    method: str,
    size: int,
    seed: str,
    as_of: int = LATEST,
    **cut: Any,
) -> list[Row]:
    found = sampling.drawn_as_asked(views, cast(sampling.Method, method), size, seed, as_of).cases
    named(found, views, vault)
    return found


def _draw(views: ScopedViews, vault: Vault, draw: str) -> list[Row]:
    return [asdict(ordered_draw(views, draw))]


def _annex(number: str) -> Callable[..., list[Row]]:
    def answered(views: ScopedViews, vault: Vault, campaign: str, unit: str) -> list[Row]:
        if number == "3":
            of_sums = annexes.annex_of_sums(views, campaign=campaign, unit=unit, as_of=LATEST, of="")
            return cast(list[Row], of_sums.rows)
        recipient: Recipient = "enterprise" if number == "1" else "person"
        return cast(list[Row], annexes.annex(views, vault, recipient, as_of=LATEST, of="").rows)

    return answered


CASES = Asked("/roster", _cases, is_paged=True)
UNITS = Asked("/units", lambda views, vault: registry.units(views), is_recorded=False)
OFFICERS = Asked("/officers", lambda views, vault: registry.officers(views), is_recorded=False)
CAMPAIGNS = Asked("/campaigns", lambda views, vault: registry.campaigns(views, LATEST), is_recorded=False)
PAYOUTS = Asked("/payouts", _payouts, is_recorded=False)
FLAGS = Asked("/flags", _flags, is_paged=True)
OPEN_OBJECTIONS = Asked("/objections/open", _open_objections)
WAITING_OBJECTIONS = Asked("/objections", _waiting_objections, is_paged=True)
INVESTIGATIONS = Asked("/investigations", _investigations)
COLLECTIVE = Asked("/collective-help", _collective, is_recorded=False)
RECTIFICATIONS = Asked("/rectifications", _rectifications)
HANDED_OVER = Asked("/handovers", _handed_over)
FILED_ELSEWHERE = Asked("/outside-cases", _filed_elsewhere)
SUMMARY = Asked("/summary", _summary, is_recorded=False)
SAMPLE = Asked("/sample", _sample)
SAMPLES = Asked("/samples", lambda views, vault, **cut: samples(views))
DRAW = Asked("/draws", _draw, is_recorded=False)
ANNEXES = {number: Asked(f"/reports/annex-{number}", _annex(number)) for number in ("1", "2", "3")}
