"""Help to a site paid amiss (集体慰问支付不合规), clause A-8.

Help to a site was paid in cash, though the policy requires bank transfers; or a key that signed its payment or its
approval was later revoked as compromised from a moment before that, or the role that was used came of such a key.
Cleared when the help came back in full; what was paid in cash, also when the policy no longer requires transfers.
"""

from collections.abc import Iterable

from ledger.events.campaign import PolicyAmended
from ledger.events.collective import CollectiveHelpGiven, CollectiveHelpReturned
from ledger.events.registry import KeyRevoked
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _given(event: CollectiveHelpGiven, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "event", str(item.position)),)


help_given = Trigger((CollectiveHelpGiven,), _given)
"""Help given to a site: its entry."""

help_of_campaign = Trigger(
    (PolicyAmended,),
    kind="event",
    query="""
        SELECT e.position, g.campaign, g.from_position::text
        FROM events e JOIN collective_help g ON g.campaign = e.campaign AND g.given_fen > 0
    """,
)
"""An amended policy: all that sites of the campaign were given."""

help_returned = Trigger(
    (CollectiveHelpReturned,),
    kind="event",
    query="""
        SELECT e.position, g.campaign, g.from_position::text
        FROM events e
        JOIN collective_help r ON r.from_position = e.position
        JOIN collective_help g ON g.help_id = r.help_id AND g.given_fen > 0
    """,
)
"""A return: all that was given of the help before."""

help_under_compromised = Trigger(
    (KeyRevoked,),
    when=lambda revoked: revoked.compromised,
    kind="event",
    query="""
        SELECT DISTINCT b.position, g.campaign, g.from_position::text
        FROM (
            SELECT e.position, s.officer FROM events e
            JOIN keys k ON k.compromised AND k.from_position = e.position
            JOIN signers s ON s.key = k.key
            UNION
            SELECT e.position, g.officer FROM events e JOIN grants g ON g.from_position = e.position
        ) b
        JOIN timeline x ON (x.officer = b.officer OR x.seconds @> array[b.officer])
            AND x.type IN ('CollectiveHelpApproved', 'CollectiveHelpGiven')
        JOIN collective_help v ON v.from_position = x.position
        JOIN collective_help g ON g.help_id = v.help_id AND g.given_fen > 0
    """,
)
"""A key revoked as compromised: what was given to sites by its holder, or by whose role came of it, or approved."""

RULE = FlagRule(
    id="collective-paid-amiss",
    version=1,
    title_zh="集体慰问支付不合规",
    title_en="Help to a site paid amiss",
    clause="A-8",
    severity="high",
    subject="event",
    raised_by=(help_given, help_of_campaign, help_under_compromised),
    affected_by=(help_returned,),
    query="""
        SELECT a.subject, a.as_of, h.unit,
            array_agg(DISTINCT u.position), least(e.amount_fen, h.given_fen - h.returned_fen),
            jsonb_strip_nulls(jsonb_build_object(
                'site', h.site,
                'method', CASE WHEN bool_or(u.why = 'cash') THEN 'cash' END,
                'officer', min(u.officer), 'revoked_from', min(u.revoked_from)
            ))
        FROM asked a
        JOIN timeline e ON e.position = a.name::bigint AND e.type = 'CollectiveHelpGiven' AND e.campaign = a.campaign
        JOIN collective_help g ON g.from_position = e.position
        JOIN collective_help h ON h.help_id = g.help_id AND stood_at(h.from_position, h.to_position, a.as_of)
            AND h.given_fen > h.returned_fen
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (
            SELECT 'cash' AS why, e.position, NULL AS officer, NULL AS revoked_from
            WHERE (t.policy ->> 'bank_transfer_required')::boolean
                AND EXISTS (SELECT FROM postings x WHERE x.position = e.position AND x.method = 'cash')
            UNION ALL
            SELECT 'key', w.position, k.officer, k.revoked_from
            FROM timeline s
            JOIN LATERAL (
                SELECT k.officer, k.revoked_from, k.from_position AS known_at FROM keys_at(a.as_of) k
                WHERE k.compromised AND s.recorded_at >= k.compromised_from::timestamptz
                    AND (k.key = s.key OR k.key = ANY (s.second_keys))
                UNION ALL
                SELECT r.officer, NULL, r.from_position FROM grants r, jsonb_array_elements(r.past) AS l
                WHERE (r.officer = s.officer OR r.officer = ANY (s.seconds))
                    AND stood_at(r.from_position, r.to_position, a.as_of) AND (l ->> 4)::boolean
                    AND l -> 0 ->> 'role' = CASE s.type WHEN 'CollectiveHelpApproved' THEN 'approver' ELSE 'finance' END
                    AND s.recorded_at >= (l ->> 2)::timestamptz AND s.recorded_at <= (l ->> 3)::timestamptz
            ) k ON true
            CROSS JOIN LATERAL (VALUES (s.position), (e.position), (k.known_at)) AS w (position)
            WHERE s.position IN (e.position, g.position)
        ) u
        GROUP BY a.subject, a.as_of, h.unit, h.site, e.amount_fen, h.given_fen, h.returned_fen
    """,
)
