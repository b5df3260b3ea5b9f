"""Questions about the bank (银行对账): which payout a bank's line is about, and a day's sums by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from api.bank.rows import ListedDay
from api.gate import LATEST, Row, ScopedViews
from ledger.events.payment_file import MOST_LINES
from projections.frame.column import names
from projections.frame.view import AS_OF

_HOLDER = (
    "LEFT JOIN LATERAL (SELECT coalesce(d.marks ->> 'account_holder', d.marks ->> 'name') AS holder"
    " FROM dossiers d WHERE d.dossier = p.dossier AND d.from_position <= p.position"
    " AND coalesce(d.to_position > p.position, true)) h ON true"
)
"""A payout's account holder as it was when it was paid, by the name's mark."""
_PAYOUT = (
    "SELECT p.payout, p.case_id, p.campaign, p.unit, p.line, p.dossier, p.account, p.paid_on,"
    " p.amount_fen - coalesce(r.fen, 0) AS kept_fen, p.amount_fen, h.holder,"
    " (SELECT array_agg(l.serial) FROM payment_lines l WHERE l.payout = p.payout) AS serials,"
    " (SELECT b.result FROM bank_lines b WHERE b.payout = p.payout ORDER BY b.position DESC LIMIT 1) AS bank,"
    " (SELECT array_agg(b.bank_reference) FROM bank_lines b WHERE b.payout = p.payout) AS said_by"
    " FROM payouts p LEFT JOIN LATERAL (SELECT sum(amount_fen)::bigint AS fen FROM returns r"
    "  WHERE r.payout = p.payout) r ON true"
    f" {_HOLDER}"
)


_STANDS = (
    "NOT EXISTS (SELECT FROM statements_taken_back b JOIN account_statements w"
    " ON w.account_statement = b.account_statement"
    " WHERE w.position = {position} AND b.position <= %(as_of)s)"
)
"""That the statement at a position was not taken back."""

_DEBITED = f"""
    SELECT d.campaign, d.line, d.day, sum(d.amount_fen)::bigint AS debited_fen FROM (
        SELECT o.campaign, o.line, x.booked_on AS day, o.amount_fen
        FROM statement_payouts x JOIN payouts o ON o.payout = x.payout
        WHERE x.direction = 'debit' AND o.campaign {{narrowed}} AND x.position <= %(as_of)s
            AND {_STANDS.format(position="x.position")}
        UNION ALL
        SELECT a.campaign, a.lines[1], e.booked_on, e.amount_fen
        FROM statement_entries e JOIN account_statements a ON a.position = e.position
        WHERE a.campaign {{narrowed}} AND e.position <= %(as_of)s AND cardinality(a.lines) = 1
            AND e.direction = 'debit' AND e.payouts = 0 AND e.moved_by IS NULL
            AND {_STANDS.format(position="e.position")}
    ) d GROUP BY d.campaign, d.line, d.day
"""
"""What statements debit for each line and day, as :class:`ledger.events.bank.StatementDay` has it."""


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


def _days(narrowed: str) -> str:
    """Each day's payouts by bank and line, of the campaigns that a condition narrows to."""
    debited = _DEBITED.format(narrowed=narrowed)
    return (
        "SELECT coalesce(p.campaign, c.campaign, s.campaign) AS campaign, coalesce(p.day, c.day, s.day) AS day,"
        " coalesce(p.line, c.line, s.line) AS line, count(p.position) AS payouts,"
        " coalesce(sum(p.amount_fen), 0)::bigint AS ledger_fen,"
        " coalesce(sum(p.bank_fen) FILTER (WHERE p.result <> 'bounced'), 0)::bigint AS bank_fen,"
        " coalesce(sum(p.bank_fen) FILTER (WHERE p.result = 'bounced'), 0)::bigint AS bounced_fen,"
        " count(p.position) FILTER (WHERE p.result IS NULL) AS unmatched,"
        " (SELECT t.officer FROM timeline t WHERE t.position = c.position"
        "   AND c.position > coalesce(max(p.position), 0)"
        "   AND c.bank_fen = coalesce(s.debited_fen, c.bank_fen)) AS reconciled,"
        " count(*) FILTER (WHERE p.position > c.position) AS paid_since, s.debited_fen AS statement_fen"
        " FROM (SELECT o.campaign, o.paid_on AS day, o.line, o.position, o.amount_fen, b.result,"
        "   b.amount_fen AS bank_fen FROM payouts o LEFT JOIN LATERAL (SELECT * FROM bank_lines l"
        "     WHERE l.payout = o.payout AND l.position <= %(as_of)s ORDER BY l.position DESC LIMIT 1) b ON true"
        f"   WHERE o.campaign {narrowed} AND o.method = 'bank' AND o.position <= %(as_of)s) p"
        " FULL JOIN (SELECT DISTINCT ON (campaign, line, day) campaign, line, day, position, bank_fen FROM closings"
        f"   WHERE campaign {narrowed} AND position <= %(as_of)s ORDER BY campaign, line, day, position DESC) c"
        "  ON c.campaign = p.campaign AND c.line = p.line AND c.day = p.day"
        f" FULL JOIN ({debited}) s ON s.campaign = coalesce(p.campaign, c.campaign)"
        "  AND s.line = coalesce(p.line, c.line) AND s.day = coalesce(p.day, c.day)"
        " GROUP BY 1, 2, 3, c.position, c.bank_fen, s.debited_fen"
    )


DAYS = _days("IS NOT NULL")
"""The days of every campaign, as :func:`day_sums` has them."""


def day_sums(views: ScopedViews, campaign: str, as_of: int) -> list[Row]:
    """Each day's payouts by bank and line: what was paid, what the bank booked and bounced, in fen.

    ``unmatched`` counts payouts of which the bank has said nothing; ``reconciled`` names who closed
    the day for that line last, whenever they signed, or is null: also where ``paid_since`` counts
    payouts that were recorded after that closing, which does not cover them, and where the bank's sum that they
    typed is not the statement's. ``statement_fen`` is what statements of account debit on that day for the line,
    null where none covers it. A day that was closed,
    or debited, without any payout stands here too.
    """
    return views.rows(
        f"SELECT {', '.join(names(ListedDay))} FROM ({_days('= %(campaign)s')}) d ORDER BY day DESC, line",
        campaign=campaign,
        as_of=as_of,
    )


def unsent(views: ScopedViews, campaign: str, replaces: str | None = None) -> list[Row]:
    """Payouts by bank that stand whole and were sent to the bank in no file, or in the one to be replaced alone.

    Those of which the bank has said something already are not among them; nor those whose case was revoked, is
    suspended or was approved anew for less since, or behind which a stolen key is known to be.
    """
    return views.rows(
        "SELECT p.payout, p.case_id, p.dossier, p.unit, p.line, p.amount_fen, p.paid_on, p.account FROM payouts p"
        " WHERE p.campaign = %(campaign)s AND p.method = 'bank' AND NOT p.drawn AND NOT p.after_the_fact"
        " AND NOT EXISTS (SELECT FROM statement_payouts s WHERE s.payout = p.payout AND s.direction = 'debit'"
        f" AND {_STANDS.format(position='s.position')})"
        " AND NOT EXISTS (SELECT FROM returns r WHERE r.payout = p.payout)"
        " AND NOT EXISTS (SELECT FROM bank_lines b WHERE b.payout = p.payout)"
        " AND NOT EXISTS (SELECT FROM payment_lines l WHERE l.payout = p.payout"
        "  AND l.batch IS DISTINCT FROM %(replaces)s::text)"
        " AND EXISTS (SELECT FROM cases k WHERE k.case_id = p.case_id AND k.step = 'approved'"
        "  AND k.agreed_version = k.dossier_version AND k.paid_fen - k.returned_fen <= k.approved_fen"
        f"  AND {AS_OF})"
        " AND NOT EXISTS (SELECT FROM flags f"
        "  WHERE f.flag = 'paid-under-compromised-key|payout:' || p.campaign || '/' || p.payout"
        f"  AND {AS_OF})"
        " ORDER BY p.unit, p.position LIMIT %(most)s",
        campaign=campaign,
        replaces=replaces,
        most=MOST_LINES,
        as_of=LATEST,
    )


FILES = (
    "SELECT f.*, t.officer, (SELECT count(DISTINCT b.payout) FROM payment_lines l"
    "  JOIN bank_lines b ON b.payout = l.payout AND b.position <= %(as_of)s"
    "  WHERE l.batch = f.batch) AS answered"
    " FROM payment_files f JOIN timeline t ON t.position = f.position WHERE f.position <= %(as_of)s"
)
"""The files that were made for the bank, with of how many lines it has spoken."""


def payment_files(views: ScopedViews, campaign: str, as_of: int) -> list[Row]:
    """The files that were made for the bank, the newest first, and of how many lines the bank has spoken."""
    return views.rows(
        f"{FILES} AND f.campaign = %(campaign)s ORDER BY f.position DESC", campaign=campaign, as_of=as_of
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


def account_payouts(views: ScopedViews, campaign: str, lines: Sequence[str]) -> list[Row]:
    """Payouts by bank from these lines, with the files that they stand in, and whether a statement debits them."""
    return views.rows(
        "SELECT p.payout, p.account, p.amount_fen, h.holder,"
        " (SELECT array_agg(l.serial) FROM payment_lines l WHERE l.payout = p.payout) AS serials,"
        " (SELECT array_agg(l.batch) FROM payment_lines l WHERE l.payout = p.payout) AS batches,"
        " EXISTS (SELECT FROM statement_payouts s WHERE s.payout = p.payout AND s.direction = 'debit'"
        f" AND {_STANDS.format(position='s.position')}) AS debited"
        f" FROM payouts p {_HOLDER} WHERE p.campaign = %(campaign)s AND p.line = ANY(%(lines)s)"
        " AND p.method = 'bank' ORDER BY p.position",
        campaign=campaign,
        lines=list(lines),
        as_of=LATEST,
    )


def account_moves(views: ScopedViews, campaign: str, lines: Sequence[str]) -> list[Row]:
    """What moved money of these lines otherwise: allocated, drawn, given back; and what no statement names yet."""
    return views.rows(
        "SELECT m.statement, m.direction, m.amount_fen, m.moved_on AS on FROM moves m"
        " WHERE m.campaign = %(campaign)s AND m.line = ANY(%(lines)s)"
        " AND NOT EXISTS (SELECT FROM statement_entries e WHERE e.moved_by = m.statement"
        f" AND {_STANDS.format(position='e.position')}) ORDER BY m.position",
        campaign=campaign,
        lines=list(lines),
        as_of=LATEST,
    )


STATEMENTS = (
    "SELECT s.*, t.officer, e.debit_fen, e.credit_fen, e.unexplained_fen,"
    " (SELECT b.position FROM statements_taken_back b WHERE b.account_statement = s.account_statement"
    "  AND b.position <= %(as_of)s) AS taken_back_at FROM account_statements s"
    " JOIN timeline t ON t.position = s.position CROSS JOIN LATERAL (SELECT"
    "  coalesce(sum(x.amount_fen) FILTER (WHERE x.direction = 'debit'), 0)::bigint AS debit_fen,"
    "  coalesce(sum(x.amount_fen) FILTER (WHERE x.direction = 'credit'), 0)::bigint AS credit_fen,"
    "  coalesce(sum(x.amount_fen) FILTER (WHERE x.direction = 'debit' AND x.payouts = 0"
    "   AND x.moved_by IS NULL AND NOT EXISTS (SELECT FROM explanations n"
    "    WHERE n.account_statement = s.account_statement AND n.bank_reference = x.bank_reference"
    "    AND n.position <= %(as_of)s)), 0)::bigint AS unexplained_fen"
    "  FROM statement_entries x WHERE x.position = s.position) e WHERE s.position <= %(as_of)s"
)
"""The statements of account on record, with their sums and what is unexplained."""


def account_statements(views: ScopedViews, campaign: str, as_of: int) -> list[Row]:
    """The statements of account on record, the newest first, with their sums and what is unexplained."""
    return views.rows(
        f"{STATEMENTS} AND s.campaign = %(campaign)s ORDER BY s.position DESC", campaign=campaign, as_of=as_of
    )


def unexplained_entries(views: ScopedViews, campaign: str) -> list[Row]:
    """What left accounts for nothing in the ledger and is not explained yet, the newest first."""
    return views.rows(
        "SELECT s.account_statement, s.account, e.bank_reference, e.booked_on, e.amount_fen"
        " FROM statement_entries e JOIN account_statements s ON s.position = e.position"
        " WHERE s.campaign = %(campaign)s AND e.direction = 'debit' AND e.payouts = 0 AND e.moved_by IS NULL"
        " AND NOT EXISTS (SELECT FROM explanations n WHERE n.account_statement = s.account_statement"
        "  AND n.bank_reference = e.bank_reference)"
        f" AND {_STANDS.format(position='e.position')} ORDER BY e.position DESC, e.booked_on",
        campaign=campaign,
        as_of=LATEST,
    )
