"""Policy loosened (放宽方案), clauses A-8, B-4.

An amendment made a limit, a period, a category, an exclusion or a tie of the policy looser. Raised with the
amendment; as days end and at the campaign's close it names the acts that it let pass until the next
amendment: nominations in a category or group that was not to be had before, approvals and payouts by one
person above the old limit, above a category's old standard, after a shorter notice or without the
confirmation, outside the old window, or in cash. Nothing clears it.
"""

from projections.flags.rule import FlagRule
from projections.flags.subjects.others import amended_policy

_APPROVED_OR_NOMINATED = """
    e.type = 'Nominated' AND (
        'categories' = ANY (l.members) AND c.was IS NULL
        OR 'excluded_groups' = ANY (l.members) AND l.before -> 'excluded_groups' ? (d.facts ->> 'group')
    )
    OR e.type = 'Approved' AND (
        'two_signatures_above_fen' = ANY (l.members) AND e.seconds IS NULL
            AND e.amount_fen > (l.before ->> 'two_signatures_above_fen')::bigint
        OR 'categories' = ANY (l.members) AND e.amount_fen > (c.was ->> 'standard_fen')::bigint
        OR 'notice_working_days' = ANY (l.members)
        OR 'confirmation_required' = ANY (l.members) AND NOT k.confirmed
    )
"""
_PAID = """
    'two_signatures_above_fen' = ANY (l.members) AND e.seconds IS NULL
        AND p.amount_fen > (l.before ->> 'two_signatures_above_fen')::bigint
    OR 'window' = ANY (l.members) AND p.paid_on NOT BETWEEN
        (l.before -> 'window' ->> 'start')::date AND (l.before -> 'window' ->> 'end')::date
    OR 'bank_transfer_required' = ANY (l.members) AND p.method = 'cash'
"""

RULE = FlagRule(
    id="policy-loosened",
    version=1,
    title_zh="放宽方案",
    title_en="Policy loosened",
    clause="A-8",
    severity="medium",
    subject="event",
    touched=amended_policy,
    due="""
        SELECT e.campaign, x.position::text FROM ending e
        JOIN loosenings x ON x.campaign = e.campaign AND x.position <= e.as_of
        WHERE NOT EXISTS (
            SELECT FROM terms n
            WHERE n.campaign = x.campaign AND n.from_position > x.position AND n.from_position <= e.since
        )
    """,
    query=f"""
        WITH loosened AS (
            SELECT a.subject, a.as_of, x.campaign, x.position, x.members, x.before, least(a.as_of, coalesce((
                SELECT min(n.from_position) FROM terms n
                WHERE n.campaign = x.campaign AND n.from_position > x.position
            ), a.as_of)) AS until
            FROM asked a
            JOIN loosenings x ON x.position = a.name::bigint AND x.position <= a.as_of
        ),
        acts AS (
            SELECT l.subject, l.as_of, e.position, e.amount_fen
            FROM loosened l
            JOIN cases k ON k.campaign = l.campaign AND k.from_position > l.position AND k.from_position <= l.until
            JOIN timeline e ON e.position = k.from_position AND e.type IN ('Nominated', 'Approved')
                AND NOT e.after_the_fact
            LEFT JOIN LATERAL (
                SELECT w AS was FROM jsonb_array_elements(l.before -> 'categories') w
                WHERE w ->> 'code' = k.category
            ) c ON true
            LEFT JOIN dossiers d ON d.dossier = k.dossier AND d.from_position <= e.position
                AND (d.to_position IS NULL OR d.to_position > e.position)
            WHERE {_APPROVED_OR_NOMINATED}
            UNION
            SELECT l.subject, l.as_of, p.position, p.amount_fen
            FROM loosened l
            JOIN payouts p ON p.campaign = l.campaign AND p.position > l.position AND p.position <= l.until
                AND NOT p.after_the_fact AND p.form = 'money'
            JOIN timeline e ON e.position = p.position
            WHERE {_PAID}
        )
        SELECT l.subject, l.as_of, t.sponsor,
            l.position || coalesce((array_agg(u.position ORDER BY u.position) FILTER (WHERE u.position > 0))[1:500], '{{}}'),
            sum(u.amount_fen),
            jsonb_build_object('loosened', to_jsonb(l.members), 'acts', count(u.position))
        FROM loosened l
        JOIN terms t ON t.campaign = l.campaign AND t.from_position = l.position
        LEFT JOIN acts u ON u.subject = l.subject AND u.as_of = l.as_of
        GROUP BY l.subject, l.as_of, l.position, l.members, t.sponsor
    """,
)
