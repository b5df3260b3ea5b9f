"""Paid under a compromised key (外泄密钥签署的发放), clause A-8.

The key that signed the payout or the approval that it was on, alone or beside another, was later revoked as
compromised from a moment before that was recorded; or it was enrolled or put in another's place by such a key, directly or
through others, from that moment on. Cleared when the payout came back.
"""

from ledger.events.registry import KeyRevoked
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.payouts import payout_returned

payouts_of_compromised = Trigger(
    (KeyRevoked,),
    when=lambda revoked: revoked.compromised,
    kind="payout",
    query="""
        SELECT DISTINCT e.position, o.campaign, o.payout
        FROM events e
        JOIN keys k ON k.compromised AND k.from_position = e.position
        JOIN signers s ON s.key = k.key
        JOIN timeline x ON x.officer = s.officer AND x.key = s.key
            OR x.seconds @> array[s.officer] AND s.key = ANY (x.second_keys)
        JOIN payouts o ON o.position = x.position
            OR x.type = 'Approved' AND o.case_id = x.case_id AND o.position > x.position
    """,
)
"""A key revoked as compromised: all that it, or one that ends with it, signed for payment or approved."""

RULE = FlagRule(
    id="paid-under-compromised-key",
    version=2,
    title_zh="外泄密钥签署的发放",
    title_en="Paid under a compromised key",
    clause="A-8",
    severity="high",
    subject="payout",
    raised_by=(payouts_of_compromised,),
    affected_by=(payout_returned,),
    query="""
        SELECT a.subject, a.as_of, p.unit,
            array_remove(array_agg(DISTINCT nullif(e.position, p.position)), NULL)
                || p.position || array_agg(DISTINCT k.from_position),
            p.kept_fen,
            jsonb_build_object('officer', min(k.officer), 'revoked_from', min(k.revoked_from))
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        JOIN timeline e ON e.position IN (p.position, (
            SELECT max(x.position) FROM timeline x
            WHERE x.case_id = p.case_id AND x.type = 'Approved' AND x.position < p.position
        ))
        JOIN keys_at(a.as_of) k ON k.compromised AND e.recorded_at >= k.compromised_from::timestamptz
            AND (k.key = e.key OR k.key = ANY (e.second_keys))
        GROUP BY a.subject, a.as_of, p.unit, p.position, p.kept_fen
    """,
)
