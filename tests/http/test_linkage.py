"""Linkage over HTTP: a run signed, computed by the service, and signed again with what it found."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from stdnum.cn import ric

from api.linkage.running import LinkageRuns
from api.linkage.runs import Run
from ledger.domain.event import Grant
from ledger.errors import Refused
from ledger.events.campaign import PolicyAmended
from ledger.events.linkage import LinkageStarted, PersonsLinked
from ledger.events.nomination import Nominated
from ledger.events.registry import RolesChanged
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service
from tests.scene import policy

UNKNOWN_RUN = "019bf000-0000-7000-8000-000000000000"


@pytest.fixture
def near(founded: Founded) -> tuple[str, str]:
    """Two dossiers of one name, whose numbers are one digit apart, in two units."""
    one = founded.people.person()
    digits = one.number[:13] + str((int(one.number[13]) + 1) % 10) + one.number[14:17]
    other = one.model_copy(update={"number": digits + ric.calc_check_digit(digits + "0")})
    with founded.store.writer() as writer:
        return founded.dossier(writer, one), founded.dossier(writer, other, "sugar")


@pytest.fixture
def client(founded: Founded, near: tuple[str, str], tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def test_what_is_filed_is_compared_while_the_service_runs(
    founded: Founded, near: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.linkage.at_filing.LOOK_SECONDS", 0.05)
    amended = PolicyAmended(campaign="b2026", policy=policy(compare_at_filing=True), reason="比对")
    with founded.store.writer() as writer:
        writer.record(founded.signer("approver").sign(amended, second=founded.signer("approver2").key))
        for dossier, unit in zip(near, ("tea", "sugar"), strict=True):
            event = Nominated(campaign="b2026", unit=unit, dossier=dossier, category="worker")
            founded.record(writer, f"{unit}-clerk", event)
    with service(founded, tmp_path) as client:
        inspector = Officer(client, founded, "inspector").sign_in()
        deadline = time.monotonic() + 60
        while not (pairs := inspector.rows("/linkage/pairs")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert ({pairs[0]["first"], pairs[0]["second"]}, pairs[0]["filed_in"]) == (set(near), "b2026")


def started(client: TestClient, officer: Officer, run: str) -> Any:
    said = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
    return client.post(f"/linkage/runs/{run}", headers=said)


def ended(officer: Officer, run: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = officer.get(f"/linkage/runs/{run}")
        if found["state"] != "running":
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_run_is_signed_computed_and_signed_again(
    client: TestClient, enter: Enter, near: tuple[str, str]
) -> None:
    inspector, auditor = enter("inspector"), enter("auditor")
    offer = inspector.get("/linkage/offer", unit="county")
    assert (offer["persons"], offer["since"]) == (2, None)
    said = LinkageStarted(unit="county", purpose="查重", model=offer["model"])
    run = inspector.post(said)["id"]
    for other in (started(client, auditor, run), started(client, inspector, UNKNOWN_RUN)):
        assert (other.status_code, other.json()["code"]) == (404, "reference-unknown")
    assert started(client, inspector, run).status_code == 202
    found = ended(inspector, run)
    assert (found["state"], found["problem"], found["dossiers"], found["pairs"]) == ("done", None, 2, 1)
    assert found["type"] == PersonsLinked.topic()
    assert auditor.get(f"/linkage/runs/{run}", 404)["code"] == "reference-unknown"
    (body,) = found["bodies"]
    signed = inspector.post(PersonsLinked.model_validate(body))
    (pair,) = inspector.rows("/linkage/pairs", wait_for=signed["position"])
    assert {pair["first"], pair["second"]} == set(near)
    assert (pair["kind"], pair["number"], "*" in pair["first_name"]) == ("one-person", 3, True)
    assert {flag.partition("|")[0] for flag in pair["flags"]} >= {"identity-one-edit"}
    assert inspector.rows("/linkage/pairs", kind="review") == []
    assert inspector.get("/linkage/offer", unit="county")["since"] == run
    (line,) = [
        each
        for each in inspector.rows("/access")
        if each["what"] == "POST /linkage/runs/{run_id}" and each["rows"]
    ]
    assert (line["kind"], line["rows"]) == ("identities", 2)


def test_runs_are_the_overseers(client: TestClient, enter: Enter) -> None:
    clerk = enter("tea-clerk")
    for path in ("/linkage/pairs", "/linkage/offer?unit=tea", f"/linkage/runs/{UNKNOWN_RUN}"):
        assert clerk.get(path, 403)["code"] == "reading-not-allowed"


def test_one_run_goes_on_at_a_time_and_ends_with_the_service(founded: Founded) -> None:
    stopping = threading.Event()
    runs = LinkageRuns(founded.store, lambda: 0, stopping)
    first = runs.start(Run("one", None), 1)
    assert runs.start(Run("one", None), 1) is first
    with pytest.raises(Refused) as busy:
        runs.start(Run("other", None), 1)
    assert busy.value.code == "linkage-busy"
    stopping.set()
    runs.wait()
    assert (first.state, runs.of("other")) == ("failed", None)
    assert first.problem == "服务停止，比对中断 / the service was stopped, and the run with it"


def test_a_run_is_its_starters_as_long_as_its_unit_is(
    client: TestClient, enter: Enter, near: tuple[str, str]
) -> None:
    """An inspector of the county is one of a unit from now on: nothing of the county's dossiers is theirs any more."""
    inspector, registrar = enter("inspector"), enter("registrar")
    said = LinkageStarted(
        unit="county", purpose="查重", model=inspector.get("/linkage/offer", unit="county")["model"]
    )
    run = inspector.post(said)["id"]
    assert started(client, inspector, run).status_code == 202
    (body,) = ended(inspector, run)["bodies"]
    inspector.post(PersonsLinked.model_validate(body))
    assert started(client, inspector, run).json()["code"] == "linkage-over"
    narrowed = RolesChanged(
        officer="inspector", grants=[Grant(role="inspector", unit="sugar")], reason="调整"
    )
    registrar.post(narrowed)
    assert inspector.get(f"/linkage/runs/{run}", 403)["code"] == "reading-not-allowed"
    assert started(client, inspector, run).json()["code"] == "reading-not-allowed"
