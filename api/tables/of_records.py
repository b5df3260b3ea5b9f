"""Lists of what is recorded (记录列表): entries, what changed since, who looked at what, officers and their keys."""

from __future__ import annotations

from api.audit.queries import SAMPLES
from api.audit.rows import ListedSample
from api.tables.finishing import name_changes
from api.tables.listed import TabledAccess, TabledChange, TabledKey, TabledOfficer
from api.tables.table import Order, Table
from projections.frame.view import AS_OF
from projections.views.timeline import EventRow

_THEN = AS_OF.replace("as_of", "since")
_VERSION = "'{from_position,to_position,person}'::text[]"
"""What differs without anything having changed, and what nobody is shown."""


def _texts_of(member: str) -> str:
    """A member of a line of the access log that holds several texts, null where it holds all there are."""
    return (
        f"CASE jsonb_typeof(a.line -> '{member}') WHEN 'array' THEN"
        f" array(SELECT jsonb_array_elements_text(a.line -> '{member}')) END AS {member}"
    )


RECORDS = (
    Table(
        name="events",
        title=("登记流水", "Entries"),
        row=EventRow,
        resource="history",
        source="SELECT t.* FROM timeline t WHERE t.position <= %(as_of)s",
        key="position",
        order=(Order("position", descending=True),),
        shown=(
            "position",
            "type",
            "happened_on",
            "recorded_at",
            "officer",
            "unit",
            "amount_fen",
            "campaign",
        ),
        more=("case_id", "dossier", "payout"),
        groups=("type", "unit", "officer", "campaign", "happened_on"),
        families={"type": "event", "unit": "unit", "officer": "officer", "campaign": "campaign"},
    ),
    Table(
        name="changes",
        title=("变更情况", "What changed"),
        row=TabledChange,
        resource="history",
        since=True,
        source=(
            "SELECT coalesce(b.case_id, a.case_id) AS case_id,"
            " coalesce(b.nominated_position, a.nominated_position) AS nominated_position,"
            " CASE WHEN a.case_id IS NULL THEN 'added' WHEN b.case_id IS NULL THEN 'removed' ELSE 'changed' END"
            "  AS change, coalesce(b.campaign, a.campaign) AS campaign, coalesce(b.unit, a.unit) AS unit,"
            " coalesce(b.dossier, a.dossier) AS dossier, a.state AS state_before, b.state AS state_after,"
            " a.approved_fen AS approved_before_fen, b.approved_fen AS approved_after_fen,"
            " coalesce(b.approved_fen, 0) - coalesce(a.approved_fen, 0) AS approved_change_fen,"
            " coalesce(b.paid_fen - b.returned_fen, 0) - coalesce(a.paid_fen - a.returned_fen, 0) AS kept_change_fen,"
            f" to_jsonb(a) - {_VERSION} AS before, to_jsonb(b) - {_VERSION} AS after"
            f" FROM (SELECT k.* FROM cases k WHERE {_THEN}) a"
            f" FULL JOIN (SELECT k.* FROM cases k WHERE {AS_OF}) b ON b.case_id = a.case_id"
            " WHERE a.from_position IS DISTINCT FROM b.from_position"
            f" AND to_jsonb(a) - {_VERSION} IS DISTINCT FROM to_jsonb(b) - {_VERSION}"
        ),
        key="nominated_position",
        order=(Order("unit"), Order("nominated_position")),
        shown=(
            "change",
            "masked_name",
            "unit",
            "state_before",
            "state_after",
            "approved_before_fen",
            "approved_after_fen",
            "approved_change_fen",
            "kept_change_fen",
            "before_said",
            "after_said",
            "campaign",
        ),
        more=("nominated_position", "case_id"),
        sums=("approved_change_fen", "kept_change_fen"),
        groups=("unit", "change", "state_before", "state_after", "campaign"),
        families={
            "change": "change",
            "unit": "unit",
            "state_before": "case-state",
            "state_after": "case-state",
            "campaign": "campaign",
        },
        named_by="dossier",
        finish=name_changes,
        recorded_as="export",
    ),
    Table(
        name="samples",
        title=("抽查与底稿", "Samples and their papers"),
        row=ListedSample,
        resource="history",
        source=SAMPLES,
        key="sample",
        order=(Order("position", descending=True),),
        shown=(
            "position",
            "unit",
            "examined",
            "exceptions",
            "prepared_by",
            "prepared_on",
            "state",
            "reviewed_by",
            "reviewed_on",
            "opinion",
            "campaign",
        ),
        more=("sample",),
        groups=("unit", "state", "prepared_by", "reviewed_by", "campaign"),
        families={"unit": "unit", "state": "paper-state", "campaign": "campaign"},
        recorded_as="search",
    ),
    Table(
        name="access",
        title=("查阅日志", "Access log"),
        row=TabledAccess,
        resource="history",
        newest="SELECT coalesce(max(a.number), 0) AS newest FROM access_log a",
        source=(
            "SELECT a.number, a.at::timestamptz AS at, a.kind, a.officer, a.line ->> 'unit' AS unit,"
            f" a.line ->> 'what' AS what, {_texts_of('campaigns')}, {_texts_of('units')},"
            " a.line ->> 'subject' AS subject, (a.line ->> 'rows')::bigint AS shown, a.line ->> 'code' AS code,"
            " a.line ->> 'address' AS address FROM access_log a WHERE a.number <= %(upto)s"
        ),
        key="number",
        order=(Order("number", descending=True),),
        shown=(
            "at",
            "kind",
            "officer",
            "unit",
            "what",
            "subject",
            "shown",
            "code",
            "campaigns",
            "units",
        ),
        more=("number", "address"),
        groups=("kind", "officer", "unit", "what", "code"),
        families={
            "kind": "access-kind",
            "officer": "officer",
            "unit": "unit",
            "campaigns": "campaign",
            "units": "unit",
        },
        recorded_as="access-log",
    ),
    Table(
        name="officers",
        title=("人员", "Officers"),
        row=TabledOfficer,
        resource="registry",
        source=(
            "SELECT o.officer, o.name, o.unit, o.position, g.grants,"
            " array(SELECT DISTINCT x ->> 'role' FROM jsonb_array_elements(coalesce(g.grants, '[]')) x ORDER BY 1)"
            "  AS roles, coalesce(h.keys, '[]') AS keys, h.key_since, h.last_used FROM officers o"
            f" LEFT JOIN (SELECT * FROM grants t WHERE {AS_OF}) g ON g.officer = o.officer"
            " LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('key', k.key, 'valid_from', k.valid_from,"
            "   'revoked_from', k.revoked_from, 'compromised', k.compromised, 'last_used', u.last_used)"
            "   ORDER BY k.valid_from) AS keys,"
            "  min(k.valid_from::timestamptz) FILTER (WHERE k.revoked_from IS NULL) AS key_since,"
            "  max(u.last_used) AS last_used"
            "  FROM keys k LEFT JOIN LATERAL (SELECT max(t.position) AS last_used FROM timeline t"
            "    WHERE t.officer = k.officer AND t.key = k.key AND t.position <= %(as_of)s) u ON true"
            f"  WHERE k.officer = o.officer AND {AS_OF}) h ON true WHERE o.position <= %(as_of)s"
        ),
        key="officer",
        order=(Order("officer"),),
        shown=("name", "unit", "roles", "key_since", "last_used", "officer"),
        groups=("unit",),
        families={"unit": "unit", "roles": "role"},
    ),
    Table(
        name="keys",
        title=("密钥", "Keys"),
        row=TabledKey,
        resource="registry",
        source=(
            "SELECT k.key, k.officer, o.unit, CASE WHEN k.compromised THEN 'compromised'"
            "  WHEN k.revoked_from IS NOT NULL THEN 'revoked' ELSE 'in-force' END AS state,"
            " k.valid_from::timestamptz AS valid_from, k.revoked_from::timestamptz AS revoked_from,"
            " (SELECT max(t.position) FROM timeline t WHERE t.officer = k.officer AND t.key = k.key"
            "   AND t.position <= %(as_of)s) AS last_used"
            f" FROM keys k JOIN officers o ON o.officer = k.officer WHERE {AS_OF}"
        ),
        key="key",
        order=(Order("valid_from"),),
        shown=("officer", "unit", "state", "valid_from", "revoked_from", "last_used", "key"),
        groups=("state", "unit", "officer"),
        families={"officer": "officer", "unit": "unit", "state": "key-state"},
    ),
)
"""The tables of records."""
