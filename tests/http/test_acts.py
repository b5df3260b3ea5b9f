"""Commands that sign one kind of event: every event has one; what they select, show and sign."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import build
from api.cli.act_commands import ACT_COMMANDS
from api.cli.acts import cases, handing_in, money, oversight, registered
from api.cli.acts.declaration import Act, Subjects
from api.cli.acts.questions import CASES
from api.cli.acts.selecting import Selection, read_list, selected
from api.cli.commands import COMMANDS
from api.cli.exit_codes import Misused
from api.cli.recorded_events import OF_THE_LEDGER, commands_of_events
from ledger.clock import china_today
from ledger.crypto.keys import save_key
from ledger.domain.event import Event
from ledger.errors import Refused
from ledger.events.nomination import Confirmed, NoticePosted
from tests.founding import Founded
from tests.http.serving import service
from tests.http.test_commands_of_two import objected

Run = Callable[..., Result]
ACTS: list[Act] = [
    each.act
    for module in (cases, handing_in, money, oversight, registered)
    for each in vars(module).values()
    if hasattr(each, "act")
]


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on this test's ledger, by an officer's key where one is named."""
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, by: str | None = None, input: str | None = None) -> Result:
        key = []
        if by is not None:
            file = Path(f"{by}.pem")
            if not file.exists():
                save_key(founded.key(by), file, "")
            key = ["--key", str(file)]
        return CliRunner().invoke(build(), [*arguments, *key], input=input)

    return invoke


class TestEveryEvent:
    def test_has_a_command_or_is_signed_by_the_ledger(self) -> None:
        commands = commands_of_events()
        assert {topic for topic in Event.types if topic not in commands} == OF_THE_LEDGER.keys()

    def test_is_recorded_by_commands_that_there_are(self) -> None:
        named = {name for names in commands_of_events().values() for name in names}
        assert named <= COMMANDS.keys()
        assert ACT_COMMANDS.keys() - named == {"sample draw"}

    def test_is_refused_to_nobody_for_an_option_that_it_does_not_have(self) -> None:
        own = {
            "outcome",
            "authorisation",
            "item",
            "quantity",
            "measure",
            "value_fen",
            "return_fen",
            "sanction",
        }
        for act in ACTS:
            contacts = {"issuer", "objections_to", "phone", "supervising_phone", "address"}
            fields = act.event.model_fields.keys() | own | (contacts if act.event is NoticePosted else set())
            assert {option.field for option in act.options} <= fields, act.event


OF = Subjects("CASE", "对象", "case", CASES, key="id", number="position", state_of="state")
ROWS: list[dict[str, Any]] = [
    {"id": "a", "position": 11, "state": "nominated"},
    {"id": "b", "position": 12, "state": "confirmed"},
    {"id": "c", "position": 13, "state": "nominated"},
]


class TestSelecting:
    def ids(self, **how: Any) -> list[str]:
        return [row["id"] for row in selected(ROWS, OF, Selection(**how))]

    def test_by_name_or_serial_number_each_once(self) -> None:
        assert self.ids(named=["12", "a", "b"]) == ["b", "a"]

    def test_by_a_query_with_exceptions(self) -> None:
        assert self.ids(states=("nominated",)) == ["a", "c"]
        assert self.ids(states=("nominated",), excepted=["11"]) == ["c"]
        assert self.ids() == ["a", "b", "c"]

    def test_by_a_list(self, tmp_path: Path) -> None:
        file = tmp_path / "list.txt"
        file.write_text("\ufeff12 张三\n\n# 以下两例\na，李四\n", encoding="utf-8")
        assert self.ids(list_file=file) == ["b", "a"]
        assert self.ids(list_file=file, named=["c"], excepted=["b"]) == ["c", "a"]

    @pytest.mark.parametrize(
        "how",
        [{"named": ["z"]}, {"excepted": ["z"]}, {"states": ("paid",)}, {"named": ["a"], "excepted": ["a"]}],
    )
    def test_nothing_of_that_name_or_nothing_left(self, how: dict[str, Any]) -> None:
        with pytest.raises(Misused):
            self.ids(**how)

    @pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe\x00"])
    def test_a_list_that_is_none(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "list").write_bytes(content)
        with pytest.raises(Misused):
            read_list(tmp_path / "list")
        with pytest.raises(Misused):
            read_list(tmp_path)


class TestSigning:
    @pytest.fixture
    def nominated(self, founded: Founded) -> list[str]:
        with founded.store.writer() as writer:
            return [founded.nominated(writer)[0] for _ in range(3)]

    def test_shows_all_of_it_and_signs_once_when_agreed(self, run: Run, nominated: list[str]) -> None:
        confirm = ("confirm", "--campaign", "b2026", "--unit", "tea")
        shown = run(*confirm, "--dry-run", by="tea-confirmer")
        assert "将签署：确认 3 条，合计 0.00 元" in shown.output
        assert "已申报" in shown.output
        rejected = run("reject", *confirm[1:], "--reason", "材料不全", "--dry-run", by="tea-confirmer")
        assert "材料不全" in rejected.output
        refused = run(*confirm, by="tea-confirmer", input="n\n")
        assert "将签署：确认 3 条" in refused.output
        assert refused.exit_code == 1
        assert isinstance(run(*confirm, "--json", by="tea-confirmer").exception, Misused)
        done = run(*confirm, "--except", nominated[0], by="tea-confirmer", input="y\n")
        assert "已登记 2 条" in done.output
        assert "签署件编号" in done.output
        assert run(*confirm, "--accept", by="tea-clerk").exit_code == 1

    def test_some_are_refused_and_said_one_by_one(
        self, run: Run, founded: Founded, nominated: list[str]
    ) -> None:
        with founded.store.writer() as writer:
            founded.record(
                writer, "tea-confirmer", Confirmed(campaign="b2026", unit="tea", case=nominated[0])
            )
        done = run("confirm", *nominated, "--campaign", "b2026", by="tea-confirmer")
        assert done.exit_code == 5
        assert "1 条被拒绝：state-not-allowed" in done.output

    def test_one_that_is_not_named_is_never_objected_to(self, run: Run, nominated: list[str]) -> None:
        done = run("object", "--campaign", "b2026", "--text", "不实", "--accept", by="approver")
        assert isinstance(done.exception, Misused)
        assert isinstance(run("confirm", "--campaign", "nowhere", by="tea-confirmer").exception, Refused)

    def test_the_rest_of_what_officers_sign(self, run: Run, founded: Founded, nominated: list[str]) -> None:
        def must(*arguments: str, by: str | None = None) -> Any:
            done = run(*arguments, "--json", by=by)
            assert done.exit_code == 0, (arguments, done.output, done.exception)
            return json.loads(done.stdout[done.stdout.index("{" if "draw" not in arguments else "[") :])

        of = ("--campaign", "b2026", "--unit", "tea")
        with founded.store.connect() as connection:
            row = connection.execute(
                "SELECT value ->> 'dossier' FROM ledger.standing WHERE key = %s", (f"case/{nominated[0]}",)
            ).fetchone()
        assert row is not None
        Path("facts.json").write_text('{"household_size": 3}')
        must(
            "dossier",
            "amend",
            "--unit",
            "tea",
            "--dossier",
            row[0],
            "--facts",
            "facts.json",
            "--reason",
            "添丁",
            by="tea-clerk",
        )
        Path("kin.json").write_text(founded.people.person().model_dump_json(exclude_none=True))
        must(
            "officer",
            "kin",
            "--officer",
            "finance",
            "--relation",
            "spouse",
            "--identity",
            "kin.json",
            by="finance",
        )
        must("conduct", *of, "--kind", "burden", "--text", "要求对象参加仪式", by="auditor")
        sanction = must(
            "sanction", "impose", "--unit", "tea", "--year", "2028", "--reason", "虚报", by="inspector"
        )["id"]
        must(
            "sanction", "lift", "--unit", "tea", "--sanction", sanction, "--reason", "已整改", by="inspector"
        )
        order = must("sample", "order", "--campaign", "b2026", "--size", "2", by="auditor")["id"]
        drawn = must("sample", "draw", "b2026", "--draw", order)
        assert len(drawn) == 2
        finding = f"{drawn[0]['case_id']}=缺签收"
        record = ("sample", "record", "--campaign", "b2026", "--draw", order)
        must(*record, "--exception", finding, "--conclusion", "已整改", by="auditor")
        wrong = run(*record, "--exception", "谁=缺签收", "--conclusion", "已整改", by="auditor")
        assert isinstance(wrong.exception, Misused)


def head(founded: Founded) -> int:
    with founded.store.connect() as connection:
        row = connection.execute("SELECT max(position) FROM ledger.entries").fetchone()
    assert row is not None
    return int(row[0])


def test_what_the_public_objects_is_taken_down_in_its_words(
    run: Run, founded: Founded, tmp_path: Path
) -> None:
    today = china_today()
    on: dict[str, Any] = {"campaign": "b2026", "unit": "tea"}
    with founded.store.writer() as writer:
        case, _ = founded.nominated(writer)
        posted = NoticePosted(**on, cases=[case], start=today, end=today, place="门口")
        notice = founded.record(writer, "tea-confirmer", posted).id
    with service(founded, tmp_path) as client:
        number = objected(client, notice, case)
    shown = run("take-down", "--dry-run", by="inspector")
    assert "此人另有房产" in shown.output
    done = run("take-down", number, "--json", by="inspector")
    assert done.exit_code == 0, (done.output, done.exception)
    assert isinstance(run("take-down", "--accept", by="inspector").exception, Misused)
    assert json.loads(run("objection", number, "--json").output)["state"] == "lodged"
