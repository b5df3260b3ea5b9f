"""A changed policy tried over past cases, over HTTP and by command; templates, read back by the command that opens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import build
from ledger.crypto.keys import save_key
from ledger.domain.policy.campaign_policy import Category, Policy
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.domain.policy.vocabulary import Vocabulary
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service
from tests.scene import policy

LOWER = policy(
    categories=[
        Category(code="worker", title="困难职工", line="workers", standard_fen=40_000),
        Category(code="model-worker", title="劳动模范", line="models", standard_fen=900_000),
    ],
    dossier_life=DossierLifeRules(source="建档办法（2026）"),
)
DISABILITY = Vocabulary.model_validate(
    {
        "of": "cause",
        "source": "用语（2026）",
        "words": [{"code": "disability", "title": "因残", "source": "用语（2026）", "synonyms": ["残疾"]}],
    }
)


@pytest.fixture
def paid(founded: Founded) -> None:
    with founded.store.writer() as writer:
        founded.paid(writer, founded.people.person(), cause="illness")


@pytest.fixture
def client(founded: Founded, paid: None, tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def tried(client: TestClient, officer: Officer, changed: Policy, campaign: str = "b2026") -> Any:
    headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
    body = {"policy": changed.model_dump(mode="json", exclude_defaults=True)}
    return client.post(f"/campaigns/{campaign}/try", json=body, headers=headers).json()


def test_each_sees_what_would_change_of_their_own_cases(
    client: TestClient, enter: Enter, founded: Founded
) -> None:
    found = tried(client, enter("approver"), LOWER)
    assert (found["counts"]["cases"], found["counts"]["newly_refused"]) == (1, 1)
    (row,) = found["rows"]
    assert row["after"]["refused"]["code"] == "dossier-not-on-file"
    assert row["changes"] == ["cap_fen", "refused", "flagged"]
    assert "*" in row["masked_name"]
    (row,) = tried(client, enter("tea-clerk"), LOWER)["rows"]
    assert (row["changes"], row["before"]["flagged"], row["after"]["flagged"]) == (
        ["cap_fen", "refused"],
        [],
        [],
    )
    assert tried(client, enter("sugar-clerk"), LOWER)["counts"]["cases"] == 0
    assert tried(client, enter("approver"), LOWER, "none")["code"] == "reference-unknown"
    assert client.post("/campaigns/b2026/try", json={}).json()["code"] == "not-signed-in"
    wider = policy(excluded_groups=["farmer"])
    assert [each["member"] for each in tried(client, enter("approver"), wider)["loosened"]] == [
        "excluded_groups"
    ]


def test_the_vocabulary_names_words_with_their_sources(client: TestClient, enter: Enter) -> None:
    words = enter("tea-clerk").get("/vocabulary", campaign="b2026")["rows"]
    cause = next(each for each in words if (each["of"], each["code"]) == ("cause", "illness"))
    assert (cause["title"], cause["own"]) == ("因病", False)
    assert "人社局" in cause["source"]


Run = Callable[..., str]


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    save_key(founded.key("approver"), Path("approver.pem"), "")

    def invoke(*arguments: str) -> str:
        done = CliRunner().invoke(build(), ["campaign", *arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout

    return invoke


def test_the_command_says_what_would_change_and_records_nothing(
    run: Run, founded: Founded, paid: None
) -> None:
    Path("lower.json").write_text(LOWER.model_dump_json(exclude_defaults=True), encoding="utf-8")
    with founded.store.connect() as connection:
        before = connection.execute("SELECT count(*) FROM ledger.entries").fetchone()
    shown = run("try", "lower.json", "--campaign", "b2026")
    assert "试算 1 个对象，1 个有变化" in shown
    assert "由通过变为拒绝：1" in shown
    found = json.loads(run("try", "lower.json", "--campaign", "b2026", "--json"))
    assert found["rows"][0]["before"]["cap_fen"] == 50_000
    assert (
        json.loads(run("try", "lower.json", "--campaign", "b2026", "--unit", "sugar", "--json"))["rows"] == []
    )
    with founded.store.connect() as connection:
        assert connection.execute("SELECT count(*) FROM ledger.entries").fetchone() == before


@pytest.mark.parametrize("name", ["a", "b", "union-today"])
def test_what_the_template_prints_opens_a_campaign(run: Run, name: str) -> None:
    Path("policy.toml").write_text(run("template", name, "--year", "2027"), encoding="utf-8")
    opened = ("--unit", "county", "--title", "送温暖", "--key", "approver.pem")
    assert "已登记" in run("open", f"{name}-2027", "policy.toml", *opened)


def test_a_field_is_explained(run: Run) -> None:
    shown = run("template", "union-today", "--explain", "notice_working_days")
    assert "公示工作日数" in shown
    assert "不少于5个工作日" in shown
    assert json.loads(run("template", "b", "--explain", "yearly_cap_fen", "--json"))["value"] == 900_000


def test_a_policy_that_is_none_is_refused_as_in_an_amendment(client: TestClient, enter: Enter) -> None:
    officer = enter("approver")
    headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
    body = {"policy": {"plan": "union"}}
    assert client.post("/campaigns/b2026/try", json=body, headers=headers).json()["code"] == "body-invalid"


def test_more_cases_than_are_tried_at_once_are_refused(
    client: TestClient, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.campaigns.queries.MOST_CASES", 0)
    assert tried(client, enter("approver"), LOWER)["code"] == "trial-too-long"
