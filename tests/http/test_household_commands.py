"""``songnuan household``: from a member to the end of a dossier's life, and the class with its working."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import build
from api.cli.exit_codes import Misused
from ledger.crypto.keys import save_key
from ledger.errors import Refused
from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierFiled, Facts
from ledger.writing.signing import committed
from tests.founding import Founded
from tests.scene import policy
from tests.unit.decisions.test_households import EXCLUSIONS, HARDSHIP

Run = Callable[..., str]


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    for officer in ("tea-clerk", "tea-confirmer", "registrar"):
        save_key(founded.key(officer), Path(f"{officer}.pem"), "")

    def invoke(*arguments: str, by: str = "") -> str:
        key = ["--key", f"{by}.pem"] if by else []
        done = CliRunner().invoke(build(), ["household", *arguments, *key])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout

    return invoke


@pytest.fixture
def dossier(founded: Founded) -> str:
    promise, disclosure = committed(founded.people.person())
    with founded.store.writer() as writer:
        terms = policy(hardship=HARDSHIP, exclusions=EXCLUSIONS)
        amended = PolicyAmended(campaign="b2026", policy=terms, reason="补充认定标准")
        writer.record(founded.signer("approver").sign(amended))
        filed = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
        return founded.record(writer, "tea-clerk", filed, disclosure).id


def test_a_household_from_its_members_to_its_class(run: Run, founded: Founded, dossier: str) -> None:
    spouse = founded.people.person()
    Path("spouse.json").write_text(spouse.model_dump_json(exclude_none=True), encoding="utf-8")
    of = ("--identity", "spouse.json", "--relation", "spouse", "--json")
    member = json.loads(run("member", dossier, *of, by="tea-clerk"))["id"]
    declared: dict[str, Any] = {
        "locality": "某县", "year": 2026, "applicant": {"income_fen": 1_000_000}, "stated_class": "deep",
        "members": [{"member": member, "income_fen": 920_000}],
        "exclusions": [{"exclusion": "housing", "applies": True}],
    }  # fmt: skip
    Path("family.json").write_text(json.dumps(declared), encoding="utf-8")
    to_check = ("--purpose", "核对家庭成员", "--json")
    revealed = json.loads(run("reveal", dossier, member, *to_check, by="tea-clerk"))
    assert revealed["identity"]["number"] == spouse.number
    assert revealed["position"] > 0
    run("declare", dossier, "--file", "family.json", by="tea-clerk")
    run("consent", dossier, "--document", "授权1", "--member", member, by="tea-clerk")
    shown = run("show", dossier, "--campaign", "b2026")
    assert "测算类别：不符合任何类别" in shown
    assert "深度困难：人均 800.00 元，标准为 800.00 元——不符合" in shown
    assert "经办人认定：深度困难" in shown
    assert "申报存在不予认定情形：两套以上住房" in shown
    assert spouse.name not in shown
    assert json.loads(run("show", dossier, "--json"))["consent"]["document"] == "授权1"
    run("withdraw-consent", dossier, "--reason", "家庭提出", by="tea-clerk")
    run("leave", dossier, member, "--reason", "迁出", by="tea-clerk")
    run("erase", dossier, member, "--reason", "申请", by="registrar")
    with pytest.raises(Refused, match="erased"):
        run("erase", dossier, member, "--reason", "申请", by="registrar")


def test_a_dossiers_life(run: Run, dossier: str) -> None:
    run("visit", dossier, "--visitor", "甲", "--visitor", "乙", "--found", "属实", by="tea-clerk")
    run("discuss", dossier, "--minutes", "纪要1", by="tea-clerk")
    run("place", dossier, "--class", "deep", by="tea-confirmer")
    run("review", dossier, "--found", "情况未变", "--document", "复核1", by="tea-clerk")
    assert "在档，最近复核" in run("show", dossier)
    run("end", dossier, "--ending", "out-of-hardship", "--reason", "收入恢复", by="tea-confirmer")
    assert json.loads(run("show", dossier, "--json"))["ending_title"]["zh"] == "脱困"


def test_what_is_no_declaration_is_said_so(run: Run, dossier: str) -> None:
    Path("family.json").write_text("[]", encoding="utf-8")
    with pytest.raises(Misused, match="no declaration"):
        run("declare", dossier, "--file", "family.json", by="tea-clerk")
    with pytest.raises(Refused):
        run("show", "019bf000-0000-7000-8000-000000000000")
