"""Nominated or paid after death (死亡人员领取), clause A-6.

The date of death on file lies before the nomination, while it is live, or before a payout that stands.
Both count from their recording, what an auditor recorded after the fact from its date. Cleared when the
nomination is over and what was paid after the death came back, or when the dossier's date is put right before
anything is paid.
"""

from ledger.events.nomination import Nominated
from projections.flags.as_of import AMENDED_AWAY, FACTS_OF_CASE, counted_on
from projections.flags.rule import FlagRule
from projections.flags.subject import PAID
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE, cases_of_dossier

case_of_deceased = Trigger(
    (Nominated, *PAID),
    kind="case",
    query="""
        SELECT e.position, e.campaign, e.case_id FROM events e
        WHERE e.case_id IS NOT NULL
            AND EXISTS (SELECT FROM dossiers d WHERE d.dossier = e.dossier AND d.facts ? 'died_on')
    """,
)
"""A nomination or payout on a dossier with a date of death, in any version of it."""

RULE = FlagRule(
    id="paid-to-deceased",
    version=3,
    title_zh="死亡人员领取",
    title_en="Nominated or paid after death",
    clause="A-6",
    severity="high",
    subject="case",
    raised_by=(case_of_deceased, cases_of_dossier),
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT DISTINCT ON (a.subject, a.as_of)
            a.subject, a.as_of, k.unit,
            array[k.nominated_position, d.from_position]
                || coalesce(array_agg(p.position) FILTER (WHERE p.position IS NOT NULL), '{{}}')
                || {AMENDED_AWAY},
            sum(p.kept_fen),
            jsonb_build_object('died_on', d.facts ->> 'died_on')
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN {FACTS_OF_CASE}
        LEFT JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.case_id = k.case_id
            AND {counted_on("p.position")} > (d.facts ->> 'died_on')::date
        WHERE d.facts ? 'died_on'
        GROUP BY a.subject, a.as_of, k.unit, k.nominated_position, k.nominated_on, k.step,
            d.from_position, d.to_position, d.facts
        HAVING count(p.position) > 0
            OR (is_live(k.step) AND {counted_on("k.nominated_position")} > (d.facts ->> 'died_on')::date)
        ORDER BY a.subject, a.as_of, d.from_position DESC
    """,
)
