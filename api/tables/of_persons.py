"""Lists of persons (人员列表): cases, dossiers, what was paid."""

from __future__ import annotations

from api.dossiers.rows import ListedDossier
from api.roster.rows import ListedCase
from api.tables.finishing import name_dossiers
from api.tables.listed import ListedPayout, TabledSlip
from api.tables.table import Order, Table
from api.wording.masked_names import named
from projections.frame.view import AS_OF

PERSONS = (
    Table(
        name="cases",
        title=("名单", "Cases"),
        row=ListedCase,
        resource="roster",
        source=f"SELECT k.*, k.paid_fen - k.returned_fen AS kept_fen FROM cases k WHERE {AS_OF}",
        key="nominated_position",
        order=(Order("nominated_position"),),
        shown=(
            "nominated_position",
            "masked_name",
            "unit",
            "category",
            "state",
            "line",
            "nominated_on",
            "approved_on",
            "paid_on",
            "approved_fen",
            "kept_fen",
            "purpose",
            "visit_mode",
            "campaign",
        ),
        more=("recipient", "case_id"),
        sums=("approved_fen", "kept_fen"),
        groups=(
            "unit",
            "category",
            "state",
            "line",
            "purpose",
            "visit_mode",
            "campaign",
            "nominated_on",
            "approved_on",
            "paid_on",
        ),
        families={
            "unit": "unit",
            "category": "category",
            "state": "case-state",
            "line": "line",
            "campaign": "campaign",
            "purpose": "purpose",
            "visit_mode": "visit-mode",
        },
        headed_by={
            "category": "category_title",
            "purpose": "purpose_title",
            "visit_mode": "visit_mode_title",
        },
        named_by="dossier",
        finish=named,
    ),
    Table(
        name="dossiers",
        title=("档案", "Dossiers"),
        row=ListedDossier,
        resource="roster",
        source=(
            "SELECT d.dossier, d.unit, d.filed_position, coalesce(l.state, 'applied') AS state, l.visited_on,"
            " l.on_file_on, l.reviewed_on, h.persons, h.stated_class"
            f" FROM (SELECT * FROM dossiers t WHERE {AS_OF}) d"
            f" LEFT JOIN (SELECT * FROM dossier_lives t WHERE {AS_OF}) l ON l.dossier = d.dossier"
            f" LEFT JOIN (SELECT * FROM households t WHERE {AS_OF}) h ON h.dossier = d.dossier"
            " WHERE d.recipient = 'person' AND NOT d.erased"
        ),
        key="filed_position",
        order=(Order("filed_position"),),
        shown=(
            "filed_position",
            "masked_name",
            "unit",
            "state",
            "visited_on",
            "on_file_on",
            "reviewed_on",
            "persons",
        ),
        more=("dossier",),
        groups=("unit", "state"),
        families={"unit": "unit", "state": "life-state"},
        named_by="dossier",
        finish=name_dossiers,
    ),
    Table(
        name="payouts",
        title=("发放明细", "Payouts"),
        row=ListedPayout,
        resource="roster",
        source=(
            "SELECT p.payout, p.position, p.campaign, p.unit, p.dossier, p.case_id, p.line, p.method, p.paid_on,"
            " p.amount_fen, coalesce(b.fen, 0)::bigint AS returned_fen, s.bank FROM payouts p LEFT JOIN"
            " (SELECT DISTINCT ON (x.payout) x.payout, x.result AS bank FROM bank_lines x"
            "  WHERE x.position <= %(as_of)s ORDER BY x.payout, x.position DESC) s ON s.payout = p.payout LEFT JOIN"
            " (SELECT r.payout, sum(r.amount_fen) AS fen FROM returns r WHERE r.position <= %(as_of)s"
            "  GROUP BY r.payout) b ON b.payout = p.payout WHERE p.position <= %(as_of)s"
        ),
        key="payout",
        order=(Order("position", descending=True),),
        shown=(
            "position",
            "paid_on",
            "masked_name",
            "unit",
            "line",
            "method",
            "amount_fen",
            "returned_fen",
            "bank",
            "campaign",
        ),
        more=("payout", "case_id"),
        sums=("amount_fen", "returned_fen"),
        groups=("unit", "line", "method", "bank", "campaign", "paid_on"),
        families={
            "unit": "unit",
            "line": "line",
            "campaign": "campaign",
            "method": "method",
            "bank": "bank-result",
        },
        named_by="dossier",
        finish=name_dossiers,
    ),
    Table(
        name="slips",
        title=("领款凭条", "Slips"),
        row=TabledSlip,
        resource="slips",
        source=(
            "SELECT p.position, p.payout, p.campaign, p.unit, p.dossier, p.amount_fen, p.paid_on, s.issued_at"
            " FROM payouts p LEFT JOIN (SELECT x.payout, max(x.position) AS issued_at FROM slips x"
            "  WHERE x.position <= %(as_of)s GROUP BY x.payout) s ON s.payout = p.payout"
            " WHERE p.position <= %(as_of)s"
        ),
        key="payout",
        order=(Order("position"),),
        shown=("position", "paid_on", "masked_name", "unit", "amount_fen", "issued_at", "campaign"),
        more=("payout",),
        sums=("amount_fen",),
        groups=("unit", "paid_on", "campaign"),
        families={"unit": "unit", "campaign": "campaign"},
        named_by="dossier",
        finish=name_dossiers,
    ),
)
"""The tables of persons."""
