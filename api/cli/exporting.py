"""``songnuan export``: the auditor's bundle, and the log as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from api.audit.exporting import export_bundle
from api.cli import log_there, server_option
from api.cli.answers import AsJson
from api.cli.desk import ServerDesk, at_service
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import opened, signer, views
from api.cli.output import console, print_json, progress_bar
from api.cli.passphrases import PassphraseFile
from api.cli.recording import record_shown
from api.gate import every_view
from api.gate.moments import position_at
from api.gate.references import check_references
from api.identities.disclosing import disclosed, reveal
from ledger.audit.audit import Disclosed
from ledger.crypto.merkle import HASH_BYTES
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.proofs import (
    NO_CHECKPOINT,
    cosigned,
    entry_bundle,
    latest_checkpoint,
    published,
    stored_tiles,
)
from ledger.log.tiles import (
    TILE_HASHES,
    Tile,
    index_path,
    tile_width,
    width_suffix,
)
from ledger.storage.store import OpenStore
from ledger.whole_file import written_whole

TILES_AT_ONCE = 64


def export_one(
    output: Annotated[Path, typer.Argument(help=say("写入的文件", "the file to write"))],
    campaign: Annotated[
        str | None,
        typer.Option(help=say("只含一个活动，其余只留哈希", "only one campaign; of the rest, hashes")),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help=say(
                "截至登记序号，或日期、时间；取其前最近的检查点",
                "up to a position, date or time: its last checkpoint",
            ),
        ),
    ] = None,
    identity_of: Annotated[
        list[str] | None,
        typer.Option(
            "--identity-of",
            help=say(
                "附上此档案的身份信息，可多次；须 --purpose 与 --key",
                "disclose this dossier's identity; repeat",
            ),
        ),
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option(help=say("查阅身份的目的，将记入台账", "what identities are shown for; recorded")),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", envvar="SONGNUAN_KEY", help=say("签署查阅的密钥文件", "the signer's key file")),
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Writes a bundle up to the last checkpoint of that time; identities are signed for first."""
    if server_option.given() is not None:
        _export_there(output, campaign, to, identity_of, as_json=as_json)
        return
    with opened() as store:
        identities = _revealed(store, identity_of or [], purpose, key, passphrase_file)
        with views(store), store.connect() as connection:
            check_references(every_view(connection), campaign=campaign)
            size = _published(connection, position_at(every_view(connection), to))
            record_shown(store, campaign=campaign)
            with progress_bar(say("导出", "exporting"), size) as progress:
                told = export_bundle(
                    store,
                    connection,
                    output,
                    size,
                    campaign=campaign,
                    identities=identities,
                    progress=progress,
                )
    _say_exported(output, told, as_json=as_json)


def _say_exported(output: Path, told: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    size, key_text = told["size"], told["verifier_key"]
    console.print(
        say(
            f"✓ 已写入 {output}：第 1 至 {size} 号，{told['bytes']:,} 字节\n"
            f"验证：songnuan verify bundle {output} --verifier-key '{key_text}'\n"
            "（验证公钥应由审计方另行取得、自行保管）",
            f"✓ wrote {output}: entries 1 to {size}, {told['bytes']:,} bytes\n"
            f"verify: songnuan verify bundle {output} --verifier-key '{key_text}'\n"
            "(the auditor should have the verifier key from elsewhere, and keep it)",
        ),
        soft_wrap=True,
    )


def _export_there(
    output: Path, campaign: str | None, to: str | None, identity_of: list[str] | None, *, as_json: bool
) -> None:
    """Writes the bundle that the service makes; the key to verify it by is to be had from elsewhere."""
    if identity_of:
        raise Misused(
            "服务导出的审计包不含身份信息：--identity-of 须在台账所在的机器上使用",
            "a bundle of a service has no identities: --identity-of works beside the ledger alone",
        )
    with at_service() as desk:
        assert desk is not None
        content = desk.file("/bundle", as_of=to, campaign=campaign)
    _write(output, content)
    if as_json:
        print_json({"file": str(output), "bytes": len(content)})
        return
    console.print(
        say(
            f"✓ 已写入 {output}：{len(content):,} 字节\n（验证公钥应由审计方另行取得、自行保管）",
            f"✓ wrote {output}: {len(content):,} bytes\n"
            "(the auditor should have the verifier key from elsewhere, and keep it)",
        ),
        soft_wrap=True,
    )


def _revealed(
    store: OpenStore,
    dossiers: list[str],
    purpose: str | None,
    key: Path | None,
    passphrase_file: Path | None,
) -> list[Disclosed]:
    """Identities for the bundle, recorded as shown before they are opened."""
    if not dossiers:
        return []
    if purpose is None or key is None:
        raise Misused(
            "--identity-of 须同时给出 --purpose 与 --key", "--identity-of needs --purpose and --key"
        )
    with store.writer() as writer, store.connect() as connection:
        officer = signer(store, key, passphrase_file)
        shown = reveal(connection, writer, officer, store.vault(), dossiers, purpose)
        record_shown(store, kind="identities", rows=len(shown))
        return list(disclosed(connection, store.vault(), dossiers))


def _published(connection: psycopg.Connection, upto: int | None = None) -> int:
    """How many entries the last checkpoint of that time holds; refuses where there is none."""
    size = published(connection, upto)
    if size == 0:
        raise NO_CHECKPOINT.refused()
    return size


def export_tiles(
    folder: Annotated[Path, typer.Argument(help=say("写入的目录", "the folder to write to"))],
    as_json: AsJson = False,
) -> None:
    """Writes checkpoint, tiles and entries; what is there already and full is left."""
    with at_service() as desk:
        there = None if desk is None else _tiles_there(desk, folder)
    size, written = there or _tiles_here(folder)
    if as_json:
        print_json({"folder": str(folder), "size": size, "tiles": written})
    else:
        console.print(
            say(
                f"✓ 已写入 {folder}：{size} 条，{written} 片",
                f"✓ wrote {folder}: {size} entries, {written} tiles",
            )
        )


def _tiles_there(desk: ServerDesk, folder: Path) -> tuple[int, int]:
    """The log of a service as files; answers its size, and how many tiles were written."""
    note = log_there.checkpoint(desk)
    size = parse_checkpoint(note.text).size
    written = log_there.write_tiles(desk, folder, size)
    _write(folder / "checkpoint", note.raw)
    _write(folder / "checkpoint.key", f"{log_there.verifier_key(desk).text}\n".encode())
    return size, written


def _tiles_here(folder: Path) -> tuple[int, int]:
    """The same of the log in its database."""
    with opened() as store, store.connect() as connection:
        size = _published(connection)
        record_shown(store)
        raw = latest_checkpoint(connection, size)
        assert raw is not None
        with progress_bar(say("导出", "exporting"), size) as progress:
            for index in range(-(-size // TILE_HASHES)):
                width = tile_width(Tile(0, index), size)
                _write_entries(connection, folder, index, width)
                progress(index * TILE_HASHES + width)
        written = _write_tiles(connection, folder, size)
        _write(folder / "checkpoint", cosigned(connection, raw).raw)
        _write(folder / "checkpoint.key", f"{store.verifier_key().text}\n".encode())
    return size, written


def _write_entries(connection: psycopg.Connection, folder: Path, index: int, width: int) -> None:
    path = folder / f"tile/entries/{index_path(index)}{width_suffix(width)}"
    if not path.exists():
        bundle = entry_bundle(connection, index, width)
        if bundle is None:
            raise NO_CHECKPOINT.refused()
        _write(path, bundle)


def _write_tiles(connection: psycopg.Connection, folder: Path, size: int) -> int:
    tiles = []
    level = 0
    while size >> 8 * level:
        count = -(-(size >> 8 * level) // TILE_HASHES)
        tiles += [Tile(level, index) for index in range(count)]
        level += 1
    missing = [tile for tile in tiles if not (folder / tile.path(tile_width(tile, size))).exists()]
    for start in range(0, len(missing), TILES_AT_ONCE):
        for tile, hashes in stored_tiles(connection, missing[start : start + TILES_AT_ONCE]).items():
            width = tile_width(tile, size)
            _write(folder / tile.path(width), hashes[: width * HASH_BYTES])
    return len(missing)


def _write(path: Path, content: bytes) -> None:
    """Write a file, which has its name only once it is whole: what has one is never written again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as beside:
        beside.write_bytes(content)
