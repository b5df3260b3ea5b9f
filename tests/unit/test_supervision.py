"""Work that is repeated, and work that is restarted."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from structlog.testing import capture_logs

from ledger.supervision import Supervisor, Task, repeat


def test_a_tolerated_error_is_logged_with_its_context_and_the_step_taken_again() -> None:
    stop = threading.Event()
    taken: list[int] = []

    def step() -> None:
        taken.append(len(taken))
        if len(taken) == 1:
            raise OSError("away")
        stop.set()

    with capture_logs() as lines:
        repeat(step, stop, every_seconds=0, tolerate=(OSError,), failure="not yet", authority="there")
    assert taken == [0, 1]
    assert [(line["event"], line["log_level"], line["authority"]) for line in lines] == [
        ("not yet", "warning", "there")
    ]


def test_any_other_error_ends_the_loop() -> None:
    def step() -> None:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        repeat(step, threading.Event(), every_seconds=0, tolerate=(OSError,))


def test_who_is_told_to_stop_before_the_first_step_takes_none() -> None:
    stop = threading.Event()
    stop.set()
    repeat(lambda: pytest.fail("a step was taken"), stop, every_seconds=0)


def test_a_thread_that_fails_is_restarted_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.supervision.FIRST_PAUSE_SECONDS", 0.0)
    again = threading.Event()
    starts: list[int] = []

    def work(stop: threading.Event) -> None:
        starts.append(len(starts))
        if len(starts) == 1:
            raise ValueError("a mistake")
        again.set()
        stop.wait()

    with capture_logs() as lines, Supervisor() as supervisor:
        supervisor.run_thread("work", work)
        assert again.wait(5)
        assert [(each.name, each.running, each.restarts) for each in supervisor.status()] == [
            ("work", True, 1)
        ]
    assert "work beside the service failed" in [line["event"] for line in lines]
    assert [each.running for each in supervisor.status()] == [False]


def test_a_task_is_run_once_at_a_time_and_again_once_it_has_ended() -> None:
    task, go_on, runs = Task("task"), threading.Event(), list[int]()

    def work() -> None:
        runs.append(len(runs))
        assert go_on.wait(5)

    assert (task.running, task.join()) == (False, True)
    assert task.start(work)
    assert not task.start(work)
    assert (task.running, task.join(0)) == (True, False)
    go_on.set()
    assert task.join(5)
    assert task.start(work)
    assert task.join(5)
    assert (task.running, runs) == (False, [0, 1])


def test_what_a_task_raises_is_logged_and_ends_that_run_alone() -> None:
    task = Task("task")

    def fails() -> None:
        raise ValueError("a mistake")

    with capture_logs() as lines:
        assert task.start(fails)
        assert task.join(5)
    assert [(line["event"], line["work"], str(line["error"])) for line in lines] == [
        ("a task failed", "task", "a mistake")
    ]
    assert task.start(list)
    assert task.join(5)


def ended_as_by_a_supervisor() -> None:
    """What a process does that is told to stop by itself."""
    os.kill(os.getpid(), signal.SIGTERM)


class Told:
    """The work of such a process."""

    target = staticmethod(ended_as_by_a_supervisor)
    arguments = staticmethod(tuple)

    def __init__(self, heard: threading.Event) -> None:
        self.stop = heard.set


def test_a_process_told_to_stop_a_moment_before_the_service_is_no_failure() -> None:
    heard = threading.Event()
    with capture_logs() as lines, Supervisor() as supervisor:
        supervisor.run_process("work", Told(heard))
        process = None
        while process is None:
            process = supervisor.process("work")
        process.join()
    assert heard.is_set()
    assert lines == []
