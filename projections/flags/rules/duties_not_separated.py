"""Duties not separated (不相容岗位未分离), clause A-8.

One officer, or two officers enrolled for one person, did two of nominate, approve and pay for a case,
or nominated and confirmed it. The ledger refuses it of one officer; it is possible after the fact, or
under a second enrolment. Two officers of one person are flagged from the enrolment on, as an officer.
A case is cleared when it is over and what was paid came back; a double enrolment stays.
"""

from collections.abc import Iterable

from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.registry import OfficerEnrolled, OfficerIdentified
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN, PAID, Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE
from projections.flags.triggers.officers import OF_TWO_CODES
from projections.frame.recorded import Recorded


def _officer(event: OfficerEnrolled | OfficerIdentified, item: Recorded) -> Iterable[Subject]:
    return (Subject(NO_CAMPAIGN, "officer", event.officer),)


step_of_two_codes = Trigger(
    (Nominated, Confirmed),
    kind="case",
    query=f"SELECT e.position, e.campaign, e.case_id FROM events e WHERE {OF_TWO_CODES}",
)
"""A nomination or confirmation by an officer who has another code."""

given_of_two_codes_or_late = Trigger(
    (Approved, *PAID),
    kind="case",
    query=f"""
        SELECT e.position, e.campaign, e.case_id FROM events e
        WHERE e.case_id IS NOT NULL AND (e.after_the_fact OR {OF_TWO_CODES})
    """,
)
"""An approval or payout by such an officer, or after the fact: there one officer may do all."""

officer_known = Trigger((OfficerEnrolled, OfficerIdentified), _officer)
"""An officer who is enrolled, or whose identity comes to be known."""

cases_of_two_codes = Trigger(
    (OfficerEnrolled, OfficerIdentified),
    kind="case",
    query="""
        SELECT DISTINCT e.position, s.campaign, s.case_id
        FROM events e
        JOIN concerned c ON c.position = e.position
        JOIN officer_marks m ON m.officer = c.officer AND m.relation = 'self'
        JOIN officer_marks o ON o.marks ->> 'person' = m.marks ->> 'person' AND o.relation = 'self'
            AND o.officer <> m.officer
        JOIN timeline s ON (s.officer = m.officer OR s.seconds @> array[m.officer]) AND s.case_id IS NOT NULL
        JOIN timeline f ON f.case_id = s.case_id AND (f.officer = o.officer OR o.officer = ANY (f.seconds))
    """,
)
"""The same: all cases that they signed together with another code of the same person."""

RULE = FlagRule(
    id="duties-not-separated",
    version=1,
    title_zh="不相容岗位未分离",
    title_en="Duties not separated",
    clause="A-8",
    severity="high",
    subject="case",
    raised_by=(step_of_two_codes, given_of_two_codes_or_late, officer_known, cases_of_two_codes),
    affected_by=LATER_ON_CASE,
    query="""
        WITH steps AS (
            SELECT a.subject, a.as_of, k.unit, k.paid_fen - k.returned_fen AS kept_fen, e.position,
                s.officer, coalesce(m.person, s.officer) AS who,
                CASE e.type WHEN 'Nominated' THEN 'nominate' WHEN 'Confirmed' THEN 'confirm'
                    WHEN 'Approved' THEN 'approve' ELSE 'pay' END AS duty
            FROM asked a
            JOIN cases_at(a.as_of) k ON k.case_id = a.name
            JOIN timeline e ON e.case_id = k.case_id AND e.position <= a.as_of
                AND e.type IN ('Nominated', 'Confirmed', 'Approved', 'Disbursed', 'AidDelivered')
            CROSS JOIN LATERAL unnest(e.officer || coalesce(e.seconds, '{}')) AS s (officer)
            LEFT JOIN LATERAL (
                SELECT x.marks ->> 'person' AS person FROM officer_marks x
                WHERE x.officer = s.officer AND x.relation = 'self' AND x.position <= a.as_of
                ORDER BY x.position LIMIT 1
            ) m ON true
            WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen)
        )
        SELECT x.subject, x.as_of, x.unit,
            array_agg(DISTINCT x.position) || array_agg(DISTINCT y.position), max(x.kept_fen),
            jsonb_build_object(
                'officers', to_jsonb(array_agg(DISTINCT x.officer) || array_agg(DISTINCT y.officer)),
                'duties', to_jsonb(array_agg(DISTINCT x.duty) || array_agg(DISTINCT y.duty))
            )
        FROM steps x
        JOIN steps y ON y.subject = x.subject AND y.as_of = x.as_of AND y.who = x.who
            AND (x.duty, y.duty) IN (
                ('nominate', 'confirm'), ('nominate', 'approve'), ('nominate', 'pay'), ('approve', 'pay')
            )
        GROUP BY x.subject, x.as_of, x.unit
        UNION ALL
        SELECT a.subject, a.as_of, min(f.unit), array_agg(m.position) || array_agg(o.position), 0,
            jsonb_build_object('officers', to_jsonb(array_agg(DISTINCT o.officer) || min(m.officer)))
        FROM asked a
        JOIN officer_marks m ON m.officer = a.name AND m.relation = 'self' AND m.position <= a.as_of
        JOIN officers f ON f.officer = m.officer
        JOIN officer_marks o ON o.marks ->> 'person' = m.marks ->> 'person' AND o.relation = 'self'
            AND o.officer <> m.officer AND o.position <= a.as_of
        WHERE a.subject LIKE 'officer:%%'
        GROUP BY a.subject, a.as_of
    """,
)
