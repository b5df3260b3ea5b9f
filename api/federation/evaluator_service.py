"""An evaluator as an HTTP service (联合标记评估服务): for the machines of the ledgers that were admitted, and nobody else."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from api.federation.evaluating import Evaluation
from api.service.bodies import Bodies, BodyLimit
from api.service.nonces import Nonces
from api.service.signed_requests import READER_NOT_ENROLLED, REQUEST_NOT_SIGNED, verified_key
from ledger.crypto.oprf import POINT_BYTES, POINTS_MALFORMED
from ledger.domain.event import BODY_INVALID
from ledger.errors import Refused, SongnuanError
from ledger.events.evaluation import MOST_POINTS, QUOTA_EXCEEDED

POINTS_TYPE = "application/vnd.songnuan.points"
BODY_LIMIT = BodyLimit(MOST_POINTS * POINT_BYTES, 30.0, 16 * 1024 * 1024)

_STATUS = {
    REQUEST_NOT_SIGNED.code: 401,
    READER_NOT_ENROLLED.code: 401,
    QUOTA_EXCEEDED.code: 429,
    POINTS_MALFORMED.code: 400,
    BODY_INVALID.code: 400,
}
_REFUSED = 409


def create_evaluator(evaluation: Evaluation, nonces: Nonces) -> FastAPI:
    """The application of one evaluator: blinded points in, evaluated points and their proof out."""
    app = FastAPI(title="Songnuan evaluator 送暖联合标记评估", openapi_url=None)

    @app.post("/evaluate")
    async def evaluate(request: Request, campaign: str, year: int) -> Response:
        """Evaluates a batch under the key of a year."""
        body = await request.body()
        try:
            # It waits for the ledger's disk.
            found = await asyncio.to_thread(_answered, evaluation, nonces, request, body, campaign, year)
        except Refused as refusal:
            return JSONResponse(refusal.to_json(), _STATUS.get(refusal.code, _REFUSED))
        except ValidationError:
            malformed = BODY_INVALID.refused(
                where="campaign, year",
                problem="不合格式",
                problem_en="malformed",
                found=f"{campaign[:48]} {year}",
            )
            return JSONResponse(malformed.to_json(), 400)
        except SongnuanError as failed:
            return JSONResponse({"code": failed.code, "message": failed.message("en")}, 503)
        return Response(found, media_type=POINTS_TYPE)

    @app.get("/keys")
    def keys() -> dict[str, str]:
        """The public keys that are evaluated under, by year: for who is about to ask."""
        return evaluation.public_keys

    app.add_middleware(Bodies, limits={"/evaluate": BODY_LIMIT})
    return app


def _answered(
    evaluation: Evaluation, nonces: Nonces, request: Request, body: bytes, campaign: str, year: int
) -> bytes:
    def public_key(key_id: str) -> bytes | None:
        asker = evaluation.asker_of(key_id)
        return None if asker is None else bytes.fromhex(asker.public_key)

    key_id = verified_key(request, public_key, nonces, body)
    asker = evaluation.asker_of(key_id)
    if asker is None:
        raise READER_NOT_ENROLLED.refused(key=key_id)
    return evaluation.answer(asker.id, campaign, year, body)
