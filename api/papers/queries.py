"""Questions that papers ask (文书查询): payouts with the bank's lines, one discipline case, one notice, an account's month."""

from __future__ import annotations

from collections.abc import Sequence

from api.gate import Row, ScopedViews
from projections.frame.view import AS_OF


def moment(views: ScopedViews, as_of: int) -> Row | None:
    """The last position up to one, and when it was recorded; None before the first."""
    found = views.rows(
        "SELECT position, recorded_at FROM moments WHERE position <= %(as_of)s ORDER BY position DESC LIMIT 1",
        as_of=as_of,
    )
    return found[0] if found else None


def officers_named(views: ScopedViews) -> dict[str, tuple[str, str | None]]:
    """The name and the unit of each officer, by code."""
    found = views.rows("SELECT officer, name, unit FROM officers")
    return {row["officer"]: (row["name"], row["unit"]) for row in found}


def terms(views: ScopedViews, campaign: str, as_of: int) -> Row | None:
    """Title, sponsor and policy of a campaign as they stood; None before it was opened."""
    found = views.rows(
        f"SELECT campaign, title, sponsor, policy FROM terms t WHERE campaign = %(campaign)s AND {AS_OF}",
        campaign=campaign,
        as_of=as_of,
    )
    return found[0] if found else None


def signers(views: ScopedViews, positions: Sequence[int]) -> list[Row]:
    """Who signed the entries at these positions."""
    return views.rows(
        "SELECT position, officer, seconds FROM timeline WHERE position = ANY(%(positions)s)",
        positions=list(positions),
    )


def payouts(views: ScopedViews, cases: Sequence[str], as_of: int) -> list[Row]:
    """Payouts to cases in order, each with what the bank said of it last, and the statement's day that debits it."""
    return views.rows(
        "SELECT p.payout, p.case_id, p.position, p.form, p.amount_fen, p.method, p.paid_on,"
        " (SELECT coalesce(sum(r.amount_fen), 0)::bigint FROM returns r"
        "   WHERE r.payout = p.payout AND r.position <= %(as_of)s) AS returned_fen,"
        " b.result, b.booked_on, b.amount_fen AS bank_fen, b.position AS bank_position,"
        " (SELECT min(s.booked_on) FROM statement_payouts s WHERE s.payout = p.payout"
        "   AND s.direction = 'debit' AND s.position <= %(as_of)s) AS debited_on"
        " FROM payouts p LEFT JOIN LATERAL (SELECT * FROM bank_lines l WHERE l.payout = p.payout"
        "   AND l.position <= %(as_of)s ORDER BY l.position DESC LIMIT 1) b ON true"
        " WHERE p.case_id = ANY(%(cases)s) AND p.position <= %(as_of)s ORDER BY p.position",
        cases=list(cases),
        as_of=as_of,
    )


def population(views: ScopedViews, as_of: int) -> Row:
    """The cases among which a sample is drawn: how many, and what was approved and paid, from when to when."""
    (found,) = views.rows(
        "SELECT count(*) AS cases, coalesce(sum(approved_fen), 0)::bigint AS approved_fen,"
        " coalesce(sum(paid_fen), 0)::bigint AS paid_fen, min(nominated_on) AS first,"
        f" max(greatest(nominated_on, paid_on)) AS last FROM cases k WHERE {AS_OF}",
        as_of=as_of,
    )
    return found


def investigation(views: ScopedViews, investigation_id: str, as_of: int) -> Row | None:
    """A discipline case as it stood, with where its versions begin; None where there is none of that id."""
    found = views.rows(
        "SELECT i.investigation, i.unit, i.campaign, i.title, i.opened_at, i.finding, i.amount_fen,"
        " i.from_position, (SELECT coalesce(jsonb_agg(jsonb_build_object('flag', j.flag,"
        "   'raised_at', j.raised_at, 'position', j.position) ORDER BY j.raised_at, j.flag), '[]')"
        "   FROM investigation_flags j WHERE j.investigation = i.investigation"
        "   AND j.position <= %(as_of)s) AS flags"
        f" FROM investigations i WHERE i.investigation = %(investigation)s AND {AS_OF}",
        investigation=investigation_id,
        as_of=as_of,
    )
    return found[0] if found else None


def subjects(views: ScopedViews, cases: Sequence[str], payouts: Sequence[str]) -> list[Row]:
    """The dossiers of cases and of payouts, each by the id that it was asked for."""
    return views.rows(
        "SELECT DISTINCT ON (k.case_id) k.case_id AS id, k.dossier FROM cases k WHERE k.case_id = ANY(%(cases)s)"
        " UNION ALL SELECT p.payout, p.dossier FROM payouts p WHERE p.payout = ANY(%(payouts)s)",
        cases=list(cases),
        payouts=list(payouts),
    )


def dossiers_of_persons(views: ScopedViews, persons: Sequence[str]) -> list[Row]:
    """One dossier of each person, by the person's mark."""
    return views.rows(
        "SELECT DISTINCT ON (person) person AS id, dossier FROM dossiers WHERE person = ANY(%(persons)s)"
        " ORDER BY person, from_position",
        persons=list(persons),
    )


def flag_versions(views: ScopedViews, flags: Sequence[str], as_of: int) -> list[Row]:
    """The last version of each flag up to a position, cleared since or not."""
    return views.rows(
        "SELECT DISTINCT ON (f.flag) f.*, f.to_position <= %(as_of)s AS is_cleared FROM flags f"
        " WHERE f.flag = ANY(%(flags)s) AND f.from_position <= %(as_of)s"
        " ORDER BY f.flag, f.from_position DESC",
        flags=list(flags),
        as_of=as_of,
    )


def events(views: ScopedViews, positions: Sequence[int], limit: int) -> list[Row]:
    """The events at these positions, in order, at most so many."""
    return views.rows(
        "SELECT position, type, happened_on, recorded_at, officer, unit, dossier, case_id, payout, amount_fen, document,"
        " reason FROM timeline"
        " WHERE position = ANY(%(positions)s) ORDER BY position LIMIT %(limit)s",
        positions=list(positions),
        limit=limit,
    )


MOST_OF_CASE = 60


def events_of_case(views: ScopedViews, case: str, as_of: int) -> list[Row]:
    """What was recorded of a case up to a position, in order, the first sixty; a step with its minutes and papers."""
    return views.rows(
        "SELECT t.position, t.type, t.happened_on, t.recorded_at, t.officer, t.amount_fen, t.document, t.reason,"
        " s.step, s.minutes, s.papers FROM timeline t LEFT JOIN LATERAL (SELECT step, minutes, papers FROM case_steps c"
        "   WHERE c.case_id = %(case)s AND c.position = t.position LIMIT 1) s ON true"
        " WHERE t.case_id = %(case)s AND t.position <= %(as_of)s ORDER BY t.position LIMIT %(limit)s",
        case=case,
        as_of=as_of,
        limit=MOST_OF_CASE,
    )


def account_statements(views: ScopedViews, campaign: str, account: str, as_of: int) -> list[Row]:
    """The statements of an account (对账单) in the order of their days."""
    return views.rows(
        "SELECT position, lines, from_day, to_day, opening_fen, closing_fen FROM account_statements"
        " WHERE campaign = %(campaign)s AND account = %(account)s AND position <= %(as_of)s"
        " ORDER BY from_day, position",
        campaign=campaign,
        account=account,
        as_of=as_of,
    )


def accounts(views: ScopedViews, campaign: str, as_of: int) -> list[str]:
    """The accounts of a campaign that have statements."""
    found = views.rows(
        "SELECT DISTINCT account FROM account_statements WHERE campaign = %(campaign)s"
        " AND position <= %(as_of)s ORDER BY account",
        campaign=campaign,
        as_of=as_of,
    )
    return [row["account"] for row in found]


def bank_side(views: ScopedViews, campaign: str, account: str, day: str, as_of: int) -> list[Row]:
    """Entries of an account's statements up to a day, each with the day on which the ledger has what it is for.

    ``recorded_on`` is null where it is for nothing that is recorded. Of an entry for several payouts it is the
    latest of their days. What left the account has a negative sum.
    """
    return views.rows(
        "SELECT e.position, e.booked_on, CASE e.direction WHEN 'debit' THEN -e.amount_fen ELSE e.amount_fen END"
        "  AS amount_fen, coalesce((SELECT m.moved_on FROM moves m WHERE m.statement = e.moved_by"
        "   AND m.position <= %(as_of)s),"
        "  (SELECT max(CASE e.direction WHEN 'debit' THEN p.paid_on ELSE r.returned_on END)"
        "   FROM statement_payouts s JOIN payouts p ON p.payout = s.payout"
        "   LEFT JOIN returns r ON r.payout = s.payout AND r.position <= %(as_of)s"
        "   WHERE s.position = e.position AND s.bank_reference = e.bank_reference)) AS recorded_on"
        " FROM statement_entries e JOIN account_statements a ON a.position = e.position"
        " WHERE a.campaign = %(campaign)s AND a.account = %(account)s AND e.position <= %(as_of)s"
        "  AND e.booked_on <= %(day)s::date ORDER BY e.booked_on, e.position, e.bank_reference",
        campaign=campaign,
        account=account,
        day=day,
        as_of=as_of,
    )


def books_side(views: ScopedViews, campaign: str, lines: Sequence[str], day: str, as_of: int) -> list[Row]:
    """What moved money of lines by bank up to a day, one row an entry, each with the day of the statement's entry for it.

    ``booked_on`` of the bank is null where no statement shows it yet; ``transfer`` moves money between lines alone,
    which no bank sees where both are of one account. What went out has a negative sum.
    """
    return views.rows(
        "SELECT p.position, p.kind, p.unit, p.recorded_on, p.amount_fen, coalesce("
        "  (SELECT min(e.booked_on) FROM moves m JOIN statement_entries e ON e.moved_by = m.statement"
        "    WHERE m.position = p.position AND e.position <= %(as_of)s),"
        "  (SELECT min(s.booked_on) FROM payouts o JOIN statement_payouts s ON s.payout = o.payout"
        "    WHERE o.position = p.position AND s.direction = 'debit' AND s.position <= %(as_of)s),"
        "  (SELECT min(s.booked_on) FROM returns r JOIN statement_payouts s ON s.payout = r.payout"
        "    WHERE r.position = p.position AND s.direction = 'credit' AND s.position <= %(as_of)s)) AS booked_on"
        " FROM (SELECT position, kind, min(unit) AS unit, min(booked_on) AS recorded_on,"
        "   sum(amount_fen)::bigint AS amount_fen FROM postings WHERE account = ANY(%(accounts)s)"
        "   AND method IS DISTINCT FROM 'cash' AND position <= %(as_of)s AND booked_on <= %(day)s::date"
        "   GROUP BY position, kind HAVING sum(amount_fen) <> 0) p ORDER BY p.recorded_on, p.position",
        accounts=[f"line/{campaign}/{line}" for line in lines],
        day=day,
        as_of=as_of,
    )


def officers(views: ScopedViews, officers: Sequence[str], as_of: int) -> list[Row]:
    """Officers with their units and the roles that they held."""
    return views.rows(
        "SELECT o.officer, o.unit, coalesce((SELECT g.grants FROM grants g WHERE g.officer = o.officer"
        f" AND {AS_OF}), '[]') AS grants FROM officers o WHERE o.officer = ANY(%(officers)s)",
        officers=list(officers),
        as_of=as_of,
    )


LIVE = ("approved", "approved-after-the-fact", "paid-in-part", "paid")
"""The states of a case whose money is approved and not on hold."""


def payable(views: ScopedViews, campaign: str, case: str | None, as_of: int) -> list[Row]:
    """Live cases with money approved or things given, each with how it was paid last; by hand, where notes may be paid."""
    return views.rows(
        "SELECT k.case_id, k.dossier, k.unit, k.category, k.line, k.approved_fen, k.paid_fen, k.returned_fen,"
        " k.approved_on, p.method, p.paid_on AS last_paid_on,"
        " NOT coalesce((t.policy ->> 'bank_transfer_required')::boolean, false) AS by_hand"
        f" FROM (SELECT * FROM cases c WHERE {AS_OF}) k"
        f" JOIN (SELECT campaign, policy FROM terms t WHERE {AS_OF}) t ON t.campaign = k.campaign"
        " LEFT JOIN LATERAL (SELECT method, paid_on FROM payouts p WHERE p.case_id = k.case_id"
        "   AND p.form = 'money' AND p.position <= %(as_of)s ORDER BY p.position DESC LIMIT 1) p ON true"
        " WHERE k.campaign = %(campaign)s AND k.state = ANY(%(live)s) AND (k.approved_fen > 0 OR k.aid_fen > 0)"
        " AND (%(case)s::text IS NULL OR k.case_id = %(case)s)"
        " ORDER BY k.unit, k.nominated_position",
        campaign=campaign,
        case=case,
        live=list(LIVE),
        as_of=as_of,
    )


def given_in_kind(views: ScopedViews, cases: Sequence[str], as_of: int) -> list[Row]:
    """Which entries gave something else than money to cases, where not all of it came back."""
    return views.rows(
        "SELECT p.position, p.case_id FROM payouts p WHERE p.case_id = ANY(%(cases)s) AND p.form <> 'money'"
        " AND p.position <= %(as_of)s AND (p.amount_fen = 0 OR p.amount_fen > (SELECT coalesce(sum(r.amount_fen), 0)"
        "   FROM returns r WHERE r.payout = p.payout AND r.position <= %(as_of)s)) ORDER BY p.position",
        cases=list(cases),
        as_of=as_of,
    )


def approvals(views: ScopedViews, cases: Sequence[str], as_of: int) -> dict[str, list[str]]:
    """Who signed the last approval of each case."""
    rows = views.rows(
        "SELECT DISTINCT ON (t.case_id) t.case_id, t.officer, t.seconds FROM timeline t"
        " WHERE t.case_id = ANY(%(cases)s) AND t.type = 'Approved' AND t.position <= %(as_of)s"
        " ORDER BY t.case_id, t.position DESC",
        cases=list(cases),
        as_of=as_of,
    )
    return {
        row["case_id"]: [each for each in [row["officer"], *(row["seconds"] or [])] if each] for row in rows
    }


def minutes_of(views: ScopedViews, cases: Sequence[str], as_of: int) -> list[str]:
    """The minutes by which the cases were decided together (会议纪要): each number once, with its day."""
    rows = views.rows(
        "SELECT DISTINCT s.minutes, s.held_on FROM case_steps s"
        f" WHERE s.case_id = ANY(%(cases)s) AND s.minutes IS NOT NULL AND {AS_OF} ORDER BY s.held_on, s.minutes",
        cases=list(cases),
        as_of=as_of,
    )
    return [f"{row['minutes']}（{row['held_on']}）" for row in rows]


def sampled_case(views: ScopedViews, case: str, as_of: int) -> Row:
    """A case of a sample as it stood: whose, of which unit and category, and its sums."""
    [found] = views.rows(
        "SELECT k.dossier, k.unit, k.category, k.approved_fen, k.paid_fen, k.returned_fen FROM cases k"
        f" WHERE k.case_id = %(case)s AND {AS_OF}",
        case=case,
        as_of=as_of,
    )
    return found


def titles_of_investigations(views: ScopedViews, investigations: Sequence[str]) -> dict[str, str]:
    """What discipline cases are called."""
    found = views.rows(
        "SELECT DISTINCT investigation, title FROM investigations WHERE investigation = ANY(%(ids)s)",
        ids=list(investigations),
    )
    return {row["investigation"]: row["title"] for row in found}


def sums_of_investigations(views: ScopedViews, investigations: Sequence[str], as_of: int) -> dict[str, int]:
    """The sum that each discipline case is about, in fen, as it stood."""
    found = views.rows(
        f"SELECT investigation, amount_fen FROM investigations i WHERE investigation = ANY(%(ids)s) AND {AS_OF}",
        ids=list(investigations),
        as_of=as_of,
    )
    return {row["investigation"]: row["amount_fen"] for row in found}
