"""Returned, then paid to another (退回再付他人), clause A-8.

Within thirty days before a payout that stands, another payout to the same account came back, or a
nomination on that account was revoked, and the money now goes to another person; or the same case's
came back and went to another. A payout that the bank bounced, paid again to the same person, is the
usual correction and no flag. By the dates of both or by the days of their recording. Cleared when the
later payout came back.
"""

from projections.flags.as_of import recorded_on
from projections.flags.rule import FlagRule
from projections.flags.subject import PAID
from projections.flags.trigger import Trigger
from projections.flags.triggers.marks import others_carry
from projections.flags.triggers.payouts import PAYOUT_APPROVED_OR_RETURNED, payouts_of_campaign

payout_repaid = Trigger(
    PAID,
    kind="payout",
    query=f"""
        SELECT e.position, o.campaign, o.payout
        FROM events e
        JOIN payouts o ON o.payout = e.payout
        WHERE EXISTS (SELECT FROM payouts x WHERE x.person = o.person AND x.payout <> o.payout)
            OR EXISTS (SELECT FROM dossiers d WHERE d.dossier = o.dossier AND {others_carry("account", "d")})
    """,
)
"""A payout to somebody who holds others, or into an account that others carry: one of those may have come back."""

RULE = FlagRule(
    id="returned-and-repaid",
    version=2,
    title_zh="退回再付他人",
    title_en="Returned, then paid to another",
    clause="A-8",
    severity="high",
    subject="payout",
    raised_by=(payout_repaid, payouts_of_campaign),
    affected_by=PAYOUT_APPROVED_OR_RETURNED,
    parameters={"days": 30},
    query=f"""
        SELECT a.subject, a.as_of, p.unit, p.position || array_agg(u.position), p.kept_fen,
            jsonb_build_object('paid_on', p.paid_on, 'undone_on', max(u.undone_on))
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        CROSS JOIN LATERAL (
            SELECT r.position, r.returned_on AS undone_on
            FROM payouts o
            JOIN returns r ON r.payout = o.payout AND r.position < p.position
            WHERE o.account = p.account AND o.campaign = a.campaign
                AND (o.person <> p.person OR r.kind = 'clawed-back')
            UNION
            SELECT r.position, r.returned_on
            FROM payouts o
            JOIN returns r ON r.payout = o.payout AND r.position < p.position
            WHERE o.case_id = p.case_id AND o.person <> p.person
            UNION
            SELECT e.position, e.happened_on
            FROM dossiers d
            JOIN cases k ON k.dossier = d.dossier AND k.campaign = a.campaign AND k.step = 'revoked'
                AND k.person <> p.person
            JOIN timeline e ON e.position = k.from_position AND e.type = 'Revoked'
                AND e.position < p.position
            WHERE d.marks ->> 'account' = p.account
        ) u
        WHERE p.form = 'money'
            AND (
                u.undone_on BETWEEN p.paid_on - (a.parameters ->> 'days')::int AND p.paid_on
                OR {recorded_on("p.position")} - {recorded_on("u.position")} <= (a.parameters ->> 'days')::int
            )
        GROUP BY a.subject, a.as_of, p.unit, p.position, p.kept_fen, p.paid_on
    """,
)
