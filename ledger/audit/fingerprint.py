"""The schema's fingerprint (结构指纹): what the catalogue holds, against what the migrations give.

What is expected is made by the migrations themselves in a scratch schema of the same server, in a
transaction that is rolled back: no rights beyond the service's own are needed, nobody else sees it,
and whatever the server's version, both sides are printed by the same server (ADR 0029).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from itertools import zip_longest
from secrets import token_hex
from typing import Any

import orjson
import psycopg
import structlog

from ledger.audit.catalogue import Catalogue, Item, read_catalogue
from ledger.errors import Rule
from ledger.findings import SCHEMA_NOT_COMPARED, Finding, Report
from ledger.postgres import migrations
from ledger.postgres.server_words import reason_of_error

_log = structlog.get_logger(__name__)

Build = Callable[[psycopg.Connection[Any], str], None]
"""Makes what a schema should hold, in an empty schema of the name given."""


def _rule(kind: str, zh: str, en: str) -> Rule:
    return Rule(
        f"schema-{kind}-differs",
        zh=f"数据库结构中的{zh} {{object}} 与本程序的不符：{{problem}}",
        en=f"the {en} {{object}} is not what this release makes: {{problem_en}}",
    )


RULES = {
    "table": _rule("table", "表", "table"),
    "column": _rule("column", "列", "column"),
    "constraint": _rule("constraint", "约束", "constraint"),
    "index": _rule("index", "索引", "index"),
    "trigger": _rule("trigger", "触发器", "trigger"),
    "rule": _rule("rule", "改写规则", "rewrite rule"),
    "policy": _rule("policy", "行级安全策略", "row security policy"),
    "function": _rule("function", "函数", "function"),
    "object": _rule("object", "对象", "object"),
}
"""What is found where an object of each kind is missing, unexpected or another."""

VERSION_DIFFERS = Rule(
    "schema-version-differs",
    zh="数据库结构版本 {version} 的记录不符：应为 {expected}，实为 {found}",
    en="the record of schema version {version} is not this release's: {expected} expected, {found} found",
)

PROPERTIES = {
    "kind": ("种类", "kind"),
    "persistence": ("持久性", "persistence"),
    "method": ("存取方法", "access method"),
    "row_security": ("行级安全", "row security"),
    "forced_row_security": ("强制行级安全", "forced row security"),
    "of_type": ("所属类型", "of type"),
    "parents": ("继承自", "parents"),
    "children": ("被继承", "children"),
    "query": ("查询", "query"),
    "passed_over": ("服务器略过的", "what the server passes over"),
    "owner": ("属主", "owner"),
    "place": ("次序", "place"),
    "type": ("类型", "type"),
    "not_null": ("非空", "not null"),
    "collation": ("排序规则", "collation"),
    "default": ("默认值", "default"),
    "generated": ("生成列", "generated"),
    "identity": ("自增列", "identity"),
    "definition": ("定义", "definition"),
    "validated": ("已校验", "validated"),
    "deferrable": ("可延迟", "deferrable"),
    "deferred": ("延迟校验", "deferred"),
    "valid": ("有效", "valid"),
    "ready": ("可写入", "ready"),
    "live": ("可用", "live"),
    "unique": ("唯一", "unique"),
    "immediate": ("即时校验", "immediate"),
    "primary": ("主键", "primary"),
    "enabled": ("启用", "enabled"),
    "command": ("命令", "command"),
    "permissive": ("许可型", "permissive"),
    "roles": ("角色", "roles"),
    "using": ("条件", "using"),
    "check": ("校验", "check"),
}
"""What people call the properties of objects, in Chinese and English."""

MOST_SHOWN = 120


def build_ledger(connection: psycopg.Connection[Any], schema: str) -> None:
    """Make the ledger's own tables, as every migration gives them, in another schema."""
    migrations.make(connection, schema=schema)


def check_schema(connection: psycopg.Connection[Any], builds: Mapping[str, Build], report: Report) -> None:
    """Compare schemas with what their builds give; the connection is in autocommit, nothing stays."""
    try:
        found, expected = read_both(connection, builds)
    except psycopg.Error as error:
        _log.warning("the schema could not be compared", error=error)
        zh, en = reason_of_error(error)
        report(Finding(None, SCHEMA_NOT_COMPARED.refused(problem=zh, problem_en=en)))
        return
    for finding in compare(found, expected):
        report(finding)


def check_record(connection: psycopg.Connection[Any], report: Report) -> None:
    """Hold the record of the versions that were applied against those that this release knows."""
    there = migrations.recorded(connection)
    known = {version: name for version, (name, _) in migrations.versions().items()}
    for version in sorted(there.keys() | known.keys()):
        here, expected = there.get(version, "—"), known.get(version, "—")
        if here != expected:
            report(Finding(None, VERSION_DIFFERS.refused(version=version, expected=expected, found=here)))


def read_both(
    connection: psycopg.Connection[Any], builds: Mapping[str, Build]
) -> tuple[Catalogue, Catalogue]:
    """What the schemas hold, and what their builds give in scratch schemas that never appear."""
    with connection.transaction(force_rollback=True):
        # What the database or the role has as defaults must not shape what is expected, nor prevent it.
        connection.execute(
            "SET LOCAL transaction_read_only = off;"
            " SET LOCAL default_table_access_method = heap; SET LOCAL default_tablespace = '';"
            " SET LOCAL check_function_bodies = off; SET LOCAL lock_timeout = '10s'"
        )
        found = read_catalogue(connection, list(builds))
        names = {f"expected_{token_hex(8)}": schema for schema in builds}
        for name, schema in names.items():
            builds[schema](connection, name)
        made = read_catalogue(connection, list(names))
    return found, _renamed(made, names)


def fingerprint(catalogue: Catalogue) -> str:
    """One hash over all that a catalogue holds, hex."""
    return sha256(orjson.dumps(_plain(catalogue), option=orjson.OPT_SORT_KEYS)).hexdigest()


def compare(found: Catalogue, expected: Catalogue) -> Iterator[Finding]:
    """Each object that is missing, unexpected or another; of a table that is so, only the table."""
    tables = {
        name
        for name in found["table"].keys() | expected["table"].keys()
        if _kind(found["table"].get(name)) != _kind(expected["table"].get(name))
    }
    for kind, rule in RULES.items():
        here, there = found[kind], expected[kind]
        for name in sorted(here.keys() | there.keys()):
            one, other = here.get(name), there.get(name)
            either = one or other
            if one == other or (either is not None and either.table in tables):
                continue
            zh, en = _problem(one, other)
            yield Finding(None, rule.refused(object=name, problem=zh, problem_en=en))


def _kind(table: Item | None) -> object:
    return None if table is None else table.properties["kind"]


def _problem(found: Item | None, expected: Item | None) -> tuple[str, str]:
    """What is the matter, in Chinese and English."""
    if found is None:
        return "缺失", "it is missing"
    if expected is None:
        return "多出，来历不明", "it is unexpected"
    zh, en = [], []
    for name in sorted(found.properties.keys() | expected.properties.keys()):
        here, there = found.properties.get(name), expected.properties.get(name)
        if here != there:
            here, there = _first_difference(str(here), str(there))
            titles = PROPERTIES[name]
            zh.append(f"{titles[0]}应为 {there}，实为 {here}")
            en.append(f"{titles[1]} {there} expected, {here} found")
    return "；".join(zh), "; ".join(en)


def _first_difference(found: str, expected: str) -> tuple[str, str]:
    """Of texts of many lines the first that differs, as far as it can be shown."""
    lines = zip_longest(found.splitlines(), expected.splitlines(), fillvalue="—")
    return next((_shown(one), _shown(other)) for one, other in lines if one != other)


def _shown(text: str) -> str:
    return " ".join(text.split())[:MOST_SHOWN] or "—"


def _renamed(catalogue: Catalogue, names: Mapping[str, str]) -> Catalogue:
    """The catalogue with each scratch schema under the name that it stands for."""
    text = orjson.dumps(_plain(catalogue)).decode()
    for name, schema in names.items():
        text = text.replace(name, schema)
    return {
        kind: {name: Item(*item) for name, item in items.items()}
        for kind, items in orjson.loads(text).items()
    }


def _plain(catalogue: Catalogue) -> dict[str, dict[str, list[Any]]]:
    return {kind: {name: list(item) for name, item in items.items()} for kind, items in catalogue.items()}
