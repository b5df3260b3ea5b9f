"""Impossible identity number (身份证号不合规), clause B-5.

A dossier recorded after the fact holds an identity number whose check character, birth date or region
cannot be; of others the ledger refuses it. Another number is another dossier, so the flag is cleared
only when this one is erased.
"""

from collections.abc import Iterable

from ledger.events.dossier import DossierFiled
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN, Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.payouts import dossier_erased
from projections.frame.recorded import Recorded


def _faulty(event: DossierFiled, item: Recorded) -> Iterable[Subject]:
    return (Subject(NO_CAMPAIGN, "dossier", item.act.id),) if "identity_fault" in item.act.marks else ()


dossier_faulty = Trigger((DossierFiled,), _faulty)
"""A dossier filed with a fault in its identity number."""

RULE = FlagRule(
    id="identity-invalid",
    version=1,
    title_zh="身份证号不合规",
    title_en="Impossible identity number",
    clause="B-5",
    severity="medium",
    subject="dossier",
    raised_by=(dossier_faulty,),
    affected_by=(dossier_erased,),
    query="""
        SELECT a.subject, a.as_of, d.unit, array[d.from_position], 0,
            jsonb_build_object('fault', d.marks ->> 'identity_fault')
        FROM asked a
        JOIN dossiers_at(a.as_of) d ON d.dossier = a.name
        WHERE d.marks ? 'identity_fault' AND NOT d.erased
    """,
)
