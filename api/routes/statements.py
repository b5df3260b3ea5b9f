"""Signed statements in, receipts out. What authorises a statement is its signature, not a session."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import orjson
import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.access_recording import note_rows
from api.gathering import Gathering
from api.problems import Problem, documented, problem
from api.reading import PrimaryAccess
from api.service.bodies import BodyLimit
from api.service.requests import described_request
from api.submissions import SubmissionMalformed, read_submission, read_submissions
from ledger.batch import Outcome
from ledger.entry import read_entry
from ledger.errors import Refused
from ledger.intake import Submission
from ledger.merkle import leaf_hash
from ledger.standing import UNKNOWN_REFERENCE
from ledger.statement import decode64, is_statement_id
from ledger.writer import Writer
from ledger.writer_session import Durability

BODY_LIMIT = BodyLimit(32 * 1024 * 1024, 120.0, 160 * 1024 * 1024)

router = APIRouter(tags=["statements"])

_log = structlog.get_logger(__name__)


class ReceiptAnswer(BaseModel):
    """The receipt (回执): where the statement stands, since when, its leaf in the log, and what it rests on.

    ``durability`` is ``standby`` where a standby confirmed it, ``flushed`` where this server's disk has it.
    """

    id: str
    position: int
    recorded_at: str
    leaf_hash: str
    repeated: bool
    durability: Durability


class BatchAnswer(BaseModel):
    """What became of each statement, in order: a receipt, or a problem with the ledger's code."""

    outcomes: list[ReceiptAnswer | Problem]


class StatementAnswer(BaseModel):
    """A recorded statement, as it was signed, with its receipt; ``proof`` once a checkpoint covers it."""

    receipt: ReceiptAnswer
    statement: dict[str, Any]
    envelope: dict[str, Any]
    marks: dict[str, str]
    proof: str | None


_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "examples": {"one": {"summary": "One", "value": {"envelope": {}, "disclosure": None}}},
        },
        "application/x-ndjson": {"schema": {"type": "string"}},
    },
}


@router.post(
    "/statements",
    status_code=201,
    responses={
        200: {
            "description": "Recorded before; or, for many, what became of each",
            "model": ReceiptAnswer | BatchAnswer,
        },
        201: {"description": "Recorded", "model": ReceiptAnswer},
        **documented(400, 409, 413, 415, 422, 503),
    },
    openapi_extra={"requestBody": _BODY},
)
async def post_statements(request: Request) -> Response:
    """Takes one submission, or many: a JSON array, or a line each (NDJSON), at most 10,000.

    One answers its receipt once it is durable: 201, or 200 if it was recorded before. Many answer 200
    with an outcome each, in order; one that is refused does not hinder the others.
    """
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/x-ndjson":
        return await _many(request, await asyncio.to_thread(read_submissions, body, as_lines=True))
    if body.lstrip()[:1] == b"[":
        return await _many(request, await asyncio.to_thread(read_submissions, body, as_lines=False))
    gathering: Gathering = request.app.state.gathering
    outcome = await gathering.submit(read_submission(body))
    if isinstance(outcome, Refused):
        raise outcome
    return Response(
        orjson.dumps(outcome.to_json()),
        status_code=200 if outcome.repeated else 201,
        media_type="application/json",
    )


async def _many(request: Request, read: list[Submission | SubmissionMalformed]) -> Response:
    submissions = [item for item in read if isinstance(item, Submission)]
    writer: Writer = request.app.state.writer
    outcomes = iter(await asyncio.to_thread(writer.record_all, submissions, wait_seconds=0.0))
    decided = [next(outcomes) if isinstance(item, Submission) else item for item in read]
    refused = Counter(each.code for each in decided if isinstance(each, Refused | SubmissionMalformed))
    if refused:
        _log.info("statements were refused", codes=refused, **described_request(request.scope))
        for code, count in refused.items():
            request.app.state.metrics.count_refusal(code, count)
    answers = [_said(each) for each in decided]
    return Response(b'{"outcomes":[' + b",".join(answers) + b"]}", media_type="application/json")


def _said(outcome: Outcome | SubmissionMalformed) -> bytes:
    if isinstance(outcome, Refused | SubmissionMalformed):
        return bytes(problem(outcome).body)
    return orjson.dumps(outcome.to_json())


@router.get("/statements/{statement_id}", responses=documented(401, 403, 404, 422, 503))
def get_statement(request: Request, access: PrimaryAccess, statement_id: str) -> StatementAnswer:
    """A recorded statement with its receipt and, once a checkpoint covers it, its proof.

    For auditors and inspectors; an officer may read what they signed themselves.
    """
    writer: Writer = request.app.state.writer
    named = [statement_id] if is_statement_id(statement_id) else []
    found = access.views("registry").own_statements(named) or access.views("history").statements(named)
    if not found:
        raise UNKNOWN_REFERENCE.refused(kind="statement", id=statement_id)
    position, entry = found[0]["position"], bytes(found[0]["entry"])
    value = read_entry(entry)
    statement = orjson.loads(decode64(value["envelope"]["payload"], "payload"))
    note_rows(request, 1)
    return StatementAnswer(
        receipt=ReceiptAnswer(
            id=statement["id"],
            position=position,
            recorded_at=value["recorded_at"],
            leaf_hash=leaf_hash(entry).hex(),
            repeated=True,
            durability=writer.durability,
        ),
        statement=statement,
        envelope=value["envelope"],
        marks=value["marks"],
        proof=access.proof(position),
    )
