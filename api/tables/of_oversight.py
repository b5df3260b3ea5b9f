"""Lists of oversight (监督列表): flags, lists from outside with their hits, cases, what is to be put right, objections."""

from __future__ import annotations

from api.flags.queries import flags_beside
from api.gate import Row, ScopedViews
from api.linkage.queries import pairs
from api.rectifications.queries import TODAY
from api.rectifications.rows import HandoverShown, OutsideCaseShown
from api.registers.rows import ListedRegister
from api.tables.finishing import name_dossiers, name_pairs
from api.tables.listed import (
    TabledFlag,
    TabledHit,
    TabledInvestigation,
    TabledObjection,
    TabledPair,
    TabledRectification,
)
from api.tables.table import Order, Span, Table
from api.wording.subjects import name_subjects
from ledger.domain.register_kinds import COUNTYS_RULE, KINDS, rules_of
from projections.frame.column import names
from projections.frame.view import AS_OF
from projections.views.oversight import InvestigationRow
from projections.views.rectifications import RectificationRow


def _texts(names: list[str]) -> str:
    """Names of this release as an array in a statement; none of them is anybody's words."""
    assert all(name.replace("-", "").isalnum() for name in names)
    return "array[" + ", ".join(f"'{name}'" for name in names) + "]"


def _members(row: type, of: str) -> str:
    """A view's columns, without what the frame keeps beside them."""
    return ", ".join(f"{of}.{name}" for name in names(row))


def _pairs(views: ScopedViews, span: Span, as_of: int) -> list[Row]:
    return [
        {**row, "rules": [flag.partition("|")[0] for flag in row["flags"]]} for row in pairs(views, as_of, ())
    ]


_LIST_RULES = _texts(sorted({COUNTYS_RULE, *(rule for kind in KINDS for rule in rules_of(kind))}))
_RULES_OF_KIND = "".join(f" WHEN '{kind}' THEN {_texts(list(rules_of(kind)))}" for kind in KINDS)
_ON_A_LIST = f"CASE r.kind{_RULES_OF_KIND} ELSE {_texts([COUNTYS_RULE])} END"

OVERSIGHT = (
    Table(
        name="flags",
        title=("疑点", "Flags"),
        row=TabledFlag,
        resource="flags",
        source=(
            "SELECT f.*, NULL::bigint AS cleared_at,"
            " array_position(array['high', 'medium', 'low'], f.severity) AS rank FROM flags f"
            f" WHERE {AS_OF}"
        ),
        key="flag",
        order=(Order("rank"), Order("raised_at")),
        shown=(
            "severity",
            "rule",
            "unit",
            "about",
            "amount_fen",
            "disposition",
            "raised_at",
            "campaign",
        ),
        more=("flag", "rank", "subject"),
        sums=("amount_fen",),
        sums_once_by="subject",
        groups=("severity", "rule", "unit", "disposition", "campaign"),
        families={
            "severity": "severity",
            "rule": "rule",
            "unit": "unit",
            "disposition": "disposition",
            "campaign": "campaign",
        },
        beside=flags_beside("{rows}"),
        derived=frozenset({"disposition"}),
        finish=name_subjects,
    ),
    Table(
        name="lists",
        title=("比对名单", "Lists from outside"),
        row=ListedRegister,
        resource="lists",
        source=(
            "SELECT r.*, t.officer, (SELECT count(*) FROM"
            f"  (SELECT * FROM flags x WHERE {AS_OF} AND x.rule = ANY ({_LIST_RULES})) f"
            "  WHERE r.position = ANY (f.evidence)) AS matched"
            f" FROM (SELECT * FROM registers g WHERE {AS_OF}) r LEFT JOIN timeline t ON t.position = r.position"
        ),
        key="list_id",
        order=(Order("position", descending=True),),
        shown=(
            "title",
            "kind",
            "unit",
            "source",
            "data_on",
            "year",
            "rows",
            "total_fen",
            "invalid",
            "duplicates",
            "matched",
            "keep_until",
            "officer",
            "state",
            "position",
        ),
        more=("list_id",),
        sums=("total_fen",),
        groups=("kind", "unit", "state", "source", "officer"),
        families={"kind": "list-kind", "unit": "unit", "officer": "officer", "state": "list-state"},
        recorded_as="search",
    ),
    Table(
        name="list-hits",
        title=("名单命中", "Hits of lists"),
        row=TabledHit,
        resource="lists",
        source=(
            "SELECT r.list_id || '/' || f.flag AS hit, r.list_id, r.title, r.kind, f.raised_at, f.rule, f.severity,"
            " f.unit, f.amount_fen, f.subject, f.flag, k.dossier"
            f" FROM (SELECT * FROM registers g WHERE {AS_OF}) r"
            f" JOIN (SELECT * FROM flags x WHERE {AS_OF} AND x.rule = ANY ({_LIST_RULES})) f"
            f"  ON r.position = ANY (f.evidence) AND f.rule = ANY ({_ON_A_LIST})"
            " LEFT JOIN LATERAL (SELECT dossier FROM cases c WHERE f.subject = 'case:' || c.campaign || '/' || c.case_id"
            "  ORDER BY c.from_position DESC LIMIT 1) k ON true"
        ),
        key="hit",
        order=(Order("raised_at"),),
        shown=("masked_name", "unit", "title", "kind", "rule", "severity", "amount_fen", "raised_at"),
        more=("hit", "list_id", "flag"),
        sums=("amount_fen",),
        sums_once_by="subject",
        groups=("title", "kind", "rule", "severity", "unit"),
        families={"kind": "list-kind", "rule": "rule", "severity": "severity", "unit": "unit"},
        named_by="dossier",
        finish=name_dossiers,
    ),
    Table(
        name="investigations",
        title=("核查事项", "Discipline cases"),
        row=TabledInvestigation,
        resource="cases",
        source=(
            f"SELECT {_members(InvestigationRow, 'i')}, coalesce(i.finding, 'open') AS state, coalesce(j.flags, '[]') AS flags,"
            " coalesce(j.flagged, 0) AS flagged"
            f" FROM (SELECT * FROM investigations g WHERE {AS_OF}) i LEFT JOIN LATERAL (SELECT count(*) AS flagged,"
            "  jsonb_agg(jsonb_build_object('flag', x.flag, 'raised_at', x.raised_at) ORDER BY x.raised_at) AS flags"
            "  FROM investigation_flags x WHERE x.investigation = i.investigation AND x.position <= %(as_of)s) j ON true"
        ),
        key="investigation",
        order=(Order("opened_at", descending=True),),
        shown=("title", "unit", "state", "amount_fen", "flagged", "opened_at", "campaign"),
        more=("investigation",),
        sums=("amount_fen",),
        groups=("state", "unit", "campaign"),
        families={"state": "investigation-state", "unit": "unit", "campaign": "campaign"},
    ),
    Table(
        name="rectifications",
        title=("整改清单", "To be put right"),
        row=TabledRectification,
        resource="cases",
        source=(
            f"SELECT {_members(RectificationRow, 'i')}, split_part(i.flag, '|', 1) AS rule,"
            " i.struck_off_at IS NOT NULL AS settled,"
            f" CASE WHEN i.struck_off_at IS NOT NULL THEN 'struck-off' WHEN i.due < {TODAY} THEN 'overdue'"
            f" ELSE 'open' END AS state FROM rectifications i WHERE {AS_OF}"
        ),
        key="item",
        order=(Order("settled"), Order("due"), Order("ordered_at"), Order("number")),
        shown=(
            "document",
            "number",
            "unit",
            "what",
            "due",
            "state",
            "rule",
            "struck_off_on",
            "evidence",
            "ordered_at",
            "campaign",
        ),
        more=("item", "settled"),
        groups=("document", "unit", "state", "rule", "due", "campaign"),
        families={
            "unit": "unit",
            "state": "rectification-state",
            "rule": "rule",
            "campaign": "campaign",
        },
        recorded_as="search",
    ),
    Table(
        name="handovers",
        title=("移送事项", "Handed over"),
        row=HandoverShown,
        resource="cases",
        source=(
            "SELECT h.*, array(SELECT c.file_number FROM outside_cases c WHERE c.handover = h.handover"
            "  AND c.position <= %(as_of)s ORDER BY c.position) AS file_numbers"
            " FROM handovers h WHERE h.position <= %(as_of)s"
        ),
        key="handover",
        order=(Order("position", descending=True),),
        shown=(
            "letter",
            "organ",
            "unit",
            "handed_over_on",
            "what",
            "flags",
            "file_numbers",
            "position",
            "campaign",
        ),
        more=("handover",),
        groups=("organ", "unit", "handed_over_on", "campaign"),
        families={"unit": "unit", "campaign": "campaign"},
        recorded_as="search",
    ),
    Table(
        name="outside-cases",
        title=("外部机关立案", "Outside cases"),
        row=OutsideCaseShown,
        resource="cases",
        source="SELECT c.* FROM outside_cases c WHERE c.position <= %(as_of)s",
        key="position",
        order=(Order("position", descending=True),),
        shown=("file_number", "organ", "unit", "filed_on", "what", "position", "campaign"),
        groups=("organ", "unit", "filed_on", "campaign"),
        families={"unit": "unit", "campaign": "campaign"},
        recorded_as="search",
    ),
    Table(
        name="objections",
        title=("异议", "Objections"),
        row=TabledObjection,
        resource="objections",
        source=(
            "SELECT o.objection, o.lodged_at, o.campaign, k.unit, k.case_id, k.dossier,"
            " CASE WHEN o.upheld IS NULL THEN 'open' WHEN o.upheld THEN 'upheld' ELSE 'dismissed' END AS state"
            f" FROM (SELECT * FROM objections g WHERE {AS_OF}) o"
            f" JOIN (SELECT * FROM cases c WHERE {AS_OF}) k ON k.case_id = o.case_id"
        ),
        key="objection",
        order=(Order("lodged_at", descending=True),),
        shown=("lodged_at", "masked_name", "unit", "state", "campaign"),
        more=("objection", "case_id"),
        groups=("state", "unit", "campaign"),
        families={"state": "objection-state", "unit": "unit", "campaign": "campaign"},
        named_by="dossier",
        finish=name_dossiers,
    ),
    Table(
        name="pairs",
        title=("疑似同一人", "Pairs"),
        row=TabledPair,
        resource="history",
        drawn_up=_pairs,
        key="pair",
        order=(Order("weight_milli", descending=True),),
        shown=(
            "kind",
            "first_name",
            "first_unit",
            "second_name",
            "second_unit",
            "weight_milli",
            "name",
            "number",
            "phone",
            "account",
            "home",
            "rules",
            "filed_in",
            "position",
        ),
        more=("pair",),
        groups=("kind", "first_unit", "second_unit", "filed_in"),
        families={
            "kind": "pair-kind",
            "first_unit": "unit",
            "second_unit": "unit",
            "rules": "rule",
            "filed_in": "campaign",
        },
        finish=name_pairs,
    ),
)
"""The tables of oversight."""
