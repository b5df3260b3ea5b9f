"""Objection not settled (异议未处理), clause A-5.

A case was approved or paid while an objection to it was open, and the approval or the money stands. What
the public wrote is open from its receipt, though no officer has taken it down. Cleared when the
objection is settled as not upheld, by no key that was stolen then, or when the case is revoked and what was paid
came back. An objection that is upheld afterwards leaves the flag.
"""

from ledger.events.registry import KeyRevoked
from ledger.events.rules import RulesAdopted
from projections.flags.as_of import objections_to
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE, case_approved, case_paid

cases_objected_to_again = Trigger(
    (KeyRevoked, RulesAdopted),
    kind="case",
    query="SELECT e.position, o.campaign, o.case_id FROM events e JOIN objections o ON o.from_position = e.position",
)
"""A key revoked as compromised: the objections that it had settled are open again."""

RULE = FlagRule(
    id="open-objection",
    version=4,
    title_zh="异议未处理",
    title_en="Approved or paid with an objection open",
    clause="A-5",
    severity="high",
    subject="case",
    raised_by=(case_approved, case_paid, cases_objected_to_again),
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT a.subject, a.as_of, k.unit,
            array_agg(DISTINCT o.since) || array_agg(DISTINCT e.position),
            k.paid_fen - k.returned_fen,
            jsonb_build_object('objections', count(DISTINCT o.name), 'upheld', bool_or(o.upheld))
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN LATERAL {objections_to("k.case_id", "a.as_of")} o ON o.upheld IS DISTINCT FROM false
        JOIN timeline e ON e.case_id = k.case_id
            AND e.type IN ('Approved', 'Disbursed', 'AidDelivered')
            AND e.position > o.since AND e.position <= a.as_of
            AND (o.upheld IS NULL OR e.position < o.said_at)
        WHERE (is_approved(k.step) OR k.paid_fen > k.returned_fen OR k.aid_fen > 0)
        GROUP BY a.subject, a.as_of, k.unit, k.paid_fen, k.returned_fen
    """,
)
