"""Pieces of SQL that rules share and that no function of the schema can be (共用的 SQL 片段).

A function with a query inside its value, or one that needs a condition inside an aggregate, is not taken into
the query that calls it, and would be called row by row (ADR 57). What can be a function is one:
``views/functions.py``. In each piece ``a`` is what is asked, as in ``FROM asked a``.
"""

_IS_FINANCE = '$[*].role ? (@ == "finance" || @ == "cashier" || @ == "accountant")'

FACTS_OF_CASE = """dossiers d ON d.dossier = k.dossier AND d.from_position <= a.as_of AND (
    stood_at(d.from_position, d.to_position, a.as_of)
    OR k.paid_fen - k.returned_fen + k.aid_fen > 0 AND d.to_position > (
        SELECT min(o.position) FROM payouts o WHERE o.case_id = k.case_id AND o.position <= a.as_of
    )
)"""
"""Every version of the case's dossier that stands, or stood when or after it was first paid.

What was paid on is not made good by an amendment afterwards: whether that was right, an inspector says.
"""
AMENDED_AWAY = "array_remove(array[CASE WHEN d.to_position <= a.as_of THEN d.to_position END], NULL)"
"""The position of the amendment by which that version of the dossier stands no more, as an array."""


def recorded_on(position: str) -> str:
    """The day on which an entry was recorded, by the calendar of China: nobody chooses it."""
    return (
        "(SELECT (w.recorded_at AT TIME ZONE 'Asia/Shanghai')::date FROM timeline w"
        f" WHERE w.position = {position})"
    )


def counted_on(position: str) -> str:
    """The day from which an entry counts where an earlier one would help: its recording's.

    What an auditor recorded after the fact counts from its date of business, for no payout helps an
    auditor. Finance records after the fact too, and pays.
    """
    return f"""(
        SELECT CASE
            WHEN w.after_the_fact AND EXISTS (
                SELECT FROM grants g
                WHERE g.officer = w.officer AND g.from_position < w.position
                    AND coalesce(g.to_position > w.position, true)
                    AND g.grants @> '[{{"role": "auditor"}}]' AND NOT g.grants @? '{_IS_FINANCE}'
            ) THEN w.happened_on
            ELSE greatest(w.happened_on, (w.recorded_at AT TIME ZONE 'Asia/Shanghai')::date)
        END
        FROM timeline w WHERE w.position = {position}
    )"""


DAY = "(SELECT max(y.day) FROM days y WHERE y.position <= a.as_of)"
"""The last day that had ended."""


def all_payouts(which: str = "true") -> str:
    """``kept_payouts`` of a whole campaign: its returns are added up first, instead of payout by payout."""
    return f"""LATERAL (
    SELECT o.*, o.amount_fen - coalesce(b.fen, 0) AS kept_fen
    FROM payouts o
    LEFT JOIN (
        SELECT r.payout, sum(r.amount_fen) AS fen FROM returns r WHERE r.position <= a.as_of
        GROUP BY r.payout
    ) b ON b.payout = o.payout
    WHERE o.campaign = a.campaign AND o.position <= a.as_of AND {which}
) p ON p.kept_fen > 0"""


HELP = """help AS (
    SELECT a.subject, a.as_of, a.campaign AS asked_campaign, k.campaign, k.unit,
        k.nominated_position AS position, k.paid_fen - k.returned_fen AS kept_fen
    FROM asked a
    JOIN cases_at(a.as_of) k ON k.person = a.name
    WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen)
    UNION ALL
    SELECT a.subject, a.as_of, a.campaign, p.campaign, p.unit, p.position, p.kept_fen
    FROM asked a
    JOIN kept_payouts(a.as_of) p ON p.person = a.name AND p.case_id IS NULL
)"""
"""A person's help in any campaign: cases that are live or paid, and payouts without a case."""


STOPPED_MONTHS = 6
"""For how many months an enterprise must have stopped, where the policy says nothing else."""


def unmet_criteria(policy: str, category: str, dossier: str, stopped_months: str | int) -> str:
    """An array of what a policy asks of a category and a dossier's facts do not show; null for nothing."""
    return f"""(
        SELECT array_agg(c.criterion ORDER BY c.criterion)
        FROM jsonb_array_elements({policy} -> 'categories') AS g
        CROSS JOIN jsonb_array_elements_text(g -> 'criteria') AS c (criterion)
        WHERE g ->> 'code' = {category} AND NOT coalesce(
            CASE c.criterion
                WHEN 'income-below-line' THEN {policy} ->> 'subsistence_line_fen' IS NULL
                    OR ({dossier}.facts ->> 'income_per_head_fen')::bigint
                        < ({policy} ->> 'subsistence_line_fen')::bigint
                WHEN 'cause-given' THEN {dossier}.facts ? 'cause'
                WHEN 'registered-unemployed'
                    THEN {dossier}.facts ->> 'employment' = 'registered-unemployed'
                WHEN 'employed-in-county' THEN ({dossier}.facts ->> 'employed_in_county')::boolean
                WHEN 'model-worker' THEN {dossier}.facts ? 'model_worker'
                WHEN 'stopped-or-closing' THEN {dossier}.facts ? 'closing' OR
                    ({dossier}.facts ->> 'stopped_months')::int >= {stopped_months}
            END,
            false
        )
    )"""


def objections_to(case: str, until: str) -> str:
    """Objections to a case as of a position: name, since when, ``upheld``, and where that was said.

    What the public wrote counts from its receipt, and whether or not an officer has taken it down. By the
    first version of the rules what is taken down named no number.
    """
    return f"""(
        SELECT o.objection AS name, coalesce(r.position, o.lodged_at) AS since, o.upheld,
            o.from_position AS said_at
        FROM objections_at({until}) o
        LEFT JOIN received r ON r.number = o.received
        WHERE o.case_id = {case}
        UNION ALL
        SELECT r.number, r.position, NULL, r.position
        FROM received r
        WHERE r.case_id = {case} AND r.position <= {until} AND NOT EXISTS (
            SELECT FROM objections o
            WHERE o.case_id = r.case_id AND o.lodged_at > r.position AND o.lodged_at <= {until} AND (
                o.received = r.number OR o.received IS NULL AND (
                    SELECT coalesce(max(v.version), 1) FROM rules v WHERE v.position < o.lodged_at
                ) < 2
            )
        )
    )"""


LINKED = """JOIN LATERAL (
    SELECT * FROM links x WHERE x.pair = a.name AND x.position <= a.as_of
    ORDER BY x.position DESC LIMIT 1
) l ON l.found
JOIN dossiers_at(a.as_of) d ON d.dossier = l.first AND NOT d.erased
JOIN dossiers_at(a.as_of) e ON e.dossier = l.second AND NOT e.erased
CROSS JOIN LATERAL (
    SELECT sum(o.amount_fen - coalesce((
        SELECT sum(r.amount_fen) FROM returns r WHERE r.payout = o.payout AND r.position <= a.as_of
    ), 0)) AS kept_fen
    FROM payouts o WHERE o.dossier IN (l.first, l.second) AND o.position <= a.as_of
) p"""
"""The last word of linkage on the asked pair, unless that is that it is none any more, with its two dossiers and
what stays paid on them."""

LINKED_DETAILS = """jsonb_build_object(
    'weight_milli', l.weight_milli, 'levels', l.levels,
    'dossiers', jsonb_build_array(l.first, l.second),
    'units', jsonb_build_array(d.unit, e.unit)
)"""
TWO_NUMBERS = "e.person <> d.person"
"""The pair's dossiers are of different numbers."""

UNITS_PAID_SINCE = """
SELECT e.campaign, c.unit FROM ending e
JOIN accounts c ON c.campaign = e.campaign AND c.account LIKE 'paid/%%' AND c.position <= e.as_of
WHERE EXISTS (
    SELECT FROM timeline x
    WHERE x.position > e.since AND x.position <= e.as_of AND x.campaign = e.campaign
        AND x.type IN ('Disbursed', 'AidDelivered', 'PayoutReturned')
)
GROUP BY e.campaign, c.unit
"""
"""For ``due``: all units that have paid in a campaign in which something was paid since the day before."""

ASSESSED = """assessments s ON s.case_id = k.case_id AND s.from_position <= a.as_of AND (
    stood_at(s.from_position, s.to_position, a.as_of)
    OR k.paid_fen - k.returned_fen + k.aid_fen > 0 AND s.to_position > (
        SELECT min(o.position) FROM payouts o WHERE o.case_id = k.case_id AND o.position <= a.as_of
    )
)"""
"""What a case's household was found to be: as it stands, or stood when or after the case was first paid."""
