"""Lists from outside over HTTP: read, signed, compared, and opened for a purpose by who said so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.clock import china_today
from ledger.events.register import ReferenceListed, ReferenceRevealed
from ledger.identity.documents import PersonIdentity
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service


class Paid:
    """Who was paid, on which case and dossier."""

    def __init__(self, founded: Founded) -> None:
        self.person = founded.people.person()
        with founded.store.writer() as writer:
            self.case, self.dossier, _ = founded.paid(writer, self.person)


@pytest.fixture
def paid(founded: Founded) -> Paid:
    return Paid(founded)


@pytest.fixture
def client(founded: Founded, paid: Paid, tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def deaths(*people: PersonIdentity) -> bytes:
    lines = [f"{person.name},{person.number},2025-12-01" for person in people]
    return "\n".join(["姓名,身份证号,死亡日期,备注", *lines, "无名,123,2025-12-01,"]).encode()


def posted(client: TestClient, officer: Officer, path: str, **request: Any) -> Any:
    return client.post(
        path,
        headers={"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf},
        **request,
    )


def read(client: TestClient, officer: Officer, raw: bytes, **said: str) -> Any:
    wanted = {
        "name": "名单.csv", "kind": "deaths", "title": "死亡人口", "source": "民政局",
        "data_on": china_today(), "unit": "county", **said,
    }  # fmt: skip
    return posted(client, officer, "/registers/read", content=raw, params=wanted)


def listed(client: TestClient, officer: Officer, *people: PersonIdentity) -> dict[str, Any]:
    answer = read(client, officer, deaths(*people))
    assert answer.status_code == 200, answer.text
    receipt = officer.post(ReferenceListed.model_validate(answer.json()["event"]))
    return {**answer.json(), **receipt}


def test_a_list_is_read_signed_and_compared(
    founded: Founded, client: TestClient, enter: Enter, paid: Paid
) -> None:
    auditor = enter("auditor")
    made = listed(client, auditor, paid.person, founded.people.person())
    assert (made["rows"], made["duplicates"], made["invalid"]) == (2, 0, 1)
    assert made["codes"] == {"resident-number-form": 1}
    assert [fault["line"] for fault in made["faults"]] == [4]
    assert made["unused"] == ["D 备注"]
    (found,) = auditor.rows("/registers", wait_for=made["position"])
    assert (found["list_id"], found["officer"], found["matched"]) == (made["id"], "auditor", 1)
    (hit,) = auditor.rows(f"/registers/{made['id']}/matches")
    assert (hit["rule"], hit["dossier"], hit["amount_fen"]) == (
        "paid-to-listed-deceased",
        paid.dossier,
        50_000,
    )
    assert "*" in hit["masked_name"]


def test_what_a_list_says_is_opened_for_the_inspector_who_signed_for_it(
    client: TestClient, enter: Enter, paid: Paid
) -> None:
    auditor, inspector = enter("auditor"), enter("inspector")
    made = listed(client, auditor, paid.person)
    reveal = ReferenceRevealed(
        unit="county", reference=made["id"], dossier=paid.dossier, purpose="核实死亡日期"
    )
    auditor.post(reveal, refused="role-not-held")
    signed = inspector.post(reveal)
    inspector.rows("/registers", wait_for=signed["position"])
    (row,) = posted(client, inspector, "/registers/revealed", json={"statements": [signed["id"]]}).json()
    said = {"number": paid.person.number, "name": paid.person.name, "died_on": "2025-12-01"}
    assert (row["line"], row["said"]) == (2, said)
    other = posted(client, auditor, "/registers/revealed", json={"statements": [signed["id"]]})
    assert (other.status_code, other.json()["code"]) == (422, "reveal-not-recorded")


def test_lists_are_the_overseers(client: TestClient, enter: Enter) -> None:
    for officer in map(enter, ("tea-clerk", "finance", "approver", "registrar")):
        assert officer.get("/registers", status=403)["code"] == "reading-not-allowed"
        assert read(client, officer, b"").status_code == 403


def test_a_list_of_which_nothing_can_be_taken_says_why(client: TestClient, enter: Enter) -> None:
    auditor = enter("auditor")
    none = read(client, auditor, deaths()).json()
    assert (none["code"], "1 行有误" in none["title"]) == ("register-empty", True)
    assert read(client, auditor, "姓名,备注\n甲,乙\n".encode()).json()["code"] == "register-no-number"
    assert read(client, auditor, b"", data_on="2026-13-45").json()["code"] == "parameter-invalid"
    assert read(client, auditor, b"", kind="ghosts").json()["code"] == "parameter-invalid"
    assert auditor.rows("/registers") == []
