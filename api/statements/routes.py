"""Signed statements in, receipts out. What authorises a statement is its signature, not a session."""

from __future__ import annotations

import asyncio
from collections import Counter

import orjson
import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, JsonValue

from api.service.access_recording import note_attempts, note_rows
from api.service.bodies import BodyLimit
from api.service.dependencies import PrimaryAccess
from api.service.problems import Problem, documented, problem
from api.service.requests import described_request
from api.service.service import Service, service_of
from api.statements.batcher import Batcher
from api.statements.nominating import NominationQuota, may_nominate
from api.statements.submissions import (
    SubmissionMalformed,
    read_each,
    read_submission,
    split_submissions,
)
from ledger.crypto.merkle import leaf_hash
from ledger.domain.entry import read_entry
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import Refused
from ledger.statements.statement import decode64, is_statement_id
from ledger.writing.batch import Outcome
from ledger.writing.intake import Submission
from ledger.writing.writer_session import Durability

BODY_LIMIT = BodyLimit(32 * 1024 * 1024, 120.0, 160 * 1024 * 1024)
SLICE = 2_000
"""So many statements of one body are read, and waited for, at a time."""
PATIENCE_SECONDS = 3600.0
"""How long what follows the first slice waits for its place."""
JSON_BLANK = b" \t\r\n"

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
    statement: dict[str, JsonValue]
    envelope: dict[str, JsonValue]
    marks: dict[str, str]
    proof: str | None


_SUBMISSION = {
    "type": "object",
    "required": ["envelope"],
    "properties": {
        "envelope": {"type": "object", "description": "The signed statement (DSSE)"},
        "disclosure": {
            "type": ["object", "null"],
            "description": "The identity that it commits to, and its salt; where it commits to one",
        },
    },
}
_BODY = {
    "required": True,
    "description": "`application/json`: one submission, or an array of at most 10,000. `application/x-ndjson`: at most"
    " 10,000, a line each.",
    "content": {
        "application/json": {"schema": {"oneOf": [_SUBMISSION, {"type": "array", "items": _SUBMISSION}]}},
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
        **documented(400, 409, 413, 415, 422, 429, 503),
    },
    openapi_extra={"requestBody": _BODY},
)
async def post_statements(request: Request) -> Response:
    """Takes one submission, or many: a JSON array, or a line each (NDJSON), at most 10,000.

    One answers its receipt once it is durable: 201, or 200 if it was recorded before. Many answer 200
    with an outcome each, in order; one that is refused does not hinder the others.
    """
    body = b"".join([part async for part in request.stream()])
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if (as_lines := kind == "application/x-ndjson") or body.lstrip(JSON_BLANK)[:1] == b"[":
        parts = await asyncio.to_thread(split_submissions, body, as_lines=as_lines)
        del body
        return await _many(request, parts)
    service = service_of(request)
    batcher, quota = service.part(Batcher), service.part(NominationQuota)
    submission, state = read_submission(body), service.state
    if may_nominate(submission):
        portion = await asyncio.to_thread(quota.portion, [submission], state)
        outcome: Outcome | None = None
        try:
            outcome = portion.withheld.get(0) or await batcher.submit(submission)
        finally:
            quota.done(portion, [outcome] if isinstance(outcome, Refused) else [], state)
    else:
        outcome = await batcher.submit(submission)
    if isinstance(outcome, Refused):
        note_attempts(request, [outcome])
        raise outcome
    return Response(
        orjson.dumps(outcome.to_json()),
        status_code=200 if outcome.repeated else 201,
        media_type="application/json",
    )


async def _many(request: Request, parts: list[bytes]) -> Response:
    """Record many, a slice of them at a time: all that is made of one is gone before the next is read."""
    answers: list[bytes] = []
    refused: Counter[str] = Counter()
    wait_seconds = 0.0
    for start in range(0, len(parts), SLICE):
        decided = await asyncio.to_thread(
            _record, service_of(request), parts[start : start + SLICE], wait_seconds
        )
        # The first of it has its place in the queue; the rest waits for its own.
        wait_seconds = PATIENCE_SECONDS
        refused.update(each.code for each in decided if isinstance(each, Refused | SubmissionMalformed))
        note_attempts(request, [each for each in decided if isinstance(each, Refused)])
        answers += [_said(each) for each in decided]
    if refused:
        _log.info("statements were refused", codes=refused, **described_request(request.scope))
        for code, count in refused.items():
            service_of(request).metrics.count_refusal(code, count)
    return Response(b'{"outcomes":[' + b",".join(answers) + b"]}", media_type="application/json")


def _record(service: Service, parts: list[bytes], wait_seconds: float) -> list[Outcome | SubmissionMalformed]:
    writer, quota = service.writer, service.part(NominationQuota)
    read = read_each(parts)
    outcomes: list[Outcome] = []
    submissions = [item for item in read if isinstance(item, Submission)]
    while len(outcomes) < len(submissions):
        portion = quota.portion(submissions[len(outcomes) :], writer.state)
        some, told = submissions[len(outcomes) :][: portion.taken], []
        try:
            rest = [each for place, each in enumerate(some) if place not in portion.withheld]
            recorded = iter(writer.record_all(rest, wait_seconds=wait_seconds))
            told = [portion.withheld.get(place) or next(recorded) for place in range(len(some))]
        finally:
            quota.done(portion, [each for each in told if isinstance(each, Refused)], writer.state)
        outcomes += told
        # The first of them has its place in the queue; the rest waits for its own.
        wait_seconds = PATIENCE_SECONDS
    decided = iter(outcomes)
    return [next(decided) if isinstance(item, Submission) else item for item in read]


def _said(outcome: Outcome | SubmissionMalformed) -> bytes:
    if isinstance(outcome, Refused | SubmissionMalformed):
        return bytes(problem(outcome).body)
    return orjson.dumps(outcome.to_json())


@router.get("/statements/{statement_id}", responses=documented(401, 403, 404, 422, 503))
def get_statement(request: Request, access: PrimaryAccess, statement_id: str) -> StatementAnswer:
    """A recorded statement with its receipt and, once a checkpoint covers it, its proof.

    For auditors and inspectors; an officer may read what they signed themselves.
    """
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
            durability=service_of(request).writer.durability_of(position),
        ),
        statement=statement,
        envelope=value["envelope"],
        marks=value["marks"],
        proof=access.proof(position),
    )
