"""A newer major version for the embedded server (大版本升级): its data folder is made anew and changed places.

The new one is made and proved in a folder beside the old. Two renames put it in its place; where
they broke off, no server starts on the empty place, and the same command finishes them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson

from ledger.clock import utc_now
from ledger.errors import Misconfigured
from ledger.storage.cards import parse_card
from ledger.storage.embedded import PROVED, UPGRADE, EmbeddedServer
from ledger.storage.moving import Moved, move


class Upgraded(NamedTuple):
    """What came of it: what was moved, None where only the places were to be changed; where the old data is."""

    moved: Moved | None
    aside: Path
    major: int


def upgrade_is_unfinished(server: EmbeddedServer) -> bool:
    """Whether an upgrade broke off while the folders changed places."""
    return (server.folder / UPGRADE / PROVED).exists()


def finish_upgrade(folder: Path) -> Upgraded | None:
    """Finish an upgrade that broke off while the folders changed places; None where there is none."""
    server = EmbeddedServer(folder)
    if not upgrade_is_unfinished(server):
        return None
    workspace = server.folder / UPGRADE
    card = parse_card(
        (workspace / PROVED).read_bytes(),
        lambda said: {"aside": str(said["aside"]), "fenced": bool(said["fenced"])},
        Misconfigured(
            "data-folder-damaged",
            f"{workspace / PROVED} 已损坏：删除它，再运行 songnuan upgrade server，从原来的数据重新开始",
            f"{workspace / PROVED} is damaged: remove it and run songnuan upgrade server, which begins anew with"
            " the data of before",
        ),
    )
    aside = server.folder / str(card["aside"])
    made = EmbeddedServer(workspace, programs=server.programs)
    if server.has_data and made.has_data and not card["fenced"]:
        # An older release may have gone on in the old database since.
        (workspace / PROVED).unlink()
        return None
    if made.has_data:
        if server.has_data:
            server.data.rename(aside)
        made.data.rename(server.data)
    shutil.rmtree(workspace)
    return Upgraded(None, aside, server.major())


def upgrade_data(folder: Path, programs: Path | None, prove: Callable[[str], None]) -> Upgraded:
    """Move the embedded server's ledger into a data folder of the packaged version, and put it in place.

    ``programs`` are those of the version that made the data.

    Raises:
        Misconfigured: ``older-programs-missing``; and what :func:`ledger.storage.moving.move` raises.
    """
    server = EmbeddedServer(folder)
    old = EmbeddedServer(folder, programs=check_programs(server, programs))
    made = EmbeddedServer(server.folder / UPGRADE, programs=server.programs)
    old.prepare_folder(made.folder)
    made.folder.chmod(0o755)
    with old, made:
        moved = move(old.url, made.url, server, made.folder / "dump", prove, must_fence=False)
        for each in (made, old):
            each.halt()
    aside = f"postgresql-{old.data_major}-{utc_now():%Y%m%dT%H%M%SZ}"
    (made.folder / PROVED).write_bytes(orjson.dumps({"aside": aside, "fenced": moved.fenced}))
    finished = finish_upgrade(folder)
    assert finished is not None
    return finished._replace(moved=moved)


def check_programs(server: EmbeddedServer, programs: Path | None) -> Path:
    """The programs that can run the data folder as it is.

    Raises:
        Misconfigured: ``older-programs-missing``.
    """
    wanted = server.data_major
    if programs is None and wanted == server.major():
        return server.programs
    found = None
    if programs is not None and (programs / "postgres").exists():
        found = EmbeddedServer(server.folder, programs=programs.absolute()).major()
    if programs is None or found != wanted:
        raise Misconfigured(
            "older-programs-missing",
            f"数据目录由 PostgreSQL {wanted} 建立：用 --programs 指明该版本的程序目录，例如"
            f" /usr/lib/postgresql/{wanted}/bin",
            f"the data folder was made by PostgreSQL {wanted}: name the folder of that version's programs by"
            f" --programs, for example /usr/lib/postgresql/{wanted}/bin",
        )
    return programs.absolute()
