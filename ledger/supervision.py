"""Background work (后台工作): the one frame for threads and processes that run beside the main one.

A :class:`Supervisor` runs named work until it is stopped. Work that ends early or fails is logged,
counted and started again after a :class:`Backoff`. Stopping has a deadline: a thread that outlives
it is left behind, a process is killed. :func:`repeat` is the loop of work that is done every so often,
a :class:`Task` is work that is begun on demand and ends by itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, Protocol

import structlog

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A run this long is steady: the next failure counts as the first."""
STOP_SECONDS = 5.0
KILL_SECONDS = 1.0
TOLD_SECONDS = 2.0
"""How long after a process was told to stop the service itself may hear of it."""

_log = structlog.get_logger(__name__)


class Backoff:
    """The pauses between attempts: each twice the one before, up to a bound, until a steady run.

    >>> backoff = Backoff()
    >>> [backoff.next_seconds() for _ in range(8)]
    [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    >>> backoff.after_run(61.0)
    >>> backoff.next_seconds()
    0.5
    """

    def __init__(self) -> None:
        self._seconds = FIRST_PAUSE_SECONDS

    def next_seconds(self) -> float:
        """Return the pause before the next attempt, and lengthen the one after it."""
        seconds, self._seconds = self._seconds, min(2 * self._seconds, LONGEST_PAUSE_SECONDS)
        return seconds

    def after_run(self, ran_seconds: float) -> None:
        """Begin anew with the shortest pause if the last run was steady."""
        if ran_seconds > STEADY_SECONDS:
            self._seconds = FIRST_PAUSE_SECONDS


def repeat(
    step: Callable[[], object],
    stop: threading.Event,
    *,
    every_seconds: float,
    tolerate: tuple[type[Exception], ...] = (),
    failure: str = "a step of background work failed",
    **context: str,
) -> None:
    """Take a step now and every so often until told to stop.

    An error in ``tolerate`` is logged as a warning in the words of ``failure``, with the ``context``,
    and the step is tried again in its turn. Any other ends the loop, for the supervisor to start again.
    """
    while not stop.is_set():
        try:
            step()
        except tolerate as error:
            _log.warning(failure, error=error, **context)
        stop.wait(every_seconds)


class Task:
    """One-off work in a thread of its own, begun on demand, with at most one run at a time.

    What a run raises is logged and ends that run alone; whoever begins it decides when to try again.
    A ``daemon`` run does not keep the process from ending.
    """

    def __init__(self, name: str, *, daemon: bool = True) -> None:
        self.name = name
        self._daemon = daemon
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def start(self, work: Callable[[], object]) -> bool:
        """Begin a run unless one is under way; return whether it was begun."""
        with self._lock:
            if self.running:
                return False
            self._thread = threading.Thread(
                target=self._run, args=(work,), name=self.name, daemon=self._daemon
            )
            self._thread.start()
            return True

    def join(self, timeout_seconds: float | None = None) -> bool:
        """Wait for the run that is under way; return whether none is left."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_seconds)
        return thread is None or not thread.is_alive()

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            _log.error("a task failed", work=self.name, error=error)


class WorkStatus(NamedTuple):
    """The health of one piece of work: whether it runs, and how often it was restarted."""

    name: str
    running: bool
    restarts: int


class ProcessWork(Protocol):
    """The work of a process: its target, fresh arguments for each start, and how to stop it."""

    target: Callable[..., None]

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of the next start."""

    def stop(self) -> None:
        """Tell the running process to end, without waiting."""


class Supervisor:
    """Run work until stopped, restarting whatever ends early. A context manager.

    ``prepare`` is called first in each process that is started, to set up its log; it must pickle.
    """

    def __init__(self, prepare: Callable[[], None] | None = None) -> None:
        self._prepare = prepare
        self._stopping = threading.Event()
        self._work: list[_Thread | _Process] = []

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run_thread(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run work in a thread; it must return soon after the event passed to it is set."""
        self._start(_Thread(name, work, self._stopping))

    def run_process(self, name: str, work: ProcessWork) -> None:
        """Run work in a process of its own."""
        self._start(_Process(name, work, self._stopping, self._prepare))

    def _start(self, work: _Thread | _Process) -> None:
        self._work.append(work)
        work.watcher.start()

    def status(self) -> list[WorkStatus]:
        """Return the health of each piece of work."""
        return [WorkStatus(each.name, each.running, each.restarts) for each in self._work]

    def process(self, name: str) -> BaseProcess | None:
        """Return the process that currently does the work of that name."""
        for each in self._work:
            if each.name == name and isinstance(each, _Process):
                return each.process
        return None

    def stop(self) -> None:
        """Tell all work to end and wait for it, ``STOP_SECONDS`` in total."""
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
    """The common part of threads and processes: run, and restart."""

    def __init__(self, name: str, stopping: threading.Event) -> None:
        self.name = name
        self.restarts = 0
        self.running = False
        self._stopping = stopping
        self.watcher = threading.Thread(target=self._watch, name=name, daemon=True)

    def _watch(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            started = time.monotonic()
            self.running = True
            try:
                self._run_once()
            finally:
                self.running = False
            if self._stopping.is_set():
                return
            backoff.after_run(time.monotonic() - started)
            pause = backoff.next_seconds()
            self.restarts += 1
            _log.warning("work is started again", work=self.name, attempt=self.restarts, seconds=pause)
            self._stopping.wait(pause)

    @abstractmethod
    def _run_once(self) -> None:
        """Do the work until it ends."""

    @abstractmethod
    def tell_to_stop(self) -> None:
        """Tell the work to end, without waiting."""

    @abstractmethod
    def kill(self) -> None:
        """End work that ignored the request to stop."""


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
        self, name: str, work: ProcessWork, stopping: threading.Event, prepare: Callable[[], None] | None
    ) -> None:
        super().__init__(name, stopping)
        self._do = work
        self._prepare = prepare
        self.process: BaseProcess | None = None

    def _run_once(self) -> None:
        arguments = (self._prepare, self._do.target, self._do.arguments())
        process = get_context("spawn").Process(target=_run_prepared, args=arguments, name=self.name)
        process.start()
        self.process = process
        if self._stopping.is_set():
            self._do.stop()
        connection.wait([process.sentinel])
        process.join(KILL_SECONDS)
        # A supervisor of the machine may tell every process of the service to stop at the same moment.
        told = process.exitcode == -signal.SIGTERM and self._stopping.wait(TOLD_SECONDS)
        if not told and not self._stopping.is_set():
            _log.error("a process of the service ended", work=self.name, exit_code=process.exitcode)

    def tell_to_stop(self) -> None:
        self._do.stop()

    def kill(self) -> None:
        if self.process is not None and self.process.is_alive():
            self.process.kill()
            self.watcher.join(KILL_SECONDS)


def _run_prepared(
    prepare: Callable[[], None] | None, target: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    """Prepare a started process, do its work, and end it at once.

    Taking apart all that it has imported takes seconds where the process gives way to others, which is
    what a stop would wait for.
    """
    if prepare is not None:
        prepare()
    target(*arguments)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)
