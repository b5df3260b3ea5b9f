"""``songnuan import`` and ``songnuan form``: rosters in and out of spreadsheets."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.language import say
from api.cli.opening import KeyFile, opened, signer, views
from api.cli.output import AsJson, console, errors, money, print_json, print_table, progress_bar
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_outcomes
from api.cli.recording import record_refusals, record_shown
from api.gate import every_view
from api.roster.columns import FORMS, Recipient
from api.roster.forms import write_form
from api.roster.importing import (
    Journal,
    Prepared,
    prepare,
    statements,
    submit,
)
from api.roster.reading import Roster, RosterRow, read_roster
from api.service.settings import Settings
from ledger.clock import CHINA
from ledger.domain.state import (
    Campaign,
    State,
    key_of,
    record_from,
)
from ledger.storage.store import OpenStore
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.writer import Writer

SHOWN_FAULTS = 200


def form(
    file: Annotated[
        Path | None, typer.Argument(help=say("要写的文件（xlsx）", "the file to write (xlsx)"))
    ] = None,
    annex: Annotated[int, typer.Option(min=1, max=2, help="1, 2")] = 2,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出栏目说明（Markdown）", "print the columns"))
    ] = False,
) -> None:
    """Writes an empty form with notes on how to fill it, or prints its columns."""
    recipient: Recipient = "enterprise" if annex == 1 else "person"
    if markdown:
        print("| 栏目 | 必填 | 也认作 | 填法 |\n|---|---|---|---|")
        for column in FORMS[recipient]:
            required = "是" if column.required else ""
            print(f"| {column.heading} | {required} | {'、'.join(column.synonyms)} | {column.meaning} |")
    elif file is None:
        raise Misused("要写的文件，或 --markdown", "a file, or --markdown")
    else:
        write_form(file, recipient)
        console.print(say(f"已写出 {file}", f"wrote {file}"))


def import_(
    key: KeyFile,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    campaign: Annotated[str, typer.Option(help=say("活动代码", "the campaign's code"))],
    unit: Annotated[str, typer.Option(help=say("单位代码", "the unit's code"))],
    accept: Annotated[
        bool,
        typer.Option(
            "--accept",
            help=say(
                "不再询问：导入全部合格行，有错的行留下", "do not ask: file the good lines, leave the bad"
            ),
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("只核对，不导入", "only check"))] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Reads, shows what is wrong, and on acceptance signs and files the good lines."""
    with opened() as store:
        journal = Journal(Settings().data_dir / "imports", file, campaign, unit)
        done = journal.done()
        if done is not None and not journal.is_open:
            record_shown(store, campaign=campaign, unit=unit, rows=0)
            console.print(
                say(
                    f"此名单已导入：{done['recorded']} 条陈述，{done['at']}",
                    f"imported before: {done['recorded']} statements, {done['at']}",
                )
            )
            return
        if dry_run:
            # Another process, the service as a rule, may be the writer meanwhile.
            roster, _ = _checked(store, _stored_campaign(store, campaign), file, unit, as_json, shown=True)
            raise typer.Exit(EXIT_PARTLY if roster.bad else 0)
        with store.writer() as writer:
            bad = 0
            if journal.is_open:
                errors.print(say("上次导入中断，继续提交已签署的行", "resuming the lines signed before"))
                record_shown(store, campaign=campaign, unit=unit)
            else:
                found = writer.state.get(Campaign, campaign)
                roster, prepared = _checked(store, found, file, unit, as_json, shown=not as_json)
                bad = len(roster.bad)
                signed = _accepted(store, roster, prepared, key, passphrase_file, campaign, unit, accept)
                if signed is None:
                    raise typer.Exit(EXIT_PARTLY if bad else 0)
                journal.write(signed, store.vault())
            refused = _submit(store, writer, journal, as_json)
    if refused or bad:
        raise typer.Exit(EXIT_PARTLY)


def _stored_campaign(store: OpenStore, code: str) -> Campaign:
    """The campaign as it stands, without a writer; raises ``reference-unknown`` where there is none."""
    key = key_of(Campaign, code)
    with store.connect() as connection:
        rows = connection.execute("SELECT value::text FROM ledger.standing WHERE key = %s", (key,)).fetchall()
    state = State(complete=False)
    state.load([key], [record_from(key, value) for (value,) in rows])
    return state.get(Campaign, code)


def _checked(
    store: OpenStore, campaign: Campaign, file: Path, unit: str, as_json: bool, *, shown: bool
) -> tuple[Roster, Prepared]:
    """The roster's lines held against the form, the campaign's terms and what is filed already."""
    roster = read_roster(file, campaign.terms, today=datetime.now(CHINA).date())
    with views(store), store.connect() as connection:
        prepared = prepare(roster.good, campaign.id, unit, store.marker(), every_view(connection))
    record_shown(
        store,
        campaign=campaign.id,
        unit=unit,
        rows=len(roster.rows),
        elsewhere=len(prepared.elsewhere),
    )
    if shown and as_json:
        print_json(_report(roster, prepared))
    elif shown:
        _print_roster(roster, prepared)
    return roster, prepared


def _accepted(
    store: OpenStore,
    roster: Roster,
    prepared: Prepared,
    key: Path,
    passphrase_file: Path | None,
    campaign: str,
    unit: str,
    accept: bool,
) -> list[Submission] | None:
    """The signed lines, or None where nothing is to be imported."""
    to_file = len(prepared.rows) - len(prepared.already)
    if to_file == 0:
        return None
    if not accept and not typer.confirm(
        say(
            f"签署并导入 {to_file} 行？有错的 {len(roster.bad)} 行不导入",
            f"sign and file {to_file} lines, leaving {len(roster.bad)} with faults?",
        ),
        err=True,
    ):
        return None
    officer = signer(store, key, passphrase_file)
    made, disclosures = statements(prepared, campaign, unit, officer)
    return officer.sign_together(made, disclosures)


def _submit(store: OpenStore, writer: Writer, journal: Journal, as_json: bool) -> bool:
    submissions = journal.read(store.vault())
    with progress_bar(say("记账", "recording"), len(submissions)) as done:
        outcomes = submit(submissions, writer, done)
    record_refusals(store, outcomes)
    recorded = sum(isinstance(outcome, Receipt) for outcome in outcomes)
    now = datetime.now(CHINA).isoformat(timespec="seconds")
    journal.close({"recorded": recorded, "at": now})
    return print_outcomes(outcomes, as_json)


def _report(roster: Roster, prepared: Prepared) -> dict[str, object]:
    return {
        "sheet": roster.sheet,
        "recipient": roster.recipient,
        "rows": len(roster.rows),
        "good": len(roster.good),
        "notices": [notice._asdict() for notice in roster.notices],
        "already": {str(row): case for row, case in prepared.already.items()},
        "faults": [fault.__dict__ for row in roster.bad for fault in row.faults],
    }


def _print_roster(roster: Roster, prepared: Prepared) -> None:
    good: list[RosterRow] = roster.good
    total = sum(row.amount_fen or 0 for row in good)
    console.print(
        say(
            f"工作表 {roster.sheet}：{len(roster.rows)} 行，合格 {len(good)} 行（{money(total)} 元），"
            f"有错 {len(roster.bad)} 行，已在本活动名单 {len(prepared.already)} 行，"
            f"已有档案 {len(prepared.dossiers)} 行",
            f"sheet {roster.sheet}: {len(roster.rows)} rows, {len(good)} good ({money(total)} yuan),"
            f" {len(roster.bad)} with faults, {len(prepared.already)} in the campaign already,"
            f" {len(prepared.dossiers)} with a dossier",
        )
    )
    for notice in roster.notices:
        console.print(say(f"! {notice.zh}", f"! {notice.en}"), soft_wrap=True)
    faults = [fault for row in roster.bad for fault in row.faults]
    if faults:
        print_table(
            say("有错的单元格", "Cells with faults"),
            [
                (say("单元格", "cell"), "left"),
                (say("栏目", "column"), "left"),
                (say("所填", "found"), "left"),
                (say("问题", "problem"), "left"),
            ],
            [(f.cell, f.heading, f.found, say(f.zh, f.en)) for f in faults[:SHOWN_FAULTS]],
        )
        if len(faults) > SHOWN_FAULTS:
            console.print(
                say(f"…另有 {len(faults) - SHOWN_FAULTS} 处", f"… and {len(faults) - SHOWN_FAULTS} more")
            )
