"""Oblivious evaluation (不经意伪随机函数): RFC 9497's VOPRF over ristretto255-SHA512, by the library ``voprf``.

Who evaluates sees points that are blinded with a fresh secret each, and learns nothing of what they are of; who asks
learns the result and a proof that the enrolled key made it, and nothing of the key.
"""

from __future__ import annotations

from collections.abc import Sequence

from voprf.ristretto import BlindedInput, Client, PublicKey, VerifiableBatchOutput
from voprf.ristretto import Evaluator as _Evaluator

from ledger.errors import Rule

POINT_BYTES = 32
PROOF_BYTES = 64
OUTPUT_BYTES = 64

EVALUATION_PROOF_WRONG = Rule(
    "evaluation-proof-wrong",
    zh="评估方 {evaluator} 的证明不成立：不是用已认可的 {year} 年度密钥评估的，或应答被改动",
    en="the proof of evaluator {evaluator} does not hold: it did not use its accepted key of {year}, or its answer was"
    " altered",
)
POINTS_MALFORMED = Rule(
    "points-malformed",
    zh="所提交的评估点不合格式：第 {number} 个",
    en="what was sent is no list of points: number {number}",
)


class EvaluationKey:
    """An evaluator's key of a year, derived from 32 secret bytes (RFC 9497, 3.2.1)."""

    def __init__(self, seed: bytes, info: bytes) -> None:
        self._evaluator = _Evaluator.from_seed(seed, info)

    @property
    def public_key(self) -> str:
        """Its public part, hex."""
        return self._evaluator.public_key.serialize().hex()

    def evaluate(self, points: Sequence[bytes]) -> bytes:
        """The answer to blinded points: one proof for all of them, then the evaluated points.

        Raises:
            Refused: ``points-malformed``.
        """
        blinded = []
        for number, point in enumerate(points, 1):
            try:
                blinded.append(BlindedInput.deserialize(point))
            except ValueError:
                raise POINTS_MALFORMED.refused(number=number) from None
        return self._evaluator.evaluate_batch(blinded).serialize()

    def known(self, value: bytes) -> bytes:
        """What a value comes to under this key, without blinding: for tests."""
        return self._evaluator.evaluate_known_input(value)


class Blinding:
    """Values blinded for one question; their secrets stay here. Each question has blindings of its own."""

    def __init__(self, values: Sequence[bytes]) -> None:
        made = [Client.blind(value) for value in values]
        self._clients = [client for client, _ in made]
        self.points = [blinded.serialize() for _, blinded in made]

    def outputs(self, answer: bytes, public_key: str, *, evaluator: str, year: int) -> list[bytes]:
        """What the values come to under the key: 64 bytes each, once the proof holds.

        Raises:
            Refused: ``evaluation-proof-wrong``.
        """
        wrong = EVALUATION_PROOF_WRONG.not_verified(evaluator=evaluator, year=year)
        if len(answer) != PROOF_BYTES + POINT_BYTES * len(self.points):
            raise wrong
        try:
            evaluated = VerifiableBatchOutput.deserialize(answer)
            key = PublicKey.deserialize(bytes.fromhex(public_key))
            return Client.finalize_batch(self._clients, evaluated, key)
        except ValueError:
            raise wrong from None
        except BaseException as error:
            # The library panics where a batch's proof does not hold, and its panic is no Exception.
            if not _is_panic(error):
                raise
            raise wrong from None


def _is_panic(error: BaseException) -> bool:
    return type(error).__name__ == "PanicException" and not isinstance(error, Exception)


def split_points(raw: bytes) -> list[bytes]:
    """The points in a body, 32 bytes each; raises ``points-malformed`` where it is cut or empty."""
    if not raw or len(raw) % POINT_BYTES:
        raise POINTS_MALFORMED.refused(number=len(raw) // POINT_BYTES + 1)
    return [raw[start : start + POINT_BYTES] for start in range(0, len(raw), POINT_BYTES)]
