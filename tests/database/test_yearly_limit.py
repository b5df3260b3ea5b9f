"""The limit for a year in the database: what a household was given is read in the batch's one round trip."""

from __future__ import annotations

import pytest

from ledger.domain.policy.funding import Funding, FundSource, YearlyLimit
from ledger.errors import Refused
from ledger.events.household import MemberRecorded
from ledger.events.payout import Disbursed
from ledger.storage.store import OpenStore
from ledger.writing.signing import committed
from tests.founding import prepare
from tests.scene import policy

LIMIT = YearlyLimit(of="household", amount_fen=80_000, source="办法（2026）")
FUNDING = Funding(
    source="办法（2026）",
    sources=[FundSource(code="county", title="县级经费", kind="本级经费")],
    yearly_limit=LIMIT,
)


def test_a_spouse_who_was_paid_counts_against_the_households_limit(store: OpenStore) -> None:
    founded = prepare(store)
    spouse = founded.people.person()
    with store.writer() as writer:
        founded.found(writer, policy(funding=FUNDING))
        founded.paid(writer, spouse, "sugar")
        case, dossier = founded.approved(writer)
        payout = Disbursed(
            campaign="b2026", unit="tea", dossier=dossier, case=case, line="workers", amount_fen=30_000
        )
        founded.record(writer, "finance", payout)
        promise, disclosure = committed(spouse)
        member = MemberRecorded(unit="tea", dossier=dossier, relation="spouse", identity_commitment=promise)
        founded.record(writer, "tea-clerk", member, disclosure)
        with pytest.raises(Refused) as refused:
            founded.record(writer, "finance", payout.model_copy(update={"amount_fen": 20_000}))
    assert refused.value.code == "above-yearly-limit"
    assert refused.value.details["found"] == 80_000
    assert "超出 200.00 元" in refused.value.message("zh")
