"""Something is wrong with a ledger below (下级台账异常), clause A-9.

Its history forked or was set back, an entry does not hold, entries are withheld, or it showed no checkpoint for days.
Cleared when it is read again, or, where somebody must look into it, when a registrar follows it again.
"""

from ledger.events.federation import CheckpointSeen, LedgerFollowed, MirrorFault
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.entries import entry

fault_found = Trigger((MirrorFault,), entry)
"""A fault: its entry."""

fault_ended = Trigger(
    (CheckpointSeen, LedgerFollowed),
    kind="event",
    query="""
        SELECT e.position, '-', m.position::text FROM events e JOIN mirror_faults m ON m.ended_at = e.position
    """,
)
"""What ends faults: their entries."""

RULE = FlagRule(
    id="mirror-fault",
    version=1,
    title_zh="下级台账异常",
    title_en="Fault of a ledger below",
    clause="A-9",
    severity="high",
    subject="event",
    raised_by=(fault_found,),
    affected_by=(fault_ended,),
    query="""
        SELECT a.subject, a.as_of, NULL::text, array[m.position], 0::bigint,
            jsonb_build_object('ledger', m.followed, 'fault', m.fault, 'entry', m.entry, 'code', m.code)
        FROM asked a
        JOIN mirror_faults m ON m.position = a.name::bigint AND m.position <= a.as_of
            AND (m.ended_at IS NULL OR m.ended_at > a.as_of)
    """,
)
