"""One run: load and faults from a seed, then everything that was told is held against what is there."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson

from ledger.log import published
from ledger.merkle import leaf_hash
from ledger.recorder import datastore
from ledger.statement import decode64
from ledger.store import OpenStore, Store
from projections.replay import replay
from projections.runner import Followers
from tests.faults.faults import AT_POINTS, FROM_OUTSIDE, at_point, drawn
from tests.faults.load import ANSWER_SECONDS, Client, Told, post
from tests.faults.postgres import keep_unflushed
from tests.faults.world import World, copied, small_disk
from tests.founding import Founded
from tests.ledger.test_writer import check_whole, entries

CLIENTS = 3
LOAD_SECONDS = 3.0
LEAST_RECEIPTS = 40
"""The load goes on until there are so many, so that some come after the faults."""
RECOVERY_SECONDS = 180.0
"""A few seconds on a machine of its own; the table says how long it took."""
FOLLOWING_SECONDS = 240.0
"""The views' process goes behind everything else; on a busy machine it may wait long for its turn."""
STOP_SECONDS = 15.0
"""The service stops within ten seconds; what this machine adds when it is busy is not its fault."""
ASKED_AGAIN = 20


@dataclass
class Result:
    """What a run found. ``problems`` is empty where nothing was lost."""

    seed: int
    faults: list[str]
    statements: int = 0
    receipts: int = 0
    lost: int = 0
    differing: int = 0
    recovery_seconds: float = 0.0
    missed: list[str] = field(default_factory=list)
    """The faults at exact points that the load never came by."""
    problems: list[str] = field(default_factory=list)


def run(seed: int, template: Path, folder: Path, faults: list[str] | None = None) -> Result:
    """One run in a folder of its own, which is removed where all was well."""
    result = Result(seed, drawn(seed) if faults is None else faults)
    folder.mkdir(mode=0o755)
    disk = folder / "disk"
    if "disk full" in result.faults:
        with small_disk(disk, template):
            _run(result, template, disk)
            _keep_log(disk, folder)
    else:
        disk.mkdir(mode=0o755)
        _run(result, template, disk)
        _keep_log(disk, folder)
    shutil.rmtree(disk, ignore_errors=True)
    if not result.problems:
        shutil.rmtree(folder, ignore_errors=True)
    return result


def _keep_log(disk: Path, folder: Path) -> None:
    shutil.copy(disk / "service.log", folder / "service.log")


def _run(result: Result, template: Path, folder: Path) -> None:
    founded = copied(template, folder)
    world = World(folder, _free_port())
    told = Told()
    try:
        _live(result, world, founded, told)
        _check(result, world, told)
    except Exception as error:
        result.problems.append(f"{type(error).__name__}: {error}")
    finally:
        world.close()


def _live(result: Result, world: World, founded: Founded, told: Told) -> None:
    random = Random(result.seed)
    world.server.start()
    if random.random() < 0.5:
        keep_unflushed(world.server)
    planned = [kind for kind in result.faults if kind in AT_POINTS]
    world.start([at_point(kind, random) for kind in planned])
    _wait_until_ready(result, world)
    stop = threading.Event()
    clients = [Client(founded, world.port, told, result.seed * 100 + n, stop) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    until = time.monotonic() + LOAD_SECONDS
    for kind in result.faults:
        if kind in FROM_OUTSIDE:
            time.sleep(random.uniform(0.2, 1.2))
            FROM_OUTSIDE[kind](world, random)
    while time.monotonic() < until or (
        len(told.receipts) < LEAST_RECEIPTS and time.monotonic() < until + RECOVERY_SECONDS
    ):
        time.sleep(0.05)
    stop.set()
    for client in clients:
        client.join(ANSWER_SECONDS * 3)
        if client.is_alive():
            result.problems.append("a client never ended")
    _wait_until_ready(result, world)
    _ask_again(result, world, told)
    _wait_until_followed(result, world)
    result.recovery_seconds = world.longest_seconds
    result.missed = [kind for number, kind in enumerate(planned) if not world.happened(number)]
    took = world.stop()
    if took > STOP_SECONDS:
        result.problems.append(f"the service took {took:.0f} s to stop")


def _wait_until_ready(result: Result, world: World) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while world.ready_since is None or time.monotonic() - world.ready_since < 0.3:
        if time.monotonic() > deadline:
            result.problems.append(f"not ready again within {RECOVERY_SECONDS:.0f} s")
            return
        time.sleep(0.05)


def _wait_until_followed(result: Result, world: World) -> None:
    """The service's own process brings the views to the head, whatever befell it."""
    connections = datastore(world.server.url)
    followers = Followers(connections)
    deadline = time.monotonic() + FOLLOWING_SECONDS
    while followers.position() < followers.head():
        if time.monotonic() > deadline:
            result.problems.append(f"the views stay at {followers.position()} of {followers.head()}")
            break
        time.sleep(0.05)
    connections.close()


def _ask_again(result: Result, world: World, told: Told) -> None:
    """The same bytes again get the same receipt again."""
    chosen = Random(result.seed).sample(told.receipts, min(ASKED_AGAIN, len(told.receipts)))
    for body, receipt in chosen:
        status, answer = post(world.port, "/statements", body)
        members = ("id", "position", "recorded_at", "leaf_hash")
        if status != 200 or [answer[each] for each in members] != [receipt[each] for each in members]:
            result.problems.append(f"asked again, {receipt['id']} is answered otherwise: {status} {answer}")


def _check(result: Result, world: World, told: Told) -> None:
    result.statements, result.receipts = told.statements, len(told.receipts)
    if told.unanswered:
        result.problems.append(f"{len(told.unanswered)} statements were never answered")
    with OpenStore(Store(world.folder / "data", world.server.url)) as store:
        head = check_whole(store)
        recorded = dict(entries(store))
        result.lost = sum(not _stands(body, receipt, recorded) for body, receipt in told.receipts)
        if result.lost:
            result.problems.append(f"{result.lost} receipts are for what is not there")
        there = {orjson.loads(_payload(entry))["id"] for entry in recorded.values()}
        told_refused = [code for body, code in told.refusals if _statement_id(body) in there]
        if told_refused:
            result.problems.append(f"recorded though refused: {told_refused}")
        with store.connect() as connection:
            if published(connection) != head:
                result.problems.append(f"the checkpoint covers {published(connection)} of {head}")
        connections = datastore(store.url)
        found = replay(connections, Followers(connections))
        connections.close()
        result.differing = len(found.differences) + found.left_out
        if result.differing or found.position != head:
            names = sorted({str(each)[:120] for each in found.differences})[:5]
            result.problems.append(f"views at {found.position} of {head} differ from a replay: {names}")


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


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
