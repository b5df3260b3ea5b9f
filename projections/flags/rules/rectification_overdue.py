"""A rectification that is overdue (整改逾期), clause A-6.

An item of a rectification list was not struck off by the end of its day. Looked at as days end, in closed campaigns
too, and whenever an item is struck off. Cleared when the last overdue item of the unit in that campaign is.
"""

from ledger.events.calendar import DayPassed
from ledger.events.rectification import RectificationStruckOff
from projections.flags.as_of import DAY
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger

DUE = Trigger(
    (DayPassed,),
    kind="unit",
    query="""
        SELECT DISTINCT e.position, i.campaign, i.unit FROM events e
        JOIN days d ON d.position = e.position
        JOIN rectifications i ON i.due <= d.day AND i.struck_off_at IS NULL
            AND stood_at(i.from_position, i.to_position, e.position)
    """,
)
STRUCK_OFF = Trigger(
    (RectificationStruckOff,),
    kind="unit",
    query="""
        SELECT e.position, i.campaign, i.unit FROM events e
        JOIN rectifications i ON i.from_position = e.position
    """,
)

RULE = FlagRule(
    id="rectification-overdue",
    version=1,
    title_zh="整改逾期",
    title_en="Rectification overdue",
    clause="A-6",
    severity="medium",
    subject="unit",
    raised_by=(DUE,),
    affected_by=(STRUCK_OFF,),
    query=f"""
        SELECT a.subject, a.as_of, i.unit, array_agg(DISTINCT i.ordered_at), 0::bigint,
            jsonb_build_object('items', count(*), 'due', min(i.due))
        FROM asked a
        JOIN rectifications i ON i.campaign = a.campaign AND i.unit = a.name AND i.struck_off_at IS NULL
            AND stood_at(i.from_position, i.to_position, a.as_of)
        WHERE i.due <= {DAY}
        GROUP BY a.subject, a.as_of, i.unit
    """,
)
