"""What was approved is what is paid: a dossier's versions, and cases that they suspend (given/when/then)."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Event, Grant
from ledger.domain.state import Dossier
from ledger.events.dossier import DossierAmended, Facts
from ledger.events.nomination import Approved, Confirmed, Nominated, Revoked
from ledger.events.payout import AidDelivered, AidItem, Disbursed
from ledger.events.registry import RolesChanged
from ledger.events.rules import RulesAdopted
from ledger.events.versions import Basis
from tests.scene import NOBODY, ON, Scene, person_mark

LATE: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现"}


def amended(scene: Scene, case: str, officer: str = "tea-clerk", **marks: str) -> str:
    """The case's dossier with other marks, and the version that this makes."""
    dossier = scene.state.get(Dossier, scene.case(case).dossier)
    event = DossierAmended(
        unit=dossier.unit, dossier=dossier.id, facts=Facts(), identity_commitment="1" * 64, reason="换卡"
    )
    act = scene.act(officer, event, person="张三")
    act.marks.update(marks)
    event.decide(act, scene.state)
    event.apply(act, scene.state)
    scene.acts.append(act)
    return act.id


def confirmation(scene: Scene, case: str, version: str) -> Confirmed:
    return Confirmed(**ON, case=case, basis=Basis(dossier=scene.case(case).dossier, version=version))


ACCOUNT: dict[str, Any] = {"account": person_mark("another account")}


@pytest.mark.parametrize("mark", ["name", "account", "account_holder"])
def test_a_change_after_the_approval_suspends_the_case_until_it_is_confirmed_again(
    scene: Scene, mark: str
) -> None:
    scene.funds()
    case = scene.approved()
    version = amended(scene, case, **{mark: person_mark("changed")})
    payout = scene.payout(case, dossier_version=version)
    for tried in (payout, scene.payout(case)):
        scene.when("finance", tried).refuses("case-suspended", case=case, found=version)
    scene.do("tea-confirmer", confirmation(scene, case, version))
    assert scene.case(case).state == "approved"
    scene.when("finance", scene.payout(case)).refuses(
        "dossier-version-differs", expected=version, found=scene.case(case).dossier
    )
    scene.when("finance", payout).then(lambda s: s.case(case).paid_fen == 50_000)


def test_what_is_not_paid_on_suspends_nothing(scene: Scene) -> None:
    scene.funds()
    case = scene.approved()
    version = amended(scene, case, phone=person_mark("another phone"))
    assert scene.state.get(Dossier, scene.case(case).dossier).version != version
    scene.when("finance", scene.payout(case)).then(lambda s: True)


def test_goods_and_what_is_left_after_a_part_wait_too(scene: Scene) -> None:
    scene.funds()
    case = scene.confirmed()
    scene.do(
        "approver",
        Approved(**ON, case=case, forms=["money", "goods"], line="workers", amount_fen=50_000, goods_fen=1),
    )
    scene.do("finance", scene.payout(case, 20_000))
    amended(scene, case, **ACCOUNT)
    goods = AidDelivered(
        **ON,
        dossier=scene.case(case).dossier,
        case=case,
        form="goods",
        items=[AidItem(name="大米", quantity=1, measure="袋", value_fen=1)],
    )
    for event in (scene.payout(case, 30_000), goods):
        scene.when("finance", event).refuses("case-suspended")


def test_changing_it_back_is_a_change_as_well(scene: Scene) -> None:
    case = scene.funds().approved()
    amended(scene, case, **ACCOUNT)
    version = amended(scene, case)
    scene.when("finance", scene.payout(case, dossier_version=version)).refuses("case-suspended")


def hats(scene: Scene, officer: str, *roles: str) -> None:
    grants = [Grant(role=role, unit="tea") for role in roles]  # type: ignore[arg-type] # roles all
    scene.do("registrar", RolesChanged(officer=officer, reason="兼任", grants=grants))


def test_who_changed_it_neither_confirms_nor_approves_it(scene: Scene) -> None:
    scene.funds()
    hats(scene, "tea-clerk2", "clerk", "confirmer", "approver")
    case = scene.approved()
    version = amended(scene, case, "tea-clerk2", **ACCOUNT)
    again = confirmation(scene, case, version)
    scene.when("tea-clerk2", again).refuses("duties-not-separated", officer="tea-clerk2")
    scene.when("tea-clerk", again).refuses("role-not-held")
    scene.do("approver", Revoked(**ON, case=case, target="approval", reason="换卡"))
    anew = Approved(**ON, case=case, line="workers", amount_fen=50_000, basis=again.basis)
    scene.when("tea-clerk2", anew).refuses("duties-not-separated", officer="tea-clerk2")
    scene.do("approver", anew)
    scene.when("finance", scene.payout(case, dossier_version=version)).then(lambda s: True)


def test_an_approval_of_an_older_version_pays_nothing(scene: Scene) -> None:
    """The approver looked at the dossier before it was changed."""
    scene.funds()
    case = scene.confirmed()
    version = amended(scene, case, **ACCOUNT)
    approval = Approved(**ON, case=case, line="workers", amount_fen=50_000)
    dossier = scene.case(case).dossier
    stale = approval.model_copy(update={"basis": Basis(dossier=dossier, version=dossier)})
    scene.when("approver", stale).refuses("dossier-version-differs", expected=version, found=dossier)
    scene.do("approver", approval)
    scene.when("finance", scene.payout(case, dossier_version=version)).refuses("case-suspended")


def test_the_basis_is_the_cases_own_dossier(scene: Scene) -> None:
    case, other = scene.nominated(), scene.nominated("李四")
    basis = Basis(dossier=scene.case(other).dossier, version=scene.case(other).dossier)
    for officer, event in (
        ("tea-confirmer", Confirmed(**ON, case=case, basis=basis)),
        ("approver", Approved(**ON, case=case, line="workers", amount_fen=1, basis=basis, **LATE)),
    ):
        tried = scene.when("auditor" if officer == "approver" else officer, event)
        tried.refuses("dossier-differs", expected=scene.case(case).dossier)


def test_a_version_is_put_forward_by_the_nomination(scene: Scene) -> None:
    scene.funds()
    first = scene.nominated()
    version = amended(scene, first, **ACCOUNT)
    scene.do("approver", Revoked(**ON, case=first, target="nomination", reason="重报"))
    dossier = scene.case(first).dossier
    case = scene.do("tea-clerk", Nominated(**ON, dossier=dossier, category="worker"))
    scene.do("tea-confirmer", Confirmed(**ON, case=case))
    basis = Basis(dossier=dossier, version=version)
    scene.do("approver", Approved(**ON, case=case, line="workers", amount_fen=50_000, basis=basis))
    scene.when("finance", scene.payout(case, dossier_version=version)).then(lambda s: True)


def test_an_approval_that_names_no_version_is_of_the_dossier_as_filed(scene: Scene) -> None:
    """The approver looked at it, it was changed, and the confirmer agreed to the change before they signed."""
    scene.funds()
    case, untouched = scene.nominated(), scene.confirmed("李四")
    version = amended(scene, case, **ACCOUNT)
    scene.do("tea-confirmer", confirmation(scene, case, version))
    approval = Approved(**ON, case=case, line="workers", amount_fen=50_000)
    scene.when("approver", approval).refuses("basis-missing", case=case, expected=version)
    basis = Basis(dossier=scene.case(case).dossier, version=version)
    scene.when("approver", approval.model_copy(update={"basis": basis})).then(lambda s: True)
    scene.when("approver", approval.model_copy(update={"case": untouched})).then(lambda s: True)


def test_after_the_fact_an_approval_needs_no_basis(scene: Scene) -> None:
    case = scene.nominated()
    scene.do("tea-confirmer", confirmation(scene, case, amended(scene, case, **ACCOUNT)))
    late = Approved(**ON, case=case, line="workers", amount_fen=50_000, **LATE)
    scene.when("finance", late).then(lambda s: True)


def test_by_the_first_rules_an_approval_needed_no_basis() -> None:
    scene = Scene(rules=1).funds()
    case = scene.nominated()
    version = amended(scene, case, **ACCOUNT)
    scene.do("tea-confirmer", Confirmed(**ON, case=case))
    approval = Approved(**ON, case=case, line="workers", amount_fen=50_000)
    scene.when("approver", approval).then(lambda s: s.case(case).agreed_version != version)


def test_an_approved_case_without_a_change_is_not_confirmed_again(scene: Scene) -> None:
    case = scene.approved()
    for event in (Confirmed(**ON, case=case), confirmation(scene, case, scene.case(case).dossier)):
        scene.when("tea-confirmer", event).refuses("state-not-allowed", expected="nominated")


def test_after_the_fact_it_is_the_dossier_as_filed_or_as_it_stands(scene: Scene) -> None:
    case = scene.nominated()
    between = amended(scene, case, **ACCOUNT)
    now = amended(scene, case)
    for version, admitted in ((None, True), (now, True), (between, False), (NOBODY, False)):
        tried = scene.when("finance", scene.payout(case, dossier_version=version, **LATE), second="finance2")
        if admitted:
            tried.then(lambda s: True)
        else:
            tried.refuses("dossier-version-differs", expected=now, found=version)


def test_sum_and_form_change_only_by_another_approval(scene: Scene) -> None:
    scene.funds()
    case = scene.approved()
    for changes in (
        {"amount_fen": 60_000},
        {"forms": ["goods"], "line": None, "amount_fen": None, "goods_fen": 1},
    ):
        fields: dict[str, Any] = {"line": "workers", "forms": ["money"], **changes}
        scene.when("approver", Approved(**ON, case=case, **fields)).refuses("state-not-allowed")
    scene.when("finance", scene.payout(case, 60_000)).refuses("payout-above-approval")


def test_by_the_first_rules_a_change_suspended_nothing() -> None:
    scene = Scene(rules=1).funds()
    first, second = scene.approved(), scene.approved("李四", unit="sugar")
    amended(scene, first, **ACCOUNT)
    paid: Event = scene.payout(first, 20_000)
    assert isinstance(paid, Disbursed)
    scene.do("finance", paid)
    scene.do("registrar", RulesAdopted(version=2, reason="上级要求"))
    # What was changed before they bound stays as it was judged; what is changed from now on waits.
    scene.when("finance", scene.payout(first, 20_000)).then(lambda s: True)
    dossier = scene.state.get(Dossier, scene.case(second).dossier)
    event = DossierAmended(
        unit="sugar", dossier=dossier.id, facts=Facts(), identity_commitment="1" * 64, reason="换卡"
    )
    act = scene.act("sugar-clerk", event, person="李四")
    act.marks.update(ACCOUNT)
    event.apply(act, scene.state)
    scene.when("finance", scene.payout(second)).refuses("case-suspended")
