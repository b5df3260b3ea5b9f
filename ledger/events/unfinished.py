"""Cases that are not finished (未办结): open, or approved and not paid. Until then an identity is kept."""

from __future__ import annotations

from ledger.domain.claims import claim_of
from ledger.domain.state import Campaign, Case, Dossier, State
from ledger.errors import Rule

CASE_NOT_FINISHED = Rule(
    "case-not-finished",
    zh="档案 {dossier} 上的对象 {case} 尚未办结（{found!w}），不能删除或封存身份信息：请先发放、不予批准或撤销",
    en="case {case} on dossier {dossier} is not finished ({found}), its identity cannot be erased or sealed yet: pay it,"
    " reject it or revoke it first",
)


def is_unfinished(case: Case) -> bool:
    """Whether a live case still waits for a step or for what was approved.

    What is approved in kind is finished with the first delivery.
    """
    if case.state in ("rejected", "revoked"):
        return False
    if not case.state.startswith("approved"):
        return True
    if case.goods_fen and not case.delivered_fen:
        return True
    return case.paid_fen < case.approved_fen if case.approved_fen else not case.paid_by


def check_finished(dossier: Dossier, state: State) -> None:
    """Refuses where the dossier has a case that is not finished, in any campaign.

    Raises:
        Refused: ``case-not-finished``.
    """
    for campaign in state.records(Campaign):
        claimant = state.claimant(claim_of(campaign.id, dossier.person))
        if claimant is None:
            continue
        case = state.get(Case, claimant)
        if case.dossier == dossier.id and is_unfinished(case):
            raise CASE_NOT_FINISHED.refused(dossier=dossier.id, case=case.id, found=case.state)


def kept_fen(case: Case) -> int:
    """What a person kept of a case and of those before it in the campaign, money and the value of goods."""
    return case.paid_fen + case.delivered_fen + case.paid_before_fen


def end_claim(case: Case, state: State) -> None:
    """Ends a case's claim; by the ninth version of the rules not where it counts for the next nomination."""
    if state.rules < 9 or not (case.upheld or kept_fen(case)):
        state.release(case)
    state.put(case)
