"""Lists and their rows: loaded before they are signed, admitted only with them, erased with their key."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ledger.domain.register_kinds import KINDS
from ledger.errors import Refused
from ledger.events.register import ReferenceErased, ReferenceListed, ReferenceWithdrawn
from ledger.identity.documents import PersonIdentity
from ledger.identity.register_rows import Listed
from ledger.storage.store import OpenStore
from ledger.writing import rotation
from ledger.writing.registers import Prepared, discard, key_of_list, prepare, prune
from ledger.writing.rotation import retire
from ledger.writing.writer import Writer
from tests.founding import Founded
from tests.founding import prepare as prepared_ledger


@pytest.fixture
def founded(store: OpenStore) -> Founded:
    founded = prepared_ledger(store)
    with store.writer() as writer:
        founded.found(writer)
    return founded


@pytest.fixture
def writer(founded: Founded) -> Iterator[Writer]:
    with founded.store.writer() as writer:
        yield writer


@pytest.fixture
def connection(store: OpenStore) -> Iterator[psycopg.Connection]:
    with store.connect() as connection:
        yield connection


def made_ready(founded: Founded, connection: psycopg.Connection, rows: list[Listed]) -> Prepared:
    store = founded.store
    return prepare(
        connection, rows, KINDS["deaths"], (None, None), marker=store.marker(), vault=store.vault()
    )


def event(prepared: Prepared, founded: Founded) -> ReferenceListed:
    return ReferenceListed(
        unit="county", kind="deaths", title="死亡人口", source="民政局", data_on=founded.day(),
        keep_until=founded.day(10), digest="0" * 64, root=prepared.root, rows=prepared.rows,
    )  # fmt: skip


def died(people: list[PersonIdentity]) -> list[Listed]:
    return [Listed(person.number, line, {"died_on": "2025-12-01"}) for line, person in enumerate(people, 2)]


def counted(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM ledger.{table}").fetchone()
    assert row is not None
    return int(row[0])


def test_rows_hold_nothing_by_which_anybody_is_known(
    founded: Founded, connection: psycopg.Connection
) -> None:
    people = [founded.people.person() for _ in range(3)]
    made_ready(founded, connection, died(people))
    stored = str(connection.execute("SELECT mark, line, box::text FROM ledger.register_rows").fetchall())
    assert not any(person.number in stored or person.number.encode().hex() in stored for person in people)


def test_an_entry_is_admitted_only_with_its_rows(
    founded: Founded, writer: Writer, connection: psycopg.Connection
) -> None:
    prepared = made_ready(founded, connection, died([founded.people.person()]))
    missing = event(prepared._replace(root="1" * 64), founded)
    with pytest.raises(Refused) as refused:
        founded.record(writer, "auditor", missing)
    assert refused.value.code == "register-rows-missing"
    made = founded.record(writer, "auditor", event(prepared, founded))
    assert made.position > 0
    with pytest.raises(Refused) as refused:
        founded.record(writer, "inspector", event(prepared, founded))
    assert refused.value.code == "register-listed-already"


def test_numbers_that_stand_there_again_are_counted(founded: Founded, connection: psycopg.Connection) -> None:
    one, other, third = (founded.people.person() for _ in range(3))
    assert made_ready(founded, connection, died([one, other, one, third, one, other])).duplicates == 5


def test_what_nobody_signs_goes(founded: Founded, writer: Writer, connection: psycopg.Connection) -> None:
    first = made_ready(founded, connection, died([founded.people.person()]))
    second = made_ready(founded, connection, died([founded.people.person()]))
    founded.record(writer, "auditor", event(first, founded))
    discard(connection, first)
    discard(connection, second)
    assert (counted(connection, "registers"), counted(connection, "register_rows")) == (1, 1)
    made_ready(founded, connection, died([founded.people.person()]))
    connection.execute("UPDATE ledger.registers SET made_at = now() - interval '2 days'")
    made_ready(founded, connection, died([founded.people.person()]))
    assert (counted(connection, "registers"), counted(connection, "register_rows")) == (2, 2)


def test_an_erased_list_can_be_read_by_nobody_and_keeps_its_hits(
    founded: Founded, writer: Writer, connection: psycopg.Connection
) -> None:
    met, *others = (founded.people.person() for _ in range(9))
    founded.dossier(writer, met)
    facts = {"died_on": "2025-12-01"}
    made = founded.listed(writer, "deaths", [(person, facts) for person in (*others, met)])
    row = connection.execute("SELECT root FROM ledger.registers").fetchone()
    assert row is not None
    (root,) = row
    assert prune(connection, made) == 0, "it is not erased"
    opened = key_of_list(connection, root, founded.store.vault())
    assert opened is not None
    _, boxes = opened
    line, box = connection.execute("SELECT line, box FROM ledger.register_rows LIMIT 1").fetchone() or (
        0,
        b"",
    )
    assert boxes.open(line, box)["died_on"] == "2025-12-01"
    withdrawn = ReferenceWithdrawn(unit="county", reference=made, reason="有误")
    founded.record(writer, "inspector", withdrawn, second="auditor")
    founded.record(writer, "registrar", ReferenceErased(unit="county", reference=made, reason="有误"))
    assert key_of_list(connection, root, founded.store.vault()) is None
    assert prune(connection, made) == 8
    assert prune(connection, made) == 0, "it was pruned"
    assert counted(connection, "register_rows") == 1
    assert 1 <= counted(connection, "register_nodes") <= 4


def test_the_lists_keys_are_rotated_with_the_vaults(founded: Founded, connection: psycopg.Connection) -> None:
    with founded.store.writer() as writer:
        founded.listed(writer, "deaths", [(founded.people.person(), {"died_on": "2025-12-01"})])
    rotation.rotate(connection, founded.store.secrets_folder)
    assert connection.execute("SELECT key_version FROM ledger.registers").fetchall() == [(2,)]
    retire(connection, founded.store.secrets_folder)
    (root,) = connection.execute("SELECT root FROM ledger.registers").fetchone() or ("",)
    assert key_of_list(connection, root, founded.store.vault()) is not None
