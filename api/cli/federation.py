"""``songnuan federation``: ledgers above that may read this one, and those below that it follows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli.answers import AsCsv, AsJson, Column, Shape, XlsxFile, answer
from api.cli.desk import at_service, record
from api.cli.exit_codes import EXIT_DIFFERS, Misused
from api.cli.keys import key_in
from api.cli.language import language, say, titled
from api.cli.opening import KeyFile, checked, opened, views
from api.cli.output import console, print_json, print_line
from api.cli.passphrases import PassphraseFile, key_passphrase
from api.cli.question import OfService
from api.cli.receipts import print_receipt
from api.cli.recording import record_shown
from api.federation.duty import writers_desk
from api.federation.following import Fellow, Following, Round, followed_ledger, mirror_of, put_away
from api.federation.queries import summaries_taken
from api.federation.rolling_up import STATE_TITLES, RolledUp, rolled_up, state_of
from api.gate import Row, every_view
from api.service.settings import Settings
from ledger.clock import utc_now
from ledger.crypto.keys import load_log_key
from ledger.domain.federation import LEDGER_LEVEL_TITLES, Followed
from ledger.domain.state import State
from ledger.errors import Refused, Unavailable
from ledger.events.federation import LedgerFollowed, UpperEnrolled, UpperRevoked
from ledger.federation.faults import FeedFailed
from ledger.federation.feeds import Feed, opened_pack, write_pack
from ledger.federation.figures import CUTS, LAST_DAY
from ledger.federation.own_log import OwnLog
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.note import parse_key, parse_note
from ledger.postgres.failures import WriterElsewhere
from ledger.storage.store import OpenStore
from ledger.writing.writer import Writer
from projections.frame import column as declaration

UpperCode = Annotated[str, typer.Argument(help=say("上级读取方代码", "the reader's code"))]
Name = Annotated[str, typer.Option(help=say("名称", "the name"))]
LevelOption = Annotated[str, typer.Option("--level", help="nation, province, city, county")]
RegionOption = Annotated[
    str,
    typer.Option("--region", help=say("行政区划代码（六位）", "administrative division code, six digits")),
]
ReaderKey = Annotated[
    Path,
    typer.Option(
        "--reader-key",
        envvar="SONGNUAN_READER_KEY",
        help=say("读取方的密钥文件（Ed25519）", "the reader's key file (Ed25519)"),
    ),
]


def enrol(
    key: KeyFile,
    upper: UpperCode,
    name: Name,
    level: LevelOption,
    region: RegionOption,
    code: Annotated[
        str,
        typer.Option(
            "--code",
            help=say(
                "登记码，由上级出示：key show 密钥文件 --for 代码 --ledger 本台账编号",
                "the enrolment code, from above: key show FILE --for CODE --ledger THIS-LEDGER'S-ID",
            ),
        ),
    ],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Lets a machine of a higher level read every entry; by two registrars where the ledger has a second."""
    said = {name_: value for name_, value in key_in(code).items() if name_ != "algorithm"}
    body = {"upper": upper, "name": name, "level": level, "region": region, **said}
    print_receipt(record(checked(UpperEnrolled, body), key, passphrase_file), as_json)


def revoke(
    key: KeyFile,
    upper: UpperCode,
    reason: Annotated[str, typer.Option(help=say("原因", "why"))],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Lets a machine of a higher level read no more."""
    event = checked(UpperRevoked, {"upper": upper, "reason": reason})
    print_receipt(record(event, key, passphrase_file), as_json)


def add(
    key: KeyFile,
    followed: Annotated[str, typer.Argument(help=say("所关注台账的代码", "the code of the ledger followed"))],
    verifier_key: Annotated[
        str,
        typer.Option(
            "--verifier-key",
            help=say(
                "其验证公钥，由对方 songnuan checkpoint --verifier-key 给出",
                "its verifier key, as songnuan checkpoint --verifier-key prints it there",
            ),
        ),
    ],
    name: Name,
    level: LevelOption,
    region: RegionOption,
    gives: Annotated[
        Literal["entries", "figures"],
        typer.Option(help=say("对方提供记录，或只提供检查点和数字", "whether it gives its entries")),
    ] = "entries",
    silent_after_days: Annotated[
        int, typer.Option("--silent-after", min=1, help=say("几天未读到算失联", "days until it is silent"))
    ] = 3,
    anew: Annotated[
        bool,
        typer.Option(
            "--anew",
            help=say(
                "从头重新读取：对方已确认丢失的，原镜像另存",
                "read it anew from its beginning, where it owned to a loss; the mirror of before is put away",
            ),
        ),
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Follows a ledger from now on; said again of one, it puts its terms right and ends a fault."""
    note_key = parse_key(verifier_key)
    body = {
        "followed": followed,
        "ledger": note_key.name.rpartition("/")[2],
        "name": name,
        "level": level,
        "region": region,
        "public_key": note_key.public_key.hex(),
        "gives": gives,
        "silent_after_days": silent_after_days,
        "anew": anew or None,
    }
    receipt = record(checked(LedgerFollowed, body), key, passphrase_file)
    if anew:
        put_away(Settings().store().folder, note_key.name.rpartition("/")[2], receipt.position)
    print_receipt(receipt, as_json)


def follow(
    reader_key: ReaderKey,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODE=URL...",
            help=say(
                "下级台账的代码与服务地址；不写代码的按其检查点辨认；都不写的读取设置所列各家",
                "codes and addresses of the ledgers; one without a code is known by its checkpoint; those of the"
                " settings where none is given",
            ),
        ),
    ] = None,
    every: Annotated[
        float | None,
        typer.Option(min=0.2, help=say("每隔几秒再读，直到中断", "read again every so many seconds")),
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Reads on from where was stopped, verifies all of it, and notes what was seen; exit code 6 for a fault.

    For a ledger whose service does not run: one that runs does this itself, by its settings.
    """
    # Here, so that the other commands start without a client for the network.
    from api.federation.http_feed import HttpFeed, HttpFellow, connections

    key = load_log_key(reader_key, key_passphrase(reader_key, passphrase_file))
    named = _addresses(addresses or [f"{code}={url}" for code, url in Settings().follow.items()])
    at_fault = False
    with opened() as store, _sole_writer(store) as writer, connections() as client:
        following = _following(store, writer, [HttpFellow(url, client) for url in Settings().fellows])
        feeds = [(code, HttpFeed(url, key, client, utc_now)) for code, url in named]
        while True:
            for code, feed in feeds:
                at_fault |= _tell(_one(following, writer.state, code, feed), as_json)
            if every is None:
                break
            time.sleep(every)
    if at_fault:
        raise typer.Exit(EXIT_DIFFERS)


def take(
    pack: Annotated[Path, typer.Argument(help=say("数据包", "the pack"))], as_json: AsJson = False
) -> None:
    """Takes a pack that came by hand, by the same path as over a line; exit code 6 for a fault."""
    with opened() as store, _sole_writer(store) as writer, opened_pack(pack) as feed:
        found = followed_ledger(writer.state, feed.ledger)
        at_fault = _tell(_following(store, writer).round(found.id, feed), as_json)
    if at_fault:
        raise typer.Exit(EXIT_DIFFERS)


def _addresses(given: list[str]) -> list[tuple[str | None, str]]:
    """Codes, as far as they are given, with addresses."""
    if not given:
        raise Misused(
            "请写明下级台账的代码与地址（代码=地址），或设置 SONGNUAN_FOLLOW",
            "name ledgers as CODE=URL, or set SONGNUAN_FOLLOW",
        )
    named: list[tuple[str | None, str]] = []
    for each in given:
        code, equals, url = each.partition("=")
        named.append((code, url) if equals and "/" not in code else (None, each))
    return named


@contextmanager
def _sole_writer(store: OpenStore) -> Iterator[Writer]:
    """The writer; where the ledger's service has it, said is that the service follows by itself."""
    with ExitStack() as stack:
        try:
            writer = stack.enter_context(store.writer())
        except WriterElsewhere as elsewhere:
            raise Unavailable(
                "following-by-service",
                "本台账的服务正在运行，读取下级台账由服务承担：设置 SONGNUAN_FOLLOW 和 SONGNUAN_READER_KEY 后重新启动服务；"
                "接收数据包须先停止服务",
                "the service of this ledger runs, and reads the ledgers below by itself: set SONGNUAN_FOLLOW and"
                " SONGNUAN_READER_KEY and start it again; to take a pack, stop it first",
            ) from elsewhere
        yield writer


def _one(following: Following, state: State, code: str | None, feed: Feed) -> Round:
    """One round with a ledger; one whose code is not given is known by its checkpoint."""
    if code is None:
        try:
            origin = parse_checkpoint(parse_note(feed.read("checkpoint")).text).origin
        except FeedFailed as failed:
            return Round("?", 0, 0, (), failed)
        code = followed_ledger(state, origin.rpartition("/")[2]).id
    return following.round(code, feed)


def _following(store: OpenStore, writer: Writer, fellows: Sequence[Fellow] = ()) -> Following:
    desk = writers_desk(store, writer)
    return Following(store.folder, desk.state, desk.record, utc_now, fellows)


def _tell(found: Round, as_json: bool) -> bool:
    """Say what came of a round; answers whether something is wrong."""
    if as_json:
        print_line(found.to_json())
        return found.error is not None
    if found.error is None:
        console.print(
            say(
                f"✓ {found.followed}：新增 {found.taken:,} 条，已核对至第 {found.size:,} 号",
                f"✓ {found.followed}: {found.taken:,} entries taken, verified up to {found.size:,}",
            ),
            soft_wrap=True,
        )
    else:
        console.print(f"✗ {found.followed}：{found.error.message(language())}", soft_wrap=True)
    return found.error is not None


def pack(
    file: Annotated[Path, typer.Argument(help=say("写入的文件", "the file to write"))],
    after: Annotated[
        int,
        typer.Option(min=0, help=say("上级已核对至的登记序号", "up to where the level above has verified")),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Writes what a level above needs to go on, for a ledger without a line to it."""
    with opened() as store, store.connect() as connection:
        assert store.ledger is not None
        log = OwnLog(connection)
        size = parse_checkpoint(parse_note(log.checkpoint).text).size
        if after > size:
            raise Misused(
                f"--after 为 {after}，检查点只到第 {size} 号",
                f"--after is {after}, the checkpoint has {size}",
            )
        record_shown(store)
        length = write_pack(file, store.ledger, after, size, log.read)
    if as_json:
        print_json({"file": str(file), "after": after, "size": size, "bytes": length})
    else:
        console.print(
            say(
                f"✓ 已写入 {file}：第 {after + 1} 至 {size} 号，{length:,} 字节",
                f"✓ wrote {file}: entries {after + 1} to {size}, {length:,} bytes",
            ),
            soft_wrap=True,
        )


@contextmanager
def standing() -> Iterator[tuple[OpenStore, list[Followed]]]:
    """The ledgers that are followed, by region and code."""
    with opened() as store, store.connect() as connection:
        rows = connection.execute(
            "SELECT value FROM ledger.standing WHERE key >= 'followed/' AND key < 'followed0'"
        ).fetchall()
        followed = sorted([Followed(**value) for (value,) in rows], key=lambda each: (each.region, each.id))
        yield store, followed


STANDINGS = OfService("/federation/ledgers", is_paged=True)
ROLLED_UP = OfService("/federation/rollup")


def status(as_json: AsJson = False, as_csv: AsCsv = False, xlsx: XlsxFile = None) -> None:
    """Lists the ledgers that are followed: how far each is verified, when it was seen, what is wrong."""
    shape = Shape(as_json, as_csv, xlsx)
    with at_service() as desk:
        rows = _standing_here() if desk is None else desk.rows(STANDINGS)
    columns = [
        Column("followed", ("代码", "code")),
        Column("name", ("名称", "name")),
        Column("level", ("级次", "level"), said=lambda level: titled(LEDGER_LEVEL_TITLES[level])),
        Column("region", ("区划", "region")),
        Column("state", ("状态", "state"), said=lambda state: titled(STATE_TITLES[state])),
        Column("size", ("已核对至", "verified to"), right=True),
        Column("seen_at", ("最近读取", "seen at")),
        Column("fault_on", ("异常自", "at fault since")),
    ]
    answer(say(f"下级台账：{len(rows)} 个", f"ledgers followed: {len(rows)}"), columns, rows, shape)


def _standing_here() -> list[Row]:
    with standing() as (store, followed):
        mirrors = [(each, mirror_of(store.folder, each)) for each in followed]
    return [
        {
            "followed": each.id,
            "name": each.name,
            "level": each.level,
            "region": each.region,
            "state": state_of(each),
            "size": mirror.size,
            "seen_at": mirror.seen_at or None,
            "fault_on": each.fault_on or None,
        }
        for each, mirror in mirrors
    ]


def rollup(
    by: Annotated[str | None, typer.Option(help=say("分项：", "cut by: ") + ", ".join(CUTS))] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help=say("截至日期，如 2026-01-12", "as of a day"))
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Adds up the ledgers that are followed: declared, recomputed from their entries, and the difference."""
    if by is not None and by not in CUTS:
        raise Misused(f"--by 应为 {', '.join(CUTS)}", f"--by is one of {', '.join(CUTS)}")
    shape = Shape(as_json, as_csv, xlsx)
    day = LAST_DAY if as_of is None else _day(as_of)
    with at_service() as desk:
        asked_day = None if as_of is None else day
        there = None if desk is None else desk.rows(ROLLED_UP, by=by, day=asked_day)
    if there is not None:
        print_rolled_up([RolledUp(**row) for row in there], shape, cut=by is not None)
        return
    with standing() as (store, followed), views(store), store.connect() as connection:
        taken = summaries_taken(every_view(connection), day)
        found = rolled_up(store.folder, followed, taken, by=by, day=day)
    print_rolled_up(found, shape, cut=by is not None)


def print_rolled_up(found: Sequence[RolledUp], shape: Shape, *, cut: bool = False) -> None:
    """Print a roll-up as a table, or as the shape asks."""
    count = len({each.followed for each in found})
    rows = [each.__dict__ for each in found]
    columns = [
        Column(
            each.name,
            (each.title.zh, each.title.en),
            in_fen=each.name.endswith("_fen"),
            right=each.name in ("declared_persons", "cases", "helped"),
            said=_SAID.get(each.name),
        )
        for each in declaration.columns(RolledUp)
        if each.title is not None and (cut or each.name != "cut")
    ]
    answer(say(f"汇总：{count} 个台账", f"roll-up of {count} ledgers"), columns, rows, shape)


_SAID = {
    "level": lambda level: titled(LEDGER_LEVEL_TITLES[level]),
    "state": lambda state: titled(STATE_TITLES[state]),
}


def _day(text: str) -> str:
    from ledger.statements.statement import day

    try:
        return day(text, "as-of").isoformat()
    except Refused as refusal:
        raise Misused(refusal.message("zh"), refusal.message("en")) from None


def check(as_json: AsJson = False) -> None:
    """Holds everything that the mirrors keep against the roots of the checkpoints that they verified."""
    with standing() as (store, followed):
        for each in followed:
            mirror = mirror_of(store.folder, each)
            mirror.check()
            if as_json:
                print_line({"followed": each.id, "size": mirror.size, "whole": True})
            else:
                console.print(
                    say(f"✓ {each.id}：{mirror.size:,} 条完好", f"✓ {each.id}: {mirror.size:,} entries whole")
                )
