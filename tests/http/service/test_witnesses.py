"""A witness that has seen more than this database holds, or another history, stops recording until it agrees again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli import build
from api.cli.set_back import set_back_event
from api.log.witness_service import create_witness
from api.operating.doctor import examine
from api.service.settings import Settings
from api.statements.submissions import write_submission
from ledger.crypto.keys import new_key, save_key
from ledger.domain.entry import act_of
from ledger.errors import Explained
from ledger.events.recovery import SetBackAccepted
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.note import Note, SignatureLine, parse_note, sign_text
from ledger.log.proofs import latest_checkpoint
from ledger.log.witness import AddCheckpoint, Witness
from tests.database.test_set_back import publish_one_by_one, restore
from tests.database.test_writer import entries, fund
from tests.founding import Founded
from tests.http.serving import ORIGIN


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class ApartFromTheLoop(Witness):
    """A witness that sees where it is asked."""

    def add_checkpoint(self, asked: AddCheckpoint) -> SignatureLine:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return super().add_checkpoint(asked)


def test_a_witness_answers_others_while_it_waits_for_its_disk(founded: Founded, tmp_path: Path) -> None:
    publish_one_by_one(founded, 1)
    with founded.store.connect() as connection:
        note = latest_checkpoint(connection)
    assert note is not None
    witness = ApartFromTheLoop(tmp_path, new_key(), "w.example/1", [founded.log_key])
    with TestClient(create_witness(witness)) as client:
        answer = client.post("/add-checkpoint", content=AddCheckpoint(0, (), note).raw)
    assert answer.status_code == 200, answer.text


def set_back_behind(witness: Witness, founded: Founded) -> int:
    """The witness signs all, then an old copy takes the database's place, with a new data folder's memory."""
    head = len(entries(founded.store))
    with founded.store.connect() as connection:
        connection.execute("CREATE TABLE public.tiles_before AS SELECT * FROM ledger.tiles")
    publish_one_by_one(founded, 2)
    with founded.store.connect() as connection:
        note = latest_checkpoint(connection)
        assert note is not None
        witness.add_checkpoint(AddCheckpoint(0, (), note))
    restore(founded.store, head)
    with founded.store.connect() as connection:
        connection.execute("DROP TABLE public.tiles_before")
    founded.store.checkpoint_memory.forget()
    return head


def forked_behind(witness: Witness, founded: Founded) -> int:
    """The witness signs a checkpoint of the same size with another root: the same key signed two histories."""
    with founded.store.connect() as connection:
        note = latest_checkpoint(connection)
    assert note is not None
    seen = parse_checkpoint(parse_note(note).text)
    text = Checkpoint(seen.origin, seen.size, sha256(b"another history").digest()).text
    signed = Note(text, (sign_text(text, founded.store.ledger_key(), seen.origin),))
    witness.add_checkpoint(AddCheckpoint(0, (), signed.raw))
    return len(entries(founded.store))


def grown_past_behind(witness: Witness, founded: Founded) -> int:
    """Set back behind the witness, the ledger records while no witness is asked, past what that one signed."""
    set_back_behind(witness, founded)
    publish_one_by_one(founded, 4)
    return len(entries(founded.store))


@pytest.mark.parametrize(
    ("behind", "code"),
    [(set_back_behind, "set-back"), (forked_behind, "log-forked"), (grown_past_behind, "log-forked")],
    ids=["longer", "forked", "grown past"],
)
def test_recording_pauses_with_its_code_until_the_witness_agrees(
    behind: Callable[[Witness, Founded], int],
    code: str,
    founded: Founded,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    witness = Witness(tmp_path / "witness", new_key(), "audit.example/w1", [founded.log_key])
    head = behind(witness, founded)
    monkeypatch.setattr("api.log.cosigning.PAUSE_SECONDS", 0.02)
    monkeypatch.setattr("api.log.cosigning.AFTER_FAILURE_SECONDS", 0.02)
    monkeypatch.setattr("api.log.cosigning.witness_connections", lambda: TestClient(create_witness(witness)))
    settings = Settings(
        database_url=founded.store.url,
        data_dir=tmp_path / "data",
        witnesses={"http://testserver": witness.key.text},
    )
    statement = orjson.dumps(write_submission(fund(founded)))
    with TestClient(create_app(settings), base_url=ORIGIN) as client:

        def not_ready() -> list[str]:
            answer: httpx2.Response = client.get("/readyz")
            return [] if answer.status_code == 204 else [each["code"] for each in answer.json()["causes"]]

        eventually(lambda: not_ready() == [code])
        refused = client.post("/statements", content=statement)
        assert (refused.status_code, refused.json()["code"]) == (503, code)
        assert witness.key.name in refused.json()["detail"]
        assert f'songnuan_not_ready{{code="{code}"}} 1.0' in client.get("/metrics").text
        assert len(entries(founded.store)) == head
        # Its operator lets the witness begin anew with this log.
        # It is asked meanwhile, and writes: what it remembers is moved away at once.
        for remembered in list(witness._folder.iterdir()):
            remembered.rename(tmp_path / f"before-{remembered.name}")
        eventually(lambda: not_ready() == [])
        assert client.post("/statements", content=statement).status_code == 201
    assert len(entries(founded.store)) == head + 1


def test_what_a_witness_has_seen_and_is_lost_is_owned_to_and_recording_goes_on_past_it(
    founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness(tmp_path / "witness", new_key(), "audit.example/w1", [founded.log_key])
    head = set_back_behind(witness, founded)
    seen = parse_checkpoint(parse_note(next(witness._folder.glob("*/checkpoint")).read_bytes()).text)
    monkeypatch.setattr("api.log.cosigning.PAUSE_SECONDS", 0.02)
    monkeypatch.setattr("api.log.cosigning.AFTER_FAILURE_SECONDS", 0.02)
    monkeypatch.setattr("api.log.cosigning.witness_connections", lambda: TestClient(create_witness(witness)))
    witnesses = {"http://testserver": witness.key.text}
    save_key(founded.key("registrar"), tmp_path / "registrar.pem", "")
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(founded.store.folder))
    options = ["set-back", "accept", "--key", str(tmp_path / "registrar.pem"), "--reason", "机房失火"]

    def accepted() -> Any:
        return CliRunner().invoke(build(), options)

    assert getattr(accepted().exception, "code", None) == "nothing-lost"
    monkeypatch.setenv("SONGNUAN_WITNESSES", orjson.dumps(witnesses).decode())
    done = accepted()
    assert done.exit_code == 0, done.output
    event = act_of(entries(founded.store)[-1][1]).event
    assert isinstance(event, SetBackAccepted)
    assert (event.size, event.root, event.head) == (seen.size, seen.root.hex(), head)
    assert getattr(accepted().exception, "code", None) == "nothing-lost"

    settings = Settings(database_url=founded.store.url, data_dir=founded.store.folder, witnesses=witnesses)
    with TestClient(create_app(settings), base_url=ORIGIN) as client:
        for _ in range(seen.size - head + 2):
            statement = orjson.dumps(write_submission(fund(founded)))
            assert client.post("/statements", content=statement).status_code == 201
            time.sleep(0.1)
            assert client.get("/readyz").status_code == 204
    assert len(entries(founded.store)) > seen.size


def test_a_ledger_that_grew_past_what_was_lost_has_forked_and_both_ways_on_are_named(
    founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event answers for another history: owning to a loss ends, and the doctor names what helps."""
    witness = Witness(tmp_path / "witness", new_key(), "audit.example/w1", [founded.log_key])
    grown_past_behind(witness, founded)
    monkeypatch.setattr("api.log.cosigning.witness_connections", lambda: TestClient(create_witness(witness)))
    with pytest.raises(Explained) as error:
        set_back_event(founded.store, "机房失火", [("http://testserver", witness.key)])
    assert error.value.code == "log-forked"
    asked = Settings(
        database_url=founded.store.url,
        data_dir=founded.store.folder,
        witnesses={"http://testserver": witness.key.text},
    )
    said = [check.said for check in examine(asked) if "分叉" in check.said[0]]
    assert len(said) == 1
    assert "重新开始" in said[0][0]
    assert "begin anew" in said[0][1]
    assert all("SONGNUAN_WITNESSES" in text for text in said[0])
    taken_out = asked.model_copy(update={"witnesses": {}})
    with TestClient(create_app(taken_out), base_url=ORIGIN) as client:
        statement = orjson.dumps(write_submission(fund(founded)))
        assert client.post("/statements", content=statement).status_code == 201
    assert not [check for check in examine(taken_out) if "分叉" in check.said[0]]


def test_a_witness_that_cannot_be_asked_keeps_a_loss_from_being_owned_to(
    founded: Founded, tmp_path: Path
) -> None:
    witness = Witness(tmp_path / "witness", new_key(), "audit.example/w1", [founded.log_key])
    with pytest.raises(Explained) as error:
        set_back_event(founded.store, "机房失火", [("http://127.0.0.1:9", witness.key)])
    assert error.value.code == "witness-failed"
