"""A standalone cluster of two workers on loopback: ``python -m tests.bench.spark_cluster [MARKS] [PERSONS]``.

The comparison of marks and the linkage of persons on it, against DuckDB in the same run: the same answers, to the row.
The cluster has a secret, so that its connections and what it puts on a disk are encrypted.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyspark

from ledger.federation.comparing import DuckDb
from ledger.federation.spark import Spark
from projections.linkage.on_spark import OnSpark
from projections.linkage.pairs import find_pairs
from tests.bench.crowds import CROWDS
from tests.bench.federation import gather
from tests.bench.linkage import comparable

MARKS = 1_000_000
PERSONS = 4_000
WORKERS = 2
STARTS_WITHIN_SECONDS = 120.0


@contextmanager
def cluster(scratch: Path) -> Iterator[str]:
    """A master and its workers, each a process of its own; answers the master's address."""
    port = _free_port()
    (scratch / "spark-defaults.conf").write_text(
        f"spark.authenticate true\nspark.authenticate.secret {secrets.token_hex(32)}\n"
    )
    os.environ |= {
        "SPARK_CONF_DIR": str(scratch),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(scratch),
        "PYSPARK_PYTHON": sys.executable,
    }
    master = f"spark://127.0.0.1:{port}"
    started = [_started(scratch, "master.Master", "--port", str(port), "--webui-port", "0")]
    try:
        _wait_for(port)
        for number in range(WORKERS):
            folder = ("--work-dir", str(scratch / f"worker-{number}"))
            started.append(
                _started(
                    scratch,
                    "worker.Worker",
                    "--cores",
                    "1",
                    "--memory",
                    "1g",
                    "--webui-port",
                    "0",
                    *folder,
                    master,
                )
            )
        yield master
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _started(scratch: Path, what: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = Path(pyspark.__file__).parent / "bin" / "spark-class"
    with (scratch / "cluster.log").open("ab") as log:
        return subprocess.Popen(  # our own program and arguments
            [command, f"org.apache.spark.deploy.{what}", "--host", "127.0.0.1", *arguments],
            stdout=log,
            stderr=log,
        )


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def _timed(what: str, work: Any) -> Any:
    started = time.perf_counter()
    result = work()
    print(f"{what}: {time.perf_counter() - started:,.1f} s", flush=True)
    return result


def main(marks: int, persons: int) -> None:
    """Print a line a measure; ends with an error where the answers differ."""
    with TemporaryDirectory(prefix="songnuan-bench-") as folder:
        scratch = Path(folder)
        gather(scratch / "marks", marks)
        people, _ = CROWDS["neighbours"](persons, 1)
        with cluster(scratch) as master:
            here = _timed(f"{marks:,} marks on DuckDB", lambda: DuckDb().hits(scratch / "marks"))
            there = _timed(
                f"{marks:,} marks on Spark, {WORKERS} workers", lambda: Spark(master).hits(scratch / "marks")
            )
            assert here == there, "the matches differ"
            print(f"the same {len(here):,} matches")
            weighed = _timed(f"{persons:,} persons linked on DuckDB", lambda: find_pairs(people))
            there = _timed(
                f"{persons:,} persons linked on Spark, {WORKERS} workers",
                lambda: find_pairs(people, engine=OnSpark(master)),
            )
            assert comparable(weighed) == comparable(there), "the pairs differ"
            assert weighed.set_aside == there.set_aside
            print(f"the same {len(weighed.pairs):,} pairs, {weighed.set_aside:,} set aside")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*given, *(MARKS, PERSONS)[len(given) :])
