"""Questions about vouchers (记账凭证): a month's postings with the account codes of the policies that stood."""

from __future__ import annotations

from api.gate import LATEST, Row, ScopedViews
from api.vouchers.drawing_up import VOUCHERS_NEED_WHOLE_LINES, Codes, drawn_up
from ledger.domain.policy.accounting import Accounting
from projections.frame.view import AS_OF


def vouchers(views: ScopedViews, campaign: str, month: str, as_of: int = LATEST) -> list[Row]:
    """The lines of a month's vouchers, in order; ``month`` is like 2026-01.

    Raises:
        Refused: ``account-codes-missing``; ``vouchers-need-whole-lines`` for who sees but some units.
    """
    moved = views.rows(
        "SELECT p.position, p.account, p.kind, p.line, p.unit, p.amount_fen,"
        " to_char(p.booked_on, 'YYYY-MM-DD') AS booked_on, p.attachments, p.method,"
        " n.name AS unit_name, t.title AS line_title"
        " FROM postings p LEFT JOIN named_units n ON n.unit = p.unit"
        " LEFT JOIN LATERAL (SELECT b ->> 'title' AS title FROM terms t"
        "   CROSS JOIN LATERAL jsonb_array_elements(t.policy -> 'lines') AS b"
        f"   WHERE t.campaign = p.campaign AND {AS_OF} AND b ->> 'code' = p.line LIMIT 1) t ON true"
        " WHERE p.campaign = %(campaign)s AND p.position <= %(as_of)s AND p.kind <> 'committed'"
        "   AND to_char(p.booked_on, 'YYYY-MM') = %(month)s"
        " ORDER BY p.position, p.amount_fen DESC, p.account",
        campaign=campaign,
        month=month,
        as_of=as_of,
    )
    if moved and not _sees_lines(views, campaign):
        raise VOUCHERS_NEED_WHOLE_LINES.refused(campaign=campaign)
    return drawn_up(moved, codes(views, campaign, as_of), campaign, month)


def codes(views: ScopedViews, campaign: str, as_of: int) -> Codes:
    """The account codes of the campaign's policies as far as they set any, in order."""
    found = views.rows(
        "SELECT t.from_position, t.policy -> 'accounting' AS accounting FROM terms t"
        " WHERE t.campaign = %(campaign)s AND t.from_position <= %(as_of)s"
        "   AND jsonb_typeof(t.policy -> 'accounting') = 'object' ORDER BY t.from_position",
        campaign=campaign,
        as_of=as_of,
    )
    return [(row["from_position"], Accounting.model_validate(row["accounting"])) for row in found]


def _sees_lines(views: ScopedViews, campaign: str) -> bool:
    """Whether lines are seen as a whole, and not only what units hold of them."""
    found = views.rows(
        "SELECT FROM owners o WHERE o.campaign = %(campaign)s AND o.unit IS NULL LIMIT 1", campaign=campaign
    )
    return bool(found)
