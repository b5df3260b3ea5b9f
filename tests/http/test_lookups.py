"""Look-ups by roster: own cases are named, others are "on another list", counted and recorded."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from limits import RateLimitItemPerMinute

from api.service.lookups import MOST_ELSEWHERE_A_DAY, Lookups, Reserved, told_since
from api.statements.submissions import write_submission
from ledger.domain.event import Grant
from ledger.errors import Refused
from ledger.events.campaign import CampaignOpened
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.nomination import Nominated
from ledger.events.registry import UnitRegistered
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from tests.founding import Founded
from tests.http.serving import Officer, service
from tests.scene import NOBODY, policy


def alone(officer: str) -> tuple[str, ...]:
    """Every officer is a person of their own."""
    return (officer,)


class TestTheQuota:
    def test_a_person_counts_once_under_all_codes(self) -> None:
        asked: list[tuple[str, ...]] = []

        def remembered(officers: tuple[str, ...], since: str) -> int:
            asked.append(officers)
            return 0

        lookups = Lookups(remembered, lambda officer: ("li", "li2"), lambda: "2026-01-05")
        lookups.take("li", MOST_ELSEWHERE_A_DAY)
        assert lookups.reserve("li2", 1).is_used_up
        with pytest.raises(Refused):
            lookups.take("li2", 1)
        assert asked == [("li", "li2")]

    def test_it_counts_by_officer_and_day(self) -> None:
        days = ["2026-01-05"]
        lookups = Lookups(lambda officers, since: 0, alone, lambda: days[-1])
        lookups.take("li", MOST_ELSEWHERE_A_DAY)
        with pytest.raises(Refused) as refused:
            lookups.take("li", 1)
        assert refused.value.code == "lookups-too-many"
        lookups.take("wang", MOST_ELSEWHERE_A_DAY)
        days.append("2026-01-06")
        lookups.take("li", MOST_ELSEWHERE_A_DAY)

    def test_what_was_refused_counts_too(self) -> None:
        lookups = Lookups(lambda officers, since: 0, alone, lambda: "2026-01-05")
        with pytest.raises(Refused):
            lookups.take("li", MOST_ELSEWHERE_A_DAY + 1)
        with pytest.raises(Refused):
            lookups.take("li", 1)

    def test_it_goes_on_from_what_the_access_log_remembers(self) -> None:
        asked: list[tuple[tuple[str, ...], str]] = []

        def remembered(officers: tuple[str, ...], since: str) -> int:
            asked.append((officers, since))
            return MOST_ELSEWHERE_A_DAY - 1

        lookups = Lookups(remembered, alone, lambda: "2026-01-05")
        lookups.take("li", 1)
        with pytest.raises(Refused):
            lookups.take("li", 1)
        assert asked == [(("li",), "2026-01-04T16:00:00.000000Z")]

    def test_who_is_nowhere_costs_nothing(self) -> None:
        lookups = Lookups(lambda officers, since: 0, alone, lambda: "2026-01-05")
        for _ in range(MOST_ELSEWHERE_A_DAY * 2):
            lookups.take("li", 0)
        lookups.take("li", MOST_ELSEWHERE_A_DAY)

    def test_used_up_it_tells_nobody_apart(self) -> None:
        lookups = Lookups(lambda officers, since: 0, alone, lambda: "2026-01-05")
        lookups.take("li", MOST_ELSEWHERE_A_DAY)
        for elsewhere in (0, 1):
            with pytest.raises(Refused) as refused:
                lookups.take("li", elsewhere)
            assert refused.value.code == "lookups-too-many"


class TestWhatIsUnderWay:
    def lookups(self) -> Lookups:
        return Lookups(lambda officers, since: 0, alone, lambda: "2026-01-05")

    def test_no_more_is_given_at_once_than_is_left(self) -> None:
        lookups = self.lookups()
        first = lookups.reserve("li", 30)
        second = lookups.reserve("li", 30)
        assert (first.given, second.given) == (30, MOST_ELSEWHERE_A_DAY - 30)
        assert lookups.reserve("li", 1, waits=False).given == 0
        assert lookups.reserve("wang", 1).given == 1
        lookups.settle(first, 5)
        assert lookups.reserve("li", 30).given == 25

    def test_who_waits_goes_on_when_another_is_done(self) -> None:
        lookups = self.lookups()
        first = lookups.reserve("li", MOST_ELSEWHERE_A_DAY)
        found: list[Reserved] = []
        waiting = threading.Thread(target=lambda: found.append(lookups.reserve("li", 7)))
        waiting.start()
        lookups.settle(first, MOST_ELSEWHERE_A_DAY - 3)
        waiting.join(10)
        assert [(each.given, each.is_used_up) for each in found] == [(3, False)]

    def test_what_is_never_settled_ends_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.service.lookups.RESERVED_SECONDS", 0.0)
        lookups = self.lookups()
        lookups.reserve("li", MOST_ELSEWHERE_A_DAY)
        assert lookups.reserve("li", 1).given == 1


def test_many_at_once_are_told_of_no_more_than_one_after_the_other(
    founded: Founded, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.service.lookups.MOST_ELSEWHERE_A_DAY", 5)
    persons = [founded.people.person() for _ in range(12)]
    with founded.store.writer() as writer:
        for person in persons:
            founded.nominated(writer, person, unit="sugar")
        dossiers = [founded.dossier(writer, person) for person in persons]
    events = [Nominated(campaign="b2026", unit="tea", dossier=each, category="worker") for each in dossiers]
    with service(founded, tmp_path) as client, ThreadPoolExecutor(8) as pool:

        def asked(some: list[Nominated]) -> list[str]:
            many = [write_submission(founded.sign("tea-clerk", event)) for event in some]
            answer = client.post("/statements", content=orjson.dumps(many))
            return [each["code"] for each in answer.json()["outcomes"]]

        batches = [[event] for event in events[:6]] + [events[6:9], events[9:]]
        codes = Counter(code for found in pool.map(asked, batches) for code in found)
    assert codes == {"already-nominated": 5, "lookups-too-many": 7}


@pytest.fixture
def served(founded: Founded, tmp_path: Any) -> Iterator[tuple[TestClient, list[PersonIdentity]]]:
    """One person on tea's list, one on sugar's, one on none."""
    persons = [founded.people.person() for _ in range(3)]
    with founded.store.writer() as writer:
        founded.nominated(writer, persons[0], unit="tea")
        founded.nominated(writer, persons[1], unit="sugar")
    with service(founded, tmp_path) as client:
        yield client, persons


def test_a_match_elsewhere_is_another_list_and_nothing_more(
    served: tuple[TestClient, list[PersonIdentity]], founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, persons = served
    clerk = Officer(client, founded, "tea-clerk").sign_in()
    auditor = Officer(client, founded, "auditor").sign_in()
    elsewhere = auditor.rows("/roster", unit="sugar")[0]
    lines = [f"{person.name},{person.number},困难职工,因病" for person in persons]
    content = "\n".join(["姓名,公民身份号码,对象类别,致困原因", *lines, ""]).encode()
    headers = {"cookie": f"songnuan_session={clerk.cookie}", "x-csrf-token": clerk.csrf}
    query = "/rosters/read?campaign=b2026&unit=tea&name=roster.csv"
    answer = client.post(query, headers=headers, content=content)
    assert answer.status_code == 200, answer.text
    own, other, none = answer.json()["lines"]
    assert own["already"] and not own["elsewhere"]
    assert (other["already"], other["dossier"], other["elsewhere"]) == (None, None, True)
    assert (none["already"], none["elsewhere"]) == (None, False)
    for secret in (elsewhere["case_id"], elsewhere["dossier"], "sugar"):
        assert secret not in answer.text
    line = next(row for row in auditor.rows("/access") if row["what"] == "POST /rosters/read")
    assert (line["kind"], line["officer"], line["rows"], line["elsewhere"]) == ("look-up", "tea-clerk", 3, 1)
    monkeypatch.setattr("api.service.lookups.MOST_ELSEWHERE_A_DAY", 1)
    refused = client.post(query, headers=headers, content=content)
    assert (refused.status_code, refused.json()["code"]) == (429, "lookups-too-many")
    line = next(row for row in auditor.rows("/access") if row["code"] == "lookups-too-many")
    assert (line["kind"], line["elsewhere"]) == ("refused", 1)
    with founded.store.connect() as connection:
        assert told_since(connection, ["tea-clerk"], "2026-01-01") == 2
        assert told_since(connection, ["tea-clerk"], "2999-01-01") == 0


def test_a_campaign_that_is_hidden_is_as_one_that_is_not(founded: Founded, tmp_path: Any) -> None:
    with founded.store.writer() as writer:
        founded.record(writer, "registrar", UnitRegistered(unit="harbour", name="港口", level="town"))
        founded.enrol(writer, "harbour-approver", "harbour", [Grant(role="approver", unit="harbour")])
        opened = CampaignOpened(campaign="h2026", unit="harbour", title="送温暖", policy=policy())
        founded.record(writer, "harbour-approver", opened)
    with service(founded, tmp_path) as client:
        clerk = Officer(client, founded, "tea-clerk").sign_in()
        headers = {"cookie": f"songnuan_session={clerk.cookie}", "x-csrf-token": clerk.csrf}
        answers = [
            client.post(f"/rosters/read?campaign={name}&unit=tea&name=r.csv", headers=headers, content=b"x")
            for name in ("h2026", "none")
        ]
    assert [answer.status_code for answer in answers] == [404, 404]
    hidden, none = ({**answer.json(), "request_id": "", "id": ""} for answer in answers)
    assert json.dumps(hidden).replace("h2026", "none") == json.dumps(none)


def test_nominations_that_are_refused_are_look_ups_too(
    served: tuple[TestClient, list[PersonIdentity]], founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, persons = served
    monkeypatch.setattr("api.service.lookups.MOST_ELSEWHERE_A_DAY", 2)
    clerk = Officer(client, founded, "tea-clerk").sign_in()
    auditor = Officer(client, founded, "auditor").sign_in()

    def filed(person: PersonIdentity) -> str:
        promise, disclosure = committed(person)
        event = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
        return str(clerk.post(event, disclosure=disclosure)["id"])

    def nominated(person: PersonIdentity, refused: str | None = None) -> Any:
        event = Nominated(campaign="b2026", unit="tea", dossier=filed(person), category="worker")
        return clerk.post(event, refused=refused)

    own, other, none = persons
    before = founded.sign(
        "tea-clerk",
        Nominated(campaign="b2026", unit="tea", dossier=filed(founded.people.person()), category="worker"),
    )
    assert client.post("/statements", json=write_submission(before)).status_code == 201
    # One on the own list tells nothing that the clerk does not know.
    for _ in range(3):
        assert nominated(own, "already-nominated")["details"] == {"elsewhere": False}
    assert nominated(other, "already-nominated")["details"] == {"elsewhere": True}
    line = next(row for row in auditor.rows("/access") if row["code"] == "already-nominated")
    assert (line["officer"], line["rows"], line["elsewhere"]) == ("tea-clerk", 1, 1)
    # However much else is handed in, what told of somebody stands in the access log.
    monkeypatch.setattr(
        "api.service.access_recording.ATTEMPTS_OF_A_KEY", RateLimitItemPerMinute(1, namespace="few")
    )
    for _ in range(3):
        clerk.post(
            Nominated(campaign="b2026", unit="tea", dossier=NOBODY, category="worker"),
            refused="reference-unknown",
        )
    nominated(other, "already-nominated")
    # What was recorded before has its receipt, however often it is asked for.
    again = client.post("/statements", json=write_submission(before))
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    # From here on who is on a list and who is not are answered alike; other statements go on.
    for person in (own, other, none):
        nominated(person, "lookups-too-many")
    many = [
        founded.sign("tea-clerk", Nominated(campaign="b2026", unit="tea", dossier=NOBODY, category="worker"))
    ]
    answer = client.post("/statements", content=orjson.dumps([write_submission(each) for each in many]))
    assert [each["code"] for each in answer.json()["outcomes"]] == ["lookups-too-many"]
    with founded.store.connect() as connection:
        assert told_since(connection, ["tea-clerk"], "2026-01-01") == 2


def test_many_nominations_at_once_are_decided_a_portion_at_a_time(
    founded: Founded, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quota is asked between them, and a service that begins anew goes on from the access log."""
    monkeypatch.setattr("api.service.lookups.MOST_ELSEWHERE_A_DAY", 3)
    monkeypatch.setattr("api.statements.nominating.TOLD_AT_ONCE", 2)
    persons = [founded.people.person() for _ in range(8)]
    with founded.store.writer() as writer:
        for person in persons:
            founded.nominated(writer, person, unit="sugar")
        dossiers = [founded.dossier(writer, person) for person in persons]
    events = [Nominated(campaign="b2026", unit="tea", dossier=each, category="worker") for each in dossiers]

    def codes(client: TestClient) -> list[str]:
        many = [write_submission(founded.sign("tea-clerk", event)) for event in events]
        answer = client.post("/statements", content=orjson.dumps(many))
        return [each["code"] for each in answer.json()["outcomes"]]

    with service(founded, tmp_path) as client:
        assert codes(client) == ["already-nominated"] * 3 + ["lookups-too-many"] * 5
    with service(founded, tmp_path) as client:
        assert codes(client) == ["lookups-too-many"] * 8
