"""No public notice, or too short a one (未公示或公示不足), clause A-5.

An approval stands whose case was on no notice, or on none that ran for the policy's working days
(Monday to Friday), from the day of its recording on, and had ended before the day of the approval, by its date and by its
recording.
Cleared by revocation, or by a policy that asks for fewer days.
"""

from projections.flags.as_of import recorded_on
from projections.flags.rule import FlagRule
from projections.flags.triggers.cases import CASE_APPROVED, LATER_ON_CASE

RULE = FlagRule(
    id="no-public-notice",
    version=6,
    title_zh="未公示或公示不足",
    title_en="No sufficient public notice",
    clause="A-5",
    severity="high",
    subject="case",
    raised_by=CASE_APPROVED,
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT a.subject, a.as_of, k.unit, array_remove(array[s.position, n.position], NULL),
            k.paid_fen - k.returned_fen,
            jsonb_build_object(
                'approved_on', k.approved_on, 'notice_until', n.end_on,
                'working_days', coalesce(n.days, 0), 'needed', needed.days
            )
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (SELECT (t.policy ->> 'notice_working_days')::int AS days) needed
        CROSS JOIN LATERAL (
            SELECT e.position, least(k.approved_on, {recorded_on("e.position")}) AS day FROM timeline e
            WHERE e.case_id = k.case_id AND e.type = 'Approved' AND e.position <= a.as_of
            ORDER BY e.position DESC LIMIT 1
        ) s
        LEFT JOIN LATERAL (
            SELECT x.position, x.end_on, d.days
            FROM notices x
            CROSS JOIN LATERAL (
                SELECT count(*) AS days
                FROM generate_series(
                    greatest(x.start_on, {recorded_on("x.position")}), least(x.end_on, x.start_on + 100), '1 day'
                ) AS day
                WHERE CASE extract(isodow FROM day) < 6
                    WHEN true THEN NOT coalesce(t.policy #> '{{calendar,days_off}}', '[]') @> to_jsonb(day::date::text)
                    ELSE coalesce(t.policy #> '{{calendar,days_worked}}', '[]') @> to_jsonb(day::date::text)
                END
            ) d
            WHERE x.case_id = k.case_id AND x.position <= a.as_of
            ORDER BY (d.days >= needed.days AND x.end_on < s.day) DESC, x.position DESC
            LIMIT 1
        ) n ON true
        WHERE (is_approved(k.step) OR k.paid_fen > k.returned_fen OR k.aid_fen > 0) AND needed.days > 0 AND (
            n.position IS NULL OR n.days < needed.days OR n.end_on >= s.day
        )
    """,
)
