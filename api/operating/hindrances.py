"""What would keep the service from recording (登记阻碍): asked of a database at which no service need be at work.

The questions are those of readiness and of the writer, each asked by the same function as there; what
only a service at work can know (its threads, its pools) it alone says, in ``/readyz``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.operating.check import Check
from api.operating.ways_out import way_out_of
from api.service.readiness import nobody_confirms, views_stand
from api.service.settings import Settings
from ledger.errors import Explained, Misconfigured
from ledger.identity.secrets import load_secrets, source_of
from ledger.log.checkpoint import origin_of
from ledger.log.high_water import CheckpointMemory, check_not_set_back
from ledger.log.note import NoteKey, note_key
from ledger.log.proofs import head
from ledger.postgres.connection import datastore
from ledger.postgres.failures import standby_missing
from ledger.writing.clocks import read_clocks
from projections.following.runner import Followers

Connection = psycopg.Connection[Any]


def check_hindrances(connection: Connection, url: str, settings: Settings) -> Iterator[Check]:
    """A line for each cause; one that all is well where there is none."""
    found = False
    for topic, ask in QUESTIONS:
        for error in ask(connection, url, settings):
            found = True
            yield Check(topic, "fail", (error.zh, error.en), way_out_of(error.code))
    if not found:
        yield Check("recording", "ok", ("没有妨碍登记的情况", "nothing keeps statements from being recorded"))


def _standby(connection: Connection, url: str, settings: Settings) -> Iterator[Explained]:
    if nobody_confirms(connection):
        yield standby_missing()


def _clocks(connection: Connection, url: str, settings: Settings) -> Iterator[Explained]:
    stepped = read_clocks(connection).stepped()
    if stepped is not None:
        yield stepped


def _memory(connection: Connection, url: str, settings: Settings) -> Iterator[Explained]:
    try:
        check_not_set_back(connection, CheckpointMemory(settings.data_dir).read(), head(connection))
    except Misconfigured as error:
        yield error


def _witnesses(connection: Connection, url: str, settings: Settings) -> Iterator[Explained]:
    if not settings.witnesses:
        return
    # Here, so that the other commands start without a client for the network.
    from api.log import cosigning

    log_keys = _log_keys(connection, settings)
    with cosigning.witness_connections() as client:
        for address, key in settings.witness_keys():
            witness = cosigning.WitnessClient(address, key, client)
            try:
                error = cosigning.disagreement(connection, witness, log_keys)
            except cosigning.WitnessFailed:
                continue  # whether it can be reached is another line
            if error is not None:
                yield error


def _log_keys(connection: Connection, settings: Settings) -> Sequence[NoteKey]:
    row = connection.execute(
        "SELECT value ->> 'ledger' FROM ledger.standing WHERE key = 'book/ledger'"
    ).fetchone()
    secrets = load_secrets(source_of(settings.secrets, settings.data_dir / "secrets"))
    origin = origin_of("" if row is None else row[0])
    keys = (Ed25519PrivateKey.from_private_bytes(each) for each in secrets.ledger_keys.values())
    return [note_key(key, origin) for key in keys]


def _views(connection: Connection, url: str, settings: Settings) -> Iterator[Explained]:
    if connection.execute("SELECT to_regclass('views.payouts') IS NULL").fetchone() == (True,):
        return  # nothing was asked of this ledger yet
    connections = datastore(url)
    try:
        for cause in views_stand(Followers(connections)):
            yield Explained(cause.code, cause.zh, cause.en)
    finally:
        connections.close()


QUESTIONS: Sequence[tuple[str, Callable[[Connection, str, Settings], Iterator[Explained]]]] = (
    ("durability", _standby),
    ("clock", _clocks),
    ("set-back", _memory),
    ("witnesses", _witnesses),
    ("views", _views),
)
"""Each topic, and who asks; the connection is to a database of this release's schema."""
