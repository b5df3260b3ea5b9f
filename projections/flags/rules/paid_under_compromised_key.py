"""Paid under a compromised key (外泄密钥签署的发放), clause A-8.

The key that signed the payout or the approval that it was on, alone or beside another, was later revoked as
compromised from a moment before that was recorded; or it was enrolled or put in another's place by such a key, directly or
through others, from that moment on. Cleared when the payout came back.
"""

from projections.flags.as_of import THE_PAYOUT, at
from projections.flags.rule import FlagRule
from projections.flags.subjects.payouts import payout_by_compromised_key, returned_payout

RULE = FlagRule(
    id="paid-under-compromised-key",
    version=2,
    title_zh="外泄密钥签署的发放",
    title_en="Paid under a compromised key",
    clause="A-8",
    severity="high",
    subject="payout",
    raised_by=payout_by_compromised_key,
    affected_by=returned_payout,
    query=f"""
        SELECT a.subject, a.as_of, p.unit,
            array_remove(array_agg(DISTINCT nullif(e.position, p.position)), NULL)
                || p.position || array_agg(DISTINCT k.from_position),
            p.kept_fen,
            jsonb_build_object('officer', min(k.officer), 'revoked_from', min(k.revoked_from))
        FROM asked a
        JOIN {THE_PAYOUT}
        JOIN timeline e ON e.position IN (p.position, (
            SELECT max(x.position) FROM timeline x
            WHERE x.case_id = p.case_id AND x.type = 'Approved' AND x.position < p.position
        ))
        JOIN keys k ON {at("k")} AND k.compromised AND e.recorded_at >= k.compromised_from::timestamptz
            AND (k.key = e.key OR k.key = ANY (e.second_keys))
        GROUP BY a.subject, a.as_of, p.unit, p.position, p.kept_fen
    """,
)
