"""Questions about the bank (银行对账): which payout a bank's line is about, and a day's sums by line."""

from __future__ import annotations

from collections.abc import Sequence

from api.gate import Row, ScopedViews

_PAYOUT = (
    "SELECT p.payout, p.case_id, p.campaign, p.unit, p.line, p.dossier, p.account, p.paid_on,"
    " p.amount_fen - coalesce(r.fen, 0) AS kept_fen, p.amount_fen,"
    " (SELECT b.result FROM bank_lines b WHERE b.payout = p.payout ORDER BY b.position DESC LIMIT 1) AS bank"
    " FROM payouts p LEFT JOIN LATERAL (SELECT sum(amount_fen)::bigint AS fen FROM returns r"
    "  WHERE r.payout = p.payout) r ON true"
)


def bank_payouts(views: ScopedViews, *, cases: Sequence[str], accounts: Sequence[str]) -> list[Row]:
    """Payouts by bank, of these cases or to accounts with these marks, the newest first."""
    return views.rows(
        f"{_PAYOUT} WHERE p.method = 'bank' AND (p.case_id = ANY(%(cases)s) OR p.account = ANY(%(accounts)s))"
        " ORDER BY p.position DESC",
        cases=list(cases),
        accounts=list(accounts),
    )


def day_sums(views: ScopedViews, campaign: str, as_of: int) -> list[Row]:
    """Each day's payouts by bank and line: what was paid, what the bank booked and bounced, in fen.

    ``unmatched`` counts payouts of which the bank has said nothing; ``reconciled`` names who closed
    the day for that line last, whenever they signed, or is null: also where ``paid_since`` counts
    payouts that were recorded after that closing, which does not cover them.
    """
    return views.rows(
        "SELECT p.paid_on AS day, p.line, count(*) AS payouts, sum(p.amount_fen)::bigint AS ledger_fen,"
        " coalesce(sum(b.amount_fen) FILTER (WHERE b.result <> 'bounced'), 0)::bigint AS bank_fen,"
        " coalesce(sum(b.amount_fen) FILTER (WHERE b.result = 'bounced'), 0)::bigint AS bounced_fen,"
        " count(*) FILTER (WHERE b.payout IS NULL) AS unmatched,"
        " (SELECT t.officer FROM timeline t WHERE t.position = c.position"
        "   AND c.position > max(p.position)) AS reconciled,"
        " count(*) FILTER (WHERE p.position > c.position) AS paid_since"
        " FROM payouts p LEFT JOIN LATERAL (SELECT * FROM bank_lines b WHERE b.payout = p.payout"
        "   AND b.position <= %(as_of)s ORDER BY b.position DESC LIMIT 1) b ON true"
        " LEFT JOIN (SELECT line, day, max(position) AS position FROM closings"
        "   WHERE campaign = %(campaign)s AND position <= %(as_of)s GROUP BY line, day) c"
        "  ON c.line = p.line AND c.day = p.paid_on"
        " WHERE p.campaign = %(campaign)s AND p.method = 'bank' AND p.position <= %(as_of)s"
        " GROUP BY p.paid_on, p.line, c.position ORDER BY p.paid_on DESC, p.line",
        campaign=campaign,
        as_of=as_of,
    )
