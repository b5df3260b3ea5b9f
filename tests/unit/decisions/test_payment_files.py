"""Files for the bank (given/when/then): which payouts they hold, and who signs them."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.state import Payout
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.payment_file import PaymentFileMade, serial_of
from ledger.events.payout import PayoutReturned
from tests.scene import ON, Scene


def made(
    scene: Scene, *payouts: str, batch: str = "26011001", amount_fen: int = 50_000, **more: Any
) -> PaymentFileMade:
    """A file of payouts, each with its case and dossier."""
    cases = [scene.case(scene.state.get(Payout, each).case or "") for each in payouts]
    return PaymentFileMade.model_validate(
        {
            **ON, "batch": batch, "profile": "general", "file": "0" * 64, "count": len(payouts),
            "sum_fen": amount_fen * len(payouts),
            "lines": [
                {"payout": each, "amount_fen": amount_fen, "case": case.id, "dossier": case.dossier}
                for each, case in zip(payouts, cases, strict=True)
            ],
            **more,
        }
    )  # fmt: skip


@pytest.fixture
def scene() -> Scene:
    return Scene().funds()


def paid(scene: Scene, name: str = "张三", **more: Any) -> str:
    return scene.do("finance", scene.payout(scene.approved(name), **more))


def test_a_payout_stands_in_one_file(scene: Scene) -> None:
    one, other = paid(scene), paid(scene, "李四")
    scene.do("finance", made(scene, one))
    scene.when("finance", made(scene, other)).refuses("payment-batch-taken", batch="26011001")
    scene.when("finance", made(scene, one, other, batch="26011002")).refuses(
        "payment-line-twice", batch="26011001"
    )
    scene.when("finance", made(scene, other, batch="26011002")).then(lambda s: True)


def test_a_file_that_the_bank_did_not_take_is_replaced(scene: Scene) -> None:
    payout = paid(scene)
    scene.do("finance", made(scene, payout))
    again = made(scene, payout, batch="26011002", replaces="26011001")
    scene.when("finance", again, second="finance2").then(lambda s: True)
    third = made(scene, payout, batch="26011003", replaces="26011001")
    scene.when("finance", third).refuses("payment-line-twice", batch="26011002")


def test_it_pays_what_of_the_payout_stands(scene: Scene) -> None:
    case = scene.approved()
    payout = scene.do("finance", scene.payout(case))
    scene.when("finance", made(scene, payout, amount_fen=40_000)).refuses(
        "payment-line-differs", expected=50_000, found=40_000
    )
    back = PayoutReturned(
        **ON, payout=payout, case=case, line="workers", amount_fen=50_000, kind="bounced", reason="退票"
    )
    scene.do("finance2", back)
    scene.when("finance", made(scene, payout)).refuses("payment-line-differs", expected=0)


def test_what_is_handed_out_in_cash_is_in_no_file(scene: Scene) -> None:
    scene.when("finance", made(scene, paid(scene, method="cash"))).refuses("payment-not-by-bank")


def test_what_was_paid_otherwise_is_in_no_file(scene: Scene) -> None:
    """Out of what the unit drew, after the fact, or what a statement of account shows as debited."""
    scene.drawn(50_000)
    handed = paid(scene, source="drawn")
    scene.when("finance", made(scene, handed)).refuses("payment-made-otherwise")
    case = scene.approved("李四")
    late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "系统停用"}
    recorded = scene.do("finance", scene.payout(case, **late))
    scene.when("finance", made(scene, recorded)).refuses("payment-made-otherwise")
    debited = paid(scene, "王五")
    day = scene.time.date().isoformat()
    entry = {
        "bank_reference": "1" * 64, "booked_on": day, "direction": "debit", "amount_fen": 50_000, "payouts": [debited],
    }  # fmt: skip
    statement = AccountStatementRecorded.model_validate(
        {
            "campaign": "b2026", "account": "icbc", "lines": ["workers"], "from_day": day, "to_day": day,
            "opening_fen": 50_000, "closing_fen": 0, "file": "0" * 64, "entries": [entry],
        }
    )  # fmt: skip
    scene.do("finance2", statement)
    scene.when("finance", made(scene, debited)).refuses("payment-made-otherwise")


def test_above_the_limit_two_persons_sign() -> None:
    scene = Scene(two_signatures_above_fen=60_000).funds()
    one, other = paid(scene), paid(scene, "李四")
    both = made(scene, one, other)
    scene.when("finance", both).refuses("second-signature-missing", expected=60_000, found=100_000)
    scene.when("finance", both, second="finance2").then(lambda s: True)


def test_count_sum_and_lines_agree(scene: Scene) -> None:
    payout = paid(scene)
    with pytest.raises(ValueError, match="count and sum"):
        made(scene, payout, sum_fen=1)
    with pytest.raises(ValueError, match="twice"):
        made(scene, payout, payout)


def test_a_serial_is_batch_and_line() -> None:
    assert [serial_of("26112801", number) for number in (1, 2000)] == ["261128010001", "261128012000"]
