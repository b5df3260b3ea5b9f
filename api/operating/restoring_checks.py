"""The doctor looks whether backups could be restored here (能否恢复): by programs of the database's major version."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from api.operating.check import Check
from api.service.settings import Settings
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.storage.embedded import EmbeddedServer

TOPIC = "restoring"


def check_restoring(settings: Settings) -> Iterator[Check]:
    """The programs that restore and rehearse, where the database is a separate one; the embedded has its own."""
    if settings.database_url is None:
        return
    try:
        with connect(settings.database_url, answer_seconds=ANSWER_SECONDS) as connection:
            major = connection.info.server_version // 10_000
    except psycopg.OperationalError:
        return  # whether it is reached is another line
    folder = settings.postgresql_programs
    wanted = f"/usr/lib/postgresql/{major}/bin"
    way_out = (
        f"安装 PostgreSQL {major}，设置 SONGNUAN_POSTGRESQL_PROGRAMS={wanted}",
        f"install PostgreSQL {major}, and set SONGNUAN_POSTGRESQL_PROGRAMS={wanted}",
    )
    if folder is not None and not (folder / "postgres").exists():
        yield Check(
            TOPIC,
            "fail",
            (f"{folder} 中没有 PostgreSQL 的程序", f"there are no programs of PostgreSQL in {folder}"),
            way_out,
        )
        return
    found = EmbeddedServer(settings.data_dir, programs=folder).major()
    if found == major:
        yield Check(
            TOPIC,
            "ok",
            (f"恢复用 PostgreSQL {found} 的程序", f"PostgreSQL {found}'s programs restore backups"),
        )
        return
    yield Check(
        TOPIC,
        "warn",
        (
            f"数据库是 PostgreSQL {major}，恢复所用程序为 {found}：其备份在此不能恢复、不能演练",
            f"the database is PostgreSQL {major}, the programs that restore are {found}: no backup of it can be"
            " restored or rehearsed here",
        ),
        way_out,
    )
