"""The faults that befall a run: at exact points of the service, or from outside at random times."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from random import Random
from typing import Any

import psutil
import psycopg

from tests.faults.hooks import (
    ACTIONS,
    BETWEEN_PARTS,
    PUBLISHER_POINTS,
    VIEWS_POINTS,
    WRITER_POINTS,
)
from tests.faults.launching import ROOT
from tests.faults.postgres import kill_postmaster
from tests.faults.world import World, enlarge

HELD_SECONDS = 1.2
CLOCK_STEPS = (45, -45, 7_200, -7_200, 200_000)

Fault = Callable[[World, Random], None]


def kill_service(world: World, random: Random) -> None:
    world.kill_service()


def kill_views(world: World, random: Random) -> None:
    process = world.views_process()
    if process is not None:
        with suppress(psutil.Error):
            process.kill()


def kill_postgres(world: World, random: Random) -> None:
    kill_postmaster(world.server.pid())


def shut_down_at_once(world: World, random: Random) -> None:
    """As ``pg_ctl stop -m immediate``, which would wait for a server that is started again by then."""
    with suppress(OSError, psutil.Error):
        psutil.Process(world.server.pid()).send_signal(signal.SIGQUIT)


def crash_one_backend(world: World, random: Random) -> None:
    """SIGKILL to one backend: the postmaster stops all others and recovers, and is itself the same."""
    backends = [process for process in world.postgres()[1:] if _is_backend(process)]
    if backends:
        with suppress(psutil.Error):
            random.choice(backends).kill()


def _is_backend(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "[local]" in " ".join(process.cmdline())
    return False


def _of_all_backends(world: World, function: str) -> None:
    for _ in range(5):
        with suppress(psycopg.Error), world.superuser() as connection:
            connection.execute(
                f"SELECT pg_{function}_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        time.sleep(0.1)


def terminate_backends(world: World, random: Random) -> None:
    _of_all_backends(world, "terminate")


def cancel_backends(world: World, random: Random) -> None:
    _of_all_backends(world, "cancel")


def set_read_only(world: World, random: Random) -> None:
    with suppress(psycopg.Error):
        _set(world, "default_transaction_read_only", "on")
        time.sleep(HELD_SECONDS)
    _surely(lambda: _set(world, "default_transaction_read_only", "off"))


def _set(world: World, name: str, value: str) -> None:
    with world.superuser() as connection:
        connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        connection.execute("SELECT pg_reload_conf()")


def _surely(act: Callable[[], None]) -> None:
    """Do it, also where another fault has PostgreSQL down meanwhile."""
    for _ in range(100):
        with suppress(psycopg.Error):
            act()
            return
        time.sleep(0.3)
    raise RuntimeError("PostgreSQL did not come back")


def step_clock(world: World, random: Random) -> None:
    world.set_clock(random.choice(CLOCK_STEPS))
    time.sleep(HELD_SECONDS)
    world.set_clock(0)


def fill_disk(world: World, random: Random) -> None:
    """Fill the run's file system; where it has none, have the database say so on every new entry."""
    if world.folder.is_mount():
        filler = world.folder / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\1" * 65536)
        time.sleep(HELD_SECONDS)
        filler.unlink()
        enlarge(world.folder)
        return
    full = (
        "CREATE OR REPLACE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$"
    )
    tables = ("ledger.entries", "ledger.views_tracking")
    with suppress(psycopg.Error), world.superuser() as connection:
        connection.execute(full)
        for table in tables:
            connection.execute(
                f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION public.full_disk()"
            )
        time.sleep(HELD_SECONDS)

    def empty() -> None:
        with world.superuser() as connection:
            for table in tables:
                connection.execute(f"DROP TRIGGER IF EXISTS full_disk ON {table}")

    _surely(empty)


def pause_a_process(world: World, random: Random) -> None:
    """SIGSTOP to a process of the service or of PostgreSQL; the world lets it go on after a while."""
    with suppress(psutil.Error, IndexError):
        random.choice([*world.processes(), *world.postgres()]).send_signal(signal.SIGSTOP)


def race_for_the_election(world: World, random: Random) -> None:
    """Another process stands for writer, and is elected once the service's is killed."""
    rival = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.rival", str(world.folder / "data"), world.server.url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert rival.stdout is not None
        rival.stdout.readline()
        world.kill_service()
        rival.wait(30)
    except subprocess.TimeoutExpired:
        pass
    finally:
        rival.kill()
        rival.wait()


def fail_over(world: World, random: Random) -> None:
    """The primary is killed for good, the standby promoted by its command, the service goes on there."""
    world.lose_primary()


FAILOVER = "failover to a standby"

FROM_OUTSIDE: dict[str, Fault] = {
    "service killed": kill_service,
    "views' process killed": kill_views,
    "postgres killed": kill_postgres,
    "postgres shut down at once": shut_down_at_once,
    "one backend crashed": crash_one_backend,
    "backends terminated": terminate_backends,
    "queries cancelled": cancel_backends,
    "read-only for a while": set_read_only,
    "clock stepped": step_clock,
    "disk full": fill_disk,
    "a process paused": pause_a_process,
    "two writers": race_for_the_election,
    FAILOVER: fail_over,
}

AT_POINTS = [
    f"{action}: {point}" for point in (*WRITER_POINTS, *VIEWS_POINTS, *PUBLISHER_POINTS) for action in ACTIONS
]

KINDS = [*FROM_OUTSIDE, *AT_POINTS]


def at_point(kind: str, random: Random) -> dict[str, Any]:
    """The plan's entry for a fault at a point: at which of its passings."""
    action, _, point = kind.partition(": ")
    most = 3 if point == BETWEEN_PARTS else 30 if point in VIEWS_POINTS else 15
    return {"at": point, "do": action, "nth": random.randint(1, most)}


def pauses(kinds: Iterable[str]) -> bool:
    """Whether one of the faults stops a process that is to go on."""
    return any(kind.startswith("pause: ") or kind == "a process paused" for kind in kinds)


def drawn(seed: int) -> list[str]:
    """The faults of a run: one after the other over the seeds, so that each comes; others at random."""
    random = Random(seed)
    first = KINDS[seed % len(KINDS)]
    # A primary is lost once, and for good.
    others = [kind for kind in random.choices(KINDS, k=random.randint(0, 2)) if kind != FAILOVER]
    return [first, *others]
