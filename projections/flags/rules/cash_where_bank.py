"""Cash where a bank transfer is due (应转账而付现), clause A-8.

A payout that stands was made in cash, though the policy requires bank transfers. Cleared when it
came back in full, or the policy no longer requires them.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.payouts import PAYOUT, PAYOUT_APPROVED_OR_RETURNED

RULE = FlagRule(
    id="cash-where-bank",
    version=1,
    title_zh="应转账而付现",
    title_en="Cash where a transfer is due",
    clause="A-8",
    severity="medium",
    subject="payout",
    raised_by=PAYOUT,
    affected_by=PAYOUT_APPROVED_OR_RETURNED,
    query="""
        SELECT a.subject, a.as_of, p.unit, array[p.position], p.kept_fen,
            jsonb_build_object('paid_on', p.paid_on)
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        WHERE p.method = 'cash' AND (t.policy ->> 'bank_transfer_required')::boolean
    """,
)
