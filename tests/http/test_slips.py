"""Slips over HTTP: printed, answered without a session, and heard by inspectors alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2 as httpx
from fastapi.testclient import TestClient

from ledger.events.slip import IssuedSlip, SlipsIssued, new_slip_number, slip_digest
from tests.founding import Founded
from tests.http.serving import Officer, service
from tests.scene import ON


def issue(finance: Officer, payout: str) -> str:
    """A new slip for a payout; its number."""
    number = new_slip_number()
    finance.post(SlipsIssued(**ON, slips=[IssuedSlip(payout=payout, digest=slip_digest(number))]))
    return number


def say(client: TestClient, number: str, answer: str, **more: Any) -> httpx.Response:
    return client.post("/slips/answers", json={"slip": number, "answer": answer, **more})


def test_a_slip_is_issued_answered_and_heard(founded: Founded, tmp_path: Path) -> None:
    with founded.store.writer() as writer:
        payout = founded.paid(writer)[2]
    with service(founded, tmp_path) as client:
        names = ("finance", "tea-clerk", "approver", "inspector")
        officers = {name: Officer(client, founded, name).sign_in() for name in names}
        finance, inspector = officers["finance"], officers["inspector"]
        (row,) = finance.get("/slips", campaign="b2026")["rows"]
        assert (row["payout"], row["issued_at"]) == (payout, None)
        assert "*" in row["masked_name"]
        number = issue(finance, payout)

        shown = client.post("/slips/read", json={"slip": f" {number[:5]}-{number[5:].lower()}"})
        assert shown.status_code == 200, shown.text
        assert (shown.json()["amount_fen"], shown.json()["answers"]) == (50_000, [])
        assert "name" not in str(shown.json().keys() - {"unit_name"})
        unknown = client.post("/slips/read", json={"slip": new_slip_number()})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "slip-unknown")

        holds_number = say(client, number, "never", words="身份证110101199001011237")
        assert holds_number.json()["code"] == "text-holds-identity"
        assert say(client, number, "less", received_fen=50_000).json()["code"] == "answer-not-less"
        assert say(client, number, "less").status_code == 422
        said = say(client, number, "less", received_fen=30_000, words=" 只给了三百\n")
        assert said.status_code == 201, said.text
        again = say(client, number, "given-back").json()
        assert again["committed_at"] == said.json()["committed_at"] + 1
        # Who printed the slip may have its number: what was said by it is shown to who has the receipt.
        assert client.post("/slips/read", json={"slip": number}).json()["answers"] == []
        receipts = [said.json()["number"], again["number"], "NOBODYS"]
        asked = {"slip": number, "receipts": receipts}
        answers = client.post("/slips/read", json=asked).json()["answers"]
        assert [(each["number"], each["answer"]) for each in answers] == [
            (again["number"], "given-back"), (said.json()["number"], "less"),
        ]  # fmt: skip

        heard = inspector.get("/callbacks", campaign="b2026", wait_for=again["committed_at"])["rows"]
        assert [(each["source"], each["answer"], each["words"]) for each in heard] == [
            ("slip", "given-back", None), ("slip", "less", "只给了三百"),
        ]  # fmt: skip
        (drawn,) = inspector.get("/callbacks/drawn", campaign="b2026", seed="1")["rows"]
        assert drawn["payout"] == payout
        assert_nobody_of_the_unit_hears(officers, payout)

        replaced = issue(inspector, payout)
        assert say(client, number, "received").json()["code"] == "slip-replaced"
        # Five answers by one slip within ten minutes, and no more.
        assert [say(client, replaced, "received").status_code for _ in range(6)] == [201] * 5 + [429]


def assert_nobody_of_the_unit_hears(officers: dict[str, Officer], payout: str) -> None:
    """Neither what was said, nor that anybody spoke."""

    def types(officer: Officer) -> set[str]:
        return {row["type"] for row in officer.get("/timeline/payout", name=payout)["rows"]}

    assert "RecipientSpoke" in types(officers["inspector"])
    for name in ("finance", "tea-clerk", "approver"):
        assert "RecipientSpoke" not in types(officers[name])
        for path in ("/callbacks", "/callbacks/drawn?seed=1&campaign=b2026"):
            officers[name].get(path, 403)
