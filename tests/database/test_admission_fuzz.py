"""Anything at all handed to a real writer is answered, and the next good statement is recorded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.crypto.signatures import key_id
from ledger.errors import Refused
from ledger.events.funds import FundAllocated
from ledger.statements.statement import (
    STATEMENT_TYPE,
    Signature,
    pae,
    seal,
)
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.writer import Writer
from tests.database.test_writer import check_whole, fund
from tests.founding import Founded, prepare

Pair = tuple[Founded, Writer]
FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXTS = st.text() | st.sampled_from(["\x00", "￿", "﷐", "\U0010ffff", "e\u0301", "'; DROP TABLE", "0" * 300])
TIMES = st.sampled_from(
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "1e9",
        "",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | TIMES
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def pair(server: EmbeddedServer) -> Iterator[Pair]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE fuzzed")
    url = server.url.replace("/songnuan?", "/fuzzed?")
    with (
        tempfile.TemporaryDirectory() as folder,
        OpenStore(Store(Path(folder) / "data", url)) as store,
    ):
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            yield founded, writer
            check_whole(store)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE fuzzed WITH (FORCE)")


def answered(pair: Pair, *envelopes: bytes) -> None:
    """Each is a receipt or a refusal, between two good ones that are recorded."""
    founded, writer = pair
    submissions = [fund(founded), *map(Submission, envelopes), fund(founded)]
    outcomes = writer.submit(submissions).result(timeout=60)
    assert all(isinstance(outcome, Receipt | Refused) for outcome in outcomes)
    assert isinstance(outcomes[0], Receipt)
    assert isinstance(outcomes[-1], Receipt)
    for outcome in outcomes[1:-1]:
        if isinstance(outcome, Refused):
            assert outcome.code != "not-decidable", outcome
            orjson.dumps(outcome.to_json(), default=str)
    assert isinstance(writer.record(fund(founded)), Receipt)
    assert writer.condition() == []


def signed(founded: Founded, members: dict[str, Any], officer: str) -> bytes:
    """A statement of whatever members, well signed where it can be encoded at all."""
    key = founded.signer(officer).key
    try:
        payload = rfc8785.dumps(members)
    except (ValueError, UnicodeError):
        payload = repr(members).encode(errors="surrogatepass")
    keyid = key_id(key.public_key().public_bytes_raw())
    return seal(payload, [Signature(keyid, key.sign(pae(STATEMENT_TYPE, payload)))]).raw


@FEW
@given(raw=st.binary(max_size=300))
def test_bytes(pair: Pair, raw: bytes) -> None:
    answered(pair, raw)


@FEW
@given(value=VALUES)
def test_json_of_any_shape(pair: Pair, value: Any) -> None:
    try:
        answered(pair, rfc8785.dumps(value))
    except (ValueError, UnicodeError):
        answered(pair, repr(value).encode(errors="surrogatepass"))


@FEW
@given(data=st.data(), officer=st.sampled_from(["finance", "registrar", "nobody"]))
def test_statements_with_one_member_swapped(pair: Pair, data: st.DataObject, officer: str) -> None:
    founded, _ = pair
    statement = founded.signer(officer).statement(
        FundAllocated(campaign="b2026", line="workers", amount_fen=1)
    )
    members: dict[str, Any] = statement._asdict()
    name = data.draw(st.sampled_from([*members, "extra"]))
    members[name] = data.draw(VALUES)
    answered(pair, signed(founded, members, officer))


@FEW
@given(data=st.data())
def test_bodies_with_one_member_swapped(pair: Pair, data: st.DataObject) -> None:
    from tests.fuzz.bodies import BODIES

    founded, _ = pair
    topic = data.draw(st.sampled_from(sorted(BODIES)))
    body = dict(BODIES[topic])
    name = data.draw(st.sampled_from([*body, "extra"]))
    body[name] = data.draw(VALUES)
    base = founded.signer("many-hats").statement(
        FundAllocated(campaign="b2026", line="workers", amount_fen=1)
    )
    answered(pair, signed(founded, {**base._asdict(), "body": body, "type": topic}, "many-hats"))


@FEW
@given(data=st.data())
def test_envelopes_cut_and_changed(pair: Pair, data: st.DataObject) -> None:
    founded, _ = pair
    raw = fund(founded).envelope
    at = data.draw(st.integers(0, len(raw)))
    answered(pair, raw[:at], raw[:at] + data.draw(st.binary(min_size=1, max_size=4)) + raw[at:], raw + raw)
    answered(pair, raw.replace(b'"payload":', b'"payload":"","payload":', 1), b"[" * 50_000, b'{"a":' * 9000)
