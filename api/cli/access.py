"""``songnuan access``: the access log, for whoever holds the ledger's database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, get_args

import typer

from api.access_log.queries import AccessFilter, access_lines, line_moment
from api.access_log.rows import AccessRow
from api.cli import server_option
from api.cli.answers import AsCsv, AsJson, Limit, Shape, XlsxFile, answer
from api.cli.columns import listed
from api.cli.desk import FolderDesk, at_service
from api.cli.exit_codes import Misused
from api.cli.language import say, titled
from api.cli.log_there import refuse_option
from api.cli.opening import opened
from api.cli.output import one_of
from api.cli.question import OfService
from api.cli.recording import record_shown
from api.gate import every_view
from ledger.clock import china_time
from ledger.writing.access_log import AccessKind, address_mark

KIND_TITLES: Mapping[str, tuple[str, str]] = {
    "sign-in": ("登录", "sign-in"),
    "sign-in-failed": ("登录失败", "failed sign-in"),
    "sign-out": ("退出", "sign-out"),
    "refused": ("被拒绝", "refused"),
    "persons": ("查看人员", "rows of persons"),
    "identities": ("查阅身份", "identities"),
    "search": ("查找", "search"),
    "export": ("导出", "export"),
    "look-up": ("核对", "look-up"),
    "access-log": ("查看查阅日志", "access log"),
}


def _joined(names: Any) -> str:
    return say("全部", "all") if names is None else "、".join(names)


COLUMNS = listed(
    AccessRow,
    "number",
    "at",
    "kind",
    "officer",
    "what",
    "campaigns",
    "units",
    "subject",
    "rows",
    "code",
    at=lambda at: china_time(datetime.fromisoformat(at)),
    kind=lambda kind: titled(KIND_TITLES[kind]),
    campaigns=_joined,
    units=_joined,
)


LINES = OfService("/access", is_paged=True, cursor="before")


def access(
    kind: Annotated[str | None, typer.Option(help=say("类别：", "kind: ") + ", ".join(KIND_TITLES))] = None,
    officer: Annotated[str | None, typer.Option(help=say("人员代码", "the officer's code"))] = None,
    since: Annotated[str | None, typer.Option(help=say("自何日或何时起", "from this day or time on"))] = None,
    until: Annotated[str | None, typer.Option(help=say("至何日或何时前", "before this day or time"))] = None,
    address: Annotated[
        str | None, typer.Option(help=say("只看来自此地址的", "only what came from this address"))
    ] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists who saw, searched, exported and looked up what, the newest first."""
    one_of(kind, get_args(AccessKind), "--kind")
    begin, end = _moment("--since", since), _moment("--until", until)
    with at_service() as desk:
        if desk is not None:
            if address is not None:
                raise refuse_option("--address")
            found = desk.rows(LINES, most=limit, kind=kind, officer=officer, since=begin, until=end)
    if server_option.given() is None:
        with opened() as store, store.connect() as connection:
            mark = None if address is None else address_mark(store.secrets().mark_key, address)
            wanted = AccessFilter(kind, officer, begin, end, mark)
            found = access_lines(every_view(connection), wanted, limit=limit)
            record_shown(store, subject=officer, rows=len(found))
            FolderDesk(store).names().add_to(found)
    title = say(f"查阅日志（{len(found)} 行）", f"Access log ({len(found)} lines)")
    answer(title, COLUMNS, found, Shape(as_json, as_csv, xlsx), limit=limit)


def _moment(option: str, text: str | None) -> str | None:
    try:
        return line_moment(text)
    except ValueError:
        raise Misused(
            f"{option} 应为日期或带时区的时间：{text}",
            f"{option} is a day, or a time with its offset: {text}",
        ) from None
