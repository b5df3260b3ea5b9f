"""Paid under a compromised key (外泄密钥签署的发放), clause A-8.

The key that signed the payout, the approval that it was on, or a confirmation after that, alone or beside another,
was later revoked as compromised from a moment before that was recorded; or the key, or the role that was used, came of
such a key, directly or through others, from that moment on. Cleared when the payout came back.
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
            OR x.type IN ('Approved', 'Confirmed') AND o.case_id = x.case_id AND o.position > x.position
        UNION
        SELECT DISTINCT e.position, o.campaign, o.payout
        FROM events e
        JOIN grants g ON g.from_position = e.position
        JOIN timeline x ON x.officer = g.officer OR x.seconds @> array[g.officer]
        JOIN payouts o ON o.position = x.position
            OR x.type IN ('Approved', 'Confirmed') AND o.case_id = x.case_id AND o.position > x.position
    """,
)
"""A key revoked as compromised: all that it, or a key or role that ends with it, served to pay, approve or confirm."""

RULE = FlagRule(
    id="paid-under-compromised-key",
    version=5,
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
                || p.position || array_agg(DISTINCT k.known_at),
            p.kept_fen,
            jsonb_strip_nulls(
                jsonb_build_object('officer', min(k.officer), 'revoked_from', min(k.revoked_from))
            )
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        LEFT JOIN LATERAL (
            SELECT max(x.position) AS position FROM timeline x
            WHERE x.case_id = p.case_id AND x.type = 'Approved' AND x.position < p.position
        ) v ON true
        JOIN timeline e ON e.position IN (p.position, v.position)
            OR e.case_id = p.case_id AND e.type = 'Confirmed' AND e.position BETWEEN v.position AND p.position
        JOIN LATERAL (
            SELECT k.officer, k.revoked_from, k.from_position AS known_at FROM keys_at(a.as_of) k
            WHERE k.compromised AND e.recorded_at >= k.compromised_from::timestamptz
                AND (k.key = e.key OR k.key = ANY (e.second_keys))
            UNION ALL
            SELECT g.officer, NULL, g.from_position FROM grants g, jsonb_array_elements(g.past) AS l
            WHERE (g.officer = e.officer OR g.officer = ANY (e.seconds))
                AND stood_at(g.from_position, g.to_position, a.as_of) AND (l ->> 4)::boolean
                AND l -> 0 ->> 'role' = ANY (CASE e.type
                    WHEN 'Approved' THEN array['approver'] WHEN 'Confirmed' THEN array['confirmer']
                    ELSE array['finance', 'cashier', 'clerk']
                END)
                AND e.recorded_at >= (l ->> 2)::timestamptz AND e.recorded_at <= (l ->> 3)::timestamptz
        ) k ON true
        GROUP BY a.subject, a.as_of, p.unit, p.position, p.kept_fen
    """,
)
