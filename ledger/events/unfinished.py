"""Cases that are not finished (未办结): open, or approved and not paid. Until then an identity is kept."""

from __future__ import annotations

from ledger.domain.claims import OVER, claim_of
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
    """Ends a case's claim; by the ninth version of the rules not where it counts for the next nomination.

    By the eleventh, an objection that is open counts as one that was upheld.
    """
    if not _counts_on(case, state):
        state.release(case)
    state.put(case)


def _counts_on(case: Case, state: State) -> bool:
    """Whether a case that is over counts for the person's next nomination."""
    against = case.upheld if state.rules < 11 else case.objections
    return state.rules >= 9 and bool(against or kept_fen(case))


def hold_claim(case: Case, state: State) -> None:
    """Lets a case that is over have the claim again, where it has come to count for the next nomination.

    That is by the eleventh version of the rules, and where no other case has it.
    """
    if state.rules < 11 or case.state not in OVER or case.claim is not None or not _counts_on(case, state):
        return
    claim = claim_of(case.campaign, case.recipient)
    if state.claimant(claim) is None:
        case.claim = claim
        state.put(case)


def successor(case: Case, state: State) -> Case | None:
    """The person's nomination that took the place of a case which is over, by the eleventh version of the rules.

    What befalls a case after it is over befalls that one: money that comes back, money recorded late, what becomes of an
    objection.
    """
    if state.rules < 11 or case.state not in OVER:
        return None
    claimant = state.claimant(claim_of(case.campaign, case.recipient))
    return None if claimant in (None, case.id) else state.get(Case, claimant or "")


def note_kept(case: Case, amount_fen: int, state: State) -> None:
    """Notes that a person has so much more of a case, or less, where the case is over: it counts for the next nomination."""
    hold_claim(case, state)
    after = successor(case, state)
    if after is not None:
        after.paid_before_fen = max(0, after.paid_before_fen + amount_fen)
        state.put(after)
