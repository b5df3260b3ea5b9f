"""The service as a process of its own, as an administrator runs it: ``songnuan serve``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil

from tests.commands import COMMAND

START_SECONDS = 300.0


class Service:
    """A running service: its address, its process and its log."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def get(self, path: str, timeout: float = 20.0) -> httpx2.Response:
        return httpx2.get(self.url + path, timeout=timeout)

    def causes(self) -> list[str]:
        """The codes of what keeps it from being ready."""
        answer = self.get("/readyz")
        return [] if answer.status_code == 204 else [cause["code"] for cause in answer.json()["causes"]]

    def wait_until(self, causes: list[str], seconds: float = 180.0) -> None:
        """Until these keep it from being ready, and no others."""
        deadline = time.monotonic() + seconds
        while (found := self.causes()) != causes:
            assert time.monotonic() < deadline, f"{found}\n{self.log}"
            time.sleep(0.1)

    def views_process(self) -> psutil.Process:
        """The process that follows the views."""
        children = psutil.Process(self.process.pid).children()
        (views,) = [each for each in children if "spawn_main" in " ".join(each.cmdline())]
        return views

    def stop_in(self, seconds: float, sig: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, and see that it does within the time."""
        self.process.send_signal(sig)
        return self.process.wait(timeout=seconds)


@contextmanager
def serving(
    database_url: str | None, data: Path, command: Sequence[str] = (COMMAND,), **environment: str
) -> Iterator[Service]:
    """A service of its own, ready; ended at the end, whatever becomes of the test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "SONGNUAN_DATA_DIR": str(data),
        "SONGNUAN_LOG_FORMAT": "json",
        **environment,
    }
    if database_url is not None:
        settings["SONGNUAN_DATABASE_URL"] = database_url
    log = data.parent / "service.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port)],
            env={**os.environ, **settings},
            stderr=written,
            start_new_session=True,
        )
        service = Service(process, port, log)
        try:
            _wait_for_answers(service)
            yield service
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_for_answers(service: Service) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert service.process.poll() is None, service.log
        assert time.monotonic() < deadline, service.log
        try:
            service.get("/healthz")
            return
        except httpx2.HTTPError:
            time.sleep(0.1)
