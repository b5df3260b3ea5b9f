"""``songnuan sign`` and ``songnuan submit``: any statement, offline signing included."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from api.cli.desk import at_desk
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import IdentityFile, KeyFile, On, disclosed, json_in, second_key
from api.cli.output import AsJson, console, errors, print_line, progress_bar
from api.cli.passphrases import PassphraseFile, key_passphrase
from api.cli.receipts import exit_of, print_outcomes
from api.statements.submissions import SubmissionMalformed, read_submission, write_submission
from ledger.crypto.keys import load_key
from ledger.domain.event import parse_event
from ledger.statements.statement import add_signature, parse_envelope, parse_statement
from ledger.writing.intake import Submission
from ledger.writing.signing import Signer


def sign(
    key: KeyFile,
    type_: Annotated[
        str, typer.Argument(metavar="TYPE", help=say("事件类型，如 Disbursed.v1", "event type"))
    ],
    body: Annotated[
        Path, typer.Argument(help=say("事件内容（JSON），- 为标准输入", "the body (JSON), - for stdin"))
    ],
    ledger: Annotated[
        str | None, typer.Option(help=say("台账编号；离线签署时必填", "the ledger's id, for offline"))
    ] = None,
    identity: IdentityFile = None,
    out: Annotated[Path | None, typer.Option(help=say("输出文件，默认标准输出", "output file"))] = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Checks the body, signs it, and writes what ``submit`` takes."""
    content = json_in(body)
    promise, disclosure = disclosed(identity)
    if promise is not None:
        content["identity_commitment"] = promise
    event = parse_event(type_, content)
    if ledger is None:
        with at_desk() as desk:
            ledger = desk.ledger
    signer = Signer(load_key(key, key_passphrase(key, passphrase_file)), ledger, second=second_key())
    line = write_submission(signer.sign(event, disclosure, on=on))
    if out is None:
        print_line(line)
    else:
        out.write_bytes(orjson.dumps(line) + b"\n")
        console.print(say(f"已写出 {out}", f"wrote {out}"))


def countersign(
    key: KeyFile,
    file: Annotated[Path, typer.Argument(help=say("sign 输出的文件", "the file that sign wrote"))],
    out: Annotated[Path, typer.Option(help=say("输出文件", "output file"))],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Adds this key's signature to every statement of a file, once what they say is shown."""
    second = load_key(key, key_passphrase(key, passphrase_file))
    lines = []
    for submission in submissions_in(file.read_bytes()):
        envelope = parse_envelope(submission.envelope)
        statement = parse_statement(envelope.payload)
        errors.print(f"{statement.on} {statement.type}")
        errors.rich.print_json(data=statement.body)
        lines.append(write_submission(submission._replace(envelope=add_signature(envelope, second).raw)))
    out.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    console.print(say(f"已写出 {out}", f"wrote {out}"))


def submissions_in(raw: bytes) -> list[Submission]:
    """The submissions in NDJSON; raises ``Misused`` with the number of a line that is none."""
    submissions: list[Submission] = []
    for number, line in enumerate([line for line in raw.splitlines() if line.strip()], start=1):
        try:
            submissions.append(read_submission(line))
        except SubmissionMalformed as error:
            raise Misused(f"第 {number} 行：{error.message('zh')}", f"line {number}: {error}") from None
    return submissions


def submit(
    file: Annotated[Path, typer.Argument(help=say("文件，- 为标准输入", "the file, - for stdin"))],
    as_json: AsJson = False,
) -> None:
    """Submits every line; each has its own answer, and repeating it is harmless."""
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    submissions = submissions_in(raw)
    bar = progress_bar(say("登记", "recording"), len(submissions))
    with at_desk(needs_session=False) as desk, bar as done:
        outcomes = desk.record_all(submissions, done)
    print_outcomes(outcomes, as_json)
    if code := exit_of(outcomes):
        raise typer.Exit(code)
