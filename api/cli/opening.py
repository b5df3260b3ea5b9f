"""Opening what a command works on: the store, the writer, an officer's key."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import TypeAdapter, ValidationError

from api.cli import second_signer, server_option
from api.cli.beside import alone
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.output import errors, print_error
from api.cli.passphrases import key_passphrase, needs_passphrase, open_key, passphrase_in
from api.cli.recording import refusals_recorded
from api.cli.references import references_numbered
from api.cli.running import at_work, note_signer
from api.gate import ScopedViews, every_view
from api.gate.older_views import NOT_THERE, of_older_views
from api.service.settings import Settings
from ledger.crypto.keys import OfficerKey, key_id_of
from ledger.domain.event import parse_event
from ledger.errors import Refused
from ledger.identity.documents import EnterpriseIdentity, Identity, PersonIdentity
from ledger.identity.vault import Disclosure
from ledger.postgres.connection import datastore
from ledger.storage.founded import open_founded
from ledger.storage.store import OpenStore
from ledger.system_words import reason_of
from ledger.writing.signing import Signer, committed
from projections.following.follower import ViewFailed
from projections.following.runner import Followers

KeyFile = Annotated[
    Path,
    typer.Option(
        "--key", envvar="SONGNUAN_KEY", help=say("签署人的密钥文件（PEM）", "the signer's key file (PEM)")
    ),
]
IdentityFile = Annotated[
    Path | None,
    typer.Option(
        "--identity",
        help=say("身份信息文件（JSON），存入保险库", "a file with the identity (JSON), for the vault"),
    ),
]


def day_of(text: str | None) -> str | None:
    """A day as it was typed, 2026-01-15; None where none was.

    Raises:
        Misused: it is none.
    """
    if text is None or (re.fullmatch(r"\d{4}-\d\d-\d\d", text) and _is_day(text)):
        return text
    raise Misused(
        f"日期应写作 2026-01-15 的形式，实为 {text}", f"a day is written like 2026-01-15, got {text}"
    )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


On = Annotated[
    str | None,
    typer.Option(
        "--on", callback=day_of, help=say("业务日期，默认今天", "date of business, today by default")
    ),
]


@contextmanager
def opened() -> Iterator[OpenStore]:
    """The store of a founded ledger; what is refused there leaves a line in its access log."""
    if server_option.given() is not None:
        raise alone(at_work().name)
    with (
        open_founded(Settings().store()) as store,
        references_numbered(store),
        refusals_recorded(store, Refused, Misused),
    ):
        yield store


@contextmanager
def views(store: OpenStore) -> Iterator[Followers]:
    """The views, brought up to date. One that stopped or is outdated is warned of; the others are there."""
    connections = datastore(store.url)
    try:
        followers = Followers(connections)
        followers.prepare()
        try:
            followers.catch_up()
        except ViewFailed as failure:
            print_error(failure)
        for name in followers.outdated():
            errors.print(
                say(
                    f"! 视图 {name} 是旧版本，停在第 {followers.followers[name].position()} 号：songnuan rebuild {name}",
                    f"! the view {name} is outdated and stands at {followers.followers[name].position()}:"
                    f" songnuan rebuild {name}",
                ),
                soft_wrap=True,
            )
        try:
            yield followers
        except NOT_THERE as error:
            older = of_older_views(followers)
            if older is None:
                raise
            raise older from error
    finally:
        connections.close()


@contextmanager
def asked() -> Iterator[tuple[OpenStore, ScopedViews]]:
    """The store and all there is to ask, once the views are up to date."""
    with opened() as store, views(store), store.connect() as connection:
        yield store, every_view(connection)


def signer(store: OpenStore, key: Path, passphrase_file: Path | None) -> Signer:
    """The officer's key at work on this ledger, with the second officer's where one was named."""
    assert store.ledger is not None
    return signer_of(store.ledger, key, passphrase_file)


def signer_of(ledger: str, key: Path, passphrase_file: Path | None) -> Signer:
    """The officer's key at work on the ledger of that id, with the second officer's where one was named."""
    own = open_key(key, key_passphrase(key, passphrase_file))
    note_signer(key_id_of(own))
    return Signer(own, ledger, second=second_key())


def second_key() -> OfficerKey | None:
    """The key that ``--second`` names; None where it was not given."""
    given = second_signer.given()
    if given.key is None:
        return None
    if not needs_passphrase(given.key):
        word = ""
    elif given.passphrase_file is not None:
        word = passphrase_in(given.passphrase_file)
    elif "SONGNUAN_SECOND_PASSPHRASE" in os.environ:
        word = os.environ["SONGNUAN_SECOND_PASSPHRASE"]
    else:
        word = typer.prompt(say("第二人密钥口令", "second signer's passphrase"), hide_input=True, err=True)
    return open_key(given.key, word)


def disclosed(file: Path | None) -> tuple[str | None, Disclosure | None]:
    """A fresh commitment to the identity in a file, and what goes into the vault; None without a file.

    Raises:
        Misused: the file holds no identity.
    """
    if file is None:
        return None, None
    try:
        who: PersonIdentity | EnterpriseIdentity = TypeAdapter(Identity).validate_json(file.read_bytes())
    except OSError as error:
        zh, en = reason_of(error)
        raise Misused(
            f"无法读取身份信息文件 {file}：{zh}", f"cannot read the identity's file {file}: {en}"
        ) from None
    except ValidationError:
        raise Misused(f"{file} 不是身份信息文件（JSON）", f"{file} holds no identity (JSON)") from None
    return committed(who)


def text_in(file: Path) -> str:
    """The text of a file.

    Raises:
        OSError: it cannot be read.
        Misused: it is no text.
    """
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Misused(f"{file} 不是 UTF-8 文本", f"{file} is no text in UTF-8") from None


def json_in(file: Path) -> Any:
    """The JSON in a file, - for stdin.

    Raises:
        Misused: it holds none.
    """
    try:
        return orjson.loads(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except orjson.JSONDecodeError:
        raise Misused(f"{file} 不是 JSON 文件", f"{file} is no JSON") from None


def checked(kind: type[Any], body: dict[str, Any]) -> Any:
    """An event from what was typed in; its faults are refusals like any statement's."""
    return parse_event(kind.topic(), {name: value for name, value in body.items() if value is not None})
