"""Account changed around the payout (付款前换卡), clause A-8.

The dossier's account was changed within seven days before a payout by bank that stands, or was
changed back to an earlier one within thirty days after it, by the dates of both or by the days of their
recording. A second dossier of the person in the unit, on another account, is a change as well. Cleared when the payout came back.
"""

from ledger.events.dossier import DossierAmended
from ledger.events.payout import Disbursed
from projections.flags.as_of import recorded_on
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.payouts import PAYOUT_APPROVED_OR_RETURNED

payout_on_changed = Trigger(
    (Disbursed,),
    kind="payout",
    query="""
        SELECT e.position, e.campaign, e.payout FROM events e
        WHERE EXISTS (
            SELECT FROM dossiers d JOIN dossiers o ON o.person = d.person
            WHERE d.dossier = e.dossier AND (o.dossier <> d.dossier OR o.from_position <> d.from_position)
        )
    """,
)
"""A payout on a dossier that was amended before, or to a person with two."""

payouts_of_amended = Trigger(
    (DossierAmended,),
    kind="payout",
    query="SELECT e.position, o.campaign, o.payout FROM events e JOIN payouts o ON o.dossier = e.dossier",
)
"""An amended dossier: what was paid on it."""

RULE = FlagRule(
    id="account-changed",
    version=3,
    title_zh="付款前换卡",
    title_en="Account changed around the payout",
    clause="A-8",
    severity="medium",
    subject="payout",
    raised_by=(payout_on_changed, payouts_of_amended),
    affected_by=PAYOUT_APPROVED_OR_RETURNED,
    parameters={"days_before": 7, "days_after": 30},
    query=f"""
        SELECT a.subject, a.as_of, p.unit, p.position || array_agg(v.from_position), p.kept_fen,
            jsonb_build_object(
                'paid_on', p.paid_on, 'changed_on', to_jsonb(array_agg(v.amended_on ORDER BY v.from_position)),
                'changed_back', bool_or(v.from_position > p.position)
            )
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        CROSS JOIN LATERAL (
            SELECT x.from_position, x.amended_on, x.marks ->> 'account' AS account,
                coalesce(lag(x.marks ->> 'account') OVER (ORDER BY x.from_position), (
                    SELECT y.marks ->> 'account' FROM dossiers y
                    WHERE y.person = x.person AND y.unit = x.unit AND y.dossier <> x.dossier
                        AND y.from_position < x.from_position
                    ORDER BY y.from_position DESC LIMIT 1
                )) AS before
            FROM dossiers x WHERE x.dossier = p.dossier AND x.from_position <= a.as_of
        ) v
        WHERE p.method = 'bank' AND v.before IS NOT NULL AND v.account IS DISTINCT FROM v.before AND (
            (
                v.from_position < p.position
                AND (
                    v.amended_on BETWEEN p.paid_on - (a.parameters ->> 'days_before')::int AND p.paid_on
                    OR {recorded_on("p.position")} - {recorded_on("v.from_position")}
                        <= (a.parameters ->> 'days_before')::int
                )
            ) OR (
                v.from_position > p.position AND v.before = p.account
                AND (
                    v.amended_on BETWEEN p.paid_on AND p.paid_on + (a.parameters ->> 'days_after')::int
                    OR {recorded_on("v.from_position")} - {recorded_on("p.position")}
                        <= (a.parameters ->> 'days_after')::int
                )
                AND EXISTS (
                    SELECT FROM dossiers e
                    WHERE e.dossier = p.dossier AND e.from_position < p.position
                        AND e.marks ->> 'account' = v.account
                )
            )
        )
        GROUP BY a.subject, a.as_of, p.unit, p.position, p.kept_fen, p.paid_on
    """,
)
