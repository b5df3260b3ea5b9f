"""The tray: what one officer signed waits for those alone who may sign second, and is recorded once they did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from api.statements.submissions import write_submission
from api.tray import routes as tray
from api.tray.second_signers import may_sign_second
from ledger.domain.event import Grant
from ledger.domain.state import Officer as OfficerRecord
from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.registry import RolesChanged
from ledger.statements.statement import add_signature, parse_envelope
from ledger.writing.signing import committed
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service
from tests.scene import Scene, key_of, policy
from tests.unit.decisions.registrars import compromised, enrol, grant, later


@pytest.fixture
def client(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def loosened() -> PolicyAmended:
    return PolicyAmended(
        campaign="b2026", policy=policy().model_copy(update={"forms": ["money", "goods"]}), reason="增加物资"
    )


def asked(officer: Officer, method: str, path: str, body: Any = None) -> Any:
    headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
    return officer._client.request(method, path, headers=headers, json=body)


def put(officer: Officer, envelope: dict[str, Any]) -> Any:
    return asked(officer, "POST", "/tray", {"envelopes": [envelope]})


def test_what_two_must_sign_waits_for_the_second_and_is_recorded_by_their_signature(
    client: TestClient, founded: Founded, enter: Enter
) -> None:
    first, second = enter("approver"), enter("approver2")
    submission = founded.sign("approver", loosened())
    refused = client.post("/statements", content=orjson.dumps(write_submission(submission)))
    assert refused.json()["code"] == "loosening-takes-two"
    envelope = orjson.loads(submission.envelope)
    assert put(first, envelope).json()["kept"] == 1
    assert put(first, envelope).status_code == 201  # once more is once
    [own] = first.rows("/tray")
    [waits] = second.rows("/tray")
    assert (own["mine"], waits["mine"]) == (True, False)
    assert (waits["type"], waits["officer"], waits["fields"]["reason"]["zh"]) == (
        "PolicyAmended.v1",
        "approver",
        "理由",
    )
    for name in ("tea-clerk", "finance", "inspector"):
        assert enter(name).rows("/tray") == []
        assert asked(enter(name), "DELETE", f"/tray/{own['statement']}").status_code == 404
    # Who only may sign second does not take it out, but declines it, and the first hears why.
    assert asked(second, "DELETE", f"/tray/{own['statement']}").status_code == 404
    path = f"/tray/{own['statement']}/declined"
    assert asked(first, "POST", path, {"reason": "不行"}).status_code == 404
    assert asked(second, "POST", path, {"reason": " 金额有误 "}).status_code == 204
    assert second.rows("/tray") == []
    [declined] = first.rows("/tray")
    assert (declined["declined_by"], declined["declined_reason"]) == ("approver2", "金额有误")
    assert asked(first, "DELETE", f"/tray/{own['statement']}").status_code == 204
    assert first.rows("/tray") == []

    put(first, envelope)
    [waits] = second.rows("/tray")
    both = add_signature(parse_envelope(orjson.dumps(waits["envelope"])), founded.signer("approver2").key)
    done = client.post("/statements", json={"envelope": orjson.loads(both.raw)})
    assert done.status_code == 201, done.text
    assert first.rows("/tray") == second.rows("/tray") == []


def test_only_ones_own_is_kept_without_an_identity_and_not_without_end(
    founded: Founded, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    finance, clerk = enter("finance"), enter("tea-clerk")
    envelope = orjson.loads(founded.sign("approver", loosened()).envelope)
    assert put(finance, envelope).json()["code"] == "signer-differs"
    promise, disclosure = committed(founded.people.person())
    filed = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
    with_identity = orjson.loads(founded.sign("tea-clerk", filed, disclosure).envelope)
    assert put(clerk, with_identity).json()["code"] == "identity-goes-by-file"
    spoilt = {**envelope, "signatures": [{**envelope["signatures"][0], "sig": "A" * 86 + "=="}]}
    assert put(enter("approver"), spoilt).status_code == 422
    monkeypatch.setattr(tray, "MOST_WAITING", 0)
    assert put(enter("approver"), envelope).json()["code"] == "tray-full"


def test_who_may_sign_second_is_another_person_with_the_role() -> None:
    scene = Scene()
    signers = [key_of("approver")]

    def may(officer: str, event: Any) -> bool:
        return may_sign_second(scene.state.get(OfficerRecord, officer), event, signers, scene.state)

    assert [may(name, loosened()) for name in ("approver", "approver2", "many-hats", "finance")] == [
        False,
        True,
        True,
        False,
    ]
    roles = RolesChanged(officer="tea-clerk", grants=[Grant(role="clerk", unit="tea")], reason="轮岗")
    assert may("registrar", roles)
    assert not may("approver2", roles)
    # A registrar of a unit beside the one concerned is shown nothing of it; one above or below is.
    enrol(scene, "tea-reg", grant("registrar", "tea"))
    own = RolesChanged(officer="sugar-clerk", grants=[], reason="离岗")
    signers = [key_of("registrar")]
    assert may("tea-reg", own)  # nobody else is left to agree
    enrol(scene, "sugar-reg", grant("registrar", "sugar"), second="tea-reg")
    assert [may(name, own) for name in ("tea-reg", "sugar-reg")] == [False, True]
    signers = [key_of("approver")]
    assert [may(name, roles) for name in ("tea-reg", "sugar-reg")] == [True, False]
    gone = loosened().model_copy(update={"campaign": "none"})
    assert not may("approver2", gone)
    compromised(scene, "approver", later(scene))
    assert not may("approver2", loosened())
