"""``songnuan link``: looks for one person under two identities, by an inspector or auditor."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from api.cli.answers import AsCsv, AsJson, Column, Shape, XlsxFile, answer
from api.cli.desk import ServerDesk, at_service, record_together
from api.cli.engines import EngineName, SparkMaster
from api.cli.exit_codes import Misused
from api.cli.language import say, titled
from api.cli.opening import KeyFile, checked, opened, signer, signer_of, views
from api.cli.output import errors
from api.cli.passphrases import PassphraseFile
from api.cli.recording import record_shown
from api.cli.running import note_recorded
from api.gate import Row
from api.linkage.runs import Run, count_persons, run_before
from ledger.errors import Explained, Refused
from ledger.events.linkage import LinkageStarted, LinkedPair, PersonsLinked
from ledger.spark import LOCAL
from projections.linkage.kinds import KIND_TITLES, MODEL, kind_of

if TYPE_CHECKING:
    from projections.linkage.judging import Engine

ASKED_AGAIN_SECONDS = 0.5

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
    engine: EngineName = "duckdb",
    master: SparkMaster = LOCAL,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Signs the run, reads the identities, finds the pairs, and records them.

    What the last run over the unit compared is not compared with itself again.
    """
    shape = Shape(as_json, as_csv, xlsx)
    with at_service() as desk:
        if desk is not None:
            if engine != "duckdb":
                raise Misused(
                    "加 --server 时由服务比对，不选 --engine",
                    "with --server the service compares: leave --engine out",
                )
            run_there = _run_there(desk, _Wanted(unit, purpose, whole), key, passphrase_file)
            _answer(*run_there, shape)
            return
    # DuckDB and Splink are only for this command: loading them would slow all others.
    from api.linkage.comparing import compare

    chosen = _engine(engine, master)
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
                chosen,
            )
        found = compared.statements(run)
        made = [officer.statement(event) for event in found]
        for outcome in writer.record_all(officer.sign_together(made, [None] * len(made))):
            if isinstance(outcome, Refused):
                raise outcome
    _answer(compared.dossiers, compared.fresh, found, shape)


def _engine(name: str, master: str) -> Engine:
    """What weighs the pairs; said before the run is signed where it is not installed."""
    if name == "duckdb":
        from projections.linkage.pairs import ON_DUCKDB

        return ON_DUCKDB
    from projections.linkage.on_spark import OnSpark

    return OnSpark(master)


class _Wanted(NamedTuple):
    """Over which unit a run goes, what for, and whether all is compared again."""

    unit: str | None
    purpose: str
    whole: bool


def _run_there(
    desk: ServerDesk, wanted: _Wanted, key: Path, passphrase_file: Path | None
) -> tuple[int, int, list[PersonsLinked]]:
    """A run of the service, which alone reads the identities: how many it compared and afresh, what was signed."""
    if wanted.unit is None:
        raise Misused("加 --server 时须以 --unit 写明单位", "with --server, say by --unit over which unit")
    server = desk.server
    offer = server.get("/linkage/offer", unit=wanted.unit, whole=wanted.whole)
    officer = signer_of(desk.ledger, key, passphrase_file)
    since = {"unit": wanted.unit, "purpose": wanted.purpose, "model": offer["model"], "since": offer["since"]}
    started = desk.record(officer.sign(checked(LinkageStarted, since)))
    state = server.told(f"/linkage/runs/{started.id}", {})
    note_recorded()
    with errors.rich.status(say("比对中", "linking")):
        while state["state"] == "running":
            time.sleep(ASKED_AGAIN_SECONDS)
            state = server.get(f"/linkage/runs/{started.id}")
    if state["state"] == "failed":
        raise Explained(
            "linkage-failed", f"比对没有完成：{state['problem']}", f"the run did not end: {state['problem']}"
        )
    found = [checked(PersonsLinked, body) for body in state["bodies"]]
    record_together(desk, officer, found)
    return state["dossiers"], state["fresh"], found


def _answer(dossiers: int, fresh: int, found: Sequence[PersonsLinked], shape: Shape) -> None:
    rows = [_row(pair) for event in found for pair in event.pairs]
    set_aside = found[0].set_aside
    not_found = sum(len(event.not_found or ()) for event in found)
    kinds = Counter(row["kind"] for row in rows)
    like = kinds["one-person"] + kinds["one-edit"]
    title = say(
        f"比对 {dossiers} 份档案（新增或变更 {fresh} 份）：疑似同一人 {like} 对，待核 {kinds['review']} 对，"
        f"一号两名 {kinds['two-names']} 对，以前发现而本次未再发现 {not_found} 对；另有 {set_aside} 对只是共用信息",
        f"{dossiers} dossiers compared, {fresh} of them new or changed: {like} pairs may be one"
        f" person, {kinds['review']} are for review, {kinds['two-names']} are of one number under two names,"
        f" {not_found} of earlier runs were not found again; {set_aside} only share",
    )
    answer(title, PAIRS, rows, shape)


def _row(pair: LinkedPair) -> Row:
    said = pair.model_dump(exclude={"weight_milli"})
    weight = pair.weight_milli / 1000
    kind = kind_of(weight, said, guarded=pair.guarded, one_edit=pair.one_edit)
    return {"weight": round(weight, 1), **said, "kind": kind}
