"""Help to sites over HTTP and in the views: what was approved, given and returned, the line's balance, and the flag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.domain.policy.collective import CollectiveRules
from ledger.events.campaign import PolicyAmended
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven, CollectiveHelpReturned
from tests.founding import Founded
from tests.http.serving import Enter, service
from tests.scene import policy

RULES = CollectiveRules(per_visit_cap_fen=20_000_000, share_permille=100, source="年度方案")
OF: dict[str, Any] = {"campaign": "b2026", "unit": "tea", "line": "workers"}


@pytest.fixture
def client(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    amended = PolicyAmended(campaign="b2026", policy=policy(collective=RULES), reason="增加集体慰问")
    with founded.store.writer() as writer:
        founded.record(writer, "approver", amended, second="approver2")
    with service(founded, tmp_path) as client:
        yield client


def test_it_stands_with_its_sums_and_is_flagged_above_its_share(client: TestClient, enter: Enter) -> None:
    approver, finance = enter("approver"), enter("finance")
    site = {"site": "一车间", "headcount": 30, "reason": "坚守岗位", "amount_fen": 3_000_000}
    made = approver.post(CollectiveHelpApproved.model_validate({**OF, **site}))["id"]
    given = {**OF, "help": made, "amount_fen": 2_500_001, "document": {"number": "1"}}
    position = finance.post(CollectiveHelpGiven.model_validate(given))["position"]
    (row,) = finance.rows("/collective-help", campaign="b2026", wait_for=position)
    assert (row["site"], row["approved_fen"], row["given_fen"], row["returned_fen"]) == (
        "一车间", 3_000_000, 2_500_001, 0,
    )  # fmt: skip
    balance = next(each for each in finance.rows("/balances", campaign="b2026") if each["line"] == "workers")
    assert (balance["collective_fen"], balance["left_fen"]) == (2_500_001, 22_499_999)
    (unit,) = finance.rows("/balances", campaign="b2026", by="unit")
    assert (unit["unit"], unit["collective_fen"]) == ("tea", 2_500_001)
    (flag,) = finance.rows("/flags", rule="collective-over-share")
    assert (flag["subject"], flag["amount_fen"], flag["raised_at"]) == (
        "line:b2026/workers", 2_500_001, position,
    )  # fmt: skip
    back = {**OF, "help": made, "amount_fen": 1, "reason": "多领"}
    assert finance.post(CollectiveHelpReturned.model_validate(back), refused="return-by-payer")
    position = enter("finance2").post(CollectiveHelpReturned.model_validate(back))["position"]
    assert finance.rows("/flags", rule="collective-over-share", wait_for=position) == []
    balance = next(each for each in finance.rows("/balances", campaign="b2026") if each["line"] == "workers")
    assert (balance["collective_fen"], balance["left_fen"]) == (2_500_000, 22_500_000)
