"""``songnuan link``: looks for one person under two identities, by an inspector or auditor."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.answers import AsCsv, AsJson, Column, Shape, XlsxFile, answer
from api.cli.language import say, titled
from api.cli.opening import KeyFile, opened, signer, views
from api.cli.output import errors
from api.cli.passphrases import PassphraseFile
from api.cli.recording import record_shown
from api.linkage.runs import Run, count_persons, run_before
from ledger.errors import Refused
from ledger.events.linkage import LinkageStarted
from projections.linkage.kinds import KIND_TITLES, MODEL

if TYPE_CHECKING:
    from api.linkage.comparing import Compared

PAIRS = [
    Column("weight", ("权重", "weight"), right=True),
    Column("first", ("档案甲", "first dossier")),
    Column("second", ("档案乙", "second dossier")),
    Column("name", ("姓名", "name"), right=True),
    Column("number", ("证件号", "number"), right=True),
    Column("phone", ("电话", "phone"), right=True),
    Column("account", ("账户", "account"), right=True),
    Column("home", ("住处", "home"), right=True),
    Column("kind", ("判断", "taken for"), said=lambda kind: titled(KIND_TITLES[kind])),
]


def link(
    purpose: Annotated[str, typer.Option(help=say("目的", "the purpose"))],
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    unit: Annotated[
        str | None, typer.Option(help=say("以哪个单位的授权", "the unit for which you hold the role"))
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help=say(
                "全部重新比对，不从上次比对接续", "compare all again instead of going on from the run before"
            ),
        ),
    ] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Signs the run, reads the identities, finds the pairs, and records them.

    What the last run over the unit compared is not compared with itself again.
    """
    # DuckDB and Splink are only for this command: loading them would slow all others.
    from api.linkage.comparing import compare

    shape = Shape(as_json, as_csv, xlsx)
    with opened() as store, store.writer() as writer, store.connect() as connection:
        officer = signer(store, key, passphrase_file)
        before = None if whole else run_before(connection, unit, MODEL)
        since, after = before or (None, 0)
        started = writer.record(
            officer.sign(LinkageStarted(unit=unit, purpose=purpose, model=MODEL, since=since))
        )
        record_shown(store, unit=unit, rows=count_persons(connection, unit))
        run = Run(started.id, unit, after)
        with views(store), errors.rich.status(say("比对中", "linking")) as status:
            compared = compare(
                connection,
                store.vault(),
                run,
                lambda step: status.update(say(f"比对：{step}", f"linking: {step}")),
            )
        made = [officer.statement(event) for event in compared.statements(run)]
        for outcome in writer.record_all(officer.sign_together(made, [None] * len(made))):
            if isinstance(outcome, Refused):
                raise outcome
    _answer(compared, shape)


def _answer(compared: Compared, shape: Shape) -> None:
    pairs, set_aside, not_found = compared.found
    rows = [
        {
            "weight": round(pair.weight, 1),
            "first": pair.first,
            "second": pair.second,
            **pair.levels,
            "guarded": pair.guarded,
            "one_edit": pair.one_edit,
            "kind": pair.kind,
        }
        for pair in pairs
    ]
    kinds = Counter(pair.kind for pair in pairs)
    like = kinds["one-person"] + kinds["one-edit"]
    title = say(
        f"比对 {compared.dossiers} 份档案（新增或变更 {compared.fresh} 份）：疑似同一人 {like} 对，待核 {kinds['review']} 对，"
        f"一号两名 {kinds['two-names']} 对，以前发现而本次未再发现 {len(not_found)} 对；另有 {set_aside} 对只是共用信息",
        f"{compared.dossiers} dossiers compared, {compared.fresh} of them new or changed: {like} pairs may be one"
        f" person, {kinds['review']} are for review, {kinds['two-names']} are of one number under two names,"
        f" {len(not_found)} of earlier runs were not found again; {set_aside} only share",
    )
    answer(title, PAIRS, rows, shape)
