"""``songnuan checkpoint``, ``proof``, ``cosign`` and ``witness``: the log's signed state, and who else signs it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from api.cli import log_there, server_option
from api.cli.answers import AsJson
from api.cli.desk import ServerDesk, at_desk, at_service
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, opened, text_in
from api.cli.output import console, errors, print_error, print_json, set_up_logging
from api.cli.passphrases import PassphraseFile, key_passphrase
from api.service.settings import Settings
from ledger.crypto.keys import load_log_key
from ledger.crypto.merkle import leaf_hash
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import SongnuanError
from ledger.log.checkpoint import Checkpoint, parse_checkpoint, verify_proof
from ledger.log.note import Note, parse_key
from ledger.log.proofs import (
    NO_CHECKPOINT,
    cosigned,
    first_checkpoint_over,
    latest_checkpoint,
    prove,
)
from ledger.log.witness import Witness

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def checkpoint(
    at: Annotated[
        int | None,
        typer.Option("--at", help=say("截至登记序号的最近检查点", "the last one of at most so many entries")),
    ] = None,
    verifier_key: Annotated[
        bool, typer.Option("--verifier-key", help=say("只输出验证公钥", "print the verifier key alone"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prints a checkpoint as it was signed, or the key to verify it with."""
    if server_option.given() is not None:
        if at is not None:
            raise log_there.refuse_option("--at")
        with at_desk(needs_session=False) as desk:
            assert isinstance(desk, ServerDesk)
            key = log_there.verifier_key(desk).text
            note = None if verifier_key else log_there.checkpoint(desk)
    else:
        with opened() as store, store.connect() as connection:
            key = store.verifier_key().text
            note = None if verifier_key else _newest(connection, at)
    if note is None:
        typer.echo(key)
    elif as_json:
        stands = parse_checkpoint(note.text)
        print_json(
            {
                "origin": stands.origin,
                "size": stands.size,
                "root": stands.root.hex(),
                "signed_by": [line.name for line in note.signatures],
                "verifier_key": key,
                "note": note.raw.decode(),
            }
        )
    else:
        typer.echo(note.raw.decode(), nl=False)


def _newest(connection: psycopg.Connection, at: int | None) -> Note:
    raw = latest_checkpoint(connection, at)
    if raw is None:
        raise NO_CHECKPOINT.refused()
    return cosigned(connection, raw)


def proof(
    entry: Annotated[
        str, typer.Argument(help=say("登记序号，或签署件编号", "a position, or a statement's id"))
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=say("写入文件", "write it to a file"))
    ] = None,
    first: Annotated[
        bool,
        typer.Option(
            "--first",
            help=say("用最早的检查点，而非最新", "under the first checkpoint over it, not the newest"),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Makes a proof and checks it as anybody else would."""
    with at_service() as desk:
        if desk is not None:
            if first:
                raise log_there.refuse_option("--first")
            position, leaf, made = log_there.proof(desk, entry)
            keys = [log_there.verifier_key(desk)]
    if server_option.given() is None:
        with opened() as store, store.connect() as connection:
            position, data = _entry(connection, entry)
            made = prove(connection, position, first_checkpoint_over(connection, position) if first else None)
            leaf, keys = leaf_hash(data), [store.verifier_key()]
    stands, note = verify_proof(made, leaf, keys)
    if output is not None:
        output.write_text(made.text, encoding="utf-8")
    if as_json:
        print_json(
            {
                "position": position,
                "leaf_hash": leaf.hex(),
                "size": stands.size,
                "root": stands.root.hex(),
                "signed_by": [line.name for line in note.signatures],
                "proof": made.text,
            }
        )
        return
    if output is None:
        typer.echo(made.text, nl=False)
    _say_verified(position, leaf, stands)


def _say_verified(position: int, leaf: bytes, stands: Checkpoint) -> None:
    errors.print(
        say(
            f"✓ 已验证：第 {position} 号记录在 {stands.size} 条的检查点之中\n  叶哈希 {leaf.hex()}",
            f"✓ verified: entry {position} is in the checkpoint of {stands.size} entries\n"
            f"  leaf {leaf.hex()}",
        )
    )


def _entry(connection: psycopg.Connection, named: str) -> tuple[int, bytes]:
    """The position and bytes of the entry named by position or statement id."""
    if named.isdecimal():
        where = "position = %s"
    elif _UUID(named):
        where = "statement_id = %s::uuid"
    else:
        raise Misused(
            f"应为登记序号或签署件编号，实为 {named}",
            f"a position or a statement's id is expected, got {named}",
        )
    row = connection.execute(
        f"SELECT position, data FROM ledger.entries WHERE {where}",  # noqa: S608 # one of the two above
        (named,),
    ).fetchone()
    if row is None:
        raise UNKNOWN_REFERENCE.refused(kind="entry", id=named)
    return row[0], bytes(row[1])


def cosign() -> None:
    """Asks each witness of the settings once."""
    # Here, so that the other commands start without a client for the network.
    from api.log.cosigning import WitnessClient, witness_connections

    witnesses = Settings().witness_keys()
    if not witnesses:
        raise Misused(
            "设置中没有见证方（witnesses）", "no witnesses are set: witnesses, or SONGNUAN_WITNESSES"
        )
    failed = False
    with opened() as store, store.connect() as connection, witness_connections() as client:
        for url, key in witnesses:
            try:
                WitnessClient(url, key, client).cosign(connection)
            except SongnuanError as error:
                print_error(error)
                failed = True
            else:
                console.print(say(f"✓ {key.name} 已签名", f"✓ {key.name} has signed"))
    if failed:
        raise typer.Exit(1)


def timestamp(as_json: AsJson = False) -> None:
    """Asks the authority of the settings once."""
    from api.log.certificates import load_roots
    from api.log.timestamping import stamp

    settings = Settings()
    if settings.timestamp_authority is None or settings.timestamp_roots is None:
        raise Misused(
            "设置中没有时间戳机构（timestamp_authority、timestamp_roots）",
            "no authority is set: timestamp_authority and timestamp_roots",
        )
    with opened() as store, store.connect() as connection:
        stamped = stamp(connection, settings.timestamp_authority, load_roots(settings.timestamp_roots))
    if stamped is None:
        raise NO_CHECKPOINT.refused()
    if as_json:
        print_json({"size": stamped[0], "time": stamped[1]})
    else:
        console.print(
            say(
                f"✓ 检查点（{stamped[0]} 条）已盖时间戳：{stamped[1]}",
                f"✓ the checkpoint of {stamped[0]} entries is stamped: {stamped[1]}",
            )
        )


def witness(
    name: Annotated[str, typer.Option(help=say("见证方名称，如 union.example/w1", "the witness's name"))],
    key: KeyFile,
    folder: Annotated[
        Path, typer.Option(help=say("存放各日志最近检查点的目录", "where the last checkpoints are kept"))
    ],
    log: Annotated[
        list[str] | None,
        typer.Option(
            "--log", help=say("所见证日志的验证公钥，可多次", "a watched log's verifier key; repeat")
        ),
    ] = None,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--logs",
            exists=True,
            dir_okay=False,
            help=say(
                "所见证日志的验证公钥文件，每行一个", "a file of watched logs' verifier keys, one a line"
            ),
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    host: Annotated[str, typer.Option(help=say("监听地址", "address"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=say("端口", "port"))] = 8701,
    show_key: Annotated[
        bool, typer.Option("--show-key", help=say("只输出见证公钥", "print the witness's key and end"))
    ] = False,
) -> None:
    """Serves as a witness until stopped."""
    texts = [*(log or ()), *(text_in(log_file).splitlines() if log_file else ())]
    logs = [parse_key(text) for text in texts if text.strip()]
    if not logs:
        raise Misused("请以 --log 或 --logs 给出所见证的日志", "name the logs to watch by --log or --logs")
    made = Witness(folder, load_log_key(key, key_passphrase(key, passphrase_file)), name, logs)
    parse_key(made.key.text)
    if show_key:
        typer.echo(made.key.text)
        return
    # Here, so that the other commands start without the web framework.
    from api.log.witness_service import create_witness
    from api.service.connections import Connections, most_connections
    from api.service.server import listen, run

    set_up_logging(Settings())
    bound = listen(host, port)
    errors.print(say(f"见证公钥 {made.key.text}", f"witness key {made.key.text}"), soft_wrap=True)
    run(create_witness(made), bound, Connections(most_connections()))
