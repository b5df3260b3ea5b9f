"""A roster under a policy that asks for dossiers on file: lines say so as they are read, and are filed without a nomination."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import build
from ledger.crypto.keys import save_key
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.dossier_life import PlacedOnFile
from ledger.events.nomination import Nominated
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from tests.browser.working import recorded
from tests.founding import Founded
from tests.http.serving import Enter, service
from tests.scene import policy

ASKS = policy(dossier_life=DossierLifeRules(source="建档办法（2026）", visit_required=False))


@pytest.fixture
def people(founded: Founded) -> tuple[PersonIdentity, PersonIdentity]:
    """One whose dossier is on file, and one who has none."""
    on_file, new = founded.people.person(), founded.people.person()
    promise, disclosure = committed(on_file)
    with founded.store.writer() as writer:
        amended = PolicyAmended(campaign="b2026", policy=ASKS, reason="补充建档要求")
        writer.record(founded.signer("approver").sign(amended))
        filed = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
        dossier = founded.record(writer, "tea-clerk", filed, disclosure).id
        founded.record(writer, "tea-confirmer", PlacedOnFile(unit="tea", dossier=dossier))
    return on_file, new


@pytest.fixture
def client(founded: Founded, people: object, tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def roster(people: tuple[PersonIdentity, PersonIdentity]) -> str:
    return "姓名,公民身份号码,对象类别\n" + "".join(
        f"{each.name},{each.number},困难职工\n" for each in people
    )


def test_the_page_is_told_which_lines_wait_and_why(
    client: TestClient, enter: Enter, people: tuple[PersonIdentity, PersonIdentity]
) -> None:
    clerk = enter("tea-clerk")
    headers = {
        "cookie": f"songnuan_session={clerk.cookie}",
        "x-csrf-token": clerk.csrf,
        "content-type": "application/octet-stream",
    }
    asked = "/rosters/read?campaign=b2026&unit=tea&name=roster.csv"
    read = client.post(asked, content=roster(people).encode(), headers=headers).json()
    assert [line["waits"] for line in read["lines"]] == [False, True]
    (warning,) = [each for each in read["lines"][1]["warnings"] if each["code"] == "dossier-not-on-file"]
    assert "本行只建档，暂不申报" in warning["zh"]
    assert "已申请" in warning["zh"]
    assert people[1].name not in warning["zh"]


def test_the_command_files_the_dossier_and_nominates_who_is_on_file(
    founded: Founded,
    people: tuple[PersonIdentity, PersonIdentity],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(founded.store.folder))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    save_key(founded.key("tea-clerk"), Path("clerk.pem"), "")
    Path("roster.csv").write_text(roster(people), encoding="utf-8")
    of = ["import", "roster.csv", "--campaign", "b2026", "--unit", "tea", "--key", "clerk.pem"]
    done = CliRunner().invoke(build(), [*of, "--accept"])
    assert done.exit_code == 0, done.output
    assert "本行只建档，暂不申报" in done.output
    assert len(recorded(founded.store, DossierFiled)) == 2
    assert len(recorded(founded.store, Nominated)) == 1
