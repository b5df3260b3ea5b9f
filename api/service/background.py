"""Work beside the service (后台工作): one frame for threads and processes, supervised.

Whatever ends before it is told to is logged, counted and started again, each time a little later.
To stop never waits for ever: a thread that does not end is left behind, a process is killed.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, Protocol

import structlog

from api.service.operational_log import Format, configure

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""After so long a run, the next end is taken for the first."""
STOP_SECONDS = 5.0
KILL_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class WorkStatus(NamedTuple):
    """How one piece of work is: whether it runs, and how often it was started again."""

    name: str
    running: bool
    restarts: int


class ProcessWork(Protocol):
    """Work for a process: what it runs, with arguments made anew for each start, and how to stop it."""

    target: Callable[..., None]

    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the next start."""

    def stop(self) -> None:
        """Tell the process that runs to end; never waits."""


class LogSettings(NamedTuple):
    """How a process of the service writes its log."""

    level: str
    form: Format


class Supervisor:
    """Runs work until it is stopped, whatever becomes of it. A context manager."""

    def __init__(self, log: LogSettings | None = None) -> None:
        self._log = log
        self._stopping = threading.Event()
        self._work: list[_Thread | _Process] = []

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run_thread(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run work in a thread; it ends when the event that it is given is set."""
        self._start(_Thread(name, work, self._stopping))

    def run_process(self, name: str, work: ProcessWork) -> None:
        """Run work in a process of its own."""
        self._start(_Process(name, work, self._stopping, self._log))

    def _start(self, work: _Thread | _Process) -> None:
        self._work.append(work)
        work.watcher.start()

    def status(self) -> list[WorkStatus]:
        """How each piece of work is."""
        return [WorkStatus(each.name, each.running, each.restarts) for each in self._work]

    def process(self, name: str) -> BaseProcess | None:
        """The process that does the work of that name at the moment."""
        for each in self._work:
            if each.name == name and isinstance(each, _Process):
                return each.process
        return None

    def stop(self) -> None:
        """Tell all to end and wait for them, ``STOP_SECONDS`` in common."""
        self._stopping.set()
        for each in self._work:
            each.tell_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for each in self._work:
            each.watcher.join(max(0.0, deadline - time.monotonic()))
        for each in self._work:
            if each.watcher.is_alive():
                _log.error("work did not end in time", work=each.name)
                each.kill()


class _Work(ABC):
    """What threads and processes have in common: run, and run again."""

    def __init__(self, name: str, stopping: threading.Event) -> None:
        self.name = name
        self.restarts = 0
        self.running = False
        self._stopping = stopping
        self.watcher = threading.Thread(target=self._watch, name=name, daemon=True)

    def _watch(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            self.running = True
            try:
                self._run_once()
            finally:
                self.running = False
            if self._stopping.is_set():
                return
            if time.monotonic() - started > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self.restarts += 1
            _log.warning("work is started again", work=self.name, attempt=self.restarts, seconds=pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    @abstractmethod
    def _run_once(self) -> None:
        """Do the work until it ends."""

    @abstractmethod
    def tell_to_stop(self) -> None:
        """Tell the work to end; never waits."""

    @abstractmethod
    def kill(self) -> None:
        """End what did not end when it was told to."""


class _Thread(_Work):
    def __init__(self, name: str, work: Callable[[threading.Event], None], stopping: threading.Event) -> None:
        super().__init__(name, stopping)
        self._do = work

    def _run_once(self) -> None:
        try:
            self._do(self._stopping)
        except Exception as error:
            _log.error("work beside the service failed", work=self.name, error=error)
        else:
            if not self._stopping.is_set():
                _log.error("work beside the service ended", work=self.name)

    def tell_to_stop(self) -> None:
        """Nothing to do: the work looks at the event."""

    def kill(self) -> None:
        """A thread cannot be killed; it is a daemon and ends with the process."""


class _Process(_Work):
    def __init__(
        self, name: str, work: ProcessWork, stopping: threading.Event, log: LogSettings | None
    ) -> None:
        super().__init__(name, stopping)
        self._do = work
        self._log = log
        self.process: BaseProcess | None = None

    def _run_once(self) -> None:
        arguments = (self._log, self._do.target, self._do.arguments())
        process = get_context("spawn").Process(target=_run_logged, args=arguments, name=self.name)
        process.start()
        self.process = process
        if self._stopping.is_set():
            self._do.stop()
        connection.wait([process.sentinel])
        process.join(KILL_SECONDS)
        if not self._stopping.is_set():
            _log.error("a process of the service ended", work=self.name, exit_code=process.exitcode)

    def tell_to_stop(self) -> None:
        self._do.stop()

    def kill(self) -> None:
        if self.process is not None and self.process.is_alive():
            self.process.kill()
            self.watcher.join(KILL_SECONDS)


def _run_logged(log: LogSettings | None, target: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """The work of a process, whose log goes through the same processors as the service's."""
    if log is not None:
        configure(log.level, log.form)
    target(*arguments)
