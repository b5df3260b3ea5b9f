"""One way up to the head: how far each view has come, and which of them stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess

from ledger.gc_tuning import seldom_collected
from projections.following.follower import Follower, ViewFailed
from projections.following.source import Source

AHEAD_EVENTS = Source.KEPT_EVENTS - 2 * Follower.BATCH_EVENTS
"""How far one view may be ahead of the slowest, so that each batch is decoded once for all."""

FAR_EVENTS = 10_000
"""From how far behind a view may be caught up in a process of its own."""

STEPS_AT_ONCE = 4
"""How many views may step at a time: fewer than a pool has connections, which is waited for in seconds only.

A batch of a large ledger takes longer than that on a slow machine, and there are more views than connections.
"""

WAIT_SECONDS = 0.02
POLL_SECONDS = 0.2


class CatchingUp:
    """Brings views up to a position, those that read others never ahead of them.

    What it knows of a view's position is only to share the work out and to tell how far it has come:
    each step asks the database itself. ``set_back`` are the views whose database has turned out to hold
    less of them than it said before; their way has to be gone again.

    A short way is gone one view after the other; on a longer one each goes in a thread, since one waits
    for the database while another computes, and a heavy one in a process.
    """

    def __init__(self, followers: Mapping[str, Follower], head: int, progress: Callable[[int], None]) -> None:
        self.reached = {name: follower.position() for name, follower in followers.items()}
        self.failed: dict[str, ViewFailed] = {}
        self.set_back: set[str | None] = set()
        self._followers = followers
        self._head = head
        self._progress = progress
        self._stopped: set[str] = set()
        self._apart: set[str] = set()
        self._waiting = threading.Event()
        self._stepping = threading.Semaphore(STEPS_AT_ONCE)

    @property
    def behind(self) -> list[str]:
        """The views that are not there yet and have not stopped."""
        return [name for name, at in self.reached.items() if at < self._head and name not in self._stopped]

    def stop(self, names: Collection[str]) -> None:
        """Leaves these views where they are."""
        self._stopped.update(names)

    def go(self, apart: Callable[[str, int], BaseProcess | None]) -> None:
        """Goes all the way. ``apart`` gives a process for a view that deserves one."""
        behind = self.behind
        far = self._head - min((self.reached[name] for name in behind), default=self._head)
        if far <= Follower.BATCH_EVENTS:
            for name in behind:
                self._go(name)
            return
        processes = {name: apart(name, self._head) for name in behind} if far >= FAR_EVENTS else {}
        self._apart = {name for name, process in processes.items() if process is not None}
        with seldom_collected(), ThreadPoolExecutor(len(behind), "follower") as pool:
            working = [pool.submit(self._go, name, processes.get(name)) for name in behind]
        for each in working:
            each.result()

    def _go(self, name: str, process: BaseProcess | None = None) -> None:
        try:
            if process is None:
                self._step_on(name)
            else:
                self._watch(name, process)
        except ViewFailed as failure:
            self.failed[name] = failure
            self.reached[name] = failure.position - 1
        finally:
            # Whatever ended it, those that read this view must not wait for more than it has.
            if self.reached[name] < self._head:
                self._stopped.add(name)

    def _step_on(self, name: str) -> None:
        follower = self._followers[name]
        while (at := self.reached[name]) < self._head:
            over = self._over()
            upto = self._upto(follower)
            if upto <= at:
                if self._stopped.intersection(follower.view.needs):
                    return
                self._waiting.wait(WAIT_SECONDS)
                continue
            with self._stepping:
                stepped = follower.step(upto)
            self.reached[name] = stepped.position
            self._progress(min(self.reached.values()))
            if stepped.waits_for in over:
                self.set_back.update(over.difference(self._stopped).intersection([stepped.waits_for]))
                return
            if stepped.waits_for is not None:
                self._waiting.wait(WAIT_SECONDS)

    def _over(self) -> set[str | None]:
        """The views that go no further on this way: there, or stopped."""
        there = {name for name, at in self.reached.items() if at >= self._head}
        return {*there, *self._stopped}

    def _upto(self, follower: Follower) -> int:
        """How far a view may go now: as far as those that it reads, and not far ahead of the slowest."""
        together = [at for name, at in self.reached.items() if name not in self._apart | self._stopped]
        needed = [self.reached[other] for other in follower.view.needs if other in self.reached]
        return min([self._head, min(together, default=self._head) + AHEAD_EVENTS, *needed])

    def _watch(self, name: str, process: BaseProcess) -> None:
        """Waits for a view's process, and tells how far it has come; ends it where it can go no further."""
        follower = self._followers[name]
        process.start()
        try:
            while process.is_alive():
                process.join(POLL_SECONDS)
                self.reached[name] = follower.position()
                self._progress(min(self.reached.values()))
                halted = self._stopped.intersection(follower.view.needs)
                # What a halted view holds may be less than it had reached: a crash takes what was not flushed.
                held = [self._followers[each].position() for each in halted]
                if halted and self.reached[name] >= min(self._upto(follower), *held):
                    process.terminate()
            self.reached[name] = follower.position()
        finally:
            # Where the database is lost the way is gone again, by another process.
            process.kill()
            process.join()
        failure = follower.failure()
        if failure is not None:
            raise failure
        if process.exitcode != 0 and not self._stopped.intersection(follower.view.needs):
            raise RuntimeError(f"the process of the view {name} ended with {process.exitcode}")
