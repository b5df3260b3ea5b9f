"""Fuzz what comes from outside, by coverage: ``python -m tests.fuzz.harness -max_total_time=60 [corpus]``.

Bytes go through the limits, the submission, the envelope, the statement, the event and its decision.
Whatever is no refusal is a crash, which libFuzzer writes to a file.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ledger", "api.statements"]):
    from api.statements.submissions import SubmissionMalformed, read_each, split_submissions
    from ledger.domain.admission import decide
    from ledger.domain.event import VerifiedEvent, parse_event
    from ledger.domain.time_range import check_times
    from ledger.errors import Refused
    from ledger.statements.statement import parse_envelope, parse_statement
    from tests.scene import Scene

SCENE = Scene()
RECORDED_AT = "2026-01-10T02:00:00.000000Z"


def try_one(raw: bytes) -> None:
    """Everything that happens to a body before anything is written."""
    with suppress(SubmissionMalformed):
        read_each(split_submissions(raw, as_lines=raw[:1] != b"["))
    with suppress(Refused):
        parse_envelope(raw)
    with suppress(Refused):
        statement = parse_statement(raw)
        check_times(statement)
        event = parse_event(statement.type, statement.body, came_on=date(2026, 1, 15))
        decide(VerifiedEvent(statement, event, (statement.by,), {}, RECORDED_AT), SCENE.state)


def seeds() -> list[bytes]:
    """Good statements and envelopes to begin with."""
    from ledger.statements.statement import Signature, seal

    statements = [act.statement for act in SCENE.acts]
    payloads = [statement.payload() for statement in statements]
    envelopes = [
        seal(payload, [Signature(statement.by, bytes(64))]).raw
        for payload, statement in zip(payloads, statements, strict=True)
    ]
    return [*payloads, *envelopes, b'[{"envelope":%b},{}]' % envelopes[0]]


def main() -> None:
    """Run libFuzzer with the command's own arguments."""
    corpus = [Path(each) for each in sys.argv[1:] if Path(each).is_dir()]
    for number, seed in enumerate(seeds()):
        try_one(seed)
        for folder in corpus[:1]:
            (folder / f"seed-{number}").write_bytes(seed)
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
