"""One run: load and faults from a seed, then everything that was told is held against what is there."""

from __future__ import annotations

import shutil
import socket
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psycopg
from eventsourcing.persistence import OperationalError as PersistenceOperationalError
from psycopg_pool import PoolTimeout

from ledger.postgres.connection import datastore
from projections.following.runner import Followers
from tests.faults.faults import AT_POINTS, FAILOVER, FROM_OUTSIDE, at_point, drawn, pauses
from tests.faults.holding import Found, follow_up, hold
from tests.faults.hooks import BETWEEN_PARTS
from tests.faults.load import ANSWER_SECONDS, Client, Told, ask_until_answered
from tests.faults.postgres import keep_unflushed
from tests.faults.world import World, copied, small_disk

CLIENTS = 3
LEAST_RECEIPTS = 40
AFTERWARDS = 15
"""So many receipts more are waited for once the last fault from outside is over."""
BETWEEN = (2, 12)
"""After so many receipts more comes the next fault from outside."""
PATIENCE_SECONDS = 10.0
"""Longer than that it does not wait for them: what came before may have stopped all."""
LOAD_SECONDS = 120.0
"""How long the load goes on at the longest for the faults at exact points to come about."""
RECOVERY_SECONDS = 180.0
"""A few seconds on a machine of its own; the table says how long it took."""
FOLLOWING_SECONDS = 240.0
"""The views' process goes behind everything else; on a busy machine it may wait long for its turn."""
ASKED_AGAIN = 20
LARGE_ROSTERS = 0.15


@dataclass
class Result:
    """What a run found. ``problems`` is empty where nothing was lost."""

    seed: int
    faults: list[str]
    statements: int = 0
    receipts: int = 0
    objections: int = 0
    lost: int = 0
    differing: int = 0
    recovery_seconds: float = 0.0
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)
    """The faults at exact points that the load never came by."""
    problems: list[str] = field(default_factory=list)


def run(seed: int, template: Path, folder: Path, faults: list[str] | None = None) -> Result:
    """One run in a folder of its own, which is removed where all was well."""
    result = Result(seed, drawn(seed) if faults is None else faults)
    started = time.monotonic()
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
    shutil.rmtree(folder / "standby", ignore_errors=True)
    if not result.problems:
        shutil.rmtree(folder, ignore_errors=True)
    result.seconds = time.monotonic() - started
    return result


def _keep_log(disk: Path, folder: Path) -> None:
    shutil.copy(disk / "service.log", folder / "service.log")


def _run(result: Result, template: Path, folder: Path) -> None:
    world = World(folder, _free_port(), pauses=pauses(result.faults))
    told = Told()
    try:
        _live(result, world, template, told)
        _check(result, world, told)
    except Exception as error:
        result.problems.append(f"{type(error).__name__}: {error} {_where(error)}")
    finally:
        result.problems += world.problems
        world.close()


def _where(error: Exception) -> str:
    """The simulator's own lines that it came through, the outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return " ".join(
        f"{Path(each.filename).name}:{each.lineno}" for each in frames if "faults" in each.filename
    )


def _live(result: Result, world: World, template: Path, told: Told) -> None:
    random = Random(result.seed)
    founded, on_notice = copied(template, world.folder)
    world.server.start()
    if random.random() < 0.5:
        keep_unflushed(world.server)
    planned = [kind for kind in result.faults if kind in AT_POINTS]
    # Another machine's disk, which does not fill up with the primary's.
    standby = world.folder.parent / "standby" if FAILOVER in result.faults else None
    world.start([at_point(kind, random) for kind in planned], standby)
    _wait_until_ready(result, world)
    stop = threading.Event()
    large = 0.6 if any(BETWEEN_PARTS in kind for kind in planned) else LARGE_ROSTERS
    clients = [
        Client(founded, on_notice, world.port, told, result.seed * 100 + number, stop, large=large)
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    outside = [kind for kind in result.faults if kind in FROM_OUTSIDE]
    if FAILOVER in outside:
        random.shuffle(outside)
    for kind in outside:
        _await_receipts(told, len(told.receipts) + random.randint(*BETWEEN), PATIENCE_SECONDS)
        FROM_OUTSIDE[kind](world, random)
    _await_receipts(told, max(LEAST_RECEIPTS, len(told.receipts) + AFTERWARDS), RECOVERY_SECONDS)
    until = time.monotonic() + LOAD_SECONDS
    while time.monotonic() < until and not all(world.happened(each) for each in range(len(planned))):
        time.sleep(0.05)
    stop.set()
    for client in clients:
        client.join(ANSWER_SECONDS * 3)
        if client.is_alive():
            result.problems.append("a client never ended")
    _wait_until_ready(result, world)
    _ask_again(result, world, told)
    result.problems += follow_up(world.port, told)
    _wait_until_followed(result, world)
    result.recovery_seconds = world.longest_seconds
    result.missed = [kind for number, kind in enumerate(planned) if not world.happened(number)]
    world.stop()


def _await_receipts(told: Told, count: int, seconds: float) -> None:
    """Wait until so many receipts were told, and no longer than that."""
    deadline = time.monotonic() + seconds
    while len(told.receipts) < count and time.monotonic() < deadline:
        time.sleep(0.02)


def _wait_until_ready(result: Result, world: World) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while world.ready_since is None or time.monotonic() - world.ready_since < 0.3:
        if time.monotonic() > deadline:
            result.problems.append(f"not ready again within {RECOVERY_SECONDS:.0f} s")
            return
        time.sleep(0.05)


def _wait_until_followed(result: Result, world: World) -> None:
    """The service's own process brings the views to the head, whatever befell it."""
    deadline = time.monotonic() + FOLLOWING_SECONDS
    while True:
        at, head = _following(world)
        if at == head > 0:
            return
        if time.monotonic() > deadline:
            result.problems.append(f"the views stay at {at} of {head}")
            return
        time.sleep(0.2)


def _following(world: World) -> tuple[int, int]:
    """Where the views are, and the head; zeros while a fault that came last has PostgreSQL down."""
    connections = datastore(world.server.url)
    try:
        followers = Followers(connections)
        return followers.position(), followers.head()
    except (psycopg.OperationalError, PersistenceOperationalError, PoolTimeout):
        return 0, 0
    finally:
        connections.close()


def _ask_again(result: Result, world: World, told: Told) -> None:
    """The same bytes again get the same receipt again."""
    chosen = Random(result.seed).sample(told.receipts, min(ASKED_AGAIN, len(told.receipts)))
    for body, receipt in chosen:
        status, answer = ask_until_answered(world.port, "POST", "/statements", body)
        members = ("id", "position", "recorded_at", "leaf_hash")
        if status != 200 or [answer[each] for each in members] != [receipt[each] for each in members]:
            result.problems.append(f"asked again, {receipt['id']} is answered otherwise: {status} {answer}")


def _check(result: Result, world: World, told: Told) -> None:
    result.statements, result.receipts = told.statements, len(told.receipts)
    result.objections = len(told.objections)
    found = Found()
    hold(world.folder / "data", world.server.url, told, found)
    result.lost, result.differing = found.lost, found.differing
    result.problems += found.problems


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
