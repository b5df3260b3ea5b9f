"""The ledger's secrets: where they come from, the vault's key rotated at work, the old ones destroyed."""

from __future__ import annotations

import stat
from pathlib import Path

import psycopg
import pytest

from api.demo.people import People
from ledger.errors import Misconfigured, Unavailable
from ledger.identity.secrets import (
    Command,
    Environment,
    Folder,
    create_secrets,
    load_secrets,
    source_of,
)
from ledger.identity.vault import Disclosure, Sealed, Vault
from ledger.storage.store import OpenStore, Store
from ledger.writing import rotation
from ledger.writing.rotation import retire, rotate
from tests.founding import Founded, prepare


def test_secrets_are_files_that_only_their_user_reads(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "secrets")
    secrets = create_secrets(folder)
    assert folder.names() == ["ledger_key", "mark_key", "vault_key"]
    assert all(stat.S_IMODE((folder.path / name).stat().st_mode) == 0o600 for name in folder.names())
    assert load_secrets(folder) == secrets
    with pytest.raises(FileExistsError):
        folder.write("mark_key")


def test_a_secret_that_cannot_be_read_is_named_with_the_way_out(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "secrets")
    create_secrets(folder)
    (folder.path / "vault_key").unlink()
    (folder.path / "vault_key").mkdir()  # refused to root, too
    with pytest.raises(Misconfigured) as error:
        load_secrets(folder)
    assert error.value.code == "secrets-unreadable"
    assert str(folder.path / "vault_key") in error.value.message("zh")


def test_secrets_come_from_the_environment() -> None:
    variables = {
        "SONGNUAN_SECRET_VAULT_KEY": "01" * 32,
        "SONGNUAN_SECRET_VAULT_KEY_2": "02" * 32,
        "SONGNUAN_SECRET_MARK_KEY": "03" * 32,
        "SONGNUAN_SECRET_LEDGER_KEY": "04" * 32,
        "SONGNUAN_SECRET_LEDGER_KEY_2": "05" * 32,
        "SONGNUAN_LANG": "zh",
    }
    secrets = load_secrets(Environment(variables))
    assert secrets.vault_keys == {1: b"\x01" * 32, 2: b"\x02" * 32}
    assert (secrets.mark_key, secrets.ledger_keys) == (b"\x03" * 32, {1: b"\x04" * 32, 2: b"\x05" * 32})
    for spoiled in ("", "xyz", "01" * 31):
        with pytest.raises(Misconfigured) as error:
            load_secrets(Environment({**variables, "SONGNUAN_SECRET_MARK_KEY": spoiled}))
        assert error.value.code == "secrets-missing"


def test_secrets_come_from_a_key_management_service(tmp_path: Path) -> None:
    program = tmp_path / "kms"
    program.write_text(
        '#!/bin/sh\ncase "$1" in\n'
        "  list) printf 'vault_key.3\\nmark_key\\nledger_key\\n';;\n"
        "  read) printf '%064d\\n' 7;;\nesac\n"
    )
    program.chmod(0o700)
    secrets = load_secrets(source_of(f"command:{program}", tmp_path))
    assert secrets.vault_keys == {3: bytes(31) + b"\x07"}
    assert Command(str(program)).read("other") == b""
    with pytest.raises(Misconfigured) as error:
        load_secrets(Command(str(tmp_path / "nothing")))
    assert error.value.code == "secrets-unavailable"
    with pytest.raises(Misconfigured) as error:
        source_of("somewhere", tmp_path)
    assert error.value.code == "secrets-setting"


def test_a_ledger_opens_with_secrets_from_elsewhere(
    store: OpenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
    folder = store.secrets_folder
    for name in folder.names():
        monkeypatch.setenv(f"SONGNUAN_SECRET_{name.upper()}", folder.read(name).hex())
        folder.destroy(name)
    with OpenStore(Store(tmp_path / "data", store.url, "environment")) as again, again.writer() as writer:
        founded.nominated(writer)


def test_a_row_opens_under_either_key_until_the_old_one_is_gone() -> None:
    disclosure = Disclosure(People(5).person(), bytes(16))
    old, both, new = Vault({1: b"a" * 32}), Vault({1: b"a" * 32, 2: b"b" * 32}), Vault({2: b"b" * 32})
    sealed = old.seal("row", "dossier", disclosure)
    again = both.rewrap(sealed)
    assert (sealed.key_version, again.key_version, again.box) == (1, 2, sealed.box)
    assert both.open(sealed) == both.open(again) == new.open(again) == disclosure
    with pytest.raises(Misconfigured):
        new.open(sealed)
    with pytest.raises(Misconfigured):
        new.rewrap(sealed)


@pytest.fixture
def founded(store: OpenStore) -> Founded:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
        founded.record_all(writer, founded.dossiers(20))
    return founded


def rows(connection: psycopg.Connection) -> list[Sealed]:
    found = connection.execute(
        "SELECT id, dossier, key_version, wrapped_key, box FROM ledger.vault ORDER BY id"
    ).fetchall()
    return [
        Sealed(row, dossier, version, bytes(key), bytes(box)) for row, dossier, version, key, box in found
    ]


def test_the_key_is_rotated_while_the_ledger_is_at_work(
    founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "ROWS_AT_ONCE", 6)
    store = founded.store
    heard: list[int] = []
    with store.writer() as writer, store.connect() as connection:
        before = {row.id: store.vault().open(row) for row in rows(connection)}
        assert rotate(connection, store.secrets_folder, heard.append) == 2
        assert heard == [*range(6, len(before), 6), len(before)]
        assert {row.key_version for row in rows(connection)} == {2}
        assert {row.id: store.vault().open(row) for row in rows(connection)} == before
        late = founded.dossier(writer)
        with pytest.raises(Unavailable) as error:
            retire(connection, store.secrets_folder)
        assert error.value.code == "writer-elsewhere"
    with store.connect() as connection:
        assert {row.id: row.key_version for row in rows(connection)}[late] == 1
        with pytest.raises(Misconfigured) as in_use:
            retire(connection, store.secrets_folder)
        assert in_use.value.code == "vault-key-in-use"
        # Begun again it finishes what is left, under the key that is there.
        assert rotate(connection, store.secrets_folder) == 2
        assert retire(connection, store.secrets_folder) == [1]
        assert store.secrets_folder.names() == ["ledger_key", "mark_key", "vault_key.2"]
        assert len([store.vault().open(row) for row in rows(connection)]) == len(before) + 1
    with store.writer() as writer:
        founded.dossier(writer)


def test_a_row_from_an_old_backup_does_not_open_once_the_old_key_is_destroyed(founded: Founded) -> None:
    store = founded.store
    with store.connect() as connection:
        backup = rows(connection)
        rotate(connection, store.secrets_folder)
        retire(connection, store.secrets_folder)
        for row in backup:
            with pytest.raises(Misconfigured):
                store.vault().open(row)
