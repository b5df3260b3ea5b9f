"""Commands that two persons sign, and those by which a ledger takes up the rules that ask for it, in process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from api.cli import build
from api.cli.exit_codes import Misused
from api.cli.second_signer import take_second
from ledger.clock import china_today
from ledger.crypto.keys import (
    key_id_of,
    new_key,
    public_hex,
    save_key,
)
from ledger.domain.authority import strict_exclusions
from ledger.domain.event import Grant
from ledger.domain.rules_version import NEWEST
from ledger.errors import Misconfigured, Refused
from ledger.events.nomination import NoticePosted
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.opening import Opening
from ledger.events.registry import KeyRotated, OfficerEnrolled, RolesChanged
from ledger.identity.documents import PersonIdentity
from ledger.storage.store import OpenStore
from ledger.writing.signing import possessed
from tests.founding import Founded
from tests.http.serving import Officer, service
from tests.patterns import Patterns
from tests.scene import policy

Run = Callable[..., Result]
SINCE = "2026-01-01T00:00:00+08:00"


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on this test's ledger, as its main function calls it."""
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_SECOND_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, input: str | None = None) -> Result:
        rest = take_second(["songnuan", *arguments])[1:]
        return CliRunner().invoke(build(), rest, input=input)

    return invoke


def key_file(founded: Founded, officer: str) -> str:
    """An officer's key as a file, beside the ledger."""
    save_key(founded.key(officer), Path(f"{officer}.pem"), "")
    return f"{officer}.pem"


def identity_file(person: PersonIdentity, name: str) -> str:
    Path(name).write_text(person.model_dump_json(exclude_none=True))
    return name


def code(result: Result) -> str:
    assert isinstance(result.exception, Refused | Misconfigured), result.output
    return result.exception.code


def state(store: OpenStore, key: str) -> dict[str, Any]:
    with store.connect() as connection:
        row = connection.execute("SELECT value FROM ledger.standing WHERE key = %s", (key,)).fetchone()
    assert row is not None
    found: dict[str, Any] = row[0]
    return found


def loosened(name: str = "policy.json") -> str:
    """A policy with a shorter notice than the one that stands, as a file."""
    Path(name).write_text(policy(notice_working_days=3).model_dump_json(exclude_defaults=True))
    return name


class TestSecond:
    def amend(self, founded: Founded, run: Run, *second: str) -> Result:
        return run(
            "campaign", "amend", "b2026", loosened(), "--reason", "缩短公示",
            "--key", key_file_once(founded, "approver"), *second,
        )  # fmt: skip

    def test_a_second_officers_key_signs_too(self, founded: Founded, run: Run) -> None:
        assert code(self.amend(founded, run)) == "loosening-takes-two"
        second = key_file_once(founded, "approver2")
        done = self.amend(founded, run, "--second", second)
        assert done.exit_code == 0, done.output
        assert state(founded.store, "campaign/b2026")["policy"]["notice_working_days"] == 3

    def test_in_either_spelling_and_with_a_passphrase_from_a_file(self, founded: Founded, run: Run) -> None:
        save_key(founded.key("approver2"), Path("locked.pem"), "口令 secret")
        Path("word.txt").write_text("口令 secret\n")
        wrong = self.amend(founded, run, "--second=locked.pem")
        assert code(wrong) == "key-file"
        done = self.amend(founded, run, "--second=locked.pem", "--second-passphrase-file=word.txt")
        assert done.exit_code == 0, done.output

    def test_the_same_officer_is_no_second(self, founded: Founded, run: Run) -> None:
        assert code(self.amend(founded, run, "--second", key_file_once(founded, "approver"))) in (
            "envelope-malformed", "loosening-takes-two",
        )  # fmt: skip

    def test_a_command_without_it_has_none(self, founded: Founded, run: Run) -> None:
        self.amend(founded, run, "--second", key_file_once(founded, "approver2"))
        looser = policy(notice_working_days=0).model_dump_json(exclude_defaults=True)
        Path("policy2.json").write_text(looser)
        again = run(
            "campaign", "amend", "b2026", "policy2.json", "--reason", "再缩短", "--key", "approver.pem"
        )
        assert code(again) == "loosening-takes-two"


def key_file_once(founded: Founded, officer: str) -> str:
    return f"{officer}.pem" if Path(f"{officer}.pem").exists() else key_file(founded, officer)


class TestCountersign:
    def signed(self, founded: Founded, run: Run) -> None:
        body: dict[str, Any] = {"campaign": "b2026", "reason": "缩短公示"}
        body["policy"] = policy(notice_working_days=3).model_dump(mode="json", exclude_defaults=True)
        Path("body.json").write_text(json.dumps(body))
        key = key_file(founded, "approver")
        done = run("sign", "PolicyAmended.v1", "body.json", "--out", "one.json", "--key", key)
        assert done.exit_code == 0, done.output

    def test_shows_what_is_signed_and_adds_a_signature(self, founded: Founded, run: Run) -> None:
        self.signed(founded, run)
        assert run("submit", "one.json").exit_code == 1
        key = key_file(founded, "approver2")
        done = run("countersign", "one.json", "--out", "two.json", "--key", key)
        assert done.exit_code == 0, done.output
        assert "PolicyAmended.v1" in done.output
        assert "notice_working_days" in done.output
        submitted = run("submit", "two.json", "--json")
        assert submitted.exit_code == 0, submitted.output
        assert state(founded.store, "campaign/b2026")["policy"]["notice_working_days"] == 3

    def test_by_the_same_key_twice_is_refused(self, founded: Founded, run: Run) -> None:
        self.signed(founded, run)
        run("countersign", "one.json", "--out", "two.json", "--key", "approver.pem")
        assert run("submit", "two.json").exit_code == 1
        assert "notice_working_days" not in state(founded.store, "campaign/b2026")["policy"]

    def test_what_is_no_statement_is_named_by_its_line(self, founded: Founded, run: Run) -> None:
        Path("none.json").write_text('\n{"no": 1}\n')
        key = key_file(founded, "approver2")
        result = run("countersign", "none.json", "--out", "two.json", "--key", key)
        assert isinstance(result.exception, Misused)
        assert "第 1 行" in result.exception.message("zh")
        assert not Path("two.json").exists()


class TestOfficerIdentify:
    def test_commits_to_an_identity_once(self, founded: Founded, run: Run) -> None:
        registrar = key_file(founded, "registrar")
        made = run("key", "new", "new.pem", "--for", "newcomer", "--json")
        enrolment = json.loads(made.output)["enrolment_code"]
        enrolled = run(
            "officer", "enrol", "newcomer", "--name", "新人", "--unit", "tea", "--code", enrolment,
            "--key", registrar,
        )  # fmt: skip
        assert enrolled.exit_code == 0, enrolled.output
        role = ("officer", "roles", "newcomer", "--role", "clerk@tea", "--reason", "上岗", "--key", registrar)
        assert code(run(*role)) == "identity-not-committed"
        person = identity_file(founded.officials.person(), "person.json")
        identify = ("officer", "identify", "newcomer", "--identity", person, "--key", registrar)
        assert run(*identify).exit_code == 0
        assert state(founded.store, "officer/newcomer")["person"] is not None
        assert code(run(*identify)) == "already-identified"
        assert run(*role).exit_code == 0

    def test_a_file_without_an_identity(self, founded: Founded, run: Run) -> None:
        Path("person.json").write_text("{}")
        arguments = ("officer", "identify", "tea-clerk", "--identity", "person.json")
        result = run(*arguments, "--key", key_file(founded, "registrar"))
        assert isinstance(result.exception, Misused)

    def test_a_code_that_was_made_for_another(self, founded: Founded, run: Run) -> None:
        registrar = key_file(founded, "registrar")
        enrolment = json.loads(run("key", "new", "new.pem", "--for", "other", "--json").output)[
            "enrolment_code"
        ]
        enrol = ("officer", "enrol", "newcomer", "--name", "新人", "--unit", "tea", "--key", registrar)
        assert code(run(*enrol, "--code", enrolment)) == "possession-wrong"
        assert code(run(*enrol, "--code", enrolment.partition(".")[0])) == "possession-not-proved"


class TestUpgradeRules:
    @pytest.fixture
    def founded(self, patterns: Patterns, tmp_path: Path) -> Iterator[Founded]:
        """A ledger by the first rules."""
        with patterns.copy(tmp_path / "data", rules=1) as founded:
            yield founded

    @pytest.fixture
    def old(self, founded: Founded) -> Founded:
        """It has grants that newer rules refuse."""
        with founded.store.writer() as writer:
            both = [Grant(role=role, unit="county") for role in ("finance", "approver")]
            founded.record(writer, "registrar", RolesChanged(officer="finance", grants=both, reason="兼任"))
            nobody = OfficerEnrolled(
                officer="nobody", name="某人", unit="tea", public_key=public_hex(new_key()), valid_from=SINCE,
                grants=[Grant(role="clerk", unit="tea")],
            )  # fmt: skip
            founded.record(writer, "registrar", nobody)
        return founded

    def test_says_what_changes_and_what_conflicts_and_asks(self, old: Founded, run: Run) -> None:
        key = key_file(old, "registrar")
        asked = run("upgrade", "rules", "--key", key, input="n\n")
        assert asked.exit_code == 1
        assert "持有证明" in asked.output
        assert "两名审批人" in asked.output
        assert "finance：同时担任审批人和财务" in asked.output
        assert "nobody：未登记身份信息" in asked.output
        assert "不能退回" in asked.output
        assert state(old.store, "book/ledger")["rules"] == 1

    def test_takes_them_up_once_agreed(self, old: Founded, run: Run) -> None:
        key = key_file(old, "registrar")
        assert run("upgrade", "rules", "--key", key, input="y\n").exit_code == 0
        assert state(old.store, "book/ledger")["rules"] == NEWEST
        again = run("upgrade", "rules", "--key", key)
        assert again.exit_code == 0
        assert "已是最新规则" in again.output

    def test_only_a_registrar_over_everything_takes_them_up(self, old: Founded, run: Run) -> None:
        result = run("upgrade", "rules", "--yes", "--key", key_file(old, "approver"))
        assert code(result) == "role-not-held"

    def test_a_script_has_to_agree(self, old: Founded, run: Run) -> None:
        key = key_file(old, "registrar")
        assert isinstance(run("upgrade", "rules", "--json", "--key", key).exception, Misused)
        done = run("upgrade", "rules", "--json", "--yes", "--key", key)
        assert json.loads(done.stdout)["position"] > 0

    def test_a_ledger_without_conflicts_says_so(self, founded: Founded, run: Run) -> None:
        both = [Grant(role="approver", unit="county")]
        with founded.store.writer() as writer:
            founded.record(writer, "registrar", RolesChanged(officer="many-hats", grants=both, reason="专任"))
        asked = run("upgrade", "rules", "--key", key_file(founded, "registrar"), input="n\n")
        assert "现有授权均无冲突" in asked.output


class TestExclusions:
    def test_are_shown_and_set_by_two(self, founded: Founded, run: Run) -> None:
        shown = json.loads(run("officer", "exclusions", "--json").output)
        assert shown == [each._asdict() for each in strict_exclusions(NEWEST)]
        assert "审批人" in run("officer", "exclusions").output
        with founded.store.writer() as writer:
            founded.enrol(writer, "second", "county", [Grant(role="registrar")])
        Path("looser.json").write_text(json.dumps(shown[1:]))
        setting: tuple[str, ...] = ("officer", "exclusions", "--set", "looser.json", "--reason", "编制")
        assert isinstance(run(*setting).exception, Misused)
        setting = (*setting, "--key", key_file(founded, "registrar"))
        assert code(run(*setting)) == "second-registrar-missing"
        assert run(*setting, "--second", key_file(founded, "second")).exit_code == 0
        assert json.loads(run("officer", "exclusions", "--json").output) == shown[1:]


def test_revoking_a_compromised_key_lists_what_ends_with_it(founded: Founded, run: Run) -> None:
    stolen, new = founded.signer("finance").key, new_key()
    since = (founded.clock() - timedelta(seconds=30)).isoformat(timespec="seconds")
    event = KeyRotated(officer="finance", valid_from=SINCE, **possessed(new, founded.ledger, "finance"))
    with founded.store.writer() as writer:
        founded.record(writer, "finance", event)
    arguments = ("key", "revoke", key_id_of(stolen), "--reason", "失窃", "--compromised", "--from", since)
    done = run(*arguments, "--key", key_file(founded, "registrar"))
    assert done.exit_code == 0, done.output
    assert key_id_of(new) in done.output
    assert "finance" in done.output
    assert state(founded.store, f"key/{key_id_of(new)}")["compromised"]


def test_an_objection_is_followed_up_by_its_number(founded: Founded, run: Run, tmp_path: Path) -> None:
    today = china_today()
    with founded.store.writer() as writer:
        case, _ = founded.nominated(writer)
        on: dict[str, Any] = {"campaign": "b2026", "unit": "tea"}
        posted = NoticePosted(**on, cases=[case], start=today, end=today, place="门口")
        notice = founded.record(writer, "tea-confirmer", posted).id
    with service(founded, tmp_path) as client:
        number = objected(client, notice, case)
        (waiting,) = Officer(client, founded, "inspector").sign_in().rows("/objections")
        opening = Opening.model_validate(waiting["opening"])
    assert code(run("objection", "NOSUCHNUMBER")) == "reference-unknown"
    waiting = json.loads(run("objection", number, "--json").output)
    assert (waiting["state"], waiting["answer"]) == ("waiting", None)
    with founded.store.writer() as writer:
        lodged = ObjectionLodged(**on, case=case, received=number, opening=opening, text="此人另有房产")
        objection = founded.record(writer, "inspector", lodged).id
        settled = ObjectionSettled(**on, case=case, objection=objection, upheld=True, reason="经查属实")
        position = founded.record(writer, "inspector", settled).position
    # The inbox has not heard of it; the ledger has.
    found = json.loads(run("objection", number.lower(), "--json").output)
    assert found["state"] == "upheld"
    assert found["answer"] == {"text": "经查属实", "on": today, "by": "county", "position": position}
    assert "经查属实" in run("objection", number).output


def objected(client: TestClient, notice: str, case: str) -> str:
    """The public objects; answers the number."""
    for _ in range(100):
        answer = client.post(f"/notices/{notice}/objections", json={"case": case, "text": "此人另有房产"})
        if answer.status_code == 201:
            return str(answer.json()["number"])
    raise AssertionError(answer.text)
