"""An evaluator over HTTP (在线请评): each batch signed with its body, bounded in time and bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

import httpx2
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.service.signed_requests import signed_headers
from ledger.bounded_http import ask
from ledger.crypto.oprf import EVALUATION_PROOF_WRONG, POINT_BYTES, PROOF_BYTES
from ledger.errors import Unavailable
from ledger.events.evaluation import MOST_POINTS
from ledger.peer_faults import PeerFailed

ANSWER_SECONDS = 60.0
LARGEST_ANSWER_BYTES = PROOF_BYTES + MOST_POINTS * POINT_BYTES


class EvaluatorFailed(Unavailable):
    """An evaluator gave no answer: it is down, or refuses. Marks are made later."""

    def __init__(self, evaluator: str, code: str, zh: str, en: str) -> None:
        self.evaluator = evaluator
        self.reason = code
        super().__init__(
            "evaluator-failed",
            f"评估方 {evaluator} 未应答：{zh}（{code}）。已取得的标记已经登记，其余请稍后再次运行",
            f"evaluator {evaluator} did not answer: {en} ({code}). What was marked is recorded; run again later for the"
            " rest",
            60,
        )


class HttpEvaluator:
    """An evaluator's service at an address, asked by this ledger's machine."""

    def __init__(
        self,
        code: str,
        url: str,
        keys: Mapping[int, str],
        key: Ed25519PrivateKey,
        client: httpx2.Client,
        now: Callable[[], datetime],
    ) -> None:
        self.code = code
        self.keys = keys
        self._url = url.rstrip("/")
        self._key = key
        self._client = client
        self._now = now

    def check(self, year: int) -> None:
        """Ask for its public keys, which counts nothing.

        Raises:
            EvaluatorFailed: it is down, or has no key of the year.
            NotVerified: ``evaluation-proof-wrong`` where its key is not the one accepted.
        """
        answer = self._asked("GET", f"{self._url}/keys", None)
        try:
            found = orjson.loads(answer)
        except orjson.JSONDecodeError:
            found = None
        key = found.get(str(year)) if isinstance(found, dict) else None
        if key is None:
            raise EvaluatorFailed(
                self.code, "key-year-not-valid", f"没有 {year} 年度的评估密钥", f"it has no key of {year}"
            )
        if key != self.keys.get(year):
            raise EVALUATION_PROOF_WRONG.not_verified(evaluator=self.code, year=year)

    def evaluate(self, points: Sequence[bytes], *, campaign: str, year: int) -> bytes:
        """Its answer to blinded points; raises :class:`EvaluatorFailed`."""
        query = urlencode({"campaign": campaign, "year": year})
        return self._asked("POST", f"{self._url}/evaluate?{query}", b"".join(points))

    def _asked(self, method: str, url: str, body: bytes | None) -> bytes:
        try:
            answer = ask(
                self._client,
                method,
                url,
                seconds=ANSWER_SECONDS,
                most_bytes=LARGEST_ANSWER_BYTES,
                content=body,
                headers=signed_headers(self._key, method, url, self._now, body),
            )
        except PeerFailed as failed:
            raise EvaluatorFailed(self.code, failed.code, failed.zh, failed.en) from failed
        if answer.status != 200:
            code = _code_in(answer.content)
            raise EvaluatorFailed(self.code, code, f"应答为 {answer.status}", f"it answered {answer.status}")
        return answer.content


def _code_in(content: bytes) -> str:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return "peer-status"
    return str(said["code"])[:48] if isinstance(said, dict) and "code" in said else "peer-status"
