"""``songnuan show`` and ``songnuan events``: what stands, and what was recorded."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any
from urllib.parse import quote

import typer

import api
import ledger
import projections
from api.cli.beside import BESIDE, beside_table
from api.cli.desk import FolderDesk, ServerDesk, at_desk
from api.cli.exit_codes import Misused
from api.cli.language import language, say, titled
from api.cli.log_there import Asked, entries
from api.cli.naming import CodeNames
from api.cli.output import AsJson, console, money, print_json, print_line, print_table
from api.cli.recorded_events import commands_of_events, event_table
from api.cli.recording import record_shown
from api.cli.running import note_recorded
from api.registry.authority_table import authority_markdown, authority_rows
from api.wording.titles import CodeKind
from ledger.clock import china_time
from ledger.domain.entry import read_entry
from ledger.domain.event import ROLE_TITLES, Event
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import Rule
from ledger.statements.statement import decode64
from ledger.storage.store import OpenStore

_RECEIPT = {
    "id": ("签署件编号", "statement"),
    "position": ("登记序号", "position"),
    "recorded_at": ("登记时间", "recorded"),
    "leaf_hash": ("叶哈希", "leaf hash"),
}


def receipt(statement_id: str, as_json: AsJson = False) -> None:
    """Reads a statement's receipt back."""
    with at_desk() as desk:
        if isinstance(desk, ServerDesk):
            told = desk.server.get(f"/statements/{quote(statement_id, safe='')}")["receipt"]
            note_recorded()
            value = {name: told[name] for name in ("id", "position", "recorded_at", "leaf_hash")}
        else:
            assert isinstance(desk, FolderDesk)
            value = _receipt_here(desk.store, statement_id)
    if as_json:
        print_json(value)
    else:
        shown = {**value, "recorded_at": china_time(datetime.fromisoformat(value["recorded_at"]))}
        console.print(
            "\n".join(say("{}：{}", "{}: {}").format(titled(_RECEIPT[name]), shown[name]) for name in shown)
        )


def _receipt_here(store: OpenStore, statement_id: str) -> dict[str, Any]:
    from ledger.crypto.merkle import leaf_hash

    with store.connect() as connection:
        row = connection.execute(
            "SELECT position, data FROM ledger.entries WHERE statement_id::text = %s", (statement_id,)
        ).fetchone()
        if row is None:
            raise UNKNOWN_REFERENCE.refused(kind="statement", id=statement_id)
        record_shown(store, subject=statement_id, rows=1)
    entry = bytes(row[1])
    return {
        "id": statement_id,
        "position": row[0],
        "recorded_at": read_entry(entry)["recorded_at"],
        "leaf_hash": leaf_hash(entry).hex(),
    }


def type_(
    name: Annotated[str, typer.Argument(help=say("类型，如 Disbursed.v1", "the type, like Disbursed.v1"))],
    as_json: AsJson = False,
) -> None:
    """Shows one event type: who signs it, and each field with what it is and what it holds.

    Raises:
        Misused: there is no such type.
    """
    from api.wording.event_fields import fields_of

    kind = Event.types.get(name) or Event.types.get(f"{name}.v1")
    if kind is None:
        near = get_close_matches(name, Event.types)
        raise Misused(
            f"没有名为 {name} 的事件类型" + (f"，是否为 {'、'.join(near)}？" if near else ""),
            f"there is no event type {name}" + (f", did you mean {', '.join(near)}?" if near else ""),
        )
    fields = fields_of(kind)
    topic = f"{kind.NAME}.v{kind.VERSION}"
    if as_json:
        print_json(
            {"type": topic, "roles": sorted(kind.ROLES), "fields": [each._asdict() for each in fields]}
        )
        return
    roles = say("、", ", ").join(say(*ROLE_TITLES[role]) for role in sorted(kind.ROLES))
    console.print(f"{topic}  {say(kind.TITLE_ZH, kind.TITLE_EN)}")
    if roles:
        console.print(say("签署人：", "signed by: ") + roles)
    print_table(
        say("字段", "Fields"),
        [
            (titled(each), "left")
            for each in (("字段", "field"), ("名称", "title"), ("填写", "holds"), ("必填", "required"))
        ],
        [
            [
                each.name,
                say(each.zh, each.en),
                say(each.shape_zh, each.shape_en),
                say("是", "yes") if each.required else "",
            ]
            for each in fields
        ],
    )


def types(
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出 Markdown 表", "as Markdown"))
    ] = False,
) -> None:
    """Lists the event types, who may sign them, and by which command."""
    if markdown:
        print("\n".join(event_table()))  # a document's table
        return
    commands = commands_of_events()
    found = [
        {
            "type": topic,
            "title": say(kind.TITLE_ZH, kind.TITLE_EN),
            "roles": sorted(kind.ROLES),
            "commands": commands.get(topic, []),
        }
        for topic, kind in sorted(Event.types.items())
    ]
    if as_json:
        print_json(found)
        return
    print_table(
        say("事件类型", "Event types"),
        [
            (say("类型", "type"), "left"),
            (say("名称", "title"), "left"),
            (say("角色", "roles"), "left"),
            (say("命令", "command"), "left"),
        ],
        [(f["type"], f["title"], ", ".join(f["roles"]), ", ".join(f["commands"])) for f in found],
    )


def refusals(
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出 Markdown 表", "as Markdown"))
    ] = False,
) -> None:
    """Lists every code with which a statement, or a question over HTTP, can be refused."""
    _load_all_modules()
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


def _load_all_modules() -> None:
    """Import every module of ours that may declare a rule: one is known once its module is."""
    for package in (ledger, projections, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("api.cli"):
                importlib.import_module(module.name)


def access(
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出 Markdown 表", "as Markdown"))
    ] = False,
) -> None:
    """Lists every route with the roles that it answers, and what its answers are cut to."""
    from api.service.operations import CUTS, OPERATIONS

    found: list[tuple[str, str, list[str], tuple[str, str], tuple[str, str]]] = []
    for route, said in OPERATIONS.items():
        zh, en = CUTS[said.cut]
        if not said.matters:
            who = ("已登录者", "anybody signed in") if said.signed_in else ("任何人", "anybody")
            found.append((route, "", [], who, (zh, en)))
        for resource in said.matters:
            roles = [role for role in ROLE_TITLES if role in said.roles(resource)]
            titles = [ROLE_TITLES[role] for role in roles]
            who = ("、".join(t[0] for t in titles), ", ".join(t[1] for t in titles))
            found.append((route, resource, roles, who, (zh, en)))
    if markdown:
        print("| route | matter | roles | cut to |\n|---|---|---|---|")  # a document's table
        for route, of, _, who, cut in found:
            print(f"| `{route}` | {of or '—'} | {who[1]} | {cut[1]} |")
    elif as_json:
        print_json(
            [
                {"route": route, "matter": of, "roles": roles, "cut": cut[1]}
                for route, of, roles, _, cut in found
            ]
        )
    else:
        print_table(
            say("各接口的查看权限", "Who may read what over HTTP"),
            [
                (say("接口", "route"), "left"),
                (say("角色", "roles"), "left"),
                (say("范围", "cut to"), "left"),
            ],
            [(route, say(*who), say(*cut)) for route, _, _, who, cut in found],
        )


def authority(
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出 Markdown 表", "as Markdown"))
    ] = False,
) -> None:
    """Lists who may sign each event, and what each thing that it names asks of them."""
    rows = list(authority_rows())
    if markdown:
        print("\n".join(authority_markdown()))  # a document's tables
    elif as_json:
        print_json([row.to_json() for row in rows])
    else:
        print_table(
            say("各类签署件的签署权限", "Who may sign what"),
            [
                (say("类型", "type"), "left"),
                (say("条件", "where"), "left"),
                (say("签署人", "signed by"), "left"),
                (say("权限及于", "the role is held over"), "left"),
                (say("所涉及", "names"), "left"),
            ],
            [
                (
                    row.event,
                    row.where,
                    say(*row.signers),
                    say(*(row.held_over or ("", ""))),
                    "、".join(f"{field}" for field, _, _ in row.references),
                )
                for row in rows
            ],
        )


def local(
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出 Markdown 表", "as Markdown"))
    ] = False,
) -> None:
    """Lists the commands that work beside the ledger alone: why, and the way out."""
    if markdown:
        print("\n".join(beside_table()))  # a document's table
    elif as_json:
        print_json([{"command": name, **found._asdict()} for name, found in BESIDE.items()])
    else:
        print_table(
            say("不能加 --server 的命令", "Commands that take no --server"),
            [
                (say("命令", "command"), "left"),
                (say("原因", "why"), "left"),
                (say("办法", "instead"), "left"),
            ],
            [(name, say(*found.why), say(*found.instead)) for name, found in BESIDE.items()],
        )


def events(
    after: Annotated[int, typer.Option(help=say("自此登记序号之后", "after this position"))] = 0,
    limit: Annotated[int | None, typer.Option(help=say("最多几条", "at most"))] = None,
    type_: Annotated[str | None, typer.Option("--type", help=say("类型，如 Disbursed.v1", "type"))] = None,
    tag: Annotated[
        str | None, typer.Option(help=say("标签，如 unit:tea、case:…", "tag, like unit:tea"))
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help=say("持续输出新记录", "go on with new ones"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prints entries in order, page by page; --json prints each entry whole, one a line."""
    with at_desk() as desk:
        if isinstance(desk, ServerDesk):
            found = _entries_there(desk, after, limit, Asked(type_, tag), follow)
        else:
            assert isinstance(desk, FolderDesk)
            record_shown(desk.store, subject=tag)
            found = _entries(desk.store, after, limit, type_, tag, follow)
        names = desk.names()
        for position, entry in found:
            value = read_entry(entry)
            if as_json:
                print_line({"position": position, "entry": value})
            else:
                _print_event(position, value, names)


def _entries_there(
    desk: ServerDesk, after: int, limit: int | None, asked: Asked, follow: bool
) -> Iterator[tuple[int, bytes]]:
    left, at = limit, after
    while True:
        for position, entry in entries(desk, at, left, asked):
            yield position, entry
            at, left = position, None if left is None else left - 1
        if not follow or left == 0:
            return
        time.sleep(2.0)


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


_ABOUT: tuple[CodeKind, ...] = ("campaign", "unit", "line", "officer")


def _print_event(position: int, value: dict[str, Any], names: CodeNames) -> None:
    import orjson

    statement = orjson.loads(decode64(value["envelope"]["payload"], "payload"))
    kind = Event.types[statement["type"]]
    title = kind.TITLE_EN if language() == "en" else kind.TITLE_ZH
    body = statement["body"]
    about = " ".join(
        names.name(kind, body[kind], body.get("campaign")) or body[kind]
        for kind in _ABOUT
        if isinstance(body.get(kind), str)
    )
    amount = money(body["amount_fen"]) if body.get("amount_fen") else ""
    console.print(f"{position:>8}  {statement['on']}  {title}  {about}  {amount}")
