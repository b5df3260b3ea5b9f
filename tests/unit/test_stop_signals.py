"""Which signals stop a command, and which end nothing; each in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

BROKEN_OFF = """
import time
from api.cli.stopping import Stopped, break_off_on_signals
break_off_on_signals()
try:
    print("at work", flush=True)
    while True:
        time.sleep(60)
except Stopped as stop:
    raise stop.end() from None
"""
UNTIL_STOPPED = """
from api.cli.stopping import break_off_on_signals, stop_on_signals
break_off_on_signals()
stopped = stop_on_signals()
print("at work", flush=True)
stopped.wait()
"""
SERVING = """
from api.cli.stopping import break_off_on_signals
from api.service.connections import Connections
from api.service.server import listen, run
async def app(scope, receive, send):
    while (said := await receive())["type"] != "lifespan.shutdown":
        await send({"type": said["type"] + ".complete"})
        print("at work", flush=True)
    await send({"type": "lifespan.shutdown.complete"})
break_off_on_signals()
run(app, listen("127.0.0.1", 0), Connections(8))
"""


@contextmanager
def at_work(
    program: str, ignored: frozenset[signal.Signals] = frozenset()
) -> Iterator[subprocess.Popen[str]]:
    """A process that has begun, and whose words nobody hears any more, as of a terminal that is gone."""

    def ignore() -> None:
        # Whoever runs the tests may ignore it, too.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for each in ignored:
            signal.signal(each, signal.SIG_IGN)

    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=writer, text=True, preexec_fn=ignore
    )
    os.close(writer)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        os.close(reader)
        yield process
    finally:
        process.kill()
        process.wait()


def ended_by(process: subprocess.Popen[str], *signals: signal.Signals) -> int:
    for each in signals:
        process.send_signal(each)
    return process.wait(30)


def test_a_terminal_that_is_gone_breaks_work_off_in_order() -> None:
    with at_work(BROKEN_OFF) as process:
        assert ended_by(process, signal.SIGHUP) == 128 + signal.SIGHUP


def test_what_runs_until_it_is_stopped_takes_it_for_a_stop() -> None:
    with at_work(UNTIL_STOPPED) as process:
        assert ended_by(process, signal.SIGHUP) == 0


def test_the_service_takes_it_for_a_stop_and_opens_no_log_anew() -> None:
    with at_work(SERVING) as process:
        assert ended_by(process, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP) == 0


def test_what_was_started_to_outlive_its_terminal_does() -> None:
    for program, code in ((BROKEN_OFF, 128 + signal.SIGTERM), (SERVING, 0)):
        with at_work(program, frozenset({signal.SIGHUP})) as process:
            assert ended_by(process, signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM) == code
