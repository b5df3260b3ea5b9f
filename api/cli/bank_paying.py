"""``songnuan bank pay``: a payment file, once it is recorded that the accounts are shown and what the file holds."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from api.bank import queries as bank
from api.bank.pain import Debtor
from api.bank.paying import MadeFile, Order, payment_file, waiting_of
from api.bank.profile import GENERAL, OWN_PROFILES
from api.cli.bank import CampaignCode, ProfileName
from api.cli.desk import Desk, FolderDesk, ServerDesk, at_desk
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, checked, signer_of
from api.cli.output import AsJson, console, money, print_json
from api.cli.passphrases import PassphraseFile
from api.cli.question import AskedWhole
from api.cli.revealing import revealed
from api.gate import Row, ScopedViews
from ledger.clock import china_today
from ledger.events.payment_file import PaymentFileMade
from ledger.identity.vault import Vault
from ledger.system_words import reason_of


def _unsent(
    views: ScopedViews, vault: Vault, *, campaign: str, replaces: str | None = None
) -> dict[str, Any]:
    rows = bank.unsent(views, campaign, replaces)
    return {"rows": rows, "batch": bank.next_batch(views, china_today())}


UNSENT = AskedWhole("/bank/unsent", _unsent, is_recorded=False)


class _Wanted(NamedTuple):
    """What was asked for: for which campaign and unit, by which profile, which payouts, in whose name."""

    campaign: str
    unit: str
    profile: str
    batch: str | None
    replaces: str | None
    payouts: Sequence[str]
    debtor: Debtor


def pay(
    campaign: CampaignCode,
    unit: Annotated[str, typer.Option(help=say("经办财务所在单位", "the unit of finance"))],
    out: Annotated[Path, typer.Option("--out", help=say("写到此文件夹", "the folder to write it to"))],
    key: KeyFile,
    profile: ProfileName = GENERAL,
    payouts: Annotated[
        list[str] | None,
        typer.Option(
            "--payout", help=say("只含这些发放，默认全部待送", "these payouts, all that wait by default")
        ),
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help=say("批次号，八位数字", "the batch, eight digits"))
    ] = None,
    replaces: Annotated[
        str | None, typer.Option(help=say("替代银行未受理的批次", "a batch that the bank did not take"))
    ] = None,
    debtor_name: Annotated[str, typer.Option(help=say("付款户名（pain.001）", "who pays (pain.001)"))] = "",
    debtor_account: Annotated[str, typer.Option(help=say("付款账号（pain.001）", "from which account"))] = "",
    debtor_bank: Annotated[str, typer.Option(help=say("付款行（pain.001）", "at which bank"))] = "",
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records that the accounts are shown, makes the file, and gives it its name once its act is recorded."""
    debtor = Debtor(debtor_name, debtor_account, debtor_bank)
    wanted = _Wanted(campaign, unit, profile, batch, replaces, payouts or (), debtor)
    _check_writable(out)
    with at_desk() as desk:
        made = _made(desk, wanted, key, passphrase_file)
        path = out / made.name
        beside = _written_beside(path, made.raw)
        try:
            officer = signer_of(desk.ledger, key, passphrase_file)
            receipt = desk.record(officer.sign(made.event))
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        beside.replace(path)
    _print_file(path, made.event, receipt.position, as_json=as_json)


def _made(desk: Desk, wanted: _Wanted, key: Path, passphrase_file: Path | None) -> MadeFile:
    """The file, once the accounts in it are recorded as shown."""
    asked = desk.whole(UNSENT, campaign=wanted.campaign, replaces=wanted.replaces)
    rows = waiting_of(asked["rows"], wanted.payouts)
    order = Order(
        wanted.campaign, wanted.unit, wanted.batch or asked["batch"], wanted.profile, china_today(),
        wanted.replaces, wanted.debtor,
    )  # fmt: skip
    officer = signer_of(desk.ledger, key, passphrase_file)
    units = {row["dossier"]: row["unit"] for row in rows}
    purpose = say("银行代发", "payment by bank")
    shown = revealed(desk, officer, units, purpose, campaign=wanted.campaign, unit=wanted.unit)
    if isinstance(desk, ServerDesk):
        return _made_there(desk, order, rows, [each.statement for each in shown])
    assert isinstance(desk, FolderDesk)
    identities = {each.dossier: each.identity for each in shown}
    return payment_file(order, rows, identities, desk.store.marker(), desk.store.folder / OWN_PROFILES)


def _made_there(desk: ServerDesk, order: Order, rows: Sequence[Row], statements: Sequence[str]) -> MadeFile:
    """The file as the service makes it, which alone may look the accounts up."""
    told = desk.server.told(
        "/bank/file",
        {
            "campaign": order.campaign,
            "unit": order.unit,
            "batch": order.batch,
            "profile": order.profile,
            "payouts": [row["payout"] for row in rows],
            "statements": list(statements),
            "replaces": order.replaces,
            "debtor": order.debtor._asdict(),
        },
    )
    return MadeFile(told["name"], b64decode(told["content"]), checked(PaymentFileMade, told["event"]))


def _check_writable(folder: Path) -> None:
    """Make the folder, before anything is recorded.

    Raises:
        Misused: it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "")
    except OSError as error:
        raise _unwritable(folder, error) from None


def _written_beside(path: Path, raw: bytes) -> Path:
    """The file whole under another name, for its owner alone, until its act is recorded.

    Raises:
        Misused: it cannot be written.
    """
    beside = path.with_name(path.name + ".part")
    try:
        beside.touch(mode=0o600)
        with beside.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(path, error) from None
    return beside


def _unwritable(path: Path, error: OSError) -> Misused:
    zh, en = reason_of(error)
    return Misused(f"无法写入 {path}：{zh}", f"cannot write {path}: {en}")


def _print_file(path: Path, told: PaymentFileMade, position: int, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "file": str(path),
                "sha256": told.file,
                "batch": told.batch,
                "count": told.count,
                "sum_fen": told.sum_fen,
                "position": position,
            }
        )
        return
    console.print(
        say(
            f"✓ {path}：批次 {told.batch}，{told.count} 笔，{money(told.sum_fen)} 元，已登记第 {position} 号\n"
            f"SHA-256 {told.file}",
            f"✓ {path}: batch {told.batch}, {told.count} payouts, {money(told.sum_fen)} yuan, recorded at"
            f" {position}\nSHA-256 {told.file}",
        ),
        soft_wrap=True,
    )
