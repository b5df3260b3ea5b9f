"""Checking on every core (多核验证): an audit's chunks given to other processes, taken back in order."""

from __future__ import annotations

import gc
import marshal
import multiprocessing
import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

from ledger.audit.entry_checks import Checked, Chunk, EntryChecker
from ledger.gc_tuning import SELDOM

POOL_FROM_ENTRIES = 4_000
"""From how many entries on processes pay for their start."""

MOST_WAITING = 16
"""How many chunks are given to a process ahead, so that it always has one."""


def checked(
    chunks: Iterable[Chunk], size: int, keys: Mapping[str, bytes], processes: int
) -> Iterator[Checked]:
    """What became of each chunk, in order; ``size`` is about how many entries there are."""
    with Checkers(size, processes) as checkers:
        yield from checkers.check(chunks, keys)


class Checkers:
    """The processes that check about ``size`` entries, started at once: they load their code while keys are gathered.

    Few entries are checked here, many in ``processes``, of which this is one.
    """

    def __init__(self, size: int, processes: int) -> None:
        self._elsewhere = 0 if size < POOL_FROM_ENTRIES else processes - 1
        self._workers: list[_Worker] = []
        self._folder = Path()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._elsewhere:
                self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="songnuan-audit-")))
                self._workers = [stack.enter_context(_Worker(self._folder)) for _ in range(self._elsewhere)]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def check(self, chunks: Iterable[Chunk], keys: Mapping[str, bytes]) -> Iterator[Checked]:
        """What became of each chunk, in order, by these keys.

        This process checks a chunk itself where it would only wait for the others. A few chunks are under way at a
        time, however many there are.
        """
        checker = EntryChecker(keys)
        if not self._workers:
            for chunk in chunks:
                yield checker.check(chunk.read())
            return
        _keys_file(self._folder).write_bytes(marshal.dumps(dict(keys)))
        most = 2 * MOST_WAITING * (len(self._workers) + 1)
        under_way: deque[_Elsewhere | _Here] = deque()
        for number, chunk in enumerate(chunks):
            while under_way and (under_way[0].ready() or len(under_way) > most):
                yield under_way.popleft().take()
            worker = min(self._workers, key=_Worker.waiting)
            if worker.waiting() < MOST_WAITING:
                worker.tell(number, chunk)
                under_way.append(_Elsewhere(worker, number))
            else:
                under_way.append(_Here(checker.check(chunk.read())))
        while under_way:
            yield under_way.popleft().take()


class _Worker:
    """A process that checks the chunks which it is told of, one after the other.

    Chunks and answers lie in files: a pipe holds so little that its writer would wait for a reader
    that has other work. No thread takes part, since it would wait for the interpreter's lock.
    """

    def __init__(self, folder: Path) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._line, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_work, args=(theirs, folder), daemon=True)
        self._process.start()
        theirs.close()
        self._folder = folder
        self._waiting: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._process.terminate()
        self._process.join()

    def waiting(self) -> int:
        """How many chunks it has still before it."""
        with self._alive():
            while self._waiting and self._line.poll():
                self._waiting.remove(self._line.recv())
        return len(self._waiting)

    def tell(self, number: int, chunk: Chunk) -> None:
        """Gives it a chunk to check."""
        _chunk_file(self._folder, number).write_bytes(pickle.dumps(chunk))
        with self._alive():
            self._line.send(number)
        self._waiting.add(number)

    def has_done(self, number: int) -> bool:
        """Whether a chunk is checked."""
        self.waiting()
        return number not in self._waiting

    def answer(self, number: int) -> Checked:
        """What became of a chunk, waiting for it if need be."""
        with self._alive():
            while number in self._waiting:
                self._waiting.remove(self._line.recv())
        file = _answer_file(self._folder, number)
        findings, leaf_hashes, omitted, parts = marshal.loads(file.read_bytes())  # noqa: S302 # our own process's
        file.unlink()
        return Checked(leaf_hashes, pickle.loads(findings), omitted, parts)  # noqa: S301 # the same

    @contextmanager
    def _alive(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, ConnectionError):
            self._process.join()
            raise RuntimeError(f"a checking process ended with {self._process.exitcode}") from None


class _Elsewhere(NamedTuple):
    """A chunk that another process checks."""

    worker: _Worker
    number: int

    def ready(self) -> bool:
        """Whether it is done."""
        return self.worker.has_done(self.number)

    def take(self) -> Checked:
        """What became of it, once it is done."""
        return self.worker.answer(self.number)


class _Here(NamedTuple):
    """A chunk that was checked here."""

    checked: Checked

    def ready(self) -> bool:
        """It is."""
        return True

    def take(self) -> Checked:
        """What became of it."""
        return self.checked


def _keys_file(folder: Path) -> Path:
    return folder / "keys"


def _chunk_file(folder: Path, number: int) -> Path:
    return folder / f"{number}.chunk"


def _answer_file(folder: Path, number: int) -> Path:
    return folder / f"{number}.answer"


def _work(line: Connection, folder: Path) -> None:
    """What the process does, until nobody tells it more; the keys are there with its first chunk."""
    gc.freeze()
    gc.set_threshold(*SELDOM)
    checker: EntryChecker | None = None
    with suppress(EOFError, OSError):
        while True:
            number = line.recv()
            if checker is None:
                checker = EntryChecker(marshal.loads(_keys_file(folder).read_bytes()))  # noqa: S302 # the same
            file = _chunk_file(folder, number)
            chunk: Chunk = pickle.loads(file.read_bytes())  # noqa: S301 # from the process that started this
            file.unlink()
            found = checker.check(chunk.read())
            answer = pickle.dumps(found.findings), found.leaf_hashes, found.left_out, found.parts
            _answer_file(folder, number).write_bytes(marshal.dumps(answer))
            line.send(number)
