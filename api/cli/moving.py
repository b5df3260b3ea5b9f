"""``songnuan upgrade server``: a newer PostgreSQL, or another server, for the ledger."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from api.audit.verification import verify_store
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import views
from api.cli.output import AsJson, console, errors, print_json, progress_bar
from api.service.settings import DatabaseUrl, Settings
from ledger.audit.audit import Trust
from ledger.errors import Incomplete
from ledger.findings import Finding
from ledger.log.proofs import head
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.major_upgrade import Upgraded, check_programs, finish_upgrade, upgrade_data
from ledger.storage.moving import Moved, move
from ledger.storage.store import OpenStore, Store, not_founded

WORKSPACE = "moving"
MOST_NAMED = 5

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="URL",
        envvar="SONGNUAN_TARGET_URL",
        help=say(
            "迁到这台服务器上的空数据库，如 postgresql://…", "move to this empty database, postgresql://…"
        ),
    ),
]
Programs = Annotated[
    Path | None,
    typer.Option(
        "--programs",
        metavar="FOLDER",
        help=say(
            "建立现有数据目录的旧版 PostgreSQL 的程序目录，如 /usr/lib/postgresql/15/bin",
            "the older PostgreSQL's programs that made the data folder, like /usr/lib/postgresql/15/bin",
        ),
    ),
]


def server(to: To = None, programs: Programs = None, as_json: AsJson = False) -> None:
    """Move the ledger to a newer or another PostgreSQL; the old one is fenced once the new one is proved."""
    settings = Settings()
    finished = finish_upgrade(settings.data_dir)
    if finished is not None:
        _say_upgraded(finished, as_json)
        return
    if to is not None:
        _move_to(settings, _check_url(to), programs, as_json)
        return
    own = EmbeddedServer(settings.data_dir)
    if settings.database_url is not None:
        raise Misused(
            "数据库不在数据目录中：用 --to 给出要迁到的空数据库",
            "the database is not in the data folder: give the empty database to move to by --to",
        )
    _check_has_data(own)
    if own.data_major == own.major():
        if as_json:
            print_json({"postgresql": own.major(), "due": False})
        else:
            console.print(
                say(
                    f"已是 PostgreSQL {own.major()}，无须升级",
                    f"it is PostgreSQL {own.major()}, as it should be",
                )
            )
        return
    _say_upgraded(upgrade_data(settings.data_dir, programs, _Proof(settings, as_json).prove), as_json)


def _move_to(settings: Settings, to: str, programs: Path | None, as_json: bool) -> None:
    proof = _Proof(settings, as_json)
    own = EmbeddedServer(settings.data_dir)
    workspace = settings.data_dir / WORKSPACE
    try:
        if settings.database_url is not None:
            moved = move(settings.database_url, to, own, workspace, proof.prove)
        else:
            _check_has_data(own)
            with EmbeddedServer(settings.data_dir, programs=check_programs(own, programs)) as old:
                moved = move(old.url, to, own, workspace, proof.prove)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    kept = say("原数据库", "the old database") if settings.database_url is not None else str(own.data)
    if as_json:
        print_json({**moved._asdict(), "kept": kept})
        return
    _say_moved(moved)
    console.print(
        say(
            f"✓ 已迁移。{kept} 原样保留，不再登记（任期 {moved.epoch}）。今后："
            "SONGNUAN_DATABASE_URL=（--to 的地址） songnuan serve",
            f"✓ moved. {kept} is kept as it was and records no more (epoch {moved.epoch}). From now on:"
            " SONGNUAN_DATABASE_URL=(what --to said) songnuan serve",
        ),
        soft_wrap=True,
    )
    _warn_of_what_stays()


def _say_upgraded(done: Upgraded, as_json: bool) -> None:
    if as_json:
        moved = {} if done.moved is None else done.moved._asdict()
        print_json({**moved, "postgresql": done.major, "kept": str(done.aside)})
        return
    if done.moved is not None:
        _say_moved(done.moved)
    console.print(
        say(
            f"✓ 已升级到 PostgreSQL {done.major}。旧数据保留在 {done.aside}，不再需要时自行删除",
            f"✓ upgraded to PostgreSQL {done.major}. The old data is kept in {done.aside}: remove it when it"
            " is no longer wanted",
        ),
        soft_wrap=True,
    )
    _warn_of_what_stays()


def _say_moved(moved: Moved) -> None:
    console.print(
        say(
            f"{moved.position} 条记录，共 {moved.rows} 行，逐表相同；新库已验证",
            f"{moved.position} entries, {moved.rows} rows, the same in every table; the new database is verified",
        )
    )


def _warn_of_what_stays() -> None:
    errors.print(
        say(
            "! 未随之迁移的：备机、备份的复制槽、ALTER SYSTEM 的设置。请重建备机，并用新的目标重新开始备份",
            "! not moved: standbys, the backups' slot, settings by ALTER SYSTEM. Make standbys anew, and begin backups"
            " in a new target",
        ),
        soft_wrap=True,
    )


def _check_url(to: str) -> str:
    try:
        return TypeAdapter(DatabaseUrl).validate_python(to)
    except ValidationError:
        raise Misused(
            "--to 应为 postgresql://用户:口令@主机:端口/数据库",
            "--to is like postgresql://user:password@host:port/database",
        ) from None


def _check_has_data(own: EmbeddedServer) -> None:
    if not own.has_data:
        raise not_founded()


class _Proof:
    """The proof of a moved ledger: all that ``verify ledger`` looks at, and the checkpoint remembered."""

    def __init__(self, settings: Settings, as_json: bool) -> None:
        self._settings = settings
        self._as_json = as_json

    def prove(self, url: str) -> None:
        """Verify the database.

        Raises:
            Incomplete: ``move-not-proved``.
        """
        found: list[Finding] = []
        settings = self._settings
        with (
            OpenStore(Store(settings.data_dir, url, settings.secrets)) as store,
            views(store) as live,
            store.connect() as connection,
        ):
            remembered = store.checkpoint_memory.note()
            trust = Trust(store.log_keys(), remembered=() if remembered is None else (remembered,))
            with progress_bar(say("验证", "verifying"), head(connection)) as progress:
                verify_store(store, live, trust, found.append, progress, copied=True)
        grave = [each.fault for each in found if each.grave]
        if grave:
            zh, en = (
                "; ".join(fault.message(language) for fault in grave[:MOST_NAMED])
                for language in ("zh", "en")
            )
            raise Incomplete(
                "move-not-proved",
                f"新库验证不符 {len(grave)} 处，原库未动：{zh}",
                f"the new database does not hold, {len(grave)} findings; the old one is as it was: {en}",
            )
