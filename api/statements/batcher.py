"""Statements that come at the same time handed to the writer together (并收).

Requests are many and short: what each costs besides its statement, a ticket, a lock, a wake-up of
the event loop from the writer's thread, is paid once for all that came in one turn of the loop.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from functools import partial

from ledger.writing.batch import Outcome
from ledger.writing.intake import Submission
from ledger.writing.writer import Writer

MOST_TOGETHER = 500

_Waiting = list[tuple[Submission, "asyncio.Future[Outcome]"]]


class Batcher:
    """Gathers the submissions of one turn of the event loop; lives in that loop alone."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: _Waiting = []

    async def submit(self, submission: Submission) -> Outcome:
        """What becomes of a statement.

        Raises:
            Unavailable: ``queue-full``, and what the writer says of all that it could not record.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Outcome] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._send, loop)
        self._waiting.append((submission, outcome))
        return await outcome

    def _send(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), MOST_TOGETHER):
            together = waiting[start : start + MOST_TOGETHER]
            try:
                handed_in = self._writer.submit([submission for submission, _ in together])
            except Exception as error:  # whatever it is, each of them must hear of it
                _fail(together, error)
            else:
                handed_in.add_done_callback(partial(_tell, loop, together))


def _tell(loop: asyncio.AbstractEventLoop, together: _Waiting, done: Future[list[Outcome]]) -> None:
    """From the writer's thread back into the loop, once for all of them."""
    loop.call_soon_threadsafe(_answer, together, done)


def _answer(together: _Waiting, done: Future[list[Outcome]]) -> None:
    error = done.exception()
    if error is not None:
        _fail(together, error)
        return
    for (_, outcome), found in zip(together, done.result(), strict=True):
        if not outcome.done():  # whoever asked may have gone
            outcome.set_result(found)


def _fail(together: _Waiting, error: BaseException) -> None:
    for _, outcome in together:
        if not outcome.done():
            outcome.set_exception(error)
