"""The inspectors' questions over HTTP: flags, the dossiers behind them, what hangs together, cases."""

from __future__ import annotations

from typing import Annotated, cast, get_args

from fastapi import APIRouter, Query, Response

from api.flags import graph, paths
from api.flags import queries as flags
from api.flags.among import among
from api.flags.queries import CURSOR_PATTERN, FlagCursor, FlagFilter, flag_cursor
from api.flags.rows import (
    Disposition,
    FlagPage,
    FlagShown,
    GraphAmong,
    GraphPath,
    GraphShown,
    RuleFlags,
    RuleShown,
    UnitFlags,
    WeekFlags,
)
from api.gate import Row, ScopedViews
from api.gate.references import check_references
from api.history import timeline
from api.history.whom import name_whom
from api.service.answers import InBoth, Rows, answered
from api.service.dependencies import (
    Asks,
    CampaignName,
    Limit,
    QueryContext,
    SignedIn,
    UnitName,
    check_recorded,
)
from api.service.problems import documented
from api.wording.in_words import in_words
from api.wording.masked_names import masked_names
from api.wording.subjects import name_subjects
from api.wording.titles import CodeTitles
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.case_chart import MOST_NODES
from projections.flags.catalogue import all_rules
from projections.flags.rule import FlagRule, Severity

router = APIRouter(tags=["oversight"])


@router.get("/flags", responses=answered(FlagPage))
def get_flags(
    asked: Asks,
    campaign: CampaignName = None,
    unit: UnitName = None,
    rule: Annotated[str | None, Query(max_length=64)] = None,
    severity: Severity | None = None,
    disposition: Disposition | None = None,
    cleared: bool = False,
    least_fen: Annotated[
        int | None, Query(ge=0, le=10**15, description="At least so much under it, in fen")
    ] = None,
    after: Annotated[
        str | None, Query(pattern=CURSOR_PATTERN, max_length=330, description="The cursor of the page before")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """The flags that stand, the most severe first, with what inspectors said of them.

    ``next`` asks for the page after this one, and is null on the last; the first page has the ``total``.
    """
    seen = asked.views("flags", campaign, unit)
    check_references(seen, rule=rule)
    wanted = FlagFilter(
        rule=rule, severity=severity, disposition=disposition, cleared=cleared, least_fen=least_fen
    )
    start = None if after is None else flag_cursor(after)
    if start is not None:
        check_recorded(asked.request, asked.access, start.raised_at)
    found = flags.flags(seen, wanted, as_of=asked.as_of, after=start, limit=limit + 1)
    end, total = None, None
    if len(found) > limit:
        found = found[:limit]
        last = found[-1]
        end = FlagCursor(last["rank"], last["raised_at"], last["flag"]).text
    if start is None:
        total = len(found) if end is None else flags.count_flags(seen, wanted, as_of=asked.as_of)
    name_subjects(found, seen, asked.vault)
    return asked.answer({"rows": found, "next": end, "total": total})


@router.get("/flags/by-rule", responses=answered(Rows[RuleFlags]))
def get_flags_by_rule(asked: Asks, campaign: CampaignName = None) -> Response:
    """How many flags stand of each rule, over how many units, and the money under them."""
    return asked.answer({"rows": flags.by_rule(asked.views("flags", campaign), asked.as_of)})


@router.get("/flags/by-unit", responses=answered(Rows[UnitFlags]))
def get_flags_by_unit(asked: Asks, campaign: CampaignName = None) -> Response:
    """How many flags stand of each rule in each unit: the heat map."""
    return asked.answer({"rows": flags.by_unit(asked.views("flags", campaign), asked.as_of)})


@router.get("/flags/by-week", responses=answered(Rows[WeekFlags]))
def get_flags_by_week(asked: Asks, campaign: CampaignName = None) -> Response:
    """How many flags were raised in each week, of each severity: the trend."""
    return asked.answer({"rows": flags.by_week(asked.views("flags", campaign), asked.as_of)})


@router.get("/flag", responses=answered(FlagShown))
def get_flag(
    asked: Asks,
    flag: Annotated[str, Query(max_length=300, description="rule|subject")],
) -> Response:
    """One flag: its rule, how it stands, its history, and the events that are its evidence."""
    views = asked.views("flags")
    found = flags.one_flag(views, flag, asked.as_of)
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="flag", id=flag)
    rule = next(each for each in all_rules() if each.id == found["rule"])
    compared = graph.concerned(views, found["evidence"], asked.as_of)
    evidence = timeline.events_at(views, found["evidence"])
    name_whom(evidence, views, asked.vault)
    named = {"flag": flag, "subject": found["subject"]}
    name_subjects([named], views, asked.vault)
    return asked.answer(
        {
            "flag": found,
            "about": named["about"],
            "said": in_words(CodeTitles(views), found["details"]),
            "rule": _shown(rule),
            "history": flags.flag_history(views, flag, asked.as_of),
            "evidence": evidence,
            "dossiers": _beside(asked, views, compared[: graph.MOST_COMPARED]),
            "more_dossiers": len(compared) > graph.MOST_COMPARED,
        },
    )


@router.get("/rules", responses=documented(401))
def get_rules(reader: SignedIn) -> list[RuleShown]:
    """The rules of the flags: titles, severity, clause."""
    return [_shown(rule) for rule in all_rules()]


def _shown(rule: FlagRule) -> RuleShown:
    return RuleShown(rule.id, InBoth(rule.title_zh, rule.title_en), rule.severity, rule.clause)


@router.get("/graph", responses=answered(GraphShown))
def get_graph(
    asked: Asks,
    node: Annotated[str, Query(max_length=200, description="Like dossier:019b…, account:1:…, officer:wang")],
) -> Response:
    """The neighbours of a node, and what each edge is: who and what hangs together."""
    kind, name = _node(node)
    views = asked.views("flags")
    found = graph.around(views, kind, name, asked.as_of)
    names = masked_names(views, asked.vault, found.dossiers)
    return asked.answer(
        {
            "rows": found.edges,
            "names": names,
            "hidden": found.hidden,
            "total": len(found.edges) + found.hidden,
        }
    )


@router.get("/graph/path", responses=answered(GraphPath))
def get_graph_path(
    asked: Asks,
    node: Annotated[str, Query(max_length=200, description="Where the way begins, like dossier:019b…")],
    to: Annotated[str, Query(max_length=200, description="Where it ends, like account:1:…")],
) -> Response:
    """The shortest way between two nodes, over dossiers and what they share; units and officers are only its ends.

    No more than eight edges, and 2,000 dossiers from each end: ``complete`` says that none were left out.
    """
    for each in (node, to):
        _node(each)
    views = asked.views("flags")
    found = paths.way_between(views, node, to, asked.as_of)
    ends = {end for row in found.edges for end in (row["from"], row["to"])}
    dossiers = [end.removeprefix("dossier:") for end in sorted(ends) if end.startswith("dossier:")]
    return asked.answer(
        {
            "rows": found.edges,
            "names": masked_names(views, asked.vault, dossiers),
            "searched": found.searched,
            "complete": found.complete,
        }
    )


@router.get("/graph/among", responses=answered(GraphAmong))
def get_graph_among(
    asked: Asks,
    node: Annotated[
        list[Annotated[str, Query(max_length=200)]],
        Query(min_length=1, max_length=MOST_NODES, description="The nodes, as many as a chart may have"),
    ],
) -> Response:
    """Every edge between two of these nodes: what a chart shows of them."""
    for each in node:
        _node(each)
    views = asked.views("flags")
    dossiers = [each.removeprefix("dossier:") for each in node if each.startswith("dossier:")]
    return asked.answer(
        {"rows": among(views, node, asked.as_of), "names": masked_names(views, asked.vault, dossiers)}
    )


def _node(node: str) -> tuple[graph.NodeKind, str]:
    """A node's kind and name.

    Raises:
        Refused: ``reference-unknown``.
    """
    kind, _, name = node.partition(":")
    if kind not in get_args(graph.NodeKind):
        raise UNKNOWN_REFERENCE.refused(kind="node", id=node)
    return cast(graph.NodeKind, kind), name


def _beside(asked: QueryContext, views: ScopedViews, found: list[Row]) -> list[Row]:
    """Dossiers as they are compared: names masked, marks for telling what is equal."""
    names = masked_names(views, asked.vault, [row["dossier"] for row in found])
    return [{**row, "masked_name": names.get(row["dossier"], "—")} for row in found]
