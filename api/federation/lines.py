"""A ledger's service for a demonstration (演示服务): ``songnuan serve`` in a process of its own, on loopback, while it lasts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import orjson

from api.service.server import listen
from ledger.bounded_http import ask
from ledger.errors import Unavailable
from ledger.peer_faults import PeerFailed
from ledger.writing.intake import Submission

START_SECONDS = 90.0
STOP_SECONDS = 30.0
LARGEST_ANSWER_BYTES = 1_000_000
_COMMAND = "from api.cli import main; main()"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The service of the ledger in a data folder, started; answers its address. It is stopped at the end.

    Call :func:`wait_until_up` before asking it.
    """
    bound = listen("127.0.0.1", 0)
    port = bound.getsockname()[1]
    bound.close()
    settings = {name: value for name, value in os.environ.items() if name != "SONGNUAN_DATABASE_URL"}
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 # this program itself, no shell
            [sys.executable, "-c", _COMMAND, "serve", "--port", str(port)],
            env={**settings, "SONGNUAN_DATA_DIR": str(folder), "SONGNUAN_LOG_FORMAT": "json"},
            stdout=log,
            stderr=log,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_up(client: httpx2.Client, url: str) -> None:
    """Until the service answers; raises ``service-late`` where it takes too long."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            answer = ask(client, "GET", f"{url}/healthz", seconds=5.0, most_bytes=LARGEST_ANSWER_BYTES)
            if answer.status == 200:
                return
        except PeerFailed:
            pass
        if time.monotonic() > until:
            raise Unavailable(
                "service-late", f"服务 {url} 未能按时启动", f"the service at {url} did not start in time", 5
            )
        time.sleep(0.2)


def handed_in(client: httpx2.Client, url: str, submission: Submission) -> int:
    """Hand a signed statement in over the line; answers its position."""
    answer = ask(
        client,
        "POST",
        f"{url}/statements",
        seconds=30.0,
        most_bytes=LARGEST_ANSWER_BYTES,
        content=b'{"envelope":' + submission.envelope + b"}",
        content_type="application/json",
    )
    said = orjson.loads(answer.content)
    if answer.status != 201:
        raise Unavailable("statement-refused", f"未登记：{said}", f"not recorded: {said}", 5)
    return int(said["position"])
