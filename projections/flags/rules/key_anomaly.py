"""Entries under a doubtful key (密钥异常), clause A-8.

A key was revoked from a moment on, and entries under it were made or recorded after that moment, or
before its life began; or it was revoked as compromised, and entries under it are dated before the day
of their recording. A key that ended because a compromised one enrolled it is named as well. Nothing
clears it: each entry named must be looked into.
"""

from collections.abc import Iterable

from ledger.events.registry import KeyRevoked, KeyRotated
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN, Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _ended(event: KeyRevoked | KeyRotated, item: Recorded) -> Iterable[Subject]:
    key = event.key if isinstance(event, KeyRevoked) else event.replaces
    return () if key is None else (Subject(NO_CAMPAIGN, "key", key),)


key_ended = Trigger((KeyRevoked, KeyRotated), _ended)
"""A key that is revoked, or replaced by another."""

keys_ended_with_it = Trigger(
    (KeyRevoked,),
    when=lambda revoked: revoked.compromised,
    kind="key",
    query=f"""
        SELECT e.position, '{NO_CAMPAIGN}', k.key
        FROM events e JOIN keys k ON k.compromised AND k.from_position = e.position
    """,
)
"""A key revoked as compromised: those that end with it."""

RULE = FlagRule(
    id="key-anomaly",
    version=2,
    title_zh="密钥异常",
    title_en="Entries under a doubtful key",
    clause="A-8",
    severity="high",
    subject="key",
    raised_by=(key_ended, keys_ended_with_it),
    query="""
        SELECT a.subject, a.as_of, min(f.unit), (array_agg(e.position ORDER BY e.position))[1:500],
            sum(coalesce(e.amount_fen, 0)),
            jsonb_build_object(
                'officer', k.officer, 'revoked_from', k.revoked_from,
                'compromised', k.compromised, 'entries', count(*)
            )
        FROM asked a
        JOIN keys_at(a.as_of) k ON k.key = a.name
        JOIN officers f ON f.officer = k.officer
        JOIN timeline e ON e.position < k.from_position AND (
            e.officer = k.officer AND e.key = k.key OR e.seconds @> array[k.officer] AND k.key = ANY (e.second_keys)
        )
        WHERE e.recorded_at >= k.revoked_from::timestamptz OR e.made_at >= k.revoked_from::timestamptz
            OR e.made_at < k.valid_from::timestamptz
            OR k.compromised AND e.happened_on < (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
        GROUP BY a.subject, a.as_of, k.officer, k.revoked_from, k.compromised
    """,
)
