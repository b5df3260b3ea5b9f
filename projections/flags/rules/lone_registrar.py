"""A registrar acted alone (授权管理员单独办理), clauses A-8, A-11.

What takes two registrars was signed by one, since the ledger had no second who could sign: roles of
registrars were given or taken, or approving or paying at a county or above, or another officer's key was
replaced. By the second version of the rules. Nothing clears it: whoever reviews it says that the grants
are right.
"""

from ledger.events.registry import KeyRotated, OfficerEnrolled, RolesChanged
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN
from projections.flags.trigger import Trigger

signed_alone = Trigger(
    (OfficerEnrolled, RolesChanged, KeyRotated),
    kind="officer",
    query=f"SELECT e.position, '{NO_CAMPAIGN}', l.officer FROM events e JOIN alone l ON l.position = e.position",
)
"""What takes two registrars and was signed by one: that one."""

RULE = FlagRule(
    id="lone-registrar",
    version=1,
    title_zh="授权管理员单独办理",
    title_en="A registrar acted alone",
    clause="A-8",
    severity="medium",
    subject="officer",
    raised_by=(signed_alone,),
    query="""
        SELECT a.subject, a.as_of, f.unit, (array_agg(x.position ORDER BY x.position))[1:500], NULL::bigint,
            jsonb_build_object('acts', count(*))
        FROM asked a
        JOIN officers f ON f.officer = a.name
        JOIN alone x ON x.officer = a.name AND x.position <= a.as_of
        GROUP BY a.subject, a.as_of, f.unit
    """,
)
