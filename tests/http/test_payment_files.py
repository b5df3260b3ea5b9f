"""Payment files over HTTP: what waits, the file for what was shown, signed before it is used."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.gate import every_view
from api.identities.disclosing import newest
from ledger.crypto.keys import key_id_of
from ledger.events.dossier import DossierAmended, Facts, IdentityRevealed
from ledger.events.nomination import Revoked
from ledger.events.payment_file import PaymentFileMade
from ledger.events.registry import KeyRevoked
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service


@pytest.fixture
def client(founded: Founded, tmp_path: Any) -> Iterator[TestClient]:
    with founded.store.writer() as writer:
        for _ in range(2):
            founded.paid(writer)
    with service(founded, tmp_path) as client:
        yield client


def ask(client: TestClient, officer: Officer, **body: Any) -> Any:
    answer = client.post(
        "/bank/file",
        json={"campaign": "b2026", "unit": "county", **body},
        headers={"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf},
    )
    return answer.json()


def shown(officer: Officer, rows: list[dict[str, Any]]) -> list[str]:
    """What the officer signs before the accounts are shown."""
    return [
        officer.post(IdentityRevealed(unit=row["unit"], dossier=row["dossier"], purpose="银行代发"))["id"]
        for row in rows
    ]


def test_a_file_is_made_of_what_waits_and_signed(client: TestClient, enter: Enter) -> None:
    finance = enter("finance")
    waiting = finance.get("/bank/unsent", campaign="b2026")
    rows, batch = waiting["rows"], waiting["batch"]
    assert [row["amount_fen"] for row in rows] == [50_000, 50_000]
    assert all("*" in row["masked_name"] for row in rows)
    payouts = [row["payout"] for row in rows]
    made = ask(client, finance, batch=batch, payouts=payouts, statements=shown(finance, rows))
    raw = b64decode(made["content"])
    assert made["event"]["file"] == sha256(raw).hexdigest()
    assert made["name"] == f"{batch}.xlsx"
    position = finance.post(PaymentFileMade.model_validate(made["event"]))["position"]
    assert finance.get("/bank/unsent", campaign="b2026", wait_for=position)["rows"] == []
    [file] = finance.rows("/bank/files", campaign="b2026")
    assert (file["batch"], file["count"], file["sum_fen"], file["answered"], file["officer"]) == (
        batch,
        2,
        100_000,
        0,
        "finance",
    )
    later = finance.get("/bank/unsent", campaign="b2026")["batch"]
    assert int(later) == int(batch) + 1


def test_an_account_that_was_changed_after_the_payout_is_not_paid(
    client: TestClient, enter: Enter, founded: Founded
) -> None:
    finance, clerk = enter("finance"), enter("tea-clerk2")
    waiting = finance.get("/bank/unsent", campaign="b2026")
    row = waiting["rows"][0]
    assert "account" not in row
    with founded.store.connect() as connection:
        was = newest(every_view(connection), founded.store.vault(), [row["dossier"]])[row["dossier"]]
    assert isinstance(was, PersonIdentity)
    promise, disclosure = committed(was.model_copy(update={"account": founded.people.person().account}))
    amended = DossierAmended(
        unit="tea", dossier=row["dossier"], facts=Facts(), identity_commitment=promise, reason="换卡"
    )
    clerk.post(amended, disclosure=disclosure)
    made = ask(
        client, finance, batch=waiting["batch"], payouts=[row["payout"]], statements=shown(finance, [row])
    )
    assert made["code"] == "payment-account-changed"


def test_none_is_made_of_accounts_that_were_not_shown(client: TestClient, enter: Enter) -> None:
    finance = enter("finance")
    waiting = finance.get("/bank/unsent", campaign="b2026")
    rows = waiting["rows"]
    payouts = [row["payout"] for row in rows]
    some = shown(finance, rows[:1])
    asked: dict[str, Any] = {"batch": waiting["batch"], "payouts": payouts}
    assert ask(client, finance, **asked, statements=some)["code"] == "payment-account-missing"
    others = shown(enter("inspector"), rows)
    assert ask(client, finance, **asked, statements=others)["code"] == "reveal-not-recorded"
    elsewhere = {**asked, "payouts": ["019bf000-0000-7000-8000-000000000000"]}
    assert ask(client, finance, **elsewhere, statements=some)["code"] == "reference-unknown"
    # Who pays nothing makes no file.
    assert ask(client, enter("inspector"), **asked, statements=others)["code"] == "reading-not-allowed"


def test_what_is_not_to_be_paid_any_more_does_not_wait(
    founded: Founded, client: TestClient, enter: Enter
) -> None:
    """Its approval was revoked; or the key that paid it was in others' hands."""
    finance = enter("finance2")
    one, other = finance.rows("/bank/unsent", campaign="b2026")
    revoked = Revoked(campaign="b2026", unit="tea", case=one["case_id"], target="approval", reason="误批")
    position = enter("approver").post(revoked)["position"]
    (left,) = finance.rows("/bank/unsent", campaign="b2026", wait_for=position)
    assert left["payout"] == other["payout"]
    stolen = KeyRevoked(
        key=key_id_of(founded.key("finance")),
        revoked_from="2026-01-02T00:00:00+08:00",
        compromised=True,
        reason="被盗",
    )
    position = enter("registrar").post(stolen)["position"]
    assert finance.rows("/bank/unsent", campaign="b2026", wait_for=position) == []
