"""Help on a dossier not reviewed (复核逾期), clause B-5.

An approval or a payout that stands counts from a day more than the policy's months after the dossier was placed on
file or last reviewed, or after it had ended. A review afterwards does not undo that; revoking the approval, or the
money's coming back, does.
"""

from projections.flags.as_of import counted_on
from projections.flags.rule import FlagRule
from projections.flags.triggers.cases import CASE_APPROVED, LATER_ON_CASE, case_paid

_HELP = """CROSS JOIN LATERAL (
    SELECT max(x.from_position) AS position FROM cases x
    WHERE x.case_id = k.case_id AND x.from_position <= a.as_of AND is_approved(k.step) AND is_approved(x.step)
        AND NOT EXISTS (
            SELECT FROM cases y
            WHERE y.case_id = x.case_id AND y.to_position = x.from_position AND is_approved(y.step)
        )
    UNION ALL
    SELECT o.position FROM kept_payouts(a.as_of) o WHERE o.campaign = a.campaign AND o.case_id = k.case_id
) h"""
"""The approval of a case ``k`` that stands, and the payouts that do."""

RULE = FlagRule(
    id="review-overdue",
    version=1,
    title_zh="复核逾期",
    title_en="Helped on a dossier that was not reviewed, or has ended",
    clause="B-5",
    severity="medium",
    subject="case",
    raised_by=(*CASE_APPROVED, case_paid),
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT a.subject, a.as_of, k.unit,
            array_agg(DISTINCT h.position) || array_agg(DISTINCT v.from_position),
            k.paid_fen - k.returned_fen,
            jsonb_build_object(
                'reviewed_on', min(v.reviewed_on), 'ended_on', min(v.ended_on),
                'months', min(t.policy #>> '{{dossier_life,review_months}}')::int
            )
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign AND t.policy #> '{{dossier_life}}' <> 'null'
            AND (
                t.policy #> '{{dossier_life,categories}}' = '[]'
                OR t.policy #> '{{dossier_life,categories}}' ? k.category
            )
        {_HELP}
        CROSS JOIN LATERAL (SELECT {counted_on("h.position")} AS day) c
        JOIN LATERAL (
            SELECT * FROM dossier_lives x
            WHERE x.dossier = k.dossier AND stood_at(x.from_position, x.to_position, h.position)
        ) v ON true
        WHERE h.position IS NOT NULL AND (
            v.state = 'ended' AND c.day > v.ended_on
            OR v.state <> 'applied'
                AND c.day > v.reviewed_on + make_interval(months => (t.policy #>> '{{dossier_life,review_months}}')::int)
        )
        GROUP BY a.subject, a.as_of, k.unit, k.paid_fen, k.returned_fen
    """,
)
