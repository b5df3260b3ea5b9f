"""Help to a site paid amiss: who is found, who looks alike and is not, and what clears it."""

from __future__ import annotations

from typing import Any

from ledger.crypto.keys import key_id_of
from ledger.domain.policy.collective import CollectiveRules
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven, CollectiveHelpReturned
from ledger.events.registry import KeyRevoked
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import set_policy, subjects

ON = {"campaign": "b2026", "unit": "tea", "line": "workers"}


def given(views: Views, officer: str = "finance", **said: Any) -> tuple[str, int]:
    """A site is approved 300 yuan and given it; the help's id, and the entry of the gift."""
    f, w = views.founded, views.writer
    of = {**ON, "amount_fen": 30_000}
    site = {"site": "一线班组", "headcount": 40, "reason": "坚守岗位"}
    made = f.record(w, "approver", CollectiveHelpApproved.model_validate({**of, **site})).id
    handed = CollectiveHelpGiven.model_validate({**of, "help": made, "document": {"number": "1"}, **said})
    return made, f.record(w, officer, handed).position


class TestCollectivePaidAmiss:
    RULES = CollectiveRules(per_visit_cap_fen=100_000, source="年度慰问方案")

    def test_f_is_paid_in_cash_and_cleared_when_it_comes_back(self, views: Views) -> None:
        set_policy(views, collective=self.RULES, bank_transfer_required=True)
        made, position = given(views, method="cash")
        given(views)
        ((found, _, evidence, amount_fen),) = views.flags("collective-paid-amiss")
        assert (found, evidence, amount_fen) == (f"event:b2026/{position}", [position], 30_000)
        back = CollectiveHelpReturned.model_validate(
            {**ON, "help": made, "amount_fen": 30_000, "reason": "退回"}
        )
        views.founded.record(views.writer, "finance2", back)
        assert subjects(views, "collective-paid-amiss") == []

    def test_f_is_paid_by_a_key_that_was_in_others_hands(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, collective=self.RULES)
        since = f.clock().isoformat()
        _, position = given(views, method="cash")
        given(views, officer="finance2")
        assert subjects(views, "collective-paid-amiss") == []
        key = key_id_of(f.signer("finance").key)
        f.record(w, "registrar", KeyRevoked(key=key, revoked_from=since, compromised=True, reason="外泄"))
        assert subjects(views, "collective-paid-amiss") == [f"event:b2026/{position}"]
