"""Key files and their passphrases (密钥口令): from a file, the environment, or asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.output import errors
from ledger.crypto.key_encryption import is_unencrypted, is_weakly_encrypted
from ledger.crypto.keys import OfficerKey, encrypt_anew, load_key

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help=say("口令文件；或设 SONGNUAN_PASSPHRASE", "a file with the passphrase; or SONGNUAN_PASSPHRASE"),
    ),
]


def passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """The passphrase from a file, the environment, or asked for."""
    if file is not None:
        return passphrase_in(file)
    if "SONGNUAN_PASSPHRASE" in os.environ:
        return os.environ["SONGNUAN_PASSPHRASE"]
    given: str = typer.prompt(
        say("密钥口令", "passphrase"), hide_input=True, confirmation_prompt=confirm, err=True
    )
    return given


def passphrase_in(file: Path) -> str:
    """The passphrase that a file holds.

    Raises:
        Misused: it holds no text.
    """
    try:
        return file.read_text(encoding="utf-8").rstrip("\n")
    except UnicodeDecodeError:
        raise Misused(
            f"口令文件 {file} 不是 UTF-8 文本", f"the passphrase's file {file} is no text in UTF-8"
        ) from None


def key_passphrase(key: Path, file: Path | None) -> str:
    """The passphrase of a key file; none is asked for where the key is not encrypted, which is warned of.

    A file that cannot be read asks for none either: whoever opens it says why.
    """
    return passphrase(file) if needs_passphrase(key) else ""


def needs_passphrase(key: Path) -> bool:
    """Whether a key file is encrypted; one that is not is warned of."""
    try:
        pem = key.read_bytes()
    except OSError:
        return False
    if not is_unencrypted(pem):
        return True
    errors.print(
        say(
            f"! 密钥文件 {key} 没有加密，谁读到谁就能签署：songnuan key protect {key}",
            f"! the key file {key} is not encrypted, so that whoever reads it can sign: songnuan key protect {key}",
        ),
        soft_wrap=True,
    )
    return False


def open_key(file: Path, word: str) -> OfficerKey:
    """Open a key file; one that is weakly encrypted is written anew, if its owner agrees."""
    key = load_key(file, word)
    if is_weakly_encrypted(file.read_bytes()):
        if sys.stdin.isatty() and typer.confirm(
            say(
                f"密钥文件 {file} 的加密方式较旧，是否用同一口令重新加密？",
                f"the key file {file} is encrypted in an older way: encrypt it anew, by the same passphrase?",
            ),
            default=True,
            err=True,
        ):
            encrypt_anew(file, word)
        else:
            errors.print(
                say(
                    f"! 密钥文件 {file} 的加密方式较旧，请重新加密：songnuan key protect {file}",
                    f"! the key file {file} is encrypted in an older way: songnuan key protect {file}",
                ),
                soft_wrap=True,
            )
    return key
