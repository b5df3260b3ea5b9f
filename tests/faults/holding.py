"""What clients were told, held against what is there once the service has stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson

from ledger.audit.inbox_checks import check_inbox
from ledger.clock import utc_now
from ledger.crypto.merkle import leaf_hash
from ledger.crypto.signatures import key_id
from ledger.domain.entry import act_of, read_entry
from ledger.domain.event import utc_text
from ledger.events.access import AccessLogSealed
from ledger.findings import Finding
from ledger.log.proofs import published
from ledger.postgres.connection import datastore
from ledger.statements.statement import decode64
from ledger.storage.store import OpenStore, Store
from ledger.writing.clock_guard import STEP
from projections.following.runner import Followers
from projections.replaying.replay import replay
from tests.database.test_writer import check_whole, entries
from tests.faults.load import Objection, Told, ask_until_answered

FOLLOWED_UP = 20


@dataclass
class Found:
    """What did not hold: how many receipts, how many rows, and each in words."""

    lost: int = 0
    differing: int = 0
    problems: list[str] = field(default_factory=list)


def follow_up(port: int, told: Told) -> list[str]:
    """The numbers that the public was given stand, each at the entry that was named; what does not."""
    problems = []
    chosen = Random(len(told.objections)).sample(told.objections, min(FOLLOWED_UP, len(told.objections)))
    for each in chosen:
        status, answer = ask_until_answered(port, "GET", f"/objections/{each.number}", address="198.51.100.7")
        if (status, answer.get("state"), answer.get("committed_at")) != (200, "waiting", each.committed_at):
            problems.append(f"objection {each.number} is followed up otherwise: {status} {answer}")
    return problems


def hold(data: Path, url: str, told: Told, found: Found) -> None:
    """Hold receipts, refusals, objections, checkpoint and views against the entries."""
    if told.unanswered:
        found.problems.append(f"{len(told.unanswered)} statements were never answered")
    with OpenStore(Store(data, url)) as store:
        head = check_whole(store)
        recorded = dict(entries(store))
        _hold_receipts(told, recorded, found)
        _hold_times(recorded, found)
        _hold_objections(store, head, told, recorded, found)
        with store.connect() as connection:
            if published(connection) != head:
                found.problems.append(f"the checkpoint covers {published(connection)} of {head}")
        connections = datastore(store.url)
        again = replay(connections, Followers(connections))
        connections.close()
        found.differing = len(again.differences) + again.left_out
        # As it stops, the service seals the access log behind the views, which end before it.
        unseen = [act_of(recorded[position]).event for position in range(again.position + 1, head + 1)]
        if found.differing or not all(isinstance(event, AccessLogSealed) for event in unseen):
            names = sorted({str(each)[:120] for each in again.differences})[:5]
            found.problems.append(f"views at {again.position} of {head} differ from a replay: {names}")


def _hold_receipts(told: Told, recorded: dict[int, bytes], found: Found) -> None:
    found.lost = sum(not _stands(body, receipt, recorded) for body, receipt in told.receipts)
    if found.lost:
        found.problems.append(f"{found.lost} receipts are for what is not there")
    there = {orjson.loads(_payload(entry))["id"] for entry in recorded.values()}
    refused = [code for body, code in told.refusals if _statement_id(body) in there]
    if refused:
        found.problems.append(f"recorded though refused: {refused}")


def _hold_times(recorded: dict[int, bytes], found: Found) -> None:
    """Nothing is recorded under a time that has not come, whatever the service's clock said."""
    latest = utc_text(utc_now() + STEP)
    ahead = [position for position, entry in recorded.items() if read_entry(entry)["recorded_at"] > latest]
    if ahead:
        found.problems.append(f"recorded under a time to come: {ahead[:5]} and {len(ahead) - 1} more")


def _hold_objections(
    store: OpenStore, head: int, told: Told, recorded: dict[int, bytes], found: Found
) -> None:
    """Each number that was given has its entry and its words; the inbox is what was committed to."""
    key = bytes.fromhex(store.ledger_public_key())
    findings: list[Finding] = []
    with store.connect() as connection:
        check_inbox(connection, head, {key_id(key): key}, findings.append)
        words: dict[str, str] = dict(connection.execute("SELECT number, text FROM ledger.inbox").fetchall())
    # What was signed and not recorded when all ended was given no number.
    found.problems += [str(each.fault) for each in findings if each.fault.code != "inbox-pending"]
    missing = [each.number for each in told.objections if not _is_kept(each, recorded, words)]
    found.lost += len(missing)
    if missing:
        found.problems.append(f"objections that were given a number are not there: {missing}")


def _is_kept(told: Objection, recorded: dict[int, bytes], words: dict[str, str]) -> bool:
    entry = recorded.get(told.committed_at)
    if entry is None or words.get(told.number) != told.text:
        return False
    body = orjson.loads(_payload(entry))["body"]
    return (body["number"], body["case"]) == (told.number, told.case)


def _stands(body: bytes, receipt: dict[str, Any], recorded: dict[int, bytes]) -> bool:
    entry = recorded.get(receipt["position"])
    if entry is None or leaf_hash(entry).hex() != receipt["leaf_hash"]:
        return False
    envelope = orjson.loads(body)["envelope"]
    return decode64(envelope["payload"], "payload") == _payload(entry)


def _payload(entry: bytes) -> bytes:
    return decode64(orjson.loads(entry)["envelope"]["payload"], "payload")


def _statement_id(body: bytes) -> str:
    payload = decode64(orjson.loads(body)["envelope"]["payload"], "payload")
    return str(orjson.loads(payload)["id"])
