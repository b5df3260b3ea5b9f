"""``songnuan identity show`` and ``songnuan vault``: identities for a purpose, and the keys over them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.answers import AsJson
from api.cli.desk import FolderDesk, at_desk, record
from api.cli.language import say, titled
from api.cli.opening import KeyFile, opened, signer_of
from api.cli.output import console, print_json, print_table, progress_bar
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.cli.recording import record_shown
from api.cli.revealing import Shown, revealed
from api.identities.disclosing import retained
from ledger.clock import china_today
from ledger.events.dossier import DossierErased, DossierSealed
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity
from ledger.writing.rotation import retire, rotate

FIELDS = {
    "name": ("姓名或名称", "name"),
    "number": ("公民身份号码", "resident identity number"),
    "credit_code": ("统一社会信用代码", "unified social credit code"),
    "phone": ("电话", "phone"),
    "account": ("银行账号", "bank account"),
    "account_holder": ("户名", "account holder"),
    "bank_name": ("开户行", "bank"),
    "address": ("住址", "address"),
    "household": ("户号", "household"),
}


def show(
    dossier: Annotated[list[str], typer.Argument(help=say("档案编号，可多个", "dossiers, one or more"))],
    purpose: Annotated[str, typer.Option(help=say("查阅目的，将记入台账", "what for; it is recorded"))],
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Shows identities to the officer who signs for it."""
    with at_desk() as desk:
        officer = signer_of(desk.ledger, key, passphrase_file)
        units = {each: desk.unit_of(each) for each in dossier}
        shown = revealed(desk, officer, units, purpose)
    if as_json:
        print_json([_plain(each) for each in shown])
        return
    for each in shown:
        console.print(
            say(
                f"档案 {each.dossier}：查阅已登记，第 {each.position} 号",
                f"dossier {each.dossier}: recorded as shown, at {each.position}",
            ),
            soft_wrap=True,
        )
        print_identity(each.identity)


def print_identity(identity: PersonIdentity | EnterpriseIdentity) -> None:
    """An identity in full, which is recorded as shown."""
    print_table(
        say("身份信息", "Identity"),
        [(say("项目", "field"), "left"), (say("内容", "value"), "left")],
        [
            (titled(title), value)
            for name, title in FIELDS.items()
            if (value := getattr(identity, name, None))
        ],
    )


def _plain(shown: Shown) -> dict[str, Any]:
    said = shown.identity.model_dump(exclude_none=True)
    return {"dossier": shown.dossier, "position": shown.position, "identity": said}


def kept(
    unit: Annotated[str | None, typer.Option(help=say("只看该单位", "of this unit"))] = None,
    due: Annotated[
        bool, typer.Option("--due", help=say("只看期限已满、可以删除的", "only those that may be erased"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Dossiers with an identity, and the last day of their statutory years."""
    with opened() as store, store.connect() as connection:
        found = retained(connection, unit=unit, due_on=china_today() if due else None)
        record_shown(store, unit=unit, rows=len(found))
        names = FolderDesk(store).names()
        units = {each.unit: names.said("unit", each.unit) for each in found}
    if as_json:
        print_json([each._asdict() for each in found])
        return
    print_table(
        say("身份信息保存期限", "Identities kept"),
        [
            (say("档案", "dossier"), "left"),
            (say("单位", "unit"), "left"),
            (say("保存至", "kept until"), "left"),
            (say("封存", "sealed"), "left"),
        ],
        [
            (
                each.dossier,
                units[each.unit],
                each.kept_until or say("未发放，无期限", "nothing paid"),
                say("是", "yes") if each.sealed else "",
            )
            for each in found
        ],
    )


def seal(
    dossier: Annotated[str, typer.Argument(help=say("档案编号", "the dossier"))],
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by a registrar."""
    event = DossierSealed(unit=_unit_of(dossier), dossier=dossier, reason=reason)
    print_receipt(record(event, key, passphrase_file), as_json)


def erase(
    dossier: Annotated[str, typer.Argument(help=say("档案编号", "the dossier"))],
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by a registrar; the identity cannot be had back."""
    event = DossierErased(unit=_unit_of(dossier), dossier=dossier, reason=reason)
    print_receipt(record(event, key, passphrase_file), as_json)


def _unit_of(dossier: str) -> str:
    with at_desk() as desk:
        return desk.unit_of(dossier)


def rotate_key(as_json: AsJson = False) -> None:
    """Makes a new key and wraps every row's data key with it."""
    with opened() as store, store.connect() as connection:
        row = connection.execute("SELECT count(*) FROM ledger.vault").fetchone()
        with progress_bar(say("重新封装", "wrapping"), row[0] if row else 0) as progress:
            version = rotate(connection, store.secrets_folder, progress)
    if as_json:
        print_json({"version": version})
        return
    console.print(
        say(
            f"✓ 新密钥为第 {version} 版，全部记录已由它封装\n"
            "正在运行的服务重启后使用新密钥；之后可运行 songnuan vault retire 销毁旧密钥",
            f"✓ the new key has version {version}, and every row is wrapped with it\n"
            "a running service seals with it once restarted; then songnuan vault retire destroys the old",
        )
    )


def retire_keys(
    yes: Annotated[bool, typer.Option("--yes", help=say("不再询问", "do not ask"))] = False,
    as_json: AsJson = False,
) -> None:
    """Destroys all keys but the newest."""
    if not yes:
        typer.confirm(
            say(
                "旧密钥销毁后，旧备份中的身份信息永远不可读。继续？",
                "old backups' identities will be lost. Go on?",
            ),
            abort=True,
            err=True,
        )
    with opened() as store, store.connect() as connection:
        gone = retire(connection, store.secrets_folder)
    if as_json:
        print_json({"retired": gone})
    else:
        versions = ", ".join(map(str, gone)) or say("无", "none")
        console.print(
            say(
                f"✓ 已销毁的旧密钥版本：{versions}",
                f"✓ versions of the key destroyed: {versions}",
            )
        )
