"""``songnuan register``: lists from outside, loaded, compared, looked into, withdrawn and erased."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from api.cli import columns, server_option
from api.cli.answers import AsCsv, AsJson, AsOf, Column, Shape, XlsxFile, answer
from api.cli.desk import Desk, FolderDesk, ServerDesk, at_desk, record
from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.language import say, titled
from api.cli.opening import KeyFile, checked, opened, signer, signer_of, text_in, views
from api.cli.output import console, errors, money, print_json, print_table
from api.cli.passphrases import PassphraseFile
from api.cli.question import Asked
from api.cli.receipts import print_receipt
from api.cli.recording import record_shown
from api.cli.running import note_recorded
from api.gate import LATEST, Row, ScopedViews, every_view
from api.registers import queries
from api.registers.earlier_payouts import EarlierPayoutsFile
from api.registers.list_file import ListFile
from api.registers.loading import Said, event_of, event_type, made_ready
from api.registers.revealing import Reveal, RowShown, rows_of
from api.registers.rows import ListRead
from api.roster.roster_file import NOTHING_CHOSEN
from ledger.clock import china_today
from ledger.domain.register_kinds import KINDS, RegisterKind, read_kinds
from ledger.events.register import (
    ReferenceErased,
    ReferenceRevealed,
    ReferenceRowRevealed,
    ReferenceWithdrawn,
)
from ledger.identity.vault import Vault
from ledger.writing.registers import Prepared, discard, prune
from projections.views.registers import STATE_TITLES, RegisterRow

ListId = Annotated[str, typer.Argument(metavar="LIST", help=say("名单编号", "the list's id"))]
Unit = Annotated[
    str | None,
    typer.Option(
        help=say(
            "名单适用的单位（含下级）；全部则不写", "where it counts, with all below; everywhere if left out"
        )
    ),
]
Reason = Annotated[str, typer.Option(help=say("事由", "the reason"))]

MATCHES = [
    Column("raised_at", ("发现于", "raised at"), right=True),
    Column("rule", ("规则", "rule"), said=columns.rule_title),
    Column("unit", ("单位", "unit")),
    Column("subject", ("对象", "subject")),
    Column("dossier", ("档案", "dossier")),
    Column("amount_fen", ("金额（元）", "amount"), in_fen=True, right=True),
]


def _lists(views: ScopedViews, vault: Vault, *, as_of: int = LATEST) -> list[Row]:
    return queries.lists(views, as_of)


def _matched(views: ScopedViews, vault: Vault, *, list_id: str, as_of: int = LATEST) -> list[Row]:
    return queries.matches(views, list_id, as_of)


LISTS = Asked("/registers", _lists, is_recorded=False)
MATCHED = Asked("/registers/{list_id}/matches", _matched, about="{list_id}")


def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    kind: Annotated[str, typer.Option(help=say("种类：", "kind: ") + ", ".join(KINDS))],
    title: Annotated[str, typer.Option(help=say("名单名称", "what the list is called"))],
    source: Annotated[str, typer.Option(help=say("来源部门", "who gave it"))],
    data_on: Annotated[
        str, typer.Option(help=say("数据日期，如 2026-01-31", "the day that its data are of"))
    ],
    key: KeyFile,
    unit: Unit = None,
    period: Annotated[
        str | None,
        typer.Option(help=say("所属期间，如 2025-01-01/2025-12-31", "the period that it is about")),
    ] = None,
    keep_until: Annotated[str | None, typer.Option(help=say("保存至", "kept until"))] = None,
    document: Annotated[str | None, typer.Option(help=say("来文文号", "the paper behind it"))] = None,
    replaces: Annotated[
        str | None, typer.Option(help=say("替换的名单", "the list that it takes the place of"))
    ] = None,
    kinds_file: Annotated[
        Path | None,
        typer.Option("--kinds", exists=True, dir_okay=False, help=say("自定种类的文件", "a file of kinds")),
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help=say("不再询问", "do not ask"))] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("只核对", "only check"))] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Reads a list, says how good it is, and on acceptance signs it; the file itself is not kept."""
    start, _, end = (period or "").partition("/")
    source_file = ListFile(file, _kind(kind, kinds_file), (start or None, end or None))
    said = Said(title, source, data_on, unit, keep_until, document, replaces)
    register(
        source_file,
        said,
        Registering(key, passphrase_file, accept=accept, dry_run=dry_run, as_json=as_json),
    )


class Registering(NamedTuple):
    """How a list is registered: with which key, asked or not, signed or only checked, and how it is said."""

    key: Path
    passphrase_file: Path | None
    accept: bool
    dry_run: bool
    as_json: bool


def register(source_file: ListFile, said: Said, how: Registering) -> None:
    """Reads a list, says how good it is, and signs it where that is accepted."""
    if server_option.given() is not None:
        _register_there(source_file, said, how)
        return
    with opened() as store, store.connect() as connection:
        officer = signer(store, how.key, how.passphrase_file)
        with errors.rich.status(say("读取名单", "reading the list")) as status:
            today = datetime.date.fromisoformat(china_today())
            prepared = made_ready(
                store,
                connection,
                source_file,
                today,
                lambda done: status.update(say(f"已读 {done} 行", f"{done} lines")),
            )
        try:
            event = checked(event_type(source_file.kind), event_of(source_file, prepared, said))
            record_shown(store, unit=said.unit, rows=prepared.rows)
            quality = _quality(source_file, prepared)
            if not how.as_json:
                _print_quality(quality)
            if how.dry_run or not (how.accept or _is_accepted()):
                discard(connection, prepared)
                if how.as_json:
                    print_json(quality)
                raise typer.Exit(EXIT_PARTLY if source_file.invalid else 0)
            with store.writer() as writer:
                receipt = writer.record(officer.sign(event))
        except BaseException:
            discard(connection, prepared)
            raise
    if how.as_json:
        print_json({**quality, "receipt": receipt.to_json()})
    else:
        print_receipt(receipt, as_json=False)


def _register_there(source_file: ListFile, said: Said, how: Registering) -> None:
    """The same by the service, which reads the file and keeps its rows sealed until they are signed."""
    if source_file.kind.code not in KINDS or _is_mapped(source_file):
        raise Misused(
            "自定种类和栏目对应的名单须在台账所在的机器上载入，不加 --server",
            "a list of own kinds or with a mapping is loaded beside the ledger, without --server",
        )
    with at_desk() as desk:
        assert isinstance(desk, ServerDesk)
        officer = signer_of(desk.ledger, how.key, how.passphrase_file)
        start, end = source_file.period
        of = {"period_start": start, "period_end": end, "document": said.document, "replaces": said.replaces}
        told = desk.server.sent(
            "/registers/read", source_file.path.read_bytes(), name=source_file.name, kind=source_file.kind.code,
            title=said.title, source=said.source, data_on=said.data_on, unit=said.unit, year=said.year, **of,
        )  # fmt: skip
        note_recorded()
        found = ListRead.model_validate(told)
        kept = {} if said.keep_until is None else {"keep_until": said.keep_until}
        event = checked(event_type(source_file.kind), {**found.event, **kept})
        quality = {**found.model_dump(exclude={"event", "type"}), "root": found.event["root"]}
        if not how.as_json:
            _print_quality(quality)
        if how.dry_run or not (how.accept or _is_accepted()):
            if how.as_json:
                print_json(quality)
            raise typer.Exit(EXIT_PARTLY if found.invalid else 0)
        receipt = desk.record(officer.sign(event))
    if how.as_json:
        print_json({**quality, "receipt": receipt.to_json()})
    else:
        print_receipt(receipt, as_json=False)


def _is_mapped(file: ListFile) -> bool:
    return isinstance(file, EarlierPayoutsFile) and file.choices != NOTHING_CHOSEN


def _is_accepted() -> bool:
    return typer.confirm(say("签署并登记？", "sign and register it?"), err=True)


def _kind(code: str, file: Path | None) -> RegisterKind:
    known = {**({} if file is None else read_kinds(text_in(file))), **KINDS}
    if code in known and known[code].relation == "given":
        raise Misused(
            "以前年度的发放请用 songnuan import --payouts FILE --after-the-fact 补录",
            "bring earlier payouts in by songnuan import --payouts FILE --after-the-fact",
        )
    if code not in known:
        raise Misused(
            f"没有种类 {code}：应为 {'、'.join(known)}", f"no kind {code}: expected one of {', '.join(known)}"
        )
    return known[code]


def _quality(file: ListFile, prepared: Prepared) -> dict[str, Any]:
    """How good a list is, as it is printed for programs."""
    return {
        "rows": prepared.rows,
        "duplicates": prepared.duplicates,
        "invalid": file.invalid,
        "codes": dict(file.codes),
        "faults": [fault._asdict() for fault in file.faults],
        "mapping": file.mapped,
        "unused": file.unused,
        "total_fen": prepared.total_fen,
        "root": prepared.root,
    }


def _print_quality(found: Mapping[str, Any]) -> None:
    """Prints how good a list is: its rows, what is not used, and the lines that were not taken."""
    console.print(
        say(
            f"可用 {found['rows']} 行，其中号码重复 {found['duplicates']} 行；有误未采用 {found['invalid']} 行",
            f"{found['rows']} rows, {found['duplicates']} of them with a number that stands there again;"
            f" {found['invalid']} lines are wrong and were not taken",
        )
    )
    if found["total_fen"]:
        console.print(
            say(f"金额合计 {money(found['total_fen'])} 元", f"{money(found['total_fen'])} yuan in all")
        )
    if found["unused"]:
        console.print(say("未采用的栏或表：", "not used: ") + "；".join(found["unused"]))
    if found["faults"]:
        print_table(
            say("有误的行", "lines that are wrong"),
            [(say("表", "sheet"), "left"), (say("行", "line"), "right"), (say("问题", "problem"), "left")],
            [(each["sheet"], str(each["line"]), say(each["zh"], each["en"])) for each in found["faults"]],
        )


def lists(as_of: AsOf = None, as_json: AsJson = False, as_csv: AsCsv = False, xlsx: XlsxFile = None) -> None:
    """Lists the lists, with where each comes from and how good it is."""
    shape = Shape(as_json, as_csv, xlsx)
    with at_desk() as desk:
        found = desk.rows(LISTS, as_of=as_of)
    said = columns.listed(RegisterRow, state=lambda state: titled(STATE_TITLES[state]), kind=_kind_title)
    shown = [Column("list_id", ("编号", "id")), *said]
    answer(say(f"名单：{len(found)} 份", f"{len(found)} lists"), shown, found, shape)


def _kind_title(code: str) -> str:
    return say(KINDS[code].title_zh, KINDS[code].title_en) if code in KINDS else code


def kinds() -> None:
    """Prints the kinds, what a hit means, and the headings by which their columns are found."""
    print_table(
        say("名单种类", "kinds of lists"),
        [
            (say("代码", "code"), "left"),
            (say("种类", "kind"), "left"),
            (say("命中的含义", "a hit means"), "left"),
        ],
        [(code, say(k.title_zh, k.title_en), say(k.meaning_zh, k.meaning_en)) for code, k in KINDS.items()],
    )


def matches(
    list_id: ListId, as_of: AsOf = None, as_json: AsJson = False, as_csv: AsCsv = False, xlsx: XlsxFile = None
) -> None:
    """Lists the flags that rest on a list."""
    shape = Shape(as_json, as_csv, xlsx)
    with at_desk() as desk:
        found = desk.rows(MATCHED, as_of=as_of, list_id=list_id)
    answer(say(f"命中 {len(found)} 项", f"{len(found)} hits"), MATCHES, found, shape)


def show(
    list_id: ListId,
    purpose: Annotated[str, typer.Option(help=say("查阅目的，将记入台账", "what for; it is recorded"))],
    key: KeyFile,
    dossier: Annotated[str | None, typer.Option(help=say("命中的档案", "the dossier that it met"))] = None,
    line: Annotated[int | None, typer.Option(help=say("名单中的行号", "the line in its file"))] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Shows what a list says of a dossier's person, or on one line, to the inspector who signs for it."""
    if (dossier is None) is (line is None):
        raise Misused("--dossier 或 --line 之一", "either --dossier or --line")
    with at_desk() as desk:
        officer = signer_of(desk.ledger, key, passphrase_file)
        of = {"unit": _unit_of(desk, list_id), "reference": list_id, "purpose": purpose}
        event: Reveal = (
            checked(ReferenceRowRevealed, {**of, "line": line})
            if dossier is None
            else checked(ReferenceRevealed, {**of, "dossier": dossier})
        )
        receipt = desk.record(officer.sign(event))
        position, rows = receipt.position, _rows_of(desk, event, receipt.id)
    if as_json:
        print_json({"position": position, "rows": [row._asdict() for row in rows]})
        return
    console.print(say(f"查阅已登记，第 {position} 号", f"recorded as shown, at {position}"))
    for row in rows:
        console.print(say(f"第 {row.line} 行：", f"line {row.line}: ") + str(row.said), soft_wrap=True)


def withdraw(
    list_id: ListId,
    reason: Reason,
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by an auditor or inspector; what the list raised is cleared."""
    with at_desk() as desk:
        unit = _unit_of(desk, list_id)
    body = {"unit": unit, "reference": list_id, "reason": reason}
    print_receipt(record(checked(ReferenceWithdrawn, body), key, passphrase_file), as_json)


def erase(
    list_id: ListId,
    reason: Reason,
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by a registrar; what the list held can be read by nobody any more. Run again after a break, it goes on."""
    with opened() as store, store.connect() as connection:
        row = connection.execute(
            "SELECT value ->> 'unit', (value ->> 'erased')::boolean FROM ledger.standing WHERE key = %s",
            (f"register/{list_id}",),
        ).fetchone()
        receipt = None
        if row is None or not row[1]:
            body = {"unit": None if row is None else row[0], "reference": list_id, "reason": reason}
            with store.writer() as writer:
                officer = signer(store, key, passphrase_file)
                receipt = writer.record(officer.sign(checked(ReferenceErased, body)))
        removed = prune(connection, list_id)
    if receipt is not None:
        print_receipt(receipt, as_json)
    errors.print(say(f"已删除 {removed} 行", f"{removed} rows removed"))


def _unit_of(desk: Desk, list_id: str) -> str | None:
    """Where a list counts; None for one over all units, and for one that is not there: its statement is refused."""
    return next((row["unit"] for row in desk.rows(LISTS) if row["list_id"] == list_id), None)


def _rows_of(desk: Desk, event: Reveal, statement: str) -> list[RowShown]:
    """What the list says, once it is recorded that it is shown."""
    if isinstance(desk, ServerDesk):
        told = desk.server.told("/registers/revealed", {"statements": [statement]})
        note_recorded()
        return [RowShown(each["line"], each["said"]) for each in told]
    assert isinstance(desk, FolderDesk)
    with views(desk.store), desk.store.connect() as connection:
        rows = rows_of(every_view(connection), desk.store.vault(), event)
    record_shown(desk.store, subject=event.reference, rows=len(rows))
    return rows
