"""Identities shown, disclosed and erased: recorded first, and afterwards nowhere to be found."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.demo.people import People
from ledger.crypto.keys import save_key
from ledger.events.dossier import DossierErased
from ledger.identity.documents import PersonIdentity
from ledger.postgres.connection import datastore
from projections.following.runner import Followers
from projections.replaying.replay import replay
from tests.founding import Founded
from tests.http.test_proving import Songnuan


@pytest.fixture
def songnuan(founded: Founded, tmp_path: Path) -> Songnuan:
    for officer in ("inspector", "approver", "registrar"):
        save_key(founded.key(officer), tmp_path / f"{officer}.pem", "")
    return Songnuan(founded, tmp_path)


def recorded_types(founded: Founded) -> list[str]:
    with founded.store.connect() as connection:
        found = connection.execute("SELECT type FROM ledger.entries ORDER BY position").fetchall()
    return [kind for (kind,) in found]


def test_an_identity_is_shown_once_it_is_recorded(founded: Founded, songnuan: Songnuan) -> None:
    person = People(9).person()
    with founded.store.writer() as writer:
        dossier = founded.dossier(writer, person)
    show = ("identity", "show", dossier, "--purpose", "核查线索", "--key", "inspector.pem")
    told = json.loads(songnuan.run(*show, "--json", SONGNUAN_PASSPHRASE="").stdout)
    assert told[0]["identity"]["number"] == person.number
    assert recorded_types(founded)[-1] == "IdentityRevealed.v1"
    assert told[0]["position"] == len(recorded_types(founded))
    assert person.name in songnuan(*show, SONGNUAN_PASSPHRASE="")


def test_who_may_not_see_it_is_shown_nothing(founded: Founded, songnuan: Songnuan) -> None:
    person = People(9).person()
    with founded.store.writer() as writer:
        dossier = founded.dossier(writer, person)
    before = recorded_types(founded)
    show = ("identity", "show", dossier, "--purpose", "看看", "--key", "approver.pem")
    said = songnuan(*show, code=1, SONGNUAN_PASSPHRASE="")
    assert "role-not-held" in said
    assert person.name not in said
    assert person.number not in said
    unknown = ("identity", "show", "019bf000-0000-7000-8000-000000000000", "--purpose", "x")
    said = songnuan(*unknown, "--key", "inspector.pem", code=1, SONGNUAN_PASSPHRASE="")
    assert "reference-unknown" in said
    assert recorded_types(founded) == before


def test_a_bundle_discloses_what_was_signed_for(founded: Founded, songnuan: Songnuan) -> None:
    person = People(9).person()
    with founded.store.writer() as writer:
        dossier = founded.dossier(writer, person)
    export = ("export", "bundle", "all.zip", "--identity-of", dossier)
    assert "needs --purpose and --key" in songnuan(*export, code=2)
    told = json.loads(
        songnuan.run(
            *export, "--purpose", "核查", "--key", "inspector.pem", "--json", SONGNUAN_PASSPHRASE=""
        ).stdout
    )
    raw = (songnuan.folder / "all.zip").read_bytes()
    assert person.number.encode() in raw
    assert recorded_types(founded)[told["size"] - 1] == "IdentityRevealed.v1"
    assert "✓ verified" in songnuan.alone(
        "verify", "bundle", "all.zip", "--verifier-key", told["verifier_key"]
    )
    (songnuan.folder / "all.zip").write_bytes(raw.replace(person.number.encode(), b"1" * 18))
    songnuan.alone("verify", "bundle", "all.zip", "--verifier-key", told["verifier_key"], code=1)


def everything(connection: psycopg.Connection) -> str:
    """All that the schemas hold, as text, bytes in hexadecimal: what a dump would give."""
    tables = connection.execute(
        "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables"
        " WHERE table_schema IN ('ledger', 'views') AND table_type = 'BASE TABLE'"
    ).fetchall()
    parts = []
    for (table,) in tables:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
            parts.append(b"".join(bytes(block) for block in copy).decode())
    return "\n".join(parts)


def traces(person: PersonIdentity, text: str) -> list[str]:
    """Which fields of an identity a text holds, plain or in hexadecimal."""
    fields = {name: value for name, value in person.model_dump(exclude_none=True).items() if name != "kind"}
    return [name for name, value in fields.items() if str(value) in text or str(value).encode().hex() in text]


def unnamed(flag: dict[str, Any]) -> dict[str, Any]:
    """A flag without the masked name of whom it is about, which goes with the identity."""
    return {name: value for name, value in flag.items() if name != "about"}


@pytest.mark.usefixtures("flushed")
def test_an_erased_identity_is_nowhere_and_all_else_stands(founded: Founded, songnuan: Songnuan) -> None:
    person = People(9).person()
    store = founded.store
    connections = datastore(store.url)
    with store.writer() as writer:
        _, dossier, _ = founded.paid(writer, person)
        founded.paid(writer)
    followers = Followers(connections)
    followers.prepare()
    followers.catch_up()
    with store.connect() as connection:
        sealed = connection.execute(
            "SELECT encode(wrapped_key, 'hex'), encode(box, 'hex') FROM ledger.vault WHERE dossier = %s",
            (dossier,),
        ).fetchone()
        assert sealed is not None
        assert all(part in everything(connection) for part in sealed)
    erase = ("identity", "erase", dossier, "--reason", "保存期满", "--key", "registrar.pem")
    assert "2056-12-31" in songnuan(*erase, code=1, SONGNUAN_PASSPHRASE="")
    founded.ahead = timedelta(days=31 * 366)
    with store.writer(clock=founded.clock) as writer:
        writer.end_day()
        followers.catch_up()
        figures = songnuan.json("balance"), songnuan.json("flags")
        erased = DossierErased(unit="tea", dossier=dossier, reason="保存期满")
        founded.record(writer, "registrar", erased)
    followers.catch_up()
    with store.connect() as connection:
        held = everything(connection)
        assert not any(part in held for part in sealed)
        assert traces(person, held) == []
    # Thirty-one years went by that were none; the audits below go over the step back.
    songnuan("clock", "accept", "--key", "registrar.pem", "--reason", "校准", SONGNUAN_PASSPHRASE="")
    show = ("identity", "show", dossier, "--purpose", "核查", "--key", "inspector.pem")
    assert "dossier-erased" in songnuan(*show, code=1, SONGNUAN_PASSPHRASE="")
    key = songnuan.json("export", "bundle", "all.zip")["verifier_key"]
    assert traces(person, (songnuan.folder / "all.zip").read_bytes().decode("latin-1")) == []
    assert "✓ verified" in songnuan.alone("verify", "bundle", "all.zip", "--verifier-key", key)
    assert "✓ verified" in songnuan("verify", "ledger")
    # What was flagged goes on being so, and erasing what a flag is about is itself flagged.
    flags = songnuan.json("flags")
    erasing = [flag for flag in flags if flag["rule"] == "erased-under-scrutiny"]
    left = [unnamed(flag) for flag in flags if flag not in erasing]
    assert (songnuan.json("balance"), left) == (figures[0], [unnamed(flag) for flag in figures[1]])
    assert len(erasing) == 1
    assert replay(connections, followers).differences == []
    connections.close()


@pytest.mark.usefixtures("flushed")
def test_a_sealed_identity_is_kept_and_used_no_more(founded: Founded, songnuan: Songnuan) -> None:
    with founded.store.writer() as writer:
        _, dossier, _ = founded.paid(writer)
        other = founded.dossier(writer)
    assert [row["kept_until"] for row in songnuan.json("identity", "kept")] == ["2056-12-31", None]
    assert songnuan.json("identity", "kept", "--due") == []
    names = {row["dossier"]: row["masked_name"] for row in songnuan.json("roster")}
    assert "*" in names[dossier]
    seal = ("identity", "seal", dossier, "--reason", "本人申请删除", "--key", "registrar.pem")
    songnuan(*seal, SONGNUAN_PASSPHRASE="")
    assert {row["dossier"]: row["sealed"] for row in songnuan.json("identity", "kept")} == {
        dossier: True,
        other: False,
    }
    assert {row["dossier"]: row["masked_name"] for row in songnuan.json("roster")} == {dossier: "—"}
    assert "dossier-sealed" in songnuan(*seal, code=1, SONGNUAN_PASSPHRASE="")
    show = ("identity", "show", dossier, "--purpose", "核查", "--key", "inspector.pem")
    songnuan(*show, SONGNUAN_PASSPHRASE="")
    erase = ("identity", "erase", other, "--reason", "误建", "--key", "registrar.pem")
    songnuan(*erase, SONGNUAN_PASSPHRASE="")
    assert [row["dossier"] for row in songnuan.json("identity", "kept", "--unit", "tea")] == [dossier]
    assert "✓ verified" in songnuan("verify", "ledger")


@pytest.mark.usefixtures("flushed")
def test_the_vaults_key_is_rotated_and_the_old_one_destroyed(founded: Founded, songnuan: Songnuan) -> None:
    with founded.store.writer() as writer:
        dossier = founded.dossier(writer)
    assert songnuan.json("vault", "rotate") == {"version": 2}
    assert songnuan.json("vault", "retire", "--yes") == {"retired": [1]}
    show = ("identity", "show", dossier, "--purpose", "核查", "--key", "inspector.pem")
    assert dossier in songnuan(*show, SONGNUAN_PASSPHRASE="")
    assert "✓ verified" in songnuan("verify", "ledger")
