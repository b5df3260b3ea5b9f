"""A ledger recorded by an earlier release opens, verifies and goes on; its verdicts stay as they were.

``tests/data/ledger-by-rules-1`` is what the release before the rules had versions left: the schema ``ledger``
as pg_dump wrote it, the folder's secrets, and some officers' keys. The ledger holds statements that the
second version of the rules refuses.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.audit.verification import verify_store
from ledger.audit.audit import Trust
from ledger.crypto.keys import load_key
from ledger.domain.event import Event
from ledger.domain.state import (
    Investigation,
    Linkage,
    Officer,
    record_from,
)
from ledger.errors import Misconfigured, Refused
from ledger.events.dossier import DossierSealed
from ledger.events.oversight import CaseClosed
from ledger.events.rules import RulesAdopted
from ledger.findings import Finding
from ledger.postgres import migrations
from ledger.postgres.recorder import datastore
from ledger.storage.state_version import STATE_VERSION, bring_up_to_date
from ledger.storage.store import OpenStore, Store
from ledger.writing.signing import Signer
from projections.following.runner import Followers
from tests.flushing import flushing

OLD = Path(__file__).parents[1] / "data" / "ledger-by-rules-1"


@pytest.fixture
def old_store(database_url: str, tmp_path: Path) -> Iterator[OpenStore]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS ledger CASCADE")
        connection.execute(gzip.decompress((OLD / "ledger.sql.gz").read_bytes()))
    shutil.copytree(OLD / "data", tmp_path / "data")
    (tmp_path / "data" / "secrets").chmod(0o700)
    for secret in (tmp_path / "data" / "secrets").iterdir():
        secret.chmod(0o600)
    with OpenStore(Store(tmp_path / "data", database_url)) as store:
        yield store


def found_in(store: OpenStore) -> list[Finding]:
    """What an examination of every table and a replay of every view find."""
    findings: list[Finding] = []
    connections = datastore(store.url)
    try:
        live = Followers(connections)
        live.prepare()
        live.catch_up()
        with flushing(store.url):
            summary = verify_store(store, live, Trust(store.log_keys()), findings.append)
    finally:
        connections.close()
    assert summary.read == summary.size > 30
    return findings


def signer(store: OpenStore, officer: str) -> Signer:
    assert store.ledger is not None
    return Signer(load_key(OLD / "keys" / f"{officer}.pem", ""), store.ledger)


def test_it_opens_verifies_and_replays(old_store: OpenStore) -> None:
    assert found_in(old_store) == []


def test_its_state_is_made_anew_with_what_is_kept_of_it_now(old_store: OpenStore) -> None:
    with old_store.connect() as connection:
        stored = [
            record_from(key, value)
            for key, value in connection.execute("SELECT key, value FROM ledger.standing").fetchall()
        ]
        assert not bring_up_to_date(connection)
    named = next(each for each in stored if isinstance(each, Officer) and each.id == "named")
    assert named.person is not None
    assert {each.unit for each in stored if isinstance(each, Investigation)} == {"tea", "sugar"}
    assert [each.unit for each in stored if isinstance(each, Linkage)] == ["county"]


def test_it_goes_on_by_the_rules_that_it_has_and_takes_up_newer_ones(old_store: OpenStore) -> None:
    with old_store.connect() as connection:
        rows = connection.execute(
            "SELECT value ->> 'id' FROM ledger.standing WHERE key LIKE 'dossier/%%'"
            " AND value ->> 'unit' = 'tea'"
        ).fetchall()
        [(open_case,)] = connection.execute(
            "SELECT value ->> 'id' FROM ledger.standing WHERE key LIKE 'investigation/%%'"
            " AND value ->> 'open' = 'true'"
        ).fetchall()
    seal = DossierSealed(unit="sugar", dossier=rows[0][0], reason="误封")
    closed = CaseClosed(
        unit="sugar", investigation=open_case, finding="partly", amount_fen=0, text="部分属实"
    )
    adopted = RulesAdopted(version=2, reason="上级要求")
    with old_store.writer() as writer:

        def refusal_of(officer: str, event: Event) -> str:
            with pytest.raises(Refused) as refusal:
                writer.record(signer(old_store, officer).sign(event))
            return refusal.value.code

        writer.record(signer(old_store, "registrar").sign(adopted))
        assert refusal_of("registrar", seal) == "unit-differs"
        assert refusal_of("inspector", closed) == "unit-differs"
        own = closed.model_copy(update={"unit": "tea"})
        writer.record(signer(old_store, "inspector").sign(own))
    assert found_in(old_store) == []


def test_a_state_of_a_later_release_is_left_alone(old_store: OpenStore) -> None:
    with old_store.connect() as connection:
        connection.execute("UPDATE ledger.state_version SET version = %s", (STATE_VERSION + 1,))
        with pytest.raises(Misconfigured) as newer:
            bring_up_to_date(connection)
    assert newer.value.code == "state-newer"


def test_entries_that_cannot_be_gone_over_are_named(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        migrations.migrate(connection)
        connection.execute(
            "INSERT INTO ledger.entries (position, type, data, tags) VALUES (1, 'X.v1', 'no entry', '{}')"
        )
        with pytest.raises(Misconfigured) as broken:
            bring_up_to_date(connection)
    assert broken.value.code == "state-not-made"
