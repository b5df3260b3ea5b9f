"""``songnuan bank``: files for the bank, its answers, statements of account, and days closed against them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.bank import queries as bank
from api.bank.acts import acts_of
from api.bank.answer_file import BankChoices, Result
from api.bank.answers import MatchedLine
from api.bank.pain import Debtor
from api.bank.paying import Order, chosen_payouts, payment_file
from api.bank.profile import GENERAL, OWN_PROFILES, profile_names
from api.bank.profile import profile as profile_of
from api.bank.reading import Reading
from api.bank.remembered import AT_THE_COMMAND, RememberedWords
from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.language import say
from api.cli.opening import KeyFile, opened, signer, views
from api.cli.output import AsJson, console, money, print_json, print_table
from api.cli.passphrases import PassphraseFile
from api.cli.recording import record_shown
from api.gate import every_view
from api.gate.references import check_references
from api.identities.disclosing import reveal
from api.service.settings import Settings
from ledger.clock import china_today
from ledger.domain.event import Event
from ledger.errors import Refused
from ledger.events.payment_file import PaymentFileMade
from ledger.storage.store import OpenStore
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

BankFileName = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
CampaignCode = Annotated[str, typer.Option("--campaign", help=say("活动代码", "the campaign's code"))]
ProfileName = Annotated[
    str,
    typer.Option(
        "--profile",
        help=say("银行格式，songnuan bank profiles 列出", "the bank's profile, see bank profiles"),
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map", help=say("指明一栏：返回标识=result，或 F=result", "a column: HEADING=FIELD or F=FIELD")
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=say("只读取，不登记", "only read, record nothing"))]
RESULTS = {
    "paid": ("已入账", "paid"),
    "bounced": ("退票", "bounced"),
    "different": ("不符", "differs"),
}


def answer(
    file: BankFileName,
    campaign: CampaignCode,
    key: KeyFile,
    profile: ProfileName = GENERAL,
    columns: Columns = None,
    words: Annotated[
        list[str] | None,
        typer.Option(
            "--word", help=say("指明结果用词：妥=paid", "what a result means: WORD=paid or bounced")
        ),
    ] = None,
    payouts: Annotated[
        list[str] | None,
        typer.Option("--payout", help=say("指明一行的发放：7=编号", "the payout of a row: 7=PAYOUT")),
    ] = None,
    dry_run: DryRun = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Reads the bank's answer, matches it to payouts, and signs what the ledger does not know yet."""
    choices = _choices(columns, words, payouts)
    with opened() as store:
        lines, digest = _read_answer(store, file, campaign, profile, choices, as_json=as_json)
        open_lines = sum(line.payout is None or bool(line.differs) for line in lines)
        if not dry_run:
            layout = profile_of(profile, store.folder / OWN_PROFILES).answer
            RememberedWords(store.folder, AT_THE_COMMAND).keep(choices, layout)
            with store.writer() as writer:
                officer = signer(store, key, passphrase_file)
                recorded = record_together(writer, officer, list(acts_of(lines, digest)))
            if not as_json:
                console.print(say(f"✓ 已登记 {recorded} 条", f"✓ recorded {recorded} statements"))
    if open_lines:
        raise typer.Exit(EXIT_PARTLY)


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
    """Records that the accounts are shown, makes the file, and writes it once its act is recorded."""
    with opened() as store, views(store), store.writer() as writer, store.connect() as connection:
        scoped = every_view(connection)
        check_references(scoped, campaign=campaign, unit=unit)
        today = china_today()
        order = Order(
            campaign,
            unit,
            batch or bank.next_batch(scoped, today),
            profile,
            today,
            replaces,
            Debtor(debtor_name, debtor_account, debtor_bank),
        )
        rows = chosen_payouts(scoped, order, payouts or ())
        officer = signer(store, key, passphrase_file)
        purpose = say("银行代发", "payment by bank")
        dossiers = list(dict.fromkeys(row["dossier"] for row in rows))
        shown = reveal(connection, writer, officer, store.vault(), dossiers, purpose)
        identities = {each.dossier: each.identity for each in shown}
        file = payment_file(order, rows, identities, store.marker(), store.folder / OWN_PROFILES)
        receipt = writer.record(officer.sign(file.event))
        out.mkdir(parents=True, exist_ok=True)
        path = out / file.name
        path.touch(mode=0o600)
        path.write_bytes(file.raw)
        record_shown(store, campaign=campaign, unit=unit, rows=len(rows))
    _print_file(path, file.event, receipt.position, as_json=as_json)


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


def profiles(as_json: AsJson = False) -> None:
    """Lists the banks' profiles, ours and the ledger's own."""
    own = Settings().data_dir / OWN_PROFILES
    found = [(name, profile_of(name, own)) for name in profile_names(own)]
    if as_json:
        print_json([{"name": name, "zh": each.zh, "en": each.en} for name, each in found])
        return
    print_table(
        say("银行格式", "Banks' profiles"),
        [(say("名称", "name"), "left"), (say("银行", "bank"), "left"), (say("代发文件", "file"), "left")],
        [(name, say(each.zh, each.en), each.pay.format) for name, each in found],
    )


def record_together(writer: Writer, officer: Signer, events: list[Event]) -> int:
    """Sign all events together and record them; the first refusal is raised. Answers how many there were."""
    if not events:
        return 0
    signed = officer.sign_together([officer.statement(event) for event in events], [None] * len(events))
    for outcome in writer.record_all(signed):
        if isinstance(outcome, Refused):
            raise outcome
    return len(events)


def _choices(columns: list[str] | None, words: list[str] | None, payouts: list[str] | None) -> BankChoices:
    said = {
        "columns": dict(_pair(text) for text in columns or ()),
        "words": dict(_pair(text) for text in words or ()),
        "payouts": dict(_pair(text) for text in payouts or ()),
    }
    try:
        return BankChoices.model_validate(said)
    except ValidationError as error:
        found = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Misused(
            f"{found} 有误：应如 返回标识=result、妥=paid、7=发放编号", f"{found} is wrong"
        ) from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not (equals and name.strip() and value.strip()):
        raise Misused(f"“{text[:60]}”应如 名称=值", f"{text[:60]} is not NAME=VALUE")
    return name.strip(), value.strip()


def _read_answer(
    store: OpenStore, file: Path, campaign: str, profile: str, choices: BankChoices, *, as_json: bool
) -> tuple[list[MatchedLine], str]:
    with views(store), store.connect() as connection:
        scoped = every_view(connection)
        check_references(scoped, campaign=campaign)
        remembered = RememberedWords(store.folder, AT_THE_COMMAND)
        reading = Reading(scoped, store.marker(), store.vault(), store.folder / OWN_PROFILES, remembered)
        found, digest = reading.read(file, china_today(), profile, choices)
        lines = list(reading.matched(found.lines, choices))
    record_shown(store, campaign=campaign, rows=len(lines))
    if as_json:
        print_json(
            {
                "file": digest,
                "lines": [line.model_dump() for line in lines],
                "notices": [notice._asdict() for notice in found.notices],
            }
        )
        return lines, digest
    for notice in found.notices:
        console.print(f"! {say(notice.zh, notice.en)}", soft_wrap=True)
    print_table(
        say("银行回盘", "The bank's answer"),
        [
            (say("行", "row"), "right"),
            (say("姓名", "name"), "left"),
            (say("金额（元）", "amount"), "right"),
            (say("结果", "result"), "left"),
            (say("说明", "why"), "left"),
        ],
        [(line.row, line.name, money(line.amount_fen), _said(line.result), _why(line)) for line in lines],
    )
    return lines, digest


def _said(result: Result | str | None) -> str:
    return "" if result is None else say(*RESULTS[result])


def _why(line: MatchedLine) -> str:
    if line.problem is not None:
        found = say(line.problem["zh"], line.problem["en"])
        candidates = " ".join(each.payout for each in line.candidates)
        return f"{found} {candidates}".rstrip()
    if not line.to_record:
        return (
            say("账本已有，退回待登记", "known, its return is not")
            if line.to_return
            else say("账本已有", "known already")
        )
    return say("成功后退回", "came back after success") if line.after_success else line.reason
