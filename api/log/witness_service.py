"""A witness as an HTTP service (C2SP tlog-witness): for a higher-level union or an audit office."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from api.log.cosigning import SIZE_TYPE
from api.service.bodies import Bodies, BodyLimit
from ledger.errors import Refused
from ledger.log.note import NOTE_MALFORMED
from ledger.log.witness import (
    LOG_FORKED,
    OLD_SIZE_TOO_LARGE,
    ORIGIN_UNKNOWN,
    WITNESS_ELSEWHERE,
    Witness,
    parse_add_checkpoint,
)

BODY_LIMIT = BodyLimit(128_000, 20.0, 16 * 1024 * 1024)

WAITING = 64
"""How many checkpoints wait for the disk together: the file system commits them at once."""

_STATUS = {
    NOTE_MALFORMED.code: 400,
    OLD_SIZE_TOO_LARGE.code: 400,
    ORIGIN_UNKNOWN.code: 404,
    WITNESS_ELSEWHERE.code: 409,
    LOG_FORKED.code: 422,
}
_NOT_SIGNED = 403


def create_witness(witness: Witness) -> FastAPI:
    """The application of one witness."""
    waiting = ThreadPoolExecutor(WAITING, thread_name_prefix="witness")
    app = FastAPI(title="Songnuan witness 送暖见证", openapi_url=None)

    @app.post("/add-checkpoint", response_class=PlainTextResponse)
    async def add_checkpoint(request: Request) -> PlainTextResponse:
        """Checks a checkpoint and cosigns it."""
        try:
            asked = parse_add_checkpoint(await request.body())
            # It waits for the disk, and for the checkpoint before.
            loop = asyncio.get_running_loop()
            line = await loop.run_in_executor(waiting, witness.add_checkpoint, asked)
        except Refused as refusal:
            status = _STATUS.get(refusal.code, _NOT_SIGNED)
            if status == 409:
                size = f"{refusal.details['expected']}\n"
                return PlainTextResponse(size, status, headers={"content-type": SIZE_TYPE})
            return PlainTextResponse(f"{refusal.code}: {refusal}\n", status)
        return PlainTextResponse(line.text)

    @app.get("/{origin_hash}/checkpoint", response_class=PlainTextResponse)
    def last(origin_hash: str) -> PlainTextResponse:
        """The last checkpoint signed of a log."""
        known = witness.last(origin_hash) if _is_hash(origin_hash) else None
        if known is None:
            return PlainTextResponse("no such log\n", 404)
        return PlainTextResponse(known)

    app.add_middleware(Bodies, limits={"/add-checkpoint": BODY_LIMIT})
    return app


def _is_hash(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdef" for character in text)
