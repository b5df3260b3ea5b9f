"""An evaluator at work (联合标记评估): a batch of points counted in its own ledger, then answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from ledger.crypto.oprf import EvaluationKey, split_points
from ledger.domain.evaluation import Asker, EvaluatorKey
from ledger.domain.event import Event
from ledger.domain.state import State
from ledger.errors import Misconfigured, Refused
from ledger.events.evaluation import BATCH_COUNTED, KEY_YEAR_OVER, BatchEvaluated


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


class Evaluation:
    """Answers batches. ``record`` signs an event with the ledger's own key, and raises its refusal."""

    def __init__(
        self,
        keys: Mapping[int, EvaluationKey],
        state: Callable[[], State],
        record: Callable[[Event], object],
    ) -> None:
        self._keys = keys
        self._state = state
        self._record = record

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
        answer = key.evaluate(points)
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
