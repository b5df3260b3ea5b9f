"""The questions over HTTP: registry, roster, balances, summary, flags, timelines, differences.

Each answers as of a position, a day or a time, within what the officer may see.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.names import named
from api.problems import documented
from api.queries import balances, difference, flags, investigations, notices, registry, roster, timeline
from api.queries.known import known
from api.queries.moments import position_at
from api.reading import (
    After,
    Asked,
    CampaignName,
    Connected,
    Limit,
    SignedIn,
    UnitName,
    allowed,
    allowed_all,
    answered,
    page,
)
from api.words import in_both
from ledger.event import Event
from ledger.events.dossier import IdentityRevealed
from ledger.standing import UNKNOWN_REFERENCE
from projections.flags.rule import FlagRule, all_rules

router = APIRouter(tags=["views"])


class Rows(BaseModel):
    """Rows as they stood at ``position``, which is a page where ``next`` is a cursor."""

    position: int
    rows: list[dict[str, Any]]
    next: int | None = None


OF_ROSTER = ("case", "dossier", "payout", "unit")
OF_OVERSIGHT = frozenset(
    kind.NAME
    for kind in Event.types.values()
    if kind is IdentityRevealed or (kind.ROLES and {"auditor", "inspector"} >= kind.ROLES)
)
"""Events that only auditors and inspectors sign, and the reading of identities."""

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, as of its position", "model": Rows},
    304: {"description": "The asker has this answer already (If-None-Match)"},
    **documented(401, 403, 404, 422, 503),
}


@router.get("/units", responses=_ANSWERS)
def get_units(request: Request, connection: Connected, reader: SignedIn, moment: Asked) -> Response:
    """All units, those above first."""
    allowed(request, connection, reader, "registry")
    return answered(request, moment, {"rows": registry.units(connection, moment.as_of)})


@router.get("/officers", responses=_ANSWERS)
def get_officers(request: Request, connection: Connected, reader: SignedIn, moment: Asked) -> Response:
    """Officers with their keys: since when, until when, last used at which position."""
    within = allowed(request, connection, reader, "registry")
    return answered(request, moment, {"rows": registry.officers(connection, moment.as_of, within)})


@router.get("/campaigns", responses=_ANSWERS)
def get_campaigns(request: Request, connection: Connected, reader: SignedIn, moment: Asked) -> Response:
    """Campaigns with their policies."""
    allowed(request, connection, reader, "registry")
    return answered(request, moment, {"rows": registry.campaigns(connection, moment.as_of)})


@router.get("/roster", responses=_ANSWERS)
def get_roster(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Asked,
    campaign: CampaignName = None,
    unit: UnitName = None,
    category: Annotated[str | None, Query(max_length=64)] = None,
    state: Annotated[str | None, Query(max_length=32)] = None,
    after: After = 0,
    limit: Limit = 50,
) -> Response:
    """Cases in the order of their nomination; names are masked."""
    within = allowed(request, connection, reader, "roster", campaign, unit)
    found = roster.cases(
        connection,
        as_of=moment.as_of,
        category=category,
        state=state,
        within=within,
        after=after,
        limit=limit,
    )
    cursor = page(found, limit, "nominated_position")
    named(found, connection, request.app.state.vault)
    return answered(request, moment, cursor)


@router.get("/roster/counts", responses=_ANSWERS)
def get_counts(
    request: Request, connection: Connected, reader: SignedIn, moment: Asked, campaign: CampaignName = None
) -> Response:
    """How many cases, and their sums, by campaign, unit, category and state."""
    within = allowed(request, connection, reader, "roster", campaign)
    return answered(request, moment, {"rows": roster.counts(connection, moment.as_of, within)})


@router.get("/balances", responses=_ANSWERS)
def get_balances(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Asked,
    campaign: CampaignName = None,
    by: balances.By = "line",
) -> Response:
    """What came, is committed, went and is left, in fen: by line, source, unit or campaign."""
    matter: Literal["holdings", "lines"] = "holdings" if by == "unit" else "lines"
    within = allowed(request, connection, reader, matter, campaign)
    found = balances.sums(connection, moment.as_of, campaign, by)
    if within.campaigns is not None:
        found = [row for row in found if row["campaign"] in within.campaigns]
    if by == "unit" and within.units is not None:
        seen = registry.below(connection, within.units)
        found = [row for row in found if row["unit"] in seen]
    return answered(request, moment, {"rows": found})


@router.get("/postings", responses=_ANSWERS)
def get_postings(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Asked,
    account: Annotated[str, Query(max_length=200, description="Like line/b2026/workers")],
    after: After = 0,
    limit: Limit = 100,
) -> Response:
    """The postings behind an account's balance."""
    parts = account.split("/")
    allowed(request, connection, reader, "lines", parts[1] if len(parts) > 2 else None)
    known(connection, account=account)
    found = balances.postings(connection, account, as_of=moment.as_of, after=after, limit=limit)
    return answered(request, moment, page(found, limit, "position"))


@router.get("/summary", responses=_ANSWERS)
def get_summary(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Asked,
    campaign: Annotated[str, Query(max_length=64)],
    unit: UnitName = None,
) -> Response:
    """Each unit with all below it, clause A-10."""
    within = allowed(request, connection, reader, "roster", campaign, unit)
    found = roster.summary(connection, campaign=campaign, as_of=moment.as_of, unit=unit)
    if within.units is not None:
        seen = registry.below(connection, within.units)
        found = [row for row in found if row["unit"] in seen]
    return answered(request, moment, {"rows": found})


@router.get("/flags", responses=_ANSWERS)
def get_flags(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Asked,
    campaign: CampaignName = None,
    unit: UnitName = None,
    rule: Annotated[str | None, Query(max_length=64)] = None,
    severity: Literal["high", "medium", "low"] | None = None,
    disposition: Annotated[str | None, Query(max_length=16)] = None,
    cleared: bool = False,
    limit: Limit = 100,
) -> Response:
    """The flags that stand, the most severe first, with what inspectors said of them."""
    within = allowed(request, connection, reader, "flags", campaign, unit)
    found = flags.flags(
        connection,
        as_of=moment.as_of,
        rule=rule,
        severity=severity,
        disposition=disposition,
        cleared=cleared,
        within=within,
        limit=limit,
    )
    return answered(request, moment, {"rows": found})


@router.get("/flags/by-rule", responses=_ANSWERS)
def get_flags_by_rule(
    request: Request, connection: Connected, reader: SignedIn, moment: Asked, campaign: CampaignName = None
) -> Response:
    """How many flags stand of each rule, over how many units, and the money under them."""
    within = allowed(request, connection, reader, "flags", campaign)
    return answered(request, moment, {"rows": flags.by_rule(connection, moment.as_of, within)})


@router.get("/flags/by-unit", responses=_ANSWERS)
def get_flags_by_unit(
    request: Request, connection: Connected, reader: SignedIn, moment: Asked, campaign: CampaignName = None
) -> Response:
    """How many flags stand of each rule in each unit: the heat map."""
    within = allowed(request, connection, reader, "flags", campaign)
    return answered(request, moment, {"rows": flags.by_unit(connection, moment.as_of, within)})


@router.get("/flag", responses=_ANSWERS)
def get_flag(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Asked,
    flag: Annotated[str, Query(max_length=300, description="rule|subject")],
) -> Response:
    """One flag: its rule, how it stands, its history, and the events that are its evidence."""
    found = flags.one_flag(connection, flag, moment.as_of)
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="flag", id=flag)
    campaign = None if found["campaign"] == "-" else found["campaign"]
    allowed(request, connection, reader, "flags", campaign, found["unit"])
    rule = next(each for each in all_rules() if each.id == found["rule"])
    return answered(
        request,
        moment,
        {
            "flag": found,
            "said": in_both(found["details"]),
            "rule": rules_said(rule),
            "history": flags.flag_history(connection, flag, moment.as_of),
            "evidence": timeline.events_at(connection, found["evidence"]),
        },
    )


@router.get("/rules", responses=documented(401))
def get_rules(reader: SignedIn) -> list[dict[str, Any]]:
    """The rules of the flags: titles, severity, clause."""
    return [rules_said(rule) for rule in all_rules()]


@router.get("/event-types", responses=documented(401))
def get_event_types(reader: SignedIn) -> list[dict[str, Any]]:
    """What each type of event is called, by its name without version, as timelines name it."""
    return [
        {"type": kind.NAME, "title": {"zh": kind.TITLE_ZH, "en": kind.TITLE_EN}}
        for kind in Event.types.values()
    ]


def rules_said(rule: FlagRule) -> dict[str, Any]:
    """A rule as people read it."""
    return {
        "rule": rule.id,
        "title": {"zh": rule.title_zh, "en": rule.title_en},
        "severity": rule.severity,
        "clause": rule.clause,
    }


@router.get("/timeline/{kind}", responses=_ANSWERS)
def get_timeline(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Asked,
    kind: timeline.Kind,
    name: Annotated[str, Query(max_length=200)],
    after: After = 0,
    limit: Limit = 200,
) -> Response:
    """What touched a thing, in order, within the officer's units and campaigns.

    What inspectors did is left out for those who may not see flags: they are whom it is about.
    """
    if kind == "event" and not name.isdigit():
        raise UNKNOWN_REFERENCE.refused(kind="event", id=name)
    if kind == "line":
        within = allowed(request, connection, reader, "lines", name.partition("/")[0])._replace(units=None)
    else:
        within = allowed(request, connection, reader, "roster" if kind in OF_ROSTER else "history")
    found = timeline.timeline(connection, kind, name, as_of=moment.as_of, after=after, limit=limit)
    cursor = page(found, limit, "position")
    seen = None if within.units is None else registry.below(connection, within.units)
    cursor["rows"] = [
        row
        for row in found
        if (seen is None or row["unit"] in seen)
        and (within.campaigns is None or row["campaign"] in (None, *within.campaigns))
        and (row["type"] not in OF_OVERSIGHT or reader.may_read("flags"))
    ]
    return answered(request, moment, cursor)


@router.get("/diff", responses=_ANSWERS)
def get_difference(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Asked,
    what: difference.What,
    since: Annotated[str, Query(max_length=40, description="The earlier moment")],
    limit: Limit = 500,
) -> Response:
    """What was added, changed and removed since an earlier moment."""
    allowed_all(request, connection, reader)
    found = difference.difference(
        connection, what, position_at(connection, since), moment.position, limit=limit
    )
    for row in found:
        for side in ("before", "after"):
            row[f"{side}_said"] = in_both(row[side] or {})
    return answered(request, moment, {"rows": found})


@router.get("/investigations", responses=_ANSWERS)
def get_investigations(
    request: Request, connection: Connected, reader: SignedIn, moment: Asked, campaign: CampaignName = None
) -> Response:
    """Discipline cases with their flags, open ones first."""
    within = allowed(request, connection, reader, "cases", campaign)
    found = investigations.investigations(connection, moment.as_of, within)
    return answered(request, moment, {"rows": found})


@router.get("/notices", responses=_ANSWERS)
def get_notices(request: Request, connection: Connected, reader: SignedIn, moment: Asked) -> Response:
    """All public notices, the newest first."""
    within = allowed(request, connection, reader, "roster")
    found = notices.notices(connection, moment.as_of)
    if within.units is not None:
        seen = registry.below(connection, within.units)
        found = [row for row in found if row["unit"] in seen]
    return answered(request, moment, {"rows": found})
