"""The log over HTTP, as C2SP tlog-tiles serves it: checkpoint, tiles, entries; and proofs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import PlainTextResponse, Response

from api.gate import LATEST
from api.service.dependencies import Connected
from api.service.problems import NO_SUCH_TILE, documented
from api.service.service import service_of
from api.service.upper_readers import HistoryAccess
from ledger.crypto.merkle import HASH_BYTES
from ledger.log.proofs import (
    NO_CHECKPOINT,
    NOT_YET_PUBLISHED,
    cosigned,
    latest_checkpoint,
    prove,
    prove_consistent,
    published,
    stored_tiles,
)
from ledger.log.tiles import Tile, parse_index_path, tile_width
from ledger.statements.statement import encode64

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
A_MOMENT = {"Cache-Control": "no-cache"}

_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes", "content": {"application/octet-stream": {}}}
}

router = APIRouter(tags=["log"])


@router.get("/checkpoint", response_class=PlainTextResponse, responses=documented(404))
def checkpoint(request: Request) -> PlainTextResponse:
    """The newest checkpoint with its cosignatures."""
    store = service_of(request).store
    with store.connect() as connection:
        raw = latest_checkpoint(connection)
        if raw is None:
            raise NO_CHECKPOINT.refused()
        return PlainTextResponse(cosigned(connection, raw).raw, headers=A_MOMENT)


@router.get("/checkpoint/key", response_class=PlainTextResponse)
def verifier_key(request: Request) -> str:
    """The key to verify checkpoints with, in note form."""
    store = service_of(request).store
    return store.verifier_key().text + "\n"


@router.get(
    "/tile/entries/{path:path}",
    response_class=Response,
    responses={**_BYTES, **documented(401, 403, 404, 422)},
)
def entries(request: Request, access: HistoryAccess, path: str) -> Response:
    """Entries in a row, each after its length in two bytes.

    For auditors and inspectors over everything, and for enrolled readers of a higher level by signed requests.
    """
    history = access.everything()
    index, width = _found(request, 0, path)
    bundle = history.entry_bundle(index, width)
    if bundle is None:
        raise NO_SUCH_TILE.refused(path=path)
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "Vary": "Cookie"}
    return Response(bundle, media_type="application/octet-stream", headers=headers)


@router.get(
    "/tile/{level}/{path:path}", response_class=Response, responses={**_BYTES, **documented(404, 422)}
)
def tile(request: Request, level: int, path: str) -> Response:
    """A tile's hashes, joined."""
    index, width = _found(request, level, path)
    wanted = Tile(level, index)
    store = service_of(request).store
    with store.connect() as connection:
        hashes = stored_tiles(connection, [wanted])[wanted]
    return Response(hashes[: width * HASH_BYTES], media_type="application/octet-stream", headers=FOR_EVER)


@router.get("/proof/{position}", response_class=PlainTextResponse, responses=documented(404, 422))
def proof(request: Request, position: Annotated[int, Path(ge=1, le=LATEST)]) -> PlainTextResponse:
    """That the entry at a position is in the log (`.tlog-proof`)."""
    store = service_of(request).store
    with store.connect() as connection:
        return PlainTextResponse(prove(connection, position).text, headers=A_MOMENT)


@router.get("/consistency/{old}/{new}", responses=documented(404, 422))
def consistency(
    connection: Connected,
    old: Annotated[int, Path(ge=1, le=LATEST)],
    new: Annotated[int, Path(ge=1, le=LATEST)],
) -> list[str]:
    """That the log at one size only appends to the log at a smaller: RFC 6962 hashes in Base64."""
    size = published(connection)
    if not old <= new <= size:
        raise NOT_YET_PUBLISHED.refused(position=max(old, new), size=size)
    return [encode64(each) for each in prove_consistent(connection, old, new)]


def _found(request: Request, level: int, path: str) -> tuple[int, int]:
    """The tile that a path names, as far as a checkpoint covers it."""
    named = parse_index_path(path)
    if named is None or not 0 <= level <= 63:
        raise NO_SUCH_TILE.refused(path=path)
    index, width = named
    store = service_of(request).store
    with store.connect() as connection:
        size = published(connection)
    if tile_width(Tile(level, index), size) < width:
        raise NO_SUCH_TILE.refused(path=path)
    return index, width
