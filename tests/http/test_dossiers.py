"""One dossier over HTTP: its facts shown, an amendment read before it is signed, payouts of a case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended, Facts
from ledger.events.dossier_life import HouseholdVisited
from ledger.events.household import HouseholdDeclared, MemberRecorded
from ledger.events.payout import PayoutReturned, RecipientAbsent
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service
from tests.scene import ON, policy
from tests.unit.decisions.test_households import EXCLUSIONS, HARDSHIP


class Paid(NamedTuple):
    person: PersonIdentity
    case: str
    dossier: str
    payout: str


@pytest.fixture
def paid(founded: Founded) -> Paid:
    person = founded.people.person()
    with founded.store.writer() as writer:
        made = founded.paid(writer, person, cause="illness", household_size=3, employed_in_county=True)
        return Paid(person, *made)


@pytest.fixture
def client(founded: Founded, paid: Paid, tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def read(client: TestClient, officer: Officer, dossier: str, typed: dict[str, str]) -> Any:
    headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
    return client.post(f"/dossiers/{dossier}/read", json={"typed": typed}, headers=headers).json()


def test_facts_are_shown_as_they_would_be_typed(enter: Enter, paid: Paid) -> None:
    shown = enter("tea-clerk").get(f"/dossiers/{paid.dossier}")
    assert {"cause": "因病", "household_size": "3", "employed_in_county": "是"}.items() <= shown[
        "typed"
    ].items()
    assert "number" in [column["field"] for column in shown["identity_columns"]]
    assert "died_on" in [column["field"] for column in shown["fact_columns"]]
    assert paid.person.number not in str(shown)


def test_an_amendment_is_read_signed_and_shown(
    enter: Enter, client: TestClient, paid: Paid, founded: Founded
) -> None:
    clerk = enter("tea-clerk")
    assert client.post(f"/dossiers/{paid.dossier}/read", json={"typed": {}}).json()["code"] == "not-signed-in"
    bad = read(client, clerk, paid.dossier, {"household_size": "很多", "cause": "因病"})
    assert [(fault["heading"], fault["code"]) for fault in bad["faults"]] == [("家庭人口", "whole-number")]
    good = read(client, clerk, paid.dossier, {"household_size": "4人", "income_per_head_fen": "600"})
    assert good == {
        "facts": {"household_size": 4, "income_per_head_fen": 60_000},
        "identity": None,
        "faults": [],
    }
    amended = DossierAmended(
        unit="tea", dossier=paid.dossier, facts=Facts.model_validate(good["facts"]), reason="重新核查"
    )
    position = clerk.post(amended)["position"]
    found = clerk.get(f"/dossiers/{paid.dossier}", wait_for=position)
    assert found["facts"] == good["facts"]
    assert clerk.get(f"/dossiers/{paid.dossier}", as_of=position - 1)["facts"]["cause"] == "illness"


def test_an_identity_is_given_whole_and_of_the_same_person(
    enter: Enter, client: TestClient, paid: Paid, founded: Founded
) -> None:
    clerk = enter("tea-clerk")
    name, number = paid.person.name, paid.person.number
    same = read(client, clerk, paid.dossier, {"name": name, "number": number, "phone": "13805961234"})
    assert (same["identity"]["phone"], same["faults"]) == ("13805961234", [])
    promise, disclosure = committed(PersonIdentity.model_validate(same["identity"]))
    amended = DossierAmended(
        unit="tea", dossier=paid.dossier, facts=Facts(), reason="换号", identity_commitment=promise
    )
    clerk.post(amended, disclosure=disclosure)
    other = founded.people.person()
    answer = read(client, clerk, paid.dossier, {"name": other.name, "number": other.number})
    assert answer["code"] == "person-changed"


def test_another_units_dossier_is_not_there(enter: Enter, client: TestClient, paid: Paid) -> None:
    clerk = enter("sugar-clerk")
    assert clerk.get(f"/dossiers/{paid.dossier}", status=404)["code"] == "reference-unknown"
    assert read(client, clerk, paid.dossier, {})["code"] == "reference-unknown"
    assert clerk.rows("/payouts", case=paid.case) == []
    assert read(client, enter("finance"), paid.dossier, {})["code"] == "reading-not-allowed"


def test_payouts_say_what_came_back_and_where_they_came_from(enter: Enter, paid: Paid) -> None:
    finance = enter("finance")
    back = PayoutReturned(
        **ON,
        payout=paid.payout,
        case=paid.case,
        line="workers",
        amount_fen=20_000,
        kind="clawed-back",
        reason="不实",
    )
    position = enter("finance2").post(back)["position"]
    (row,) = finance.rows("/payouts", case=paid.case, wait_for=position)
    assert (row["payout"], row["amount_fen"], row["returned_fen"], row["drawn"]) == (
        paid.payout,
        50_000,
        20_000,
        False,
    )
    (before,) = finance.rows("/payouts", case=paid.case, as_of=position - 1)
    assert before["returned_fen"] == 0


def test_the_roster_counts_how_often_nobody_came(enter: Enter, founded: Founded, paid: Paid) -> None:
    clerk = enter("tea-clerk")
    back = PayoutReturned(
        **ON,
        payout=paid.payout,
        case=paid.case,
        line="workers",
        amount_fen=50_000,
        kind="refused",
        reason="拒收",
    )
    enter("finance2").post(back)
    clerk.post(RecipientAbsent(**ON, case=paid.case))
    position = clerk.post(RecipientAbsent(**ON, case=paid.case, note="外出务工"))["position"]
    (row,) = clerk.rows("/roster", wait_for=position)
    assert (row["absences"], row["state"]) == (2, "returned")
    assert [row["type"] for row in clerk.rows("/timeline/case", name=paid.case)][-1] == "RecipientAbsent"


class TestHousehold:
    @pytest.fixture
    def declared(self, founded: Founded, paid: Paid) -> tuple[str, str]:
        """A spouse, and what the family declares; returns the spouse's name and number."""
        spouse = founded.people.person()
        promise, disclosure = committed(spouse)
        of = {"unit": "tea", "dossier": paid.dossier}
        with founded.store.writer() as writer:
            terms = policy(hardship=HARDSHIP, exclusions=EXCLUSIONS)
            amended = PolicyAmended(campaign="b2026", policy=terms, reason="补充认定标准")
            writer.record(founded.signer("approver").sign(amended))
            member = MemberRecorded.model_validate(
                {**of, "relation": "spouse", "identity_commitment": promise}
            )
            made = founded.record(writer, "tea-clerk", member, disclosure).id
            said = HouseholdDeclared.model_validate({
                **of, "locality": "某县", "year": 2026, "applicant": {"income_fen": 1_000_000},
                "members": [{"member": made, "income_fen": 500_000}], "stated_class": "deep",
                "exclusions": [{"exclusion": "housing", "applies": True}],
            })  # fmt: skip
            founded.record(writer, "tea-clerk", said)
            visit = HouseholdVisited.model_validate(
                {**of, "visitors": ["甲"], "found": "与申报相符", "agrees": True}
            )
            founded.record(writer, "tea-clerk", visit)
        return spouse.name, spouse.number

    def test_it_is_shown_with_its_working_and_nobodys_name(
        self, declared: tuple[str, str], enter: Enter, paid: Paid
    ) -> None:
        shown = enter("approver").get(f"/households/{paid.dossier}", campaign="b2026")
        assert [each["relation_title"]["zh"] for each in shown["members"]] == ["配偶"]
        assert "*" in shown["members"][0]["masked_name"]
        assert not any(word in str(shown) for word in declared)
        assert (shown["life_title"]["zh"], shown["life"]["visitors"]) == ("已申请", "甲")
        assessed = shown["assessed"]
        assert (assessed["title"], assessed["judged"], assessed["excluded"]) == (
            "深度困难", True, ["两套以上住房"],
        )  # fmt: skip
        assert [step["words"]["zh"] for step in assessed["working"]] == [
            "全年可支配收入：15,000.00 元",
            "余额：15,000.00 元",
            "÷ 12 个月 ÷ 共同生活 2 人：人均月收入 625.00 元（舍去不足一分的部分；比较时不舍入）",
            "深度困难：人均 625.00 元，标准为 800.00 元——符合",
        ]

    def test_another_unit_and_an_open_question_without_a_policy(
        self, declared: tuple[str, str], enter: Enter, paid: Paid
    ) -> None:
        path = f"/households/{paid.dossier}"
        assert enter("sugar-clerk").get(path, status=404)["code"] == "reference-unknown"
        assert enter("tea-clerk").get(path)["assessed"] is None

    def test_a_dossier_without_a_household_says_so(self, enter: Enter, paid: Paid) -> None:
        shown = enter("tea-clerk").get(f"/households/{paid.dossier}", campaign="b2026")
        assert (shown["members"], shown["declared"], shown["life"], shown["consent"]) == (
            [],
            None,
            None,
            None,
        )

    def test_dossiers_are_listed_with_where_they_are(
        self, declared: tuple[str, str], enter: Enter, paid: Paid
    ) -> None:
        [row] = enter("tea-clerk").rows("/dossiers", state="applied")
        assert (row["dossier"], row["persons"], row["stated_class"]) == (paid.dossier, 2, "deep")
        assert paid.person.name not in str(row)
        assert enter("sugar-clerk").rows("/dossiers") == []
        assert enter("tea-clerk").rows("/dossiers", state="ended") == []
