"""The steps of a case: kept by their view, answered over HTTP and by the command, taken by the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import build
from api.cli.exit_codes import Misused
from ledger.crypto.keys import save_key
from ledger.domain.event import Document
from ledger.domain.policy.steps import Apart, Procedure, Step
from ledger.errors import Refused
from ledger.events.campaign import PolicyAmended
from ledger.events.nomination import Approved, Confirmed, Revoked
from ledger.events.payout import Disbursed
from ledger.events.steps import Minutes, StepTaken
from tests.database.projections.conftest import Views, views_of
from tests.founding import Founded
from tests.http.serving import Enter, service
from tests.scene import ON, policy

PROCEDURE = Procedure(
    source="县总工会资金管理办法",
    steps=[
        Step(code="nominate", title="申报", role="clerk", act="nominate"),
        Step(code="confirm", title="审核", role="confirmer", act="confirm"),
        Step(
            code="discuss",
            title="集体研究",
            role="approver",
            level="county",
            papers=["汇总表"],
            minutes_required=True,
        ),
        Step(code="approve", title="审批", role="approver", act="approve"),
        Step(code="review", title="支付复核", role="finance"),
        Step(code="pay", title="支付", role="finance", act="pay"),
    ],
    apart=[Apart(step="discuss", other="approve")],
)


def ask_for_steps(founded: Founded, writer: Any) -> None:
    event = PolicyAmended(campaign="b2026", policy=policy(procedure=PROCEDURE), reason="规范程序")
    writer.record(founded.signer("approver").sign(event, second=founded.signer("approver2").key))


def discussed(case: str) -> StepTaken:
    return StepTaken(
        **ON,
        case=case,
        step="discuss",
        role="approver",
        minutes=Minutes(document=Document(number="县工〔2026〕3号"), held_on="2026-01-09"),
        papers=[{"title": "汇总表", "document": Document(number="1")}],  # type: ignore[list-item] # as typed in
    )


def confirmed(founded: Founded, writer: Any) -> tuple[str, str]:
    case, dossier = founded.nominated(writer)
    founded.record(writer, "tea-confirmer", Confirmed(**ON, case=case))
    return case, dossier


def standing(views: Views) -> list[Any]:
    return [
        step
        for (step,) in views.rows(
            "SELECT step FROM views.case_steps WHERE to_position IS NULL ORDER BY position"
        )
    ]


def test_the_view_keeps_what_stands(founded: Founded) -> None:
    with views_of(founded) as views:
        _keeps_what_stands(views)


def _keeps_what_stands(views: Views) -> None:
    f, w = views.founded, views.writer
    ask_for_steps(f, w)
    case, dossier = confirmed(f, w)
    f.record(w, "approver", discussed(case))
    approval = Approved(**ON, case=case, line="workers", amount_fen=50_000)
    f.record(w, "approver2", approval)
    f.record(w, "finance", StepTaken(**ON, case=case, step="review", role="finance"))
    assert standing(views) == ["discuss", "review"]
    f.record(w, "approver2", Revoked(**ON, case=case, target="approval", reason="有误"))
    assert standing(views) == ["discuss"]
    f.record(w, "approver2", approval)
    payout = Disbursed(**ON, case=case, dossier=dossier, line="workers", amount_fen=50_000)
    with pytest.raises(Refused, match="review"):
        f.record(w, "finance", payout)
    f.record(w, "finance", StepTaken(**ON, case=case, step="review", role="finance", note="账号已核对"))
    f.record(w, "finance", payout)
    assert views.rows("SELECT count(*) FROM views.case_steps") == [(3,)]
    assert views.rows("SELECT note FROM views.case_steps WHERE step = 'review' AND to_position IS NULL") == [
        ("账号已核对",)
    ]


@pytest.fixture
def case(founded: Founded) -> str:
    with founded.store.writer() as writer:
        ask_for_steps(founded, writer)
        return confirmed(founded, writer)[0]


@pytest.fixture
def client(founded: Founded, case: str, tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def test_the_next_step_is_due(enter: Enter, case: str) -> None:
    approver = enter("approver")
    assert [(row["step"], row["is_due"]) for row in approver.rows("/steps", case=case)] == [
        ("nominate", False),
        ("confirm", False),
        ("discuss", True),
        ("approve", False),
        ("review", False),
        ("pay", False),
    ]
    receipt = approver.post(discussed(case))
    rows = {row["step"]: row for row in approver.rows("/steps", case=case, wait_for=receipt["position"])}
    assert rows["discuss"]["officers"] == ["approver"]
    assert rows["discuss"]["minutes"] == "县工〔2026〕3号"
    assert rows["discuss"]["papers"] == [{"title": "汇总表", "number": "1"}]
    assert rows["discuss"]["apart"] == ["approve"]
    assert rows["approve"]["is_due"]
    assert not rows["discuss"]["is_due_again"]
    enter("sugar-clerk").get("/steps", status=404, case=case)
    # What an approval rested on is taken again before more is approved.
    approval = Approved(**ON, case=case, line="workers", amount_fen=50_000)
    enter("approver2").post(approval)
    revoked = approver.post(Revoked(**ON, case=case, target="approval", reason="重新核定"))
    rows = {row["step"]: row for row in approver.rows("/steps", case=case, wait_for=revoked["position"])}
    assert [step for step, row in rows.items() if row["is_due_again"]] == ["discuss"]
    taken = approver.post(discussed(case))
    rows = {row["step"]: row for row in approver.rows("/steps", case=case, wait_for=taken["position"])}
    assert not any(row["is_due_again"] for row in rows.values())


def test_the_command_takes_a_step(
    founded: Founded, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    save_key(founded.key("approver"), tmp_path / "approver.pem", "")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(build(), arguments)

    taking = ("step", "take", "--key", str(tmp_path / "approver.pem"), case)
    refused = run(*taking, "approve").exception
    assert isinstance(refused, Refused)
    assert refused.code == "step-unknown"
    assert isinstance(run(*taking, "discuss", "--minutes", "3").exception, Misused)
    assert isinstance(run(*taking, "discuss", "--paper", "汇总表").exception, Misused)
    meeting = ("--minutes", "县工〔2026〕3号", "--held-on", "2026-01-09")
    done = run(*taking, "discuss", "--paper", "汇总表=1", *meeting)
    assert done.exit_code == 0, done.output
    shown = run("step", "list", case)
    assert "集体研究" in shown.output
    assert "待办" in shown.output
    rows = json.loads(run("step", "list", case, "--json").output)
    assert [row["step"] for row in rows if row["is_due"]] == ["approve"]
