"""``songnuan show`` and ``songnuan events``: what stands, and what was recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
import typer

from api import queries
from api.cli.language import language, say, titled
from api.cli.opening import opened, views
from api.cli.output import AsJson, console, money, print_json, print_line, print_table
from ledger.entry import read_entry
from ledger.errors import Rule
from ledger.event import Event
from ledger.identity import masked_name
from ledger.statement import decode64
from ledger.store import OpenStore
from ledger.vault import Sealed, Vault
from projections.flags.rule import SEVERITY_TITLES, all_rules
from projections.flags.subjects import SUBJECT_TITLES
from projections.roster import STATE_TITLES

AsOf = Annotated[int, typer.Option("--as-of", min=0, help=say("截至第几号", "as of this position"))]


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(no_args_is_help=True, help=say("查看名单、余额、疑点等", "show what stands"))
    group.command("roster", help=say("名单：按活动、单位、类别、状态", "the roster"))(roster)
    group.command("lines", help=say("资金科目余额", "the fund lines"))(lines)
    group.command("flags", help=say("疑点", "the flags"))(flags)
    group.command("case", help=say("一个对象的经过", "a case's history"))(case)
    group.command("receipt", help=say("按陈述编号查回执", "a statement's receipt"))(receipt)
    group.command("types", help=say("事件类型一览", "the event types"))(types)
    group.command("refusals", help=say("拒绝代码一览", "the refusal codes"))(refusals)
    app.add_typer(group, name="show")
    app.command("events", help=say("账目流水", "the entries, in order"))(events)


def roster(
    campaign: Annotated[str | None, typer.Option(help=say("活动", "campaign"))] = None,
    unit: Annotated[str | None, typer.Option(help=say("单位", "unit"))] = None,
    category: Annotated[str | None, typer.Option(help=say("类别", "category"))] = None,
    state: Annotated[
        str | None, typer.Option(help=say("状态：", "state: ") + ", ".join(STATE_TITLES))
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_of: AsOf = queries.LATEST,
    as_json: AsJson = False,
) -> None:
    """Lists cases; names are masked."""
    with opened() as store, views(store), store.connect() as connection:
        found = queries.roster(
            connection,
            as_of=as_of,
            campaign=campaign,
            unit=unit,
            category=category,
            state=state,
            limit=limit,
        )
        names = masked_names(connection, store.vault(), [row["dossier"] for row in found])
    for row in found:
        row["masked_name"] = names.get(row["dossier"], "—")
    if as_json:
        print_json(found)
        return
    print_roster(found)


def print_roster(found: list[dict[str, Any]]) -> None:
    """The roster as a table."""
    print_table(
        say(f"名单（{len(found)} 行）", f"Roster ({len(found)} rows)"),
        [
            (say("第几号", "position"), "right"),
            (say("活动", "campaign"), "left"),
            (say("单位", "unit"), "left"),
            (say("姓名", "name"), "left"),
            (say("类别", "category"), "left"),
            (say("状态", "state"), "left"),
            (say("批准（元）", "approved"), "right"),
            (say("实发（元）", "paid"), "right"),
        ],
        [
            (
                r["nominated_position"],
                r["campaign"],
                r["unit"],
                r["masked_name"],
                r["category"],
                titled(STATE_TITLES[r["state"]]),
                money(r["approved_fen"]),
                money(r["paid_fen"] - r["returned_fen"]),
            )
            for r in found
        ],
    )


def masked_names(connection: psycopg.Connection, vault: Vault, dossiers: list[str]) -> dict[str, str]:
    """Masked names of dossiers; one whose identity was erased has none."""
    rows = connection.execute(
        "SELECT DISTINCT ON (dossier) id, dossier, key_version, wrapped_key, box FROM ledger.vault"
        " WHERE dossier = ANY(%s) ORDER BY dossier, id DESC",
        (dossiers,),
    ).fetchall()
    return {row[1]: masked_name(vault.open(Sealed(*row)).identity.name) for row in rows}


def lines(as_of: AsOf = queries.LATEST, as_json: AsJson = False) -> None:
    """Shows what each line holds."""
    with opened() as store, views(store), store.connect() as connection:
        found = queries.lines(connection, as_of)
    if as_json:
        print_json(found)
    else:
        print_lines(found)


def print_lines(found: list[dict[str, Any]]) -> None:
    """The lines as a table, in yuan."""
    print_table(
        say("资金科目（元）", "Fund lines (yuan)"),
        [
            (say("活动", "campaign"), "left"),
            (say("科目", "line"), "left"),
            (say("拨入", "allocated"), "right"),
            (say("调剂", "transferred"), "right"),
            (say("单位领取", "drawn"), "right"),
            (say("领而未发", "held"), "right"),
            (say("发放", "paid"), "right"),
            (say("退回", "returned"), "right"),
            (say("结余", "left"), "right"),
        ],
        [
            (
                r["campaign"],
                r["line"],
                *(
                    money(r[f"{name}_fen"])
                    for name in ("allocated", "transferred", "drawn", "held", "paid", "returned", "left")
                ),
            )
            for r in found
        ],
    )


def flags(
    rule: Annotated[str | None, typer.Option(help=say("规则", "rule"))] = None,
    as_of: AsOf = queries.LATEST,
    as_json: AsJson = False,
) -> None:
    """Lists the flags that stand."""
    with opened() as store, views(store), store.connect() as connection:
        found = queries.flags(connection, as_of=as_of, rule=rule)
    if as_json:
        print_json(found)
    else:
        print_flags(found)


def _subject(text: str) -> str:
    """A flag's subject, short: its kind and the end of its name."""
    kind, _, name = text.partition(":")
    return f"{titled(SUBJECT_TITLES[kind])} …{name[-12:]}"


def print_flags(found: list[dict[str, Any]]) -> None:
    """The flags as a table."""
    titles = {rule.id: (rule.title_zh, rule.title_en) for rule in all_rules()}
    print_table(
        say(f"疑点（{len(found)} 条；是线索，不是结论）", f"Flags ({len(found)}; leads, not findings)"),
        [
            (say("严重程度", "severity"), "left"),
            (say("规则", "rule"), "left"),
            (say("活动", "campaign"), "left"),
            (say("单位", "unit"), "left"),
            (say("对象", "subject"), "left"),
            (say("起于", "raised at"), "right"),
            (say("证据（第几号）", "evidence"), "left"),
            (say("金额（元）", "amount"), "right"),
        ],
        [
            (
                titled(SEVERITY_TITLES[f["severity"]]),
                titled(titles[f["rule"]]),
                f["campaign"],
                f["unit"],
                _subject(f["subject"]),
                f["raised_at"],
                ", ".join(map(str, f["evidence"])),
                money(f["amount_fen"]),
            )
            for f in found
        ],
    )


def case(
    case_id: Annotated[str, typer.Argument(help=say("提名的陈述编号", "the nomination's id"))],
    as_json: AsJson = False,
) -> None:
    """Shows every version of a case."""
    with opened() as store, views(store), store.connect() as connection:
        found = queries.case_history(connection, case_id)
    if not found:
        raise typer.BadParameter(say(f"没有对象 {case_id}", f"there is no case {case_id}"))
    if as_json:
        print_json(found)
        return
    print_table(
        say(f"对象 {case_id}", f"Case {case_id}"),
        [
            (say("自第几号", "from"), "right"),
            (say("状态", "state"), "left"),
            (say("批准（元）", "approved"), "right"),
            (say("实发（元）", "paid"), "right"),
        ],
        [
            (
                r["from_position"],
                titled(STATE_TITLES[r["state"]]),
                money(r["approved_fen"]),
                money(r["paid_fen"] - r["returned_fen"]),
            )
            for r in found
        ],
    )


def receipt(statement_id: str, as_json: AsJson = False) -> None:
    """Reads a statement's receipt back."""
    from ledger.merkle import leaf_hash

    with opened() as store, store.connect() as connection:
        row = connection.execute(
            "SELECT position, data FROM ledger.entries WHERE statement_id = %s", (statement_id,)
        ).fetchone()
    if row is None:
        raise typer.BadParameter(say("没有这份陈述", "there is no such statement"))
    entry = bytes(row[1])
    value = {
        "id": statement_id,
        "position": row[0],
        "recorded_at": read_entry(entry)["recorded_at"],
        "leaf_hash": leaf_hash(entry).hex(),
    }
    if as_json:
        print_json(value)
    else:
        console.print("\n".join(f"{name}: {text}" for name, text in value.items()))


def types(as_json: AsJson = False) -> None:
    """Lists the event types and who may sign them."""
    found = [
        {"type": topic, "title": say(kind.TITLE_ZH, kind.TITLE_EN), "roles": sorted(kind.ROLES)}
        for topic, kind in sorted(Event.types.items())
    ]
    if as_json:
        print_json(found)
        return
    print_table(
        say("事件类型", "Event types"),
        [(say("类型", "type"), "left"), (say("名称", "title"), "left"), (say("角色", "roles"), "left")],
        [(f["type"], f["title"], ", ".join(f["roles"])) for f in found],
    )


def refusals(
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出 Markdown 表", "as Markdown"))
    ] = False,
) -> None:
    """Lists every code with which a statement can be refused."""
    found = [Rule.all[code] for code in sorted(Rule.all)]
    if markdown:
        print("| code | 中文 | English |\n|---|---|---|")  # a document's table
        for rule in found:
            print(f"| `{rule.code}` | {rule.zh} | {rule.en} |")
    elif as_json:
        print_json([{"code": rule.code, "zh": rule.zh, "en": rule.en} for rule in found])
    else:
        print_table(
            say("拒绝代码", "Refusal codes"),
            [(say("代码", "code"), "left"), (say("说明", "meaning"), "left")],
            [(rule.code, say(rule.zh, rule.en)) for rule in found],
        )


def events(
    after: Annotated[int, typer.Option(help=say("自第几号之后", "after this position"))] = 0,
    limit: Annotated[int | None, typer.Option(help=say("最多几条", "at most"))] = None,
    type_: Annotated[str | None, typer.Option("--type", help=say("类型，如 Disbursed.v1", "type"))] = None,
    tag: Annotated[
        str | None, typer.Option(help=say("标签，如 unit:tea、case:…", "tag, like unit:tea"))
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help=say("持续输出新账目", "go on with new ones"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prints entries in order, page by page; --json prints each entry whole, one a line."""
    with opened() as store:
        for position, entry in _entries(store, after, limit, type_, tag, follow):
            value = read_entry(entry)
            if as_json:
                print_line({"position": position, "entry": value})
            else:
                _print_event(position, value)


def _entries(
    store: OpenStore, after: int, limit: int | None, type_: str | None, tag: str | None, follow: bool
) -> Iterator[tuple[int, bytes]]:
    left = limit
    with store.connect() as connection:
        while left is None or left > 0:
            rows = connection.execute(
                "SELECT position, data FROM ledger.entries WHERE position > %s"
                " AND type = coalesce(%s, type) AND (%s::text IS NULL OR tags @> array[%s::text])"
                " ORDER BY position LIMIT %s",
                (after, type_, tag, tag, 500 if left is None else min(500, left)),
            ).fetchall()
            for position, data in rows:
                yield position, bytes(data)
                after = position
            if left is not None:
                left -= len(rows)
            if not rows:
                if not follow:
                    return
                time.sleep(0.5)


def _print_event(position: int, value: dict[str, Any]) -> None:
    import orjson

    statement = orjson.loads(decode64(value["envelope"]["payload"], "payload"))
    kind = Event.types[statement["type"]]
    title = kind.TITLE_EN if language() == "en" else kind.TITLE_ZH
    body = statement["body"]
    about = " ".join(str(body[name]) for name in ("campaign", "unit", "line", "officer") if body.get(name))
    amount = money(body["amount_fen"]) if body.get("amount_fen") else ""
    console.print(f"{position:>8}  {statement['on']}  {title}  {about}  {amount}", markup=False)
