"""Officer and recipient are one, or kin (疑似利益关联), clauses A-8, A-11.

Somebody who nominated, confirmed, approved or paid a case is its recipient, or declared the recipient
as a relative, or shares account, phone or address with them. Seen only of officers whose identity, or
whose relatives', the registry holds. What was paid on counts as long as it stays paid, whatever is
amended afterwards. Cleared when the case is over and what was paid came back.
"""

from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.registry import KinDeclared, OfficerEnrolled, OfficerIdentified
from projections.flags.as_of import FACTS_OF_CASE
from projections.flags.rule import FlagRule
from projections.flags.subject import PAID
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE, cases_of_dossier
from projections.flags.triggers.officers import MARKED

step_signed = Trigger(
    (Nominated, Confirmed, Approved, *PAID),
    kind="case",
    query=f"""
        SELECT e.position, e.campaign, e.case_id FROM events e WHERE e.case_id IS NOT NULL AND {MARKED}
    """,
)
"""A step of a case signed by an officer whose marks, or whose relatives', are known."""

cases_of_kin = Trigger(
    (OfficerEnrolled, OfficerIdentified, KinDeclared),
    kind="case",
    query=" UNION ".join(
        f"""
        SELECT e.position, k.campaign, k.case_id
        FROM events e
        JOIN concerned c ON c.position = e.position
        JOIN officer_marks m ON m.officer = c.officer
        JOIN dossiers d ON d.marks ->> '{kind}' = m.marks ->> '{kind}'
        JOIN cases k ON k.dossier = d.dossier
        JOIN timeline s ON s.case_id = k.case_id AND (s.officer = m.officer OR m.officer = ANY (s.seconds))
        """
        for kind in ("person", "account", "phone", "address")
    ),
)
"""An officer's identity or kin made known: all that they signed for who shares a mark with either."""

RULE = FlagRule(
    id="self-dealing",
    version=2,
    title_zh="疑似利益关联",
    title_en="Officer deals with themselves or kin",
    clause="A-8, A-11",
    severity="high",
    subject="case",
    raised_by=(step_signed, cases_of_dossier, cases_of_kin),
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT a.subject, a.as_of, k.unit,
            array_agg(DISTINCT e.position) || array_agg(DISTINCT m.position)
                || array_remove(array_agg(DISTINCT CASE WHEN d.to_position <= a.as_of THEN d.to_position END), NULL),
            k.paid_fen - k.returned_fen,
            jsonb_build_object(
                'officers', to_jsonb(array_agg(DISTINCT m.officer ORDER BY m.officer)),
                'relations', to_jsonb(array_agg(DISTINCT m.relation ORDER BY m.relation)),
                'shared', to_jsonb(array_agg(DISTINCT s.kind ORDER BY s.kind))
            )
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN {FACTS_OF_CASE}
        JOIN timeline e ON e.case_id = k.case_id AND e.position <= a.as_of
            AND e.type IN ('Nominated', 'Confirmed', 'Approved', 'Disbursed', 'AidDelivered')
        JOIN officer_marks m ON (m.officer = e.officer OR m.officer = ANY (e.seconds))
            AND m.position <= a.as_of
        JOIN LATERAL unnest(array['person', 'account', 'phone', 'address']) AS s (kind)
            ON m.marks ->> s.kind = d.marks ->> s.kind
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen)
        GROUP BY a.subject, a.as_of, k.unit, k.paid_fen, k.returned_fen
    """,
)
