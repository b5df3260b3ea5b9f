"""``songnuan bank``: files for the bank, its answers, statements of account, and days closed against them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.bank.acts import acts_of
from api.bank.answer_file import BankChoices
from api.bank.answers import BankAnswer, MatchedLine
from api.bank.bank_words import Result
from api.bank.profile import GENERAL, OWN_PROFILES, profile_names
from api.bank.profile import profile as profile_of
from api.bank.reading import Reading
from api.bank.remembered import AT_THE_COMMAND, RememberedWords
from api.cli.desk import FolderDesk, at_desk, record_together
from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.language import say
from api.cli.opening import KeyFile, signer_of
from api.cli.output import AsJson, console, money, print_json, print_table
from api.cli.passphrases import PassphraseFile
from api.cli.question import AskedOfFile
from api.gate import ScopedViews
from api.roster.answers import FileNotice
from api.service.settings import Settings
from ledger.clock import china_today
from ledger.storage.store import OpenStore

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
    with at_desk() as desk:
        found = desk.read(
            BANK_ANSWER, file, campaign=campaign, profile=profile, choices=choices.model_dump_json()
        )
        _print_answer(found, as_json=as_json)
        open_lines = sum(line.payout is None or bool(line.differs) for line in found.lines)
        if not dry_run:
            if isinstance(desk, FolderDesk):
                layout = profile_of(profile, desk.store.folder / OWN_PROFILES).answer
                RememberedWords(desk.store.folder, AT_THE_COMMAND).keep(choices, layout)
            officer = signer_of(desk.ledger, key, passphrase_file)
            recorded = record_together(desk, officer, list(acts_of(found.lines, found.file)))
            if not as_json:
                console.print(say(f"✓ 已登记 {recorded} 条", f"✓ recorded {recorded} statements"))
    if open_lines:
        raise typer.Exit(EXIT_PARTLY)


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


def _read(
    store: OpenStore, views: ScopedViews, file: Path, *, campaign: str, profile: str, choices: str
) -> BankAnswer:
    remembered = RememberedWords(store.folder, AT_THE_COMMAND)
    reading = Reading(views, store.marker(), store.vault(), store.folder / OWN_PROFILES, remembered)
    chosen = BankChoices.model_validate_json(choices)
    found, digest = reading.read(file, china_today(), profile, chosen)
    notices = [FileNotice(**notice._asdict()) for notice in found.notices]
    return BankAnswer(file=digest, lines=list(reading.matched(found.lines, chosen)), notices=notices)


BANK_ANSWER = AskedOfFile("/bank/read", BankAnswer, _read, lambda found: len(found.lines))


def _print_answer(found: BankAnswer, *, as_json: bool) -> None:
    if as_json:
        print_json(found.model_dump())
        return
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
        [
            (line.row, line.name, money(line.amount_fen), _said(line.result), _why(line))
            for line in found.lines
        ],
    )


def _said(result: Result | str | None) -> str:
    return "" if result is None else say(*RESULTS[result])


def _why(line: MatchedLine) -> str:
    if line.problem is not None:
        found = say(line.problem["zh"], line.problem["en"])
        candidates = " ".join(each.payout for each in line.candidates)
        return f"{found} {candidates}".rstrip()
    if not line.to_record:
        return (
            say("台账已有，退回待登记", "known, its return is not")
            if line.to_return
            else say("台账已有", "known already")
        )
    return say("成功后退回", "came back after success") if line.after_success else line.reason
