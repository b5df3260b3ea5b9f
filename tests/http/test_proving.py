"""Proofs and bundles as people use them: by the command, over HTTP, with witnesses."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.log.cosigning import (
    Forked,
    SetBack,
    WitnessClient,
    WitnessFailed,
    keep_cosigned,
)
from api.log.witness_service import create_witness
from ledger.crypto.keys import new_key, save_key
from ledger.crypto.merkle import Tree, leaf_hash
from ledger.log.checkpoint import (
    open_checkpoint,
    parse_checkpoint,
    parse_proof,
    verify_proof,
)
from ledger.log.note import (
    NoteKey,
    parse_key,
    parse_note,
    verified,
)
from ledger.log.proofs import cosigned, latest_checkpoint
from ledger.log.tiles import Tile
from ledger.log.witness import AddCheckpoint, Witness
from tests.commands import run_command
from tests.database.test_log import forget_log
from tests.database.test_writer import entries, fund
from tests.founding import Founded
from tests.http.serving import Officer, service
from tests.patterns import Patterns


def hundreds(founded: Founded) -> None:
    with founded.store.writer() as writer:
        founded.record_all(writer, [fund(founded) for _ in range(300)])
        founded.paid(writer)


@pytest.fixture
def founded(patterns: Patterns, tmp_path: Path) -> Iterator[Founded]:
    """A ledger of some hundred entries."""
    with patterns.copy(tmp_path / "data", then=hundreds) as founded:
        yield founded


class Songnuan:
    """The command on one ledger."""

    def __init__(self, founded: Founded, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "SONGNUAN_DATABASE_URL": founded.store.url,
            "SONGNUAN_DATA_DIR": str(folder / "data"),
            "SONGNUAN_LANG": "en",
        }

    def __call__(self, *arguments: str, code: int = 0, **more: str) -> str:
        done = self.run(*arguments, code=code, **more)
        return done.stdout + done.stderr

    def run(self, *arguments: str, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        done = run_command(*arguments, env={**self._environment, **more}, cwd=self.folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def alone(self, *arguments: str, code: int = 0) -> str:
        """With no database and no data folder to be found."""
        nowhere = {"SONGNUAN_DATABASE_URL": "postgresql://nowhere.invalid/x", "SONGNUAN_DATA_DIR": "/nowhere"}
        return self(*arguments, code=code, **nowhere)


@pytest.fixture
def songnuan(founded: Founded, tmp_path: Path) -> Songnuan:
    return Songnuan(founded, tmp_path)


# --- The command ------------------------------------------------------------------------------


def test_a_checkpoint_is_printed_as_it_was_signed(founded: Founded, songnuan: Songnuan) -> None:
    head = len(entries(founded.store))
    key = parse_key(songnuan("checkpoint", "--verifier-key"))
    checkpoint, _ = open_checkpoint(songnuan("checkpoint").encode(), [key])
    assert checkpoint.size == head
    told = songnuan.json("checkpoint", "--at", str(head - 1))
    assert told["size"] < head
    assert told["verifier_key"] == key.text


def test_a_checkpoint_is_verified_by_who_keeps_it(founded: Founded, songnuan: Songnuan) -> None:
    key = songnuan("checkpoint", "--verifier-key").strip()
    kept = songnuan.folder / "kept"
    kept.write_text(songnuan("checkpoint"))
    checked = ("verify", "checkpoint", "kept", "--verifier-key", key)
    assert f"{len(entries(founded.store))} entries" in songnuan.alone(*checked)
    assert json.loads(songnuan.alone(*checked, "--json"))["size"] == len(entries(founded.store))
    assert "--witnesses-needed is 1" in songnuan.alone(*checked, "--witnesses-needed", "1", code=2)
    lines = kept.read_text().split("\n")
    kept.write_text("\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]]))
    assert "note-signature-invalid" in songnuan.alone(*checked, code=1)
    kept.write_text("nothing")
    assert "note-malformed" in songnuan.alone(*checked, code=1)
    assert (
        "it is not there"
        in songnuan.alone("verify", "checkpoint", "gone", "--verifier-key", key, code=4).lower()
    )


def test_a_receipt_becomes_a_proof_that_anybody_checks(founded: Founded, songnuan: Songnuan) -> None:
    with founded.store.writer() as writer:
        receipt = writer.record(fund(founded))
    said = songnuan("proof", receipt.id, "--output", "it.tlog-proof")
    assert f"verified: entry {receipt.position}" in said
    key = songnuan("checkpoint", "--verifier-key").strip()
    proof = parse_proof((songnuan.folder / "it.tlog-proof").read_bytes())
    verify_proof(proof, bytes.fromhex(receipt.leaf_hash), [parse_key(key)])
    checked = ("verify", "proof", "it.tlog-proof", "--verifier-key", key)
    assert "verified" in songnuan.alone(*checked, "--leaf", receipt.leaf_hash)
    assert "proof-invalid" in songnuan.alone(*checked, "--leaf", "0" * 64, code=1)
    assert "64 hexadecimal digits" in songnuan.alone(*checked, "--leaf", "xyz", code=2)
    stranger = f"{key.split('+')[0]}+00000000+{key.split('+')[2]}"
    assert "verifier-key-malformed" in songnuan.alone(
        "verify", "proof", "it.tlog-proof", "--verifier-key", stranger, "--leaf", receipt.leaf_hash, code=1
    )


def test_the_first_checkpoint_over_an_entry_proves_it_too(founded: Founded, songnuan: Songnuan) -> None:
    with founded.store.writer() as writer:
        writer.record(fund(founded))
    first, newest = songnuan.json("proof", "3", "--first"), songnuan.json("proof", "3")
    assert first["size"] < newest["size"]
    assert first["leaf_hash"] == newest["leaf_hash"]


def test_what_is_no_entry_is_said_to_be_none(songnuan: Songnuan) -> None:
    assert "reference-unknown" in songnuan("proof", "99999", code=1)
    assert "position or a statement's id" in songnuan("proof", "the-last", code=2)


def test_a_bundle_is_verified_with_nothing_but_the_key(founded: Founded, songnuan: Songnuan) -> None:
    told = songnuan.json("export", "bundle", "all.zip")
    assert told["size"] == len(entries(founded.store))
    verify = ("verify", "bundle", "all.zip", "--verifier-key", told["verifier_key"])
    said = songnuan.alone(*verify)
    assert "✓ verified" in said
    assert f"went over {told['size']:,} entries" in said
    lines = [json.loads(line) for line in songnuan.alone(*verify, "--json").splitlines() if line[:1] == "{"]
    assert lines[-1]["verified"]
    assert lines[-1]["summary"]["read"] == told["size"]


def test_a_bundle_that_was_changed_is_found_out(songnuan: Songnuan) -> None:
    key = songnuan.json("export", "bundle", "all.zip")["verifier_key"]
    path = songnuan.folder / "all.zip"
    spoil(path, b'"marks":{}', b'"marks":{"person":"x"}')
    said = songnuan.alone("verify", "bundle", "all.zip", "--verifier-key", key, code=6)
    assert "root-differs" in said
    assert "findings" in said


def spoil(path: Path, before: bytes, after: bytes) -> None:
    """Changes one entry and packs the file anew, as somebody who sends it on could."""
    import zipfile

    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    assert before in parts["entries.ndjson"]
    parts["entries.ndjson"] = parts["entries.ndjson"].replace(before, after, 1)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)


def test_a_bundle_of_one_campaign_shows_no_other(founded: Founded, songnuan: Songnuan) -> None:
    with founded.store.writer() as writer:
        alone = founded.dossier(writer)
    told = songnuan.json("export", "bundle", "one.zip", "--campaign", "b2026")
    import zipfile

    with zipfile.ZipFile(songnuan.folder / "one.zip") as file:
        lines = file.read("entries.ndjson").splitlines()
    assert len(lines) == told["size"]
    left = [line for line in lines if line[:1] == b'"']
    assert len(left) == 1, "the dossier that nobody nominated"
    assert alone.encode() not in b"".join(lines)
    said = songnuan.alone("verify", "bundle", "one.zip", "--verifier-key", told["verifier_key"])
    assert "✓ verified" in said
    assert "reference-unknown" in songnuan("export", "bundle", "x.zip", "--campaign", "nothing", code=1)


def test_a_bundle_goes_up_to_a_position(founded: Founded, songnuan: Songnuan) -> None:
    head = len(entries(founded.store))
    told = songnuan.json("export", "bundle", "then.zip", "--to", str(head - 3))
    assert told["size"] <= head - 3
    songnuan.alone("verify", "bundle", "then.zip", "--verifier-key", told["verifier_key"])


def test_a_checkpoint_kept_shows_what_a_bundle_lacks(founded: Founded, songnuan: Songnuan) -> None:
    head = len(entries(founded.store))
    (songnuan.folder / "kept").write_text(songnuan("checkpoint"))
    told = songnuan.json("export", "bundle", "then.zip", "--to", str(head - 3))
    verify = ("verify", "bundle", "then.zip", "--verifier-key", told["verifier_key"])
    assert "tail-cut" in songnuan.alone(*verify, "--remembered", "kept", code=6)
    assert "--witnesses-needed is 1" in songnuan.alone(*verify, "--witnesses-needed", "1", code=2)


def test_a_file_that_is_no_bundle_is_refused(songnuan: Songnuan) -> None:
    key = songnuan("checkpoint", "--verifier-key").strip()
    (songnuan.folder / "x.zip").write_bytes(b"nothing")
    assert "bundle-malformed" in songnuan.alone("verify", "bundle", "x.zip", "--verifier-key", key, code=1)


@pytest.mark.usefixtures("flushed")
def test_the_ledger_verifies_in_its_database(songnuan: Songnuan, founded: Founded) -> None:
    assert "✓ verified" in songnuan("verify", "ledger")
    with founded.store.connect() as connection:
        connection.execute(
            "UPDATE ledger.standing SET value = value || '{\"name\": \"x\"}' WHERE key = 'unit/tea'"
        )
    assert "standing-differs" in songnuan("verify", "ledger", code=6)


def test_an_entry_that_cannot_be_read_keeps_the_views_from_being_replayed(
    songnuan: Songnuan, founded: Founded
) -> None:
    songnuan("status")
    with founded.store.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE ledger.entries SET data = '{\"envelope\":1}' WHERE position = 3")
    lines = songnuan("verify", "ledger", "--json", code=6)
    assert '"views-not-replayed"' in lines
    assert '"entry-malformed"' in lines


def test_the_log_is_written_as_files(founded: Founded, songnuan: Songnuan) -> None:
    told = songnuan.json("export", "tiles", "log")
    log = songnuan.folder / "log"
    recorded = [entry for _, entry in entries(founded.store)]
    width = len(recorded) - 256
    assert told["size"] == len(recorded)
    leaves = (log / "tile/0/000").read_bytes() + (log / f"tile/0/001.p/{width}").read_bytes()
    assert leaves == b"".join(map(leaf_hash, recorded))
    checkpoint = parse_checkpoint(parse_note((log / "checkpoint").read_bytes()).text)
    assert checkpoint.root == Tree([leaf_hash(entry) for entry in recorded]).root
    assert len((log / "tile/1/000.p/1").read_bytes()) == 32
    bundle = (log / f"tile/entries/001.p/{width}").read_bytes()
    assert bundle.startswith(len(recorded[256]).to_bytes(2, "big") + recorded[256])


def test_a_ledger_whose_log_is_gone_has_no_checkpoint(founded: Founded, songnuan: Songnuan) -> None:
    forget_log(founded.store)
    for command in (("checkpoint",), ("export", "bundle", "x.zip"), ("export", "tiles", "x")):
        assert "no-checkpoint" in songnuan(*command, code=1)
    lines = songnuan.run("verify", "ledger", "--json", code=6).stdout
    assert '"checkpoint-missing"' in lines
    assert not (songnuan.folder / "x.zip").exists()


@pytest.mark.usefixtures("flushed")
def test_the_ledgers_own_key_is_rotated(founded: Founded, songnuan: Songnuan) -> None:
    save_key(founded.key("registrar"), songnuan.folder / "registrar.pem", "")
    old = songnuan("checkpoint", "--verifier-key").strip()
    rotate = ("key", "rotate-ledger", "--key", "registrar.pem", "--reason", "定期更换")
    said = songnuan(*rotate, SONGNUAN_PASSPHRASE="")
    new = songnuan("checkpoint", "--verifier-key").strip()
    assert new in said
    assert new != old
    # The checkpoint over the rotation is the old key's last.
    open_checkpoint(songnuan("checkpoint").encode(), [parse_key(old)])
    with founded.store.writer(clock=founded.clock) as writer:
        writer.record(fund(founded))
        founded.let_pass(writer, 2)
    open_checkpoint(songnuan("checkpoint").encode(), [parse_key(new)])
    assert founded.store.secrets_folder.names().count("ledger_key.2") == 1
    assert "✓ verified" in songnuan("verify", "ledger")
    songnuan("export", "bundle", "all.zip")
    both = ("--verifier-key", old, "--verifier-key", new)
    assert "✓ verified" in songnuan.alone("verify", "bundle", "all.zip", *both)
    # Two days went by that were none: nothing is recorded until a registrar says so.
    said = songnuan("clock", "status", code=1)
    assert "clock accept" in said
    songnuan("clock", "accept", "--key", "registrar.pem", "--reason", "校准", SONGNUAN_PASSPHRASE="")
    assert songnuan.json("clock", "status")["agree"] is True
    clerk = founded.key("tea-clerk")
    save_key(clerk, songnuan.folder / "clerk.pem", "")
    rotate = ("key", "rotate-ledger", "--key", "clerk.pem", "--reason", "夺权")
    assert "role-not-held" in songnuan(*rotate, code=1, SONGNUAN_PASSPHRASE="")
    # The key made for nothing is taken at the next rotation.
    assert founded.store.secrets_folder.names().count("ledger_key.3") == 1


# --- Over HTTP --------------------------------------------------------------------------------


@pytest.fixture
def client(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def test_the_log_is_served_as_tiles(founded: Founded, client: TestClient) -> None:
    key = parse_key(client.get("/checkpoint/key").text)
    checkpoint, _ = open_checkpoint(client.get("/checkpoint").content, [key])
    recorded = [entry for _, entry in entries(founded.store)]
    width = checkpoint.size - 256
    full, partial = client.get("/tile/0/000"), client.get(f"/tile/0/001.p/{width}")
    assert full.content + partial.content == b"".join(leaf_hash(entry) for entry in recorded)
    assert full.headers["content-type"] == "application/octet-stream"
    assert "immutable" in full.headers["cache-control"]
    narrower = client.get(f"/tile/0/001.p/{width - 1}")
    assert narrower.content == partial.content[:-32]
    assert client.get("/tile/entries/000").status_code == 401
    auditor = Officer(client, founded, "auditor").sign_in()
    assert auditor.get("/tile/entries/000").count('{"envelope":') == 256
    assert client.get("/checkpoint").headers["cache-control"] == "no-cache"


def test_a_proof_is_served(founded: Founded, client: TestClient) -> None:
    key = parse_key(client.get("/checkpoint/key").text)
    proof = parse_proof(client.get("/proof/7").content)
    verify_proof(proof, leaf_hash(entries(founded.store)[6][1]), [key])
    missing = client.get("/proof/99999")
    assert missing.status_code == 404
    assert missing.json()["code"] == "not-yet-published"
    assert client.get("/proof/0").status_code == 422


@pytest.mark.parametrize(
    "path",
    ["/tile/0/002", "/tile/0/001.p/255", "/tile/9/000", "/tile/64/000", "/tile/0/1", "/tile/entries/009"],
)
def test_a_tile_that_the_log_does_not_have_is_not_served(
    founded: Founded, client: TestClient, path: str
) -> None:
    missing = Officer(client, founded, "auditor").sign_in().get(path, status=404)
    assert missing["code"] == "no-such-tile"


# --- Witnesses --------------------------------------------------------------------------------


@pytest.fixture
def witness(founded: Founded, tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", new_key(), "audit.example/w1", [founded.log_key])


def served(witness: Witness, key: NoteKey | None = None) -> WitnessClient:
    """A client of the witness's service, in this process."""
    return WitnessClient("http://testserver", key or witness.key, TestClient(create_witness(witness)))


def test_a_witness_signs_each_new_checkpoint(founded: Founded, witness: Witness) -> None:
    client = served(witness)
    with founded.store.connect() as connection:
        assert client.cosign(connection) is not None
        assert client.cosign(connection) is None
        with founded.store.writer() as writer:
            writer.record(fund(founded))
        assert client.cosign(connection) is not None
        note = latest_checkpoint(connection)
        assert note is not None
        both = verified(cosigned(connection, note), [founded.log_key, witness.key])
        assert [key for key, _ in both] == [founded.log_key, witness.key]


def test_a_client_that_forgot_where_the_witness_was_is_told(founded: Founded, witness: Witness) -> None:
    with founded.store.connect() as connection:
        served(witness).cosign(connection)
        with founded.store.writer() as writer:
            writer.record(fund(founded))
        assert served(witness).cosign(connection) is not None


def test_a_database_set_back_is_said_to_be(founded: Founded, witness: Witness) -> None:
    with founded.store.connect() as connection:
        note = latest_checkpoint(connection)
        assert note is not None
        witness.add_checkpoint(AddCheckpoint(0, (), note))
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "DELETE FROM ledger.checkpoints WHERE size = (SELECT max(size) FROM ledger.checkpoints)"
        )
        with pytest.raises(SetBack) as error:
            served(witness).cosign(connection)
    assert error.value.code == "set-back"


@pytest.mark.parametrize("status", [409, 422])
def test_a_history_that_has_forked_is_said_to_have(status: int, founded: Founded, witness: Witness) -> None:
    """Witnesses say it by 422 of a longer log; of one of the same size some say 409 with that size."""
    with founded.store.connect() as connection:
        note = latest_checkpoint(connection)
        assert note is not None
        size = parse_checkpoint(parse_note(note).text).size

        def answer(request: httpx2.Request) -> httpx2.Response:
            if status == 409 or request.content.startswith(b"old 0\n"):
                told = httpx2.ByteStream(f"{size}\n".encode())
                return httpx2.Response(409, stream=told, headers={"content-type": "text/x.tlog.size"})
            return httpx2.Response(422, stream=httpx2.ByteStream(b"inconsistent"))

        with httpx2.Client(transport=httpx2.MockTransport(answer)) as client, pytest.raises(Forked) as error:
            WitnessClient("http://witness", witness.key, client).cosign(connection)
    assert error.value.code == "log-forked"
    assert f"{size}" in error.value.message("zh")


def test_an_answer_under_another_key_is_no_cosignature(founded: Founded, witness: Witness) -> None:
    other = Witness(witness._folder / "other", new_key(), "audit.example/w2", [])
    with founded.store.connect() as connection:
        with pytest.raises(WitnessFailed, match="no signature by a trusted key"):
            served(witness, other.key).cosign(connection)
        with pytest.raises(WitnessFailed, match="404 origin-unknown"):
            served(other).cosign(connection)
        with httpx2.Client() as client, pytest.raises(WitnessFailed, match="refused"):
            WitnessClient("http://127.0.0.1:9", witness.key, client).cosign(connection)


def test_a_witness_answers_in_the_protocols_words(founded: Founded, witness: Witness) -> None:
    client = TestClient(create_witness(witness))
    with founded.store.connect() as connection:
        note = latest_checkpoint(connection)
    assert note is not None
    request = AddCheckpoint(0, (), note)
    answer = client.post("/add-checkpoint", content=request.raw)
    assert answer.status_code == 200
    assert answer.text.startswith("— audit.example/w1 ")
    behind = client.post("/add-checkpoint", content=request.raw)
    assert (behind.status_code, behind.headers["content-type"]) == (409, "text/x.tlog.size")
    assert behind.text == f"{parse_checkpoint(parse_note(note).text).size}\n"
    assert client.post("/add-checkpoint", content=b"x").status_code == 400
    assert client.post("/add-checkpoint", content=b"x" * 200_000).status_code == 413
    stranger = note.replace(b"songnuan.internal", b"elsewhere")
    assert client.post("/add-checkpoint", content=AddCheckpoint(0, (), stranger).raw).status_code == 404
    line = note.rstrip().rsplit(b" ", 1)[1]
    forged = note.replace(line, line[:8] + (b"A" if line[8:9] != b"A" else b"B") + line[9:])
    assert client.post("/add-checkpoint", content=AddCheckpoint(0, (), forged).raw).status_code == 403
    origin_hash = sha256(parse_checkpoint(parse_note(note).text).origin.encode()).hexdigest()
    last = client.get(f"/{origin_hash}/checkpoint")
    assert last.content == note + answer.text.encode()
    assert client.get(f"/{'0' * 64}/checkpoint").status_code == 404
    assert client.get("/..%2fx/checkpoint").status_code == 404


def test_the_service_has_its_witnesses_sign(
    founded: Founded, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.log.cosigning.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("api.log.cosigning.witness_connections", lambda: TestClient(create_witness(witness)))
    stop, signed = threading.Event(), threading.Event()
    real = WitnessClient.cosign

    def cosign(self: WitnessClient, connection: Any) -> Any:
        line = real(self, connection)
        signed.set()
        return line

    monkeypatch.setattr(WitnessClient, "cosign", cosign)
    thread = threading.Thread(
        target=keep_cosigned, args=(founded.store, "http://testserver", witness.key, stop)
    )
    thread.start()
    assert signed.wait(20)
    stop.set()
    thread.join()
    with founded.store.connect() as connection:
        rows = connection.execute("SELECT witness FROM ledger.cosignatures").fetchall()
    assert rows == [(f"{witness.key.name}+{witness.key.key_id.hex()}",)]


def test_witnesses_are_asked_by_the_command(songnuan: Songnuan, tmp_path: Path) -> None:
    assert "no witnesses are set" in songnuan("cosign", code=2)
    save_key(new_key(), tmp_path / "w.pem", "")
    log = songnuan("checkpoint", "--verifier-key").strip()
    shown = songnuan.run(
        *("witness", "--name", "audit.example/w1", "--key", "w.pem", "--log", log, "--folder", "w"),
        "--show-key",
        SONGNUAN_PASSPHRASE="",
    )
    key = parse_key(shown.stdout)
    settings = json.dumps({"http://127.0.0.1:9": key.text})
    said = songnuan("cosign", code=1, SONGNUAN_WITNESSES=settings)
    assert "witness-failed" in said


def test_tiles_have_their_paths() -> None:
    assert Tile(0, 1).path(3) == "tile/0/001.p/3"
