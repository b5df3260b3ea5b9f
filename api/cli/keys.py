"""``songnuan key``: officers' keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli.language import say
from api.cli.opening import (
    KeyFile,
    PassphraseFile,
    checked,
    key_passphrase,
    opened,
    passphrase,
    record,
    signer,
)
from api.cli.output import AsJson, console, print_json
from api.cli.receipts import print_receipt
from ledger.clock import CHINA, utc_now
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
from ledger.domain.possession import enrolment_code
from ledger.domain.state import Key
from ledger.events.registry import KeyRevoked, KeyRotated, LedgerKeyRotated


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(no_args_is_help=True, help=say("密钥：新建、查看、更换、注销", "keys"))
    group.command("new", help=say("新建密钥文件（口令加密的 PKCS#8 PEM）", "make a key file"))(new)
    group.command("show", help=say("查看密钥的公钥和编号", "show a key's public part and id"))(show)
    group.command(
        "protect",
        help=say(
            "用现行加密方式重新加密密钥文件，口令不变；未加密的用新口令加密",
            "encrypt a key file anew, or at all",
        ),
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


ForOfficer = Annotated[
    str | None,
    typer.Option(
        "--for",
        help=say(
            "人员代码：另给出登记码（公钥与持有证明），交给登记员",
            "the officer's code: also gives the enrolment code, public key and proof, for the registrar",
        ),
    ),
]
LedgerId = Annotated[
    str | None,
    typer.Option("--ledger", help=say("账本编号；离线时必填", "the ledger's id, where it is not here")),
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
    """The enrolment code for that officer of that ledger, the one that is here unless it is said."""
    if officer is None:
        return None
    if ledger is None:
        with opened() as store:
            ledger = store.ledger
    assert ledger is not None
    return enrolment_code(key, ledger, officer)


def _print_key(file: Path, key: OfficerKey, code: str | None, as_json: bool) -> None:
    public_key, key_id = public_hex(key), key_id_of(key)
    algorithm = algorithm_in(public_key)
    if as_json:
        said = {"algorithm": algorithm, "file": str(file), "key": key_id, "public_key": public_key}
        print_json(said if code is None else {**said, "enrolment_code": code})
        return
    console.print(
        say(
            f"密钥文件 {file}\n算法   {algorithm}\n编号   {key_id}\n公钥   {public_key}",
            f"key file   {file}\nalgorithm  {algorithm}\nkey id     {key_id}\npublic key {public_key}",
        )
    )
    if code is not None:
        console.print(say(f"登记码 {code}", f"enrolment code {code}"), soft_wrap=True)


EnrolmentCode = Annotated[
    str,
    typer.Option(
        "--code",
        help=say(
            "登记码，由本人出示：密钥页，或 key show --for 人员代码",
            "the enrolment code, from the officer: their key page, or key show --for CODE",
        ),
    ),
]


def key_in(code: str) -> dict[str, str]:
    """What an enrolment code says of a key, as a body says it; faults are left to the event."""
    public_key, _, proof = code.strip().partition(".")
    said = {"algorithm": algorithm_in(public_key), "public_key": public_key}
    return {**said, "proof_of_possession": proof} if proof else said


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
    code: EnrolmentCode,
    replaces: Annotated[str | None, typer.Option(help=say("被更换的密钥编号", "the key replaced"))] = None,
    valid_from: Annotated[str | None, typer.Option(help=say("启用时间", "valid from"))] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by the officer with a key in force, or by a registrar."""
    event = checked(
        KeyRotated,
        {"officer": officer, **key_in(code), "valid_from": valid_from or _now(), "replaces": replaces},
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
    """Ends a key from a moment on; one that was compromised takes with it what it enrolled since then."""
    event = KeyRevoked(
        key=revoked, revoked_from=revoked_from or _now(), compromised=compromised, reason=reason
    )
    with opened() as store, store.writer() as writer:
        before = {each.id for each in writer.state.records(Key) if each.compromised}
        receipt = writer.record(signer(store, key, passphrase_file).sign(event))
        ended = [
            each
            for each in writer.state.records(Key)
            if each.compromised and each.id not in before and each.id != revoked
        ]
    if as_json:
        print_json({**receipt.to_json(), "ended": [each.id for each in ended]})
        return
    print_receipt(receipt, as_json)
    for each in ended:
        console.print(
            say(
                f"! 随之失效：{each.officer} 的密钥 {each.id}，自 {each.revoked_from} 起",
                f"! ended with it: the key {each.id} of {each.officer}, from {each.revoked_from} on",
            ),
            soft_wrap=True,
        )
