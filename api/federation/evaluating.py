"""An evaluator at work (联合标记评估): a batch of points counted in its own ledger, then answered."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256

from ledger.crypto.oprf import EvaluationKey, split_points
from ledger.domain.evaluation import Asker, EvaluatorKey
from ledger.domain.event import Event
from ledger.domain.state import State
from ledger.errors import Misconfigured, Refused
from ledger.events.evaluation import BATCH_COUNTED, KEY_YEAR_OVER, BatchEvaluated

POOL_FROM_POINTS = 500
"""From how many points on a process of its own pays."""


def key_of_year(seed: bytes, year: int) -> EvaluationKey:
    """An evaluator's key of a year, from its secret."""
    return EvaluationKey(seed, f"songnuan evaluator {year}".encode())


def enrolled_keys(seeds: Mapping[int, bytes], state: State) -> dict[int, EvaluationKey]:
    """The keys that are enrolled in the ledger and among its secrets.

    Raises:
        Misconfigured: ``secrets-missing`` where a secret is not the one whose key is enrolled.
    """
    found = {}
    for known in state.records(EvaluatorKey):
        year = int(known.id)
        if year not in seeds:
            continue
        key = key_of_year(seeds[year], year)
        if key.public_key != known.public_key:
            raise Misconfigured(
                "secrets-missing",
                f"台账密钥中 {year} 年度的评估密钥不是已登记的那一把",
                f"the evaluator's key of {year} among the secrets is not the one that is enrolled",
            )
        found[year] = key
    return found


class Processes:
    """Evaluates large batches in processes of their own, so that an evaluator uses every core."""

    def __init__(self, seeds: Mapping[int, bytes], processes: int) -> None:
        self._pool = ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(dict(seeds),),
        )

    def evaluate(self, year: int, points: Sequence[bytes]) -> bytes:
        """The answer to blinded points under the key of a year."""
        return self._pool.submit(_evaluate_in_worker, year, list(points)).result()

    def close(self) -> None:
        """Ends the processes."""
        self._pool.shutdown(cancel_futures=True)


_worker_keys: dict[int, EvaluationKey] = {}


def _start_worker(seeds: dict[int, bytes]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service ends it
    _worker_keys.update({year: key_of_year(seed, year) for year, seed in seeds.items()})


def _evaluate_in_worker(year: int, points: list[bytes]) -> bytes:
    return _worker_keys[year].evaluate(points)


class Evaluation:
    """Answers batches. ``record`` signs an event with the ledger's own key, and raises its refusal.

    Large batches are evaluated in ``processes``, where there are any.
    """

    def __init__(
        self,
        keys: Mapping[int, EvaluationKey],
        state: Callable[[], State],
        record: Callable[[Event], object],
        processes: Processes | None = None,
    ) -> None:
        self._keys = keys
        self._state = state
        self._record = record
        self._processes = processes

    @property
    def public_keys(self) -> dict[str, str]:
        """The keys that it evaluates under: public parts in hex by year."""
        return {str(year): key.public_key for year, key in self._keys.items()}

    def asker_of(self, key_id: str) -> Asker | None:
        """Who may ask by that key."""
        return next((each for each in self._state().records(Asker) if each.key_id == key_id), None)

    def answer(self, asker: str, campaign: str, year: int, raw: bytes) -> bytes:
        """The proof and the evaluated points of a body of points; it is counted first, once however often it comes.

        Raises:
            Refused: ``points-malformed``, ``key-year-not-valid``, ``quota-exceeded``.
        """
        points = split_points(raw)
        key = self._keys.get(year)
        if key is None:
            raise KEY_YEAR_OVER.refused(expected=max(self._keys, default=0), found=year)
        elsewhere = self._processes if len(points) >= POOL_FROM_POINTS else None
        answer = key.evaluate(points) if elsewhere is None else elsewhere.evaluate(year, points)
        batch = sha256(f"{asker}\0{campaign}\0{year}\0".encode() + raw).hexdigest()
        event = BatchEvaluated(
            asker=asker, of_campaign=campaign, version=year, count=len(points), batch=batch
        )
        try:
            self._record(event)
        except Refused as refusal:
            if refusal.code != BATCH_COUNTED.code:
                raise
        return answer
