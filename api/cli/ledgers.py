"""``songnuan init`` and ``songnuan status``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from api.cli.language import say, titled
from api.cli.opening import IdentityFile, disclosed, opened, views
from api.cli.output import AsJson, console, print_json, print_table
from api.cli.passphrases import PassphraseFile, key_passphrase, passphrase
from api.cli.receipts import print_receipt
from api.service.settings import Settings
from ledger.crypto.keys import (
    algorithm_in,
    load_key,
    new_key,
    public_hex,
    save_key,
)
from ledger.domain.rules_version import NEWEST
from ledger.errors import Misconfigured
from ledger.events.registry import LedgerFounded
from ledger.postgres import migrations
from ledger.storage.store import OpenStore
from ledger.writing.signing import Signer


def init(
    name: Annotated[str, typer.Option(help=say("台账名称", "the ledger's name"))],
    key: Annotated[
        Path,
        typer.Option(help=say("授权管理员密钥文件；没有则新建", "the registrar's key file, made if missing")),
    ],
    officer: Annotated[str, typer.Option(help=say("授权管理员代码", "the registrar's code"))] = "registrar",
    officer_name: Annotated[
        str, typer.Option(help=say("授权管理员姓名", "the registrar's name"))
    ] = "授权管理员",
    identity: IdentityFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Founds a ledger in the data folder and the database, by the newest rules."""
    promise, disclosure = disclosed(identity)
    with OpenStore(Settings().store()) as store:
        if store.ledger is not None:
            raise Misconfigured(
                "already-founded", f"台账已存在：{store.name}", f"there is a ledger already: {store.name}"
            )
        if key.exists():
            word = key_passphrase(key, passphrase_file)
        else:
            word = passphrase(passphrase_file, confirm=True)
            save_key(new_key(), key, word)
        ledger = str(uuid4())
        signer = Signer(load_key(key, word), ledger)
        store.create_secrets(ledger)
        with store.writer() as writer:
            receipt = writer.record(
                signer.sign(
                    LedgerFounded(
                        name=name,
                        officer=officer,
                        officer_name=officer_name,
                        algorithm=algorithm_in(public_hex(signer.key)),
                        public_key=public_hex(signer.key),
                        ledger_key=store.ledger_public_key(),
                        rules=NEWEST,
                        identity_commitment=promise,
                    ),
                    disclosure,
                )
            )
    print_receipt(receipt, as_json)


def status(as_json: AsJson = False) -> None:
    """Says what stands and how far the views are."""
    with opened() as store, store.connect() as connection:
        row = connection.execute("SELECT (SELECT coalesce(max(position), 0) FROM ledger.entries)").fetchone()
        head = row[0] if row is not None else 0
        with views(store) as follower:
            state: dict[str, Any] = {
                "ledger": store.ledger,
                "name": store.name,
                "head": head,
                "views": [status._asdict() for status in follower.status()],
                "schema": migrations.applied(connection),
                "postgresql": connection.info.server_version // 10000,
                "embedded": store.server is not None,
            }
    if as_json:
        print_json(state)
        return
    console.print(
        say(
            f"台账 {state['name']}（{state['ledger']}）\n已登记 {head} 条\n"
            f"PostgreSQL {state['postgresql']}{'（内置）' if state['embedded'] else ''}，结构版本 {state['schema']}",
            f"Ledger {state['name']} ({state['ledger']})\n{head} entries\n"
            f"PostgreSQL {state['postgresql']}{' (embedded)' if state['embedded'] else ''},"
            f" schema version {state['schema']}",
        )
    )
    print_table(
        say("视图", "Views"),
        [
            (say("视图", "view"), "left"),
            (say("至登记序号", "position"), "right"),
            (say("落后", "behind"), "right"),
            (say("状态", "state"), "left"),
        ],
        [
            (
                f"{titled(view['title'])} {view['view']}",
                view["position"],
                view["behind"],
                _condition(view),
            )
            for view in state["views"]
        ],
    )


def _condition(view: dict[str, Any]) -> str:
    if view["outdated"]:
        return say("旧版本：songnuan rebuild", "outdated: songnuan rebuild")
    if view["reason"] is None:
        return say("正常", "fine")
    return say(
        f"停在第 {view['failed_before']} 号之前：{view['reason']}",
        f"stopped before {view['failed_before']}: {view['reason']}",
    )
