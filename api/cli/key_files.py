"""``songnuan key new``, ``show`` and ``protect``: officers' key files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli.language import say
from api.cli.output import AsJson, console, print_json, print_text
from api.cli.passphrases import PassphraseFile, key_passphrase, passphrase
from ledger.crypto.key_encryption import is_unencrypted
from ledger.crypto.keys import (
    OfficerKey,
    algorithm_in,
    encrypt_anew,
    key_id_of,
    load_key,
    new_key_of,
    public_hex,
    save_key,
)

ForOfficer = Annotated[
    str | None,
    typer.Option(
        "--for",
        help=say(
            "人员代码：另给出登记码（公钥与持有证明），交给授权管理员",
            "the officer's code: also gives the enrolment code, public key and proof, for the registrar",
        ),
    ),
]
LedgerId = Annotated[
    str | None,
    typer.Option("--ledger", help=say("台账编号；离线时必填", "the ledger's id, where it is not here")),
]


def new(
    file: Annotated[Path, typer.Argument(help=say("要写的文件", "the file to write"))],
    officer: ForOfficer = None,
    ledger: LedgerId = None,
    algorithm: Annotated[
        Literal["ed25519", "sm2"], typer.Option(help=say("算法：ed25519 或国密 sm2", "the algorithm"))
    ] = "ed25519",
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Makes a key; the private part never leaves this file."""
    key = new_key_of(algorithm)
    save_key(key, file, passphrase(passphrase_file, confirm=True))
    _print_key(file, key, _code(key, officer, ledger), as_json)


def protect(file: Path, passphrase_file: PassphraseFile = None) -> None:
    """Writes the file anew under the same passphrase, or under a new one where it was not encrypted."""
    bare = file.exists() and is_unencrypted(file.read_bytes())
    if encrypt_anew(file, passphrase(passphrase_file, confirm=bare)):
        console.print(say(f"已重新加密：{file}", f"encrypted anew: {file}"), soft_wrap=True)
    else:
        console.print(say(f"无须重新加密：{file}", f"nothing to do: {file}"), soft_wrap=True)


def show(
    file: Path,
    officer: ForOfficer = None,
    ledger: LedgerId = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Shows what to give the registrar."""
    key = load_key(file, key_passphrase(file, passphrase_file))
    _print_key(file, key, _code(key, officer, ledger), as_json)


def _code(key: OfficerKey, officer: str | None, ledger: str | None) -> str | None:
    """The enrolment code for that officer of that ledger, the one here or at the service unless it is said."""
    if officer is None:
        return None
    if ledger is None:
        # Here, so that a key file is made and shown without what a ledger needs.
        from api.cli.desk import at_desk

        with at_desk(needs_session=False) as desk:
            ledger = desk.ledger
    # Here, since it takes the events' types, which no key by itself needs.
    from ledger.domain.possession import enrolment_code

    return enrolment_code(key, ledger, officer)


def _print_key(file: Path, key: OfficerKey, code: str | None, as_json: bool) -> None:
    public_key, key_id = public_hex(key), key_id_of(key)
    algorithm = algorithm_in(public_key)
    if as_json:
        said = {"algorithm": algorithm, "file": str(file), "key": key_id, "public_key": public_key}
        print_json(said if code is None else {**said, "enrolment_code": code})
        return
    print_text(
        say(
            f"密钥文件 {file}\n算法   {algorithm}\n编号   {key_id}\n公钥   {public_key}",
            f"key file   {file}\nalgorithm  {algorithm}\nkey id     {key_id}\npublic key {public_key}",
        )
    )
    if code is not None:
        print_text(say(f"登记码 {code}", f"enrolment code {code}"))
