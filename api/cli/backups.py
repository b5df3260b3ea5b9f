"""``songnuan backup``: copies of the database, and going on from one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.audit.verification import verify_store
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import opened, views
from api.cli.output import AsJson, console, errors, print_json, progress_bar
from api.cli.recording import record_shown
from api.cli.stopping import stop_on_signals
from api.cli.verifying import DATABASE, Findings
from api.duties import keep_server_running
from api.service.settings import Settings
from ledger.audit.audit import Trust
from ledger.clock import CHINA
from ledger.errors import Misconfigured
from ledger.log.high_water import CheckpointMemory
from ledger.log.note import parse_key
from ledger.log.proofs import head
from ledger.storage.backup import take_backup
from ledger.storage.depot import is_depot, open_depot
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Holdings
from ledger.storage.receiving import WalReceiver
from ledger.storage.remembering import check_remembered, remember_restored
from ledger.storage.restoring import Restored, RestoreTarget, check_free, restore
from ledger.storage.slots import BACKUP_SLOT
from ledger.storage.store import OpenStore, Store
from ledger.supervision import Supervisor


def programs_for(store: OpenStore) -> EmbeddedServer:
    """The embedded server, or its programs alone for a database elsewhere."""
    return store.server or EmbeddedServer(Settings().data_dir)


def take(
    folder: Annotated[Path, typer.Argument(help=say("备份写入的新目录", "a new folder for the backup"))],
    alone: Annotated[
        bool,
        typer.Option(
            "--alone",
            help=say(
                "不接收其后的 WAL：不建复制槽，恢复只到此备份",
                "no WAL is to be received after it: no slot is made, a restore ends with this backup",
            ),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a base backup with its card; the slot that keeps the WAL after it is made first."""
    with opened() as store:
        assert store.ledger is not None
        record_shown(store)
        slot = None if alone else BACKUP_SLOT
        card = take_backup(store.url, store.ledger, programs_for(store), folder.absolute(), slot=slot)
    if as_json:
        print_json({"folder": str(folder), "slot": slot, **card._asdict()})
        return
    console.print(
        say(
            f"✓ 已备份到 {folder}：至少含前 {card.size} 条记录\n"
            "备份不含台账密钥（数据目录下 secrets/），请另行保存在别处：缺了它不能恢复，两者在一处则身份信息可被读出。",
            f"✓ backed up to {folder}: at least the first {card.size} entries\n"
            "The ledger's secrets (secrets/ in the data folder) are no part of it: keep them elsewhere. Without them"
            " nothing is restored, and whoever has both can read identities.",
        )
    )
    if slot is not None:
        console.print(
            say(
                f"其后的 WAL 由复制槽 {slot} 保留在主库上，直到 songnuan backup wal 接收：请让它一直运行，否则主库磁盘会写满",
                f"The primary keeps the WAL after it, by the slot {slot}, until songnuan backup wal receives it: keep"
                " that running, or the primary's disk fills up",
            )
        )


def wal(
    folder: Annotated[Path, typer.Argument(help=say("WAL 写入的目录", "the folder for the WAL"))],
) -> None:
    """Receive the WAL into a folder until stopped."""
    stopped = stop_on_signals()
    with opened() as store, Supervisor() as beside:
        keep_server_running(beside, store.server)
        receiver = WalReceiver(store.url, programs_for(store), folder.absolute())
        receiver.prepare()
        console.print(
            say(f"正在接收 WAL 到 {folder}，Ctrl-C 停止", f"receiving the WAL to {folder}, Ctrl-C stops")
        )
        receiver.run(stopped)


def restored(
    source: Annotated[
        str,
        typer.Argument(
            metavar="BACKUP",
            help=say("备份目录，或 backup keep 的目标", "the backup, or the target of backup keep"),
        ),
    ],
    wal_folder: Annotated[
        Path | None,
        typer.Option("--wal", help=say("此后接收的 WAL 目录", "the folder of the WAL received since")),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help=say(
                "只恢复到此位置（序号）或此时间（如 2026-01-15T17:30+08:00）",
                "go no further than this position, or this moment (like 2026-01-15T17:30+08:00)",
            ),
        ),
    ] = None,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help=say(
                "WAL 有缺口也恢复，放弃其后的记录", "restore in spite of a hole, giving up what came after"
            ),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore into the data folder of the settings, then verify against the backup's checkpoint."""
    settings = Settings()
    secrets = settings.data_dir / "secrets"
    if settings.secrets == "folder" and not secrets.exists():
        raise Misconfigured(
            "secrets-missing",
            f"缺少台账密钥：先把另行保存的 secrets 目录放到 {secrets}",
            f"the ledger's secrets are missing: first put the secrets that were kept apart into {secrets}",
        )
    target = RestoreTarget() if to is None else read_target(to)
    memory = CheckpointMemory(settings.data_dir)
    memory.read()  # one that cannot be read is said before a long restore
    server = EmbeddedServer(settings.data_dir, programs=settings.postgresql_programs)
    check_free(server)
    wal = None if wal_folder is None else wal_folder.absolute()
    with fetched(source, wal, target, settings) as (folder, wal):
        found = restore(folder, server, wal, target=target, accept_loss=accept_loss)
    try:
        lost = check_remembered(server, memory, found.position, accept_loss=accept_loss)
        if not as_json:
            say_restored(found, target)
        say_taken_back(found)
        if lost is not None:
            say_set_back(lost, found.position)
        verify_restored(settings, server.url, found, as_json=as_json)
        if lost is None:
            remember_restored(server, memory)
    finally:
        server.stop()


@contextmanager
def fetched(
    source: str, wal: Path | None, target: RestoreTarget, settings: Settings
) -> Iterator[tuple[Path, Path | None]]:
    """The backup's folder and its WAL's; out of a depot they are fetched to this disk for the while."""
    if not is_depot(source):
        yield Path(source).absolute(), wal
        return
    folder = settings.data_dir / "fetched"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield Holdings(open_depot(source)).fetch(folder, target.position, target.moment)[:2]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_target(text: str) -> RestoreTarget:
    """A position, or a moment; one without an offset is China's time.

    Raises:
        Misused: for anything else.
    """
    if text.isdigit():
        return RestoreTarget(position=int(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misused(
            f"--to 应为位置或时间，实为 {text}", f"--to is a position or a moment, got {text}"
        ) from None
    return RestoreTarget(moment=moment if moment.tzinfo is not None else moment.replace(tzinfo=CHINA))


def say_restored(found: Restored, target: RestoreTarget) -> None:
    """Say up to which position the restored ledger is whole, and what was given up."""
    console.print(
        say(
            f"已恢复到第 {found.position} 号：此前无一缺失",
            f"restored up to position {found.position}: nothing before it is missing",
        )
    )
    if target != RestoreTarget():
        console.print(
            say("其后的记录按 --to 未恢复", "what came after was not restored, as --to says"), style="yellow"
        )
    elif found.hole is not None:
        console.print(
            say(
                f"按 --accept-loss 放弃了其后的记录：WAL {found.hole.said()[0]}",
                f"what came after was given up, as --accept-loss says: of the WAL {found.hole.said()[1]}",
            ),
            style="yellow",
        )
    elif found.known > found.position:
        console.print(
            say(
                f"按 --accept-loss 放弃了第 {found.position + 1} 到至少 {found.known} 号",
                f"given up, as --accept-loss says: {found.position + 1} to {found.known} at least",
            ),
            style="yellow",
        )


def say_taken_back(found: Restored) -> None:
    """Name the copied server's settings that would keep the restored one from working."""
    if found.taken_back:
        settings = "; ".join(found.taken_back)
        errors.print(
            say(
                f"! 原库的这些设置会使恢复后的库不能工作，已改回：{settings}。需要时（如备机建好后）请重新设置",
                f"! settings of the copied server that keep a restored one from working were taken back: {settings}."
                " Set again what you need, as synchronous_standby_names once there is a standby",
            ),
            soft_wrap=True,
        )


def say_set_back(remembered: int, position: int) -> None:
    """Say that the data folder remembers more, and how the ledger goes on."""
    errors.print(
        say(
            f"! 此数据目录记得已公布到第 {remembered} 号，恢复的只到第 {position} 号（--accept-loss）。在授权管理员以 songnuan"
            " set-back accept 签署确认之前，不能登记（set-back）",
            f"! the data folder remembers {remembered} published entries, restored are {position} (--accept-loss)."
            " Nothing is recorded (set-back) until a registrar owns to the loss by songnuan set-back accept",
        ),
        soft_wrap=True,
    )


def verify_restored(settings: Settings, url: str, found: Restored, *, as_json: bool) -> None:
    """Go over the restored ledger, against the checkpoint of the backup's card."""
    findings = Findings(as_json)
    with (
        OpenStore(Store(settings.data_dir, url, settings.secrets)) as store,
        views(store) as live,
        store.connect() as connection,
    ):
        keys = tuple(parse_key(key.text) for key in store.log_keys())
        remembered = (found.card.checkpoint.encode(),) if found.card.checkpoint else ()
        with progress_bar(say("验证", "verifying"), head(connection)) as progress:
            trust = Trust(keys, remembered=remembered)
            summary = verify_store(store, live, trust, findings.hear, progress, copied=True)
    findings.close(summary, DATABASE)
