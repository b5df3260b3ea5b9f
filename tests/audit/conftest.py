"""A ledger with some of everything, made once; each test has a copy of its database to spoil."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from api.audit.bundle_totals import figures
from api.audit.verification import verify_opened
from api.gate import every_view
from ledger.audit.audit import Trust, audit
from ledger.audit.bundle import Contents, opened_bundle, write_bundle
from ledger.audit.history import Recorded
from ledger.crypto.keys import new_key, new_key_of
from ledger.events.dossier import DossierErased
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Revoked
from ledger.events.register import ReferenceErased, ReferenceWithdrawn
from ledger.events.registry import KeyRotated
from ledger.findings import Finding
from ledger.log.proofs import add_cosignatures, head, latest_checkpoint
from ledger.log.witness import AddCheckpoint, Witness, WitnessPolicy
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.registers import prune
from ledger.writing.signing import Signer, possessed
from ledger.writing.writer import Writer
from projections.following.runner import Followers
from tests.flushing import flushing
from tests.founding import Founded, prepare

_numbers = itertools.count(1)


@dataclass
class Original:
    """The ledger as it was, in two databases, now and earlier; and what an auditor has of it."""

    server: EmbeddedServer
    folder: Path
    founded: Founded
    now: str
    earlier: str
    trust: Trust

    def store(self, database: str) -> OpenStore:
        """A copy's store, under the ledger's own secrets."""
        return OpenStore(Store(self.folder / "data", url_of(self.server, database)))

    @contextmanager
    def copy(self, source: str) -> Iterator[str]:
        """A new database with all that the other holds."""
        name = f"audit_{next(_numbers)}"
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        yield name
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(server: EmbeddedServer, database: str) -> str:
    return server.url.replace("/songnuan?", f"/{database}?")


@pytest.fixture(scope="session")
def original(server: EmbeddedServer) -> Iterator[Original]:
    """About a hundred entries: a batch, payouts, a revocation, an erasure, a rotated key."""
    folder = Path(tempfile.mkdtemp(prefix="songnuan-audit-"))
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE audit_now")
    with OpenStore(Store(folder / "data", url_of(server, "audit_now"))) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            founded.record_all(writer, founded.dossiers(40))
            for _ in range(3):
                founded.paid(writer)
        follow(store)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE audit_earlier TEMPLATE audit_now")
        go_on(founded, store)
        follow(store)
        witness = Witness(folder / "witness", new_key(), "audit.example/w1", [founded.log_key])
        with store.connect() as connection:
            note = latest_checkpoint(connection)
            assert note is not None
            cosignature = witness.add_checkpoint(AddCheckpoint(0, (), note))
            add_cosignatures(connection, head(connection), [cosignature])
    trust = Trust((founded.log_key,), WitnessPolicy((witness.key,), 1), (note,))
    yield Original(server, folder, founded, "audit_now", "audit_earlier", trust)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE audit_now WITH (FORCE)")
        connection.execute("DROP DATABASE audit_earlier WITH (FORCE)")
    shutil.rmtree(folder)


def go_on(founded: Founded, store: OpenStore) -> None:
    """Some more history, ending with funds by the finance officer's new key, an SM2 key."""
    with store.writer() as writer:
        case, _ = founded.nominated(writer)
        revoked = Revoked(campaign="b2026", unit="tea", case=case, target="nomination", reason="重复申报")
        founded.record(writer, "tea-clerk", revoked)
        dossier = founded.dossier(writer)
        founded.record(writer, "registrar", DossierErased(unit="tea", dossier=dossier, reason="保存期满"))
        listed(founded, store, writer)
        key = new_key_of("sm2")
        begins = founded.clock().isoformat(timespec="seconds")
        rotated = KeyRotated(
            officer="finance2", **possessed(key, founded.ledger, "finance2"), valid_from=begins
        )
        founded.record(writer, "finance2", rotated)
        fund = FundAllocated(campaign="b2026", line="workers", amount_fen=300)
        officer = Signer(key, founded.ledger, founded.clock)
        together = [officer.statement(fund) for _ in range(3)]
        founded.record_all(writer, officer.sign_together(together, [None] * 3))
        writer.record(officer.sign(fund))


def listed(founded: Founded, store: OpenStore, writer: Writer) -> None:
    """A list in force that met somebody, and one that was erased and met somebody else."""
    for year in ("2024", "2025"):
        person = founded.people.person()
        founded.nominated(writer, person)
        dead = [person, *(founded.people.person() for _ in range(6))]
        rows = [(each, {"died_on": f"{year}-12-01"}) for each in dead]
        made = founded.listed(writer, "deaths", rows, store=store)
        if year == "2024":
            withdrawn = ReferenceWithdrawn(unit="county", reference=made, reason="来源有误")
            founded.record(writer, "inspector", withdrawn, second="auditor")
            founded.record(writer, "registrar", ReferenceErased(unit="county", reference=made, reason="有误"))
            with store.connect() as connection:
                prune(connection, made)


def follow(store: OpenStore) -> None:
    """Brings the views up to date."""
    connections = datastore(store.url)
    try:
        followers = Followers(connections)
        followers.prepare()
        followers.catch_up()
    finally:
        connections.close()


def verified_live(original: Original, database: str) -> list[Finding]:
    """What is found in a database."""
    findings: list[Finding] = []
    with original.store(database) as store, flushing(original.server.url):
        verify_opened(store, original.trust, findings.append)
    return findings


def exported(original: Original, database: str, path: Path) -> None:
    """Writes the bundle of a database, whatever it holds."""
    with original.store(database) as store, store.connect() as connection:
        size = head(connection)
        recorded = Recorded(connection, size, figures(every_view(connection), size))
        write_bundle(
            path,
            Contents(
                ledger=original.founded.ledger,
                size=size,
                campaign=None,
                entries=recorded.entries(),
                checkpoints=recorded.checkpoints(),
                keys=recorded.keys(),
                figures=recorded.figures(),
                timestamps=recorded.timestamps(),
            ),
        )


def verified_bundle(original: Original, path: Path) -> list[Finding]:
    """What is found in a bundle."""
    findings: list[Finding] = []
    with opened_bundle(path) as bundle:
        audit(bundle, original.trust, findings.append)
    return findings


def codes(findings: list[Finding]) -> set[str]:
    """The codes of what shows that something is not as it was recorded."""
    return {finding.fault.code for finding in findings if finding.grave}
