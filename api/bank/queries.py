"""Questions about the bank (银行对账): which payout a bank's line is about, and a day's sums by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from api.gate import Row, ScopedViews
from ledger.events.payment_file import MOST_LINES

_PAYOUT = (
    "SELECT p.payout, p.case_id, p.campaign, p.unit, p.line, p.dossier, p.account, p.paid_on,"
    " p.amount_fen - coalesce(r.fen, 0) AS kept_fen, p.amount_fen, h.holder,"
    " (SELECT array_agg(l.serial) FROM payment_lines l WHERE l.payout = p.payout) AS serials,"
    " (SELECT b.result FROM bank_lines b WHERE b.payout = p.payout ORDER BY b.position DESC LIMIT 1) AS bank,"
    " (SELECT array_agg(b.bank_reference) FROM bank_lines b WHERE b.payout = p.payout) AS said_by"
    " FROM payouts p LEFT JOIN LATERAL (SELECT sum(amount_fen)::bigint AS fen FROM returns r"
    "  WHERE r.payout = p.payout) r ON true"
    " LEFT JOIN LATERAL (SELECT coalesce(d.marks ->> 'account_holder', d.marks ->> 'name') AS holder"
    "  FROM dossiers d WHERE d.dossier = p.dossier AND d.from_position <= p.position"
    "  AND (d.to_position IS NULL OR d.to_position > p.position)) h ON true"
)


class Asked(NamedTuple):
    """What the lines of a bank's file name: notes' serials and ids, marks of accounts and holders, hashes."""

    names: Sequence[str]
    accounts: Sequence[str]
    holders: Sequence[str]
    hashes: Sequence[str]


def bank_payouts(views: ScopedViews, asked: Asked) -> list[Row]:
    """Payouts by bank that a file's lines may be about, with account and holder as they were when it was paid."""
    return views.rows(
        f"{_PAYOUT} WHERE p.method = 'bank' AND (p.case_id = ANY(%(names)s) OR p.payout = ANY(%(names)s)"
        " OR p.account = ANY(%(accounts)s) OR h.holder = ANY(%(holders)s)"
        " OR p.payout IN (SELECT l.payout FROM payment_lines l WHERE l.serial = ANY(%(names)s))"
        " OR p.payout IN (SELECT b.payout FROM bank_lines b WHERE b.bank_reference = ANY(%(hashes)s)))"
        " ORDER BY p.position",
        **{name: list(values) for name, values in asked._asdict().items()},
    )


def day_sums(views: ScopedViews, campaign: str, as_of: int) -> list[Row]:
    """Each day's payouts by bank and line: what was paid, what the bank booked and bounced, in fen.

    ``unmatched`` counts payouts of which the bank has said nothing; ``reconciled`` names who closed
    the day for that line last, whenever they signed, or is null: also where ``paid_since`` counts
    payouts that were recorded after that closing, which does not cover them. A day that was closed
    without any payout stands here too.
    """
    return views.rows(
        "SELECT coalesce(p.day, c.day) AS day, coalesce(p.line, c.line) AS line, count(p.position) AS payouts,"
        " coalesce(sum(p.amount_fen), 0)::bigint AS ledger_fen,"
        " coalesce(sum(p.bank_fen) FILTER (WHERE p.result <> 'bounced'), 0)::bigint AS bank_fen,"
        " coalesce(sum(p.bank_fen) FILTER (WHERE p.result = 'bounced'), 0)::bigint AS bounced_fen,"
        " count(p.position) FILTER (WHERE p.result IS NULL) AS unmatched,"
        " (SELECT t.officer FROM timeline t WHERE t.position = c.position"
        "   AND c.position > coalesce(max(p.position), 0)) AS reconciled,"
        " count(*) FILTER (WHERE p.position > c.position) AS paid_since"
        " FROM (SELECT o.paid_on AS day, o.line, o.position, o.amount_fen, b.result, b.amount_fen AS bank_fen"
        "   FROM payouts o LEFT JOIN LATERAL (SELECT * FROM bank_lines l WHERE l.payout = o.payout"
        "     AND l.position <= %(as_of)s ORDER BY l.position DESC LIMIT 1) b ON true"
        "   WHERE o.campaign = %(campaign)s AND o.method = 'bank' AND o.position <= %(as_of)s) p"
        " FULL JOIN (SELECT line, day, max(position) AS position FROM closings"
        "   WHERE campaign = %(campaign)s AND position <= %(as_of)s GROUP BY line, day) c"
        "  ON c.line = p.line AND c.day = p.day"
        " GROUP BY 1, 2, c.position ORDER BY 1 DESC, 2",
        campaign=campaign,
        as_of=as_of,
    )


def unsent(views: ScopedViews, campaign: str, replaces: str | None = None) -> list[Row]:
    """Payouts by bank that stand whole and were sent to the bank in no file, or in the one to be replaced alone.

    Those of which the bank has said something already are not among them.
    """
    return views.rows(
        "SELECT p.payout, p.case_id, p.dossier, p.unit, p.line, p.amount_fen, p.paid_on FROM payouts p"
        " WHERE p.campaign = %(campaign)s AND p.method = 'bank'"
        " AND NOT EXISTS (SELECT FROM returns r WHERE r.payout = p.payout)"
        " AND NOT EXISTS (SELECT FROM bank_lines b WHERE b.payout = p.payout)"
        " AND NOT EXISTS (SELECT FROM payment_lines l WHERE l.payout = p.payout"
        "  AND l.batch IS DISTINCT FROM %(replaces)s::text)"
        " ORDER BY p.unit, p.position LIMIT %(most)s",
        campaign=campaign,
        replaces=replaces,
        most=MOST_LINES,
    )


def payment_files(views: ScopedViews, campaign: str, as_of: int) -> list[Row]:
    """The files that were made for the bank, the newest first, and of how many lines the bank has spoken."""
    return views.rows(
        "SELECT f.*, t.officer, (SELECT count(DISTINCT b.payout) FROM payment_lines l"
        "  JOIN bank_lines b ON b.payout = l.payout AND b.position <= %(as_of)s"
        "  WHERE l.batch = f.batch) AS answered"
        " FROM payment_files f JOIN timeline t ON t.position = f.position"
        " WHERE f.campaign = %(campaign)s AND f.position <= %(as_of)s ORDER BY f.position DESC LIMIT 500",
        campaign=campaign,
        as_of=as_of,
    )


def next_batch(views: ScopedViews, today: str) -> str:
    """The number to propose for a payment file made today: year, month, day and a count of the day.

    Files that the asker may not see are not counted: where the number is taken, the ledger says so.
    """
    day = today[2:].replace("-", "")
    found = views.rows(
        "SELECT max(f.batch) AS last FROM payment_files f WHERE starts_with(f.batch, %(day)s)", day=day
    )
    last = found[0]["last"]
    return f"{day}{min(99, 1 if last is None else int(last[6:]) + 1):02}"
