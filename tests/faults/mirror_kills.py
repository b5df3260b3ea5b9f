"""A mirror that is killed at every step: ``python -m tests.faults.mirror_kills [--runs N] [--seed N]``.

Each run follows a growing log by child processes, each of which is ended by SIGKILL before a drawn step that changes
the disk, or is not. Whatever happens, the end is whole, and its totals are those of its columns. A run that fails says
its seed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from ledger.federation.mirror import Mirror
from ledger.federation.totals import Totals
from tests.audit.shown_log import NOW, Log, opened
from tests.audit.test_audit import Book

LATEST_STEP = 18
"""A round with some hundreds of entries changes the disk about as often."""


def run_with_kills(folder: Path, entries: list[bytes], seed: int) -> int:
    """Follow a growing log; answers how many processes were killed."""
    drawn = random.Random(seed)
    kills, size = 0, 0
    while size < len(entries):
        size = min(len(entries), size + drawn.randint(1, 300))
        for _ in range(drawn.randint(1, 3)):
            kills += followed_by_child(folder, entries[:size], drawn.randint(1, LATEST_STEP))
    assert followed_by_child(folder, entries, None) == 0
    check_whole(folder, opened(folder / "mirror"), len(entries))
    return kills


def check_whole(folder: Path, mirror: Mirror, size: int) -> None:
    """All that is kept stands under the log's root, nothing half written is left to count, and the totals are there."""
    mirror.check()
    assert mirror.size == size
    assert Totals(folder).as_of("9999-12-31")[mirror.ledger].size == size


def followed_by_child(folder: Path, entries: list[bytes], dies_before: int | None) -> bool:
    """Let a process follow the log, killed before that step of it; answers whether it was."""
    child = os.fork()
    if child == 0:
        # Whatever is wrong there is said by the exit code: nothing of the parent's runs on.
        code = 1
        try:
            follow(folder, entries, dies_before)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def follow(folder: Path, entries: list[bytes], dies_before: int | None) -> None:
    """One round; it ends by SIGKILL at the step, if it comes so far."""
    left = dies_before

    def step(name: str) -> None:
        nonlocal left
        if left is not None:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    mirror = opened(folder / "mirror", step)
    mirror.advance(Log(entries), NOW)
    step("totals")
    Totals(folder).note(mirror, None)


def main() -> None:
    """Runs, and says how many processes were killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mirror_kills", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    book = Book()
    for _ in range(600):
        book.dossier()
    kills = 0
    for seed in range(options.seed, options.seed + options.runs):
        folder = Path(tempfile.mkdtemp(prefix="songnuan-mirror-"))
        try:
            kills += run_with_kills(folder, book.history.lines, seed)
        except BaseException:
            print(f"seed {seed} failed, its files are in {folder}", file=sys.stderr)
            raise
        shutil.rmtree(folder)
    print(f"{options.runs} runs, {kills} processes killed, nothing lost")


if __name__ == "__main__":
    main()
