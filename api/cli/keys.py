"""``songnuan key``: officers' keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli.language import say
from api.cli.opening import KeyFile, PassphraseFile, opened, passphrase, record, signer
from api.cli.output import AsJson, console, print_json
from api.cli.receipts import print_receipt
from ledger.clock import CHINA, utc_now
from ledger.events.registry import KeyRevoked, KeyRotated, LedgerKeyRotated
from ledger.keys import algorithm_in, encrypt_anew, key_id_of, load_key, new_key_of, public_hex, save_key


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(no_args_is_help=True, help=say("密钥：新建、查看、更换、注销", "keys"))
    group.command("new", help=say("新建密钥文件（口令加密的 PKCS#8 PEM）", "make a key file"))(new)
    group.command("show", help=say("查看密钥的公钥和编号", "show a key's public part and id"))(show)
    group.command(
        "protect",
        help=say("用现行加密方式重新加密密钥文件，口令不变", "encrypt a key file anew, as files are now"),
    )(protect)
    group.command("rotate", help=say("更换密钥", "replace an officer's key"))(rotate)
    group.command("revoke", help=say("注销密钥", "revoke a key"))(revoke)
    group.command(
        "rotate-ledger",
        help=say(
            "更换账本自己的密钥，此后的检查点由新密钥签署",
            "replace the ledger's own key, which signs checkpoints",
        ),
    )(rotate_ledger)
    app.add_typer(group, name="key")


def _now() -> str:
    return utc_now().astimezone(CHINA).isoformat(timespec="seconds")


def new(
    file: Annotated[Path, typer.Argument(help=say("要写的文件", "the file to write"))],
    algorithm: Annotated[
        Literal["ed25519", "sm2"], typer.Option(help=say("算法：ed25519 或国密 sm2", "the algorithm"))
    ] = "ed25519",
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Makes a key; the private part never leaves this file."""
    key = new_key_of(algorithm)
    save_key(key, file, passphrase(passphrase_file, confirm=True))
    _print_key(str(file), key_id_of(key), public_hex(key), as_json)


def protect(file: Path, passphrase_file: PassphraseFile = None) -> None:
    """Writes the file anew under the same passphrase, where it is encrypted in an older way."""
    if encrypt_anew(file, passphrase(passphrase_file)):
        console.print(say(f"已重新加密：{file}", f"encrypted anew: {file}"), soft_wrap=True)
    else:
        console.print(say(f"无须重新加密：{file}", f"nothing to do: {file}"), soft_wrap=True)


def show(file: Path, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Shows what to give the registrar."""
    key = load_key(file, passphrase(passphrase_file))
    _print_key(str(file), key_id_of(key), public_hex(key), as_json)


def _print_key(file: str, key_id: str, public_key: str, as_json: bool) -> None:
    algorithm = algorithm_in(public_key)
    if as_json:
        print_json({"algorithm": algorithm, "file": file, "key": key_id, "public_key": public_key})
    else:
        console.print(
            say(
                f"密钥文件 {file}\n算法   {algorithm}\n编号   {key_id}\n公钥   {public_key}",
                f"key file   {file}\nalgorithm  {algorithm}\nkey id     {key_id}\npublic key {public_key}",
            )
        )


def rotate_ledger(
    key: KeyFile,
    reason: Annotated[str, typer.Option(help=say("更换原因", "why"))],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by a registrar over everything. The checkpoint over it is the old key's last."""
    with opened() as store:
        event = LedgerKeyRotated(public_key=public_hex(store.next_ledger_key()), reason=reason)
        with store.writer() as writer:
            receipt = writer.record(signer(store, key, passphrase_file).sign(event))
        verifier_key = store.verifier_key().text
    if as_json:
        print_json({**receipt.to_json(), "verifier_key": verifier_key})
        return
    print_receipt(receipt, as_json)
    console.print(
        say(f"新的验证公钥：{verifier_key}", f"the new verifier key: {verifier_key}"), soft_wrap=True
    )


def rotate(
    key: KeyFile,
    officer: Annotated[str, typer.Option(help=say("人员代码", "the officer's code"))],
    public_key: Annotated[str, typer.Option(help=say("新公钥", "the new public key"))],
    replaces: Annotated[str | None, typer.Option(help=say("被更换的密钥编号", "the key replaced"))] = None,
    valid_from: Annotated[str | None, typer.Option(help=say("启用时间", "valid from"))] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by the officer with a key in force, or by a registrar."""
    event = KeyRotated(
        officer=officer,
        algorithm=algorithm_in(public_key),
        public_key=public_key,
        valid_from=valid_from or _now(),
        replaces=replaces,
    )
    print_receipt(record(event, key, passphrase_file), as_json)


def revoke(
    key: KeyFile,
    revoked: Annotated[str, typer.Argument(help=say("要注销的密钥编号", "the id of the key to revoke"))],
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    revoked_from: Annotated[str | None, typer.Option("--from", help=say("自何时起", "from when"))] = None,
    compromised: Annotated[bool, typer.Option(help=say("疑似外泄", "others may have had it"))] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Ends a key from a moment on."""
    event = KeyRevoked(
        key=revoked, revoked_from=revoked_from or _now(), compromised=compromised, reason=reason
    )
    print_receipt(record(event, key, passphrase_file), as_json)
