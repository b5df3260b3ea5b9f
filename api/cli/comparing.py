"""``songnuan federation compare`` and ``matches``: the ledgers below compared, and what is to be answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from api.cli.answers import AsCsv, AsJson, Column, Shape, XlsxFile, answer
from api.cli.desk import at_service
from api.cli.engines import EngineName, SparkMaster
from api.cli.exit_codes import Misused
from api.cli.federation import standing
from api.cli.language import say, titled
from api.cli.opening import opened
from api.cli.output import console, print_json
from api.cli.question import OfService
from api.federation.matching import compare, matches
from ledger.clock import china_today
from ledger.domain.event import Event
from ledger.domain.matches import ANSWER_TITLES, MATCH_RULE_TITLES, MATCH_STATE_TITLES
from ledger.federation.comparing import DuckDb, Engine
from ledger.spark import LOCAL
from ledger.writing.signing import Signer
from projections.frame import column as declaration
from projections.views.federation import LedgerMatchRow


def run(
    engine: EngineName = "duckdb",
    master: SparkMaster = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Compares the marks of the ledgers that are followed, and records each match that is new."""
    chosen = _engine(engine, master)
    with standing() as (_, followed):
        if not any(each.gives_entries for each in followed):
            raise Misused(
                "尚未关注提供记录的下级台账：先运行 songnuan federation add",
                "no ledger that gives its entries is followed: run songnuan federation add first",
            )
    with opened() as store, store.writer() as writer:
        assert store.ledger is not None
        own = Signer(store.ledger_key(), store.ledger)

        def submit(event: Event) -> object:
            return writer.record(own.sign(event, on=china_today()))

        found = compare(store.folder, followed, chosen, submit, china_today())
    if as_json:
        print_json(found._asdict())
    else:
        console.print(
            say(
                f"✓ {found.ledgers} 个台账，{found.marks:,} 个标记：比中 {found.found:,}，其中新增 {found.new:,}",
                f"✓ {found.ledgers} ledgers, {found.marks:,} marks: {found.found:,} matches, {found.new:,} of them new",
            ),
            soft_wrap=True,
        )


def _engine(name: str, master: str) -> Engine:
    if name == "duckdb":
        return DuckDb()
    # Here, so that whoever compares with DuckDB does without it.
    from ledger.federation.spark import Spark

    return Spark(master)


MATCHES = OfService("/federation/matches", is_paged=True)


def listed(
    of: Annotated[str | None, typer.Option(help=say("只看该台账的", "of this ledger"))] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help=say("只看待核查回复的", "only those that wait for an answer"))
    ] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists the matches, with what both counties answered: what each county is told, to look into its own dossier."""
    shape = Shape(as_json, as_csv, xlsx)
    with at_service() as desk:
        there = None if desk is None else desk.rows(MATCHES, of=of, waiting=waiting)
    if there is not None:
        names = [each.name for each in declaration.columns(LedgerMatchRow)]
        print_matches([LedgerMatchRow(**{name: row[name] for name in names}) for row in there], shape)
        return
    with opened() as store, store.connect() as connection:
        found = matches(connection, of=of, waiting=waiting)
    print_matches(found, shape)


def print_matches(found: Sequence[LedgerMatchRow], shape: Shape) -> None:
    """Print matches as a table, or as the shape asks."""
    rows = [each.__dict__ for each in found]
    columns = [
        Column(
            each.name,
            (each.title.zh, each.title.en),
            right=each.name.endswith("_position"),
            said=_SAID.get(each.name),
        )
        for each in declaration.columns(LedgerMatchRow)
        if each.title is not None
    ]
    answer(say(f"跨台账比中：{len(rows)} 件", f"matches between ledgers: {len(rows)}"), columns, rows, shape)


def _answered(answer: str | None) -> str:
    return say("待回复", "waiting") if answer is None else titled(ANSWER_TITLES[answer])


_SAID = {
    "rule": lambda rule: titled(MATCH_RULE_TITLES[str(rule)]),
    "first_answer": _answered,
    "second_answer": _answered,
    "state": lambda state: titled(MATCH_STATE_TITLES[str(state)]),
}
