"""Versions of a dossier (档案版本): what was approved is what is paid (批什么、发什么). Clauses A-8, B-5.

A version is named by the statement that made it: the one that filed the dossier, or the last that changed
what is paid on, the name or the account. The number never changes, and sum and form only by another
approval. A case goes on with the version that was put forward, confirmed or approved last; where the
dossier has another by now, the case is suspended (暂停), until somebody else than who changed it confirms
it or approves it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from pydantic import BaseModel, ConfigDict

from ledger.domain.event import VerifiedEvent
from ledger.domain.fields import DossierId, VersionId
from ledger.domain.state import Case, Dossier, State
from ledger.errors import Rule
from ledger.events.separation import Titles, check_separate

DOSSIER_DIFFERS = Rule(
    "dossier-differs",
    zh="档案不符：应为 {expected}，实为 {found}",
    en="another dossier: expected {expected}, found {found}",
)
VERSION_DIFFERS = Rule(
    "dossier-version-differs",
    zh="档案版本不符：现为 {expected}，所写为 {found}。请按现有档案重新办理",
    en="another version of the dossier: it stands as {expected}, {found} is named; look at it again",
)
CASE_SUSPENDED = Rule(
    "case-suspended",
    zh="审批后收款人姓名或账户有变更，对象 {case} 已暂停：须由变更人以外的人员重新确认，或撤销后重新审批",
    en="name or account were changed after the approval, case {case} is suspended: somebody else than who"
    " changed them confirms it again, or it is approved anew",
)

BASIS_MISSING = Rule(
    "basis-missing",
    zh="对象 {case} 所依据的档案已有变更：审批须写明所依据的档案版本，现为 {expected}",
    en="the dossier of case {case} was changed since its filing: an approval names the version that it is of,"
    " now {expected}",
)

CHANGED_BY_APPROVER = Rule(
    "payee-changed-by-approver",
    zh="{officer} 改过收款人姓名或账户，又确认或审批了对象 {case}，不能据以发放：请撤销该申报，由他人重新申报、确认、审批",
    en="{officer} changed name or account and confirmed or approved case {case}, nothing is paid on it: revoke the"
    " nomination, and let others nominate, confirm and approve anew",
)

CHANGED: Titles = ("变更收款信息", "changed the payee of")


class Basis(BaseModel):
    """What an officer had before them (依据): a dossier, and which version of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    dossier: DossierId
    version: VersionId


def payee_of(marks: Mapping[str, str]) -> str:
    """Hex of what is paid on, name and account, to tell whether they changed."""
    said = "\n".join(marks.get(mark, "") for mark in ("name", "account_holder", "account"))
    return sha256(said.encode()).hexdigest()[:32]


def check_basis(act: VerifiedEvent, basis: Basis, case: Case, doing: Titles, state: State) -> None:
    """The basis is the case's dossier as it stands, and whoever signs did not make it so.

    Raises:
        Refused: ``dossier-differs``, ``dossier-version-differs`` or ``duties-not-separated``.
    """
    if basis.dossier != case.dossier:
        raise DOSSIER_DIFFERS.refused(expected=case.dossier, found=basis.dossier)
    dossier = state.get(Dossier, basis.dossier)
    _check_version(basis.version, dossier)
    check_separate(act, state, dossier.changed_by, CHANGED, doing)


def check_as_filed(case: Case) -> None:
    """An approval that names no version is of the dossier as filed, and the case goes on with that.

    Raises:
        Refused: ``basis-missing``.
    """
    if case.agreed_version != case.dossier:
        raise BASIS_MISSING.refused(case=case.id, expected=case.agreed_version)


def check_paid_version(version: str, case: Case, state: State) -> None:
    """The case goes on with the dossier as it stands, and that is what is paid.

    Raises:
        Refused: ``case-suspended`` or ``dossier-version-differs``.
    """
    dossier = state.get(Dossier, case.dossier)
    if case.agreed_version != dossier.version:
        raise CASE_SUSPENDED.refused(case=case.id, expected=case.agreed_version, found=dossier.version)
    _check_version(version, dossier)


def check_agreed_by_others(case: Case, dossier: Dossier, state: State) -> None:
    """Nobody who ever made name and account what they are confirmed or approved the case, before or after that.

    Raises:
        Refused: ``payee-changed-by-approver``.
    """
    changers = {state.person_of(officer) for officer in dossier.changed_by}
    for officer in (*case.confirmed_by, *case.approved_by):
        if state.person_of(officer) in changers:
            raise CHANGED_BY_APPROVER.refused(officer=officer, case=case.id)


def check_late_version(version: str, dossier_id: str, state: State) -> None:
    """What is paid after the fact was paid on the dossier as it was filed, or as it stands.

    Raises:
        Refused: ``dossier-version-differs``.
    """
    dossier = state.get(Dossier, dossier_id)
    if version != dossier.id:
        _check_version(version, dossier)


def _check_version(version: str, dossier: Dossier) -> None:
    if version != dossier.version:
        raise VERSION_DIFFERS.refused(expected=dossier.version, found=version)
