"""``songnuan import`` and ``songnuan form``: rosters in and out of spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import roster_options as options
from api.cli.desk import ServerDesk, at_service
from api.cli.earlier_payouts import Earlier, bring_in
from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.filing_comparison import compare_filed
from api.cli.language import say
from api.cli.opening import KeyFile, opened, signer, signer_of, views
from api.cli.output import AsJson, console, errors, print_json, progress_bar
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_outcomes
from api.cli.recording import record_refusals, record_shown
from api.cli.references import number_references
from api.cli.registers import Registering
from api.cli.roster_shown import print_roster
from api.cli.running import note_recorded
from api.gate import every_view
from api.gate.references import check_references
from api.roster.answers import RosterRead
from api.roster.choices import Choices
from api.roster.columns import FORMS, Recipient
from api.roster.forms import write_form
from api.roster.importing import (
    Journal,
    Prepared,
    SaidOfAll,
    prepare,
    statements,
    submit,
)
from api.roster.marked import write_marked
from api.roster.read_there import prepared_of, report_of_read
from api.roster.reading import RosterRow
from api.roster.remembered import Remembered
from api.roster.report import ReadReport, UnusedPart, report_of
from api.roster.roster_file import NOTHING_CHOSEN, RosterFile, open_roster
from api.roster.sheet import RosterUnreadable
from api.roster.understood import understood_markdown
from api.service.settings import Settings
from ledger.clock import CHINA, china_time
from ledger.domain.record import record_from
from ledger.domain.state import Campaign, State, key_of
from ledger.storage.store import OpenStore
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.writer import Writer

SHOWN_LEFT_OVER = 10


def form(
    file: Annotated[
        Path | None, typer.Argument(help=say("要写的文件（xlsx）", "the file to write (xlsx)"))
    ] = None,
    annex: Annotated[int, typer.Option(min=1, max=2, help="1, 2")] = 2,
    understood: Annotated[
        bool,
        typer.Option(
            "--understood", help=say("输出读表可识别的内容（Markdown）", "print what is understood of files")
        ),
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出栏目说明（Markdown）", "print the columns"))
    ] = False,
) -> None:
    """Writes an empty form with notes on how to fill it, or prints its columns."""
    recipient: Recipient = "enterprise" if annex == 1 else "person"
    if understood:
        for line in understood_markdown():
            print(line)
    elif markdown:
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
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False)] = None,
    campaign: Annotated[str | None, typer.Option(help=say("活动代码", "the campaign's code"))] = None,
    unit: Annotated[str | None, typer.Option(help=say("单位代码", "the unit's code"))] = None,
    mapped: options.Mapped = None,
    words: options.WordsMeant = None,
    mapping: options.MappingFile = None,
    sheet: options.SheetNames = None,
    ignore_columns: options.IgnoredColumns = None,
    ignore_rest: options.IgnoreRest = False,
    take_hidden: options.TakeHidden = False,
    take_struck: options.TakeStruck = False,
    report: options.ReportFile = None,
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
    purpose: options.Purpose = None,
    visit_mode: options.VisitMode = None,
    payouts: options.Payouts = None,
    after_the_fact: options.AfterTheFact = False,
    year: options.Year = None,
    title: options.Title = None,
    source: options.Source = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Imports a roster, or brings in an earlier year's payouts."""
    choices = options.chosen(
        mapped, words, mapping, sheet, ignore_columns, take_hidden=take_hidden, take_struck=take_struck
    )
    how = Registering(key, passphrase_file, accept=accept, dry_run=dry_run, as_json=as_json)
    if payouts is not None or after_the_fact:
        said = Earlier(year, title, source, unit, choices)
        bring_in(payouts, said, how, after_the_fact=after_the_fact, is_roster=file is not None)
        return
    if file is None or campaign is None or unit is None:
        raise Misused(
            "导入名单须写明 FILE、--campaign、--unit", "a roster is imported by FILE, --campaign and --unit"
        )
    _import_roster(
        _Asked(file, campaign, unit, choices, report, ignore_rest, SaidOfAll(purpose, visit_mode)), how
    )


@dataclass(frozen=True)
class _Asked:
    """Which roster is imported, for whom, and what was said of it."""

    file: Path
    campaign: str
    unit: str
    choices: Choices
    report: Path | None
    ignore_rest: bool
    said: SaidOfAll


def _import_roster(asked: _Asked, how: Registering) -> None:
    """Reads, shows what is wrong and what is not used, and on acceptance signs and files the good lines."""
    file, campaign, unit, choices = asked.file, asked.campaign, asked.unit, asked.choices
    with at_service() as desk:
        if desk is not None:
            _import_there(desk, asked, how)
            return
    with opened() as store:
        journal = Journal(Settings().data_dir / "imports", file, campaign, unit, choices)
        done = journal.done()
        if done is not None and not journal.is_open:
            record_shown(store, campaign=campaign, unit=unit, rows=0)
            _say_done(done, as_json=how.as_json)
            return
        checking = _Checking(store, file, unit, choices, asked.report, as_json=how.as_json)
        if how.dry_run:
            # Another process, the service as a rule, may be the writer meanwhile.
            checked = checking.checked(_stored_campaign(store, campaign), shown=True)
            raise typer.Exit(EXIT_PARTLY if checked.bad or checked.source.left_over else 0)
        with store.writer() as writer:
            bad = 0
            if journal.is_open:
                errors.print(say("上次导入中断，继续提交已签署的行", "resuming the lines signed before"))
                record_shown(store, campaign=campaign, unit=unit)
            else:
                checked = checking.checked(writer.state.get(Campaign, campaign), shown=not how.as_json)
                bad = len(checked.bad)
                is_accepted = _left_over_accepted(
                    checked.report.unused.left_over, ignore_rest=asked.ignore_rest, accept=how.accept
                )
                signed = _accepted(store, checked, how, asked) if is_accepted else None
                if signed is None:
                    raise typer.Exit(EXIT_PARTLY if bad or not is_accepted else 0)
                Remembered(store.folder).keep(unit, choices)
                journal.write(signed, store.vault())
            refused = _submit(store, writer, journal, how.as_json)
            compare_filed(store, writer, campaign)
    if refused or bad:
        raise typer.Exit(EXIT_PARTLY)


def _say_done(done: Mapping[str, Any], *, as_json: bool) -> None:
    """That this very roster was imported before, and when."""
    if as_json:
        print_json({"imported_before": done})
        return
    at = china_time(datetime.fromisoformat(str(done["at"])))
    console.print(
        say(
            f"此名单已导入：{done['recorded']} 份签署件，{at}",
            f"imported before: {done['recorded']} statements, {at} in China",
        )
    )


def _import_there(desk: ServerDesk, asked: _Asked, how: Registering) -> None:
    """The same by the service, which reads the file, keeps none of it, and takes what is signed of it."""
    choices = (
        None if asked.choices == NOTHING_CHOSEN else asked.choices.model_dump_json(exclude_defaults=True)
    )
    of = {"campaign": asked.campaign, "unit": asked.unit, "name": asked.file.name, "choices": choices}
    told = desk.server.sent("/rosters/read", asked.file.read_bytes(), **of)
    note_recorded()
    read = RosterRead.model_validate(told)
    prepared = prepared_of(read)
    report = report_of_read(read, prepared, asked.file.suffix.lstrip(".").lower())
    if asked.report is not None:
        write_marked(asked.report, open_roster(asked.file, asked.choices), report)
    if how.as_json and how.dry_run:
        print_json(report.model_dump())
    elif not how.as_json:
        print_roster(report, len(read.bad), len(prepared.dossiers))
    left = report.unused.left_over
    if how.dry_run:
        raise typer.Exit(EXIT_PARTLY if read.bad or left else 0)
    is_accepted = _left_over_accepted(left, ignore_rest=asked.ignore_rest, accept=how.accept)
    if not is_accepted or not _is_accepted(report.good, len(read.bad), accept=how.accept):
        raise typer.Exit(EXIT_PARTLY if read.bad or not is_accepted else 0)
    officer = signer_of(desk.ledger, how.key, how.passphrase_file)
    made, disclosures = statements(prepared, asked.campaign, asked.unit, officer, asked.said)
    with progress_bar(say("登记", "recording"), len(made)) as done:
        outcomes = desk.record_all(officer.sign_together(made, disclosures), done)
    if print_outcomes(outcomes, how.as_json) or read.bad:
        raise typer.Exit(EXIT_PARTLY)


def _stored_campaign(store: OpenStore, code: str) -> Campaign:
    """The campaign as it stands, without a writer; raises ``reference-unknown`` where there is none."""
    key = key_of(Campaign, code)
    with store.connect() as connection:
        rows = connection.execute("SELECT value::text FROM ledger.standing WHERE key = %s", (key,)).fetchall()
    state = State(complete=False)
    state.load([key], [record_from(key, value) for (value,) in rows])
    return state.get(Campaign, code)


@dataclass(frozen=True)
class _Checked:
    """A file whose lines were held against the form, the campaign's terms and what is filed already."""

    campaign: str
    source: RosterFile
    rows: list[RosterRow]
    prepared: Prepared
    report: ReadReport

    @property
    def bad(self) -> list[RosterRow]:
        return [row for row in self.rows if row.faults]


@dataclass(frozen=True)
class _Checking:
    """What a file is checked by."""

    store: OpenStore
    file: Path
    unit: str
    choices: Choices
    marked: Path | None
    as_json: bool

    def checked(self, campaign: Campaign, *, shown: bool) -> _Checked:
        """The file, checked; recorded, written as a report where that was asked for, and shown."""
        store = self.store
        remembered = Remembered(store.folder).of(self.unit)
        source = open_roster(self.file, self.choices, remembered)
        today = datetime.now(CHINA).date()
        rows = list(source.lines(campaign.terms, today=today))
        good = [row for row in rows if not row.faults]
        with views(store), store.connect() as connection:
            scoped = every_view(connection)
            check_references(scoped, unit=self.unit)
            prepared = prepare(
                good,
                campaign.id,
                self.unit,
                store.marker(),
                scoped,
                store.vault(),
                campaign.terms,
                today.isoformat(),
            )
        record_shown(
            store, campaign=campaign.id, unit=self.unit, rows=len(rows), elsewhere=len(prepared.elsewhere)
        )
        report = report_of(source, rows, prepared)
        if self.marked is not None:
            write_marked(self.marked, source, report)
        if shown and self.as_json:
            print_json(report.model_dump())
        elif shown:
            print_roster(report, len([row for row in rows if row.faults]), len(prepared.dossiers))
        return _Checked(campaign.id, source, rows, prepared, report)


def _left_over_accepted(left: Sequence[UnusedPart], *, ignore_rest: bool, accept: bool) -> bool:
    """Whether all that is left over of the file was accepted as not needed.

    Raises:
        RosterUnreadable: ``roster-left-over``, where nobody can be asked.
    """
    if not left or ignore_rest:
        return True
    places = "；".join(
        dict.fromkeys(f"{each.sheet} {each.place}（{each.why}）" for each in left[:SHOWN_LEFT_OVER])
    )
    if accept:
        raise RosterUnreadable(
            "roster-left-over",
            f"文件中有 {len(left)} 处未采用：{places}。请用 --map 指定，或确认不需要（--ignore-columns、--ignore-rest）",
            f"{len(left)} parts of the file are not used: {places}. Say what they are by --map, or that they are"
            " not needed by --ignore-columns or --ignore-rest",
        )
    return typer.confirm(
        say(
            f"文件中有 {len(left)} 处未采用（{places}），确认不需要？",
            f"{len(left)} parts are not used ({places}): not needed?",
        ),
        err=True,
    )


def _accepted(
    store: OpenStore, checked: _Checked, how: Registering, asked: _Asked
) -> list[Submission] | None:
    """The signed lines, or None where nothing is to be imported."""
    if not _is_accepted(checked.report.good, len(checked.bad), accept=how.accept):
        return None
    officer = signer(store, how.key, how.passphrase_file)
    made, disclosures = statements(checked.prepared, checked.campaign, asked.unit, officer, asked.said)
    return officer.sign_together(made, disclosures)


def _is_accepted(to_file: int, bad: int, *, accept: bool) -> bool:
    """Whether there are lines to import, and the officer wants them signed."""
    return to_file > 0 and (
        accept
        or typer.confirm(
            say(
                f"签署并导入 {to_file} 行？有错的 {bad} 行不导入",
                f"sign and file {to_file} lines, leaving {bad} with faults?",
            ),
            err=True,
        )
    )


def _submit(store: OpenStore, writer: Writer, journal: Journal, as_json: bool) -> bool:
    submissions = journal.read(store.vault())
    with progress_bar(say("登记", "recording"), len(submissions)) as done:
        outcomes = submit(submissions, writer, done)
    record_refusals(store, outcomes)
    number_references(store, outcomes)
    recorded = sum(isinstance(outcome, Receipt) for outcome in outcomes)
    now = datetime.now(CHINA).isoformat(timespec="seconds")
    journal.close({"recorded": recorded, "at": now})
    return print_outcomes(outcomes, as_json)
