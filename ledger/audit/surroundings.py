"""What surrounds the ledger's schemas in its database and changes what they do or answer.

Triggers on events of the database, settings kept for the database or a role, names that stand in
front of the server's own, casts, grants, subscriptions: each is read from the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import structlog

from ledger.audit.durability import UNSAFE
from ledger.errors import Rule
from ledger.findings import (
    EXTENSION_FOUND,
    POWER_FOUND,
    PUBLICATION_FOUND,
    READER_FOUND,
    SCHEMA_NOT_COMPARED,
    SUPERUSER_FOUND,
    Finding,
    Report,
)
from ledger.postgres.server_words import reason_of_error

_log = structlog.get_logger(__name__)

EVENT_TRIGGER = Rule(
    "event-trigger-unexpected",
    zh="数据库中有本程序没有的事件触发器 {object}（{event}，函数 {function}）",
    en="the database has an event trigger that is not this release's: {object} ({event}, {function})",
)
SETTING = Rule(
    "setting-unexpected",
    zh="{scope} 存有会改变台账行为的设置 {setting}",
    en="a setting that changes what the ledger does is kept for {scope}: {setting}",
)
SHADOWED = Rule(
    "name-shadowed",
    zh="{object} 与系统或台账的同名对象混淆",
    en="{object} stands in front of an object of the server or the ledger of that name",
)
CAST = Rule(
    "cast-unexpected",
    zh="数据库中有本程序没有的类型转换 {object}",
    en="the database has a cast that is not this release's: {object}",
)
GRANT = Rule(
    "grant-unexpected",
    zh="{grantee} 对 {object} 有写权限：{privileges}",
    en="{grantee} may change {object}: {privileges}",
)
MEMBER = Rule(
    "member-unexpected",
    zh="角色 {member} 可以 {role} 的身份改动台账",
    en="the role {member} may change the ledger as {role}",
)
BUILT_IN = Rule(
    "built-in-changed",
    zh="系统自带的 {object} 在台账建立之后被改过：请与新装的同版本 PostgreSQL 比对",
    en="the server's own {object} was changed since the ledger was made: hold it against a fresh PostgreSQL of that"
    " version",
)
SUBSCRIPTION = Rule(
    "subscription-unexpected",
    zh="数据库中有逻辑复制订阅 {object}，可写入台账的表",
    en="the database has a subscription, which can write to the ledger's tables: {object}",
)

HARMLESS_SETTINGS = (
    "^(application_name|client_min_messages|timezone|statement_timeout|lock_timeout|deadlock_timeout"
    "|idle_.*|transaction_timeout|tcp_.*|log_.*|auto_explain[.].*|pg_stat_statements[.].*|track_.*"
    "|work_mem|maintenance_work_mem|temp_.*|hash_mem_multiplier|logical_decoding_work_mem"
    "|enable_.*|jit.*|.*_cost|.*_collapse_limit|geqo.*|max_parallel_.*|parallel_.*|effective_.*"
    "|random_page_cost|seq_page_cost|plan_cache_mode|default_statistics_target|cursor_tuple_fraction"
    "|vacuum_.*|lc_messages|stats_fetch_consistency|compute_query_id)$"
)
"""What an operator may set for speed, logs and patience: it changes no answer."""

# In effect now, however it came: these turn triggers off, hide rows, or change what names and NULL mean.
_IN_EFFECT = {
    "session_replication_role": ("origin",),
    "search_path": ('"$user", public', '"$user",public', "public", ""),
    "transform_null_equals": ("off",),
    "session_preload_libraries": ("", "auto_explain"),
    "local_preload_libraries": ("",),
    "row_security": ("on",),
}


def check_surroundings(connection: psycopg.Connection[Any], schemas: Sequence[str], report: Report) -> None:
    """Report what surrounds the schemas and is not this release's."""
    for part in (
        _settings(connection),
        _event_triggers(connection),
        _shadows(connection, schemas),
        _built_ins(connection, schemas),
        _casts(connection),
        _grants(connection, schemas),
        _members(connection, schemas),
        _powers(connection, schemas),
        _replication(connection, schemas),
        _extensions(connection),
    ):
        try:
            for finding in part:
                report(finding)
        except psycopg.Error as error:
            # Whoever changed what the catalogue answers from must not keep the other parts from being looked at.
            report_unread(error, report)


def report_unread(error: psycopg.Error, report: Report) -> None:
    """Report that the catalogue did not answer."""
    _log.warning("what surrounds the schema could not be read", error=error)
    zh, en = reason_of_error(error)
    report(Finding(None, SCHEMA_NOT_COMPARED.refused(problem=zh, problem_en=en)))


def _settings(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    kept = connection.execute(
        "SELECT coalesce(d.datname, '*') || ' / ' || coalesce(r.rolname, '*'), s"
        " FROM pg_db_role_setting k CROSS JOIN LATERAL unnest(k.setconfig) AS s"
        " LEFT JOIN pg_database d ON d.oid = k.setdatabase LEFT JOIN pg_roles r ON r.oid = k.setrole"
        " WHERE (k.setdatabase = 0 OR d.datname = current_database())"
        " AND (k.setrole = 0 OR r.rolname IN (session_user, current_user))"
        " AND lower(split_part(s, '=', 1)) !~ %s AND lower(split_part(s, '=', 1)) <> ALL(%s) ORDER BY 1, 2",
        (HARMLESS_SETTINGS, list(UNSAFE)),
    ).fetchall()
    seen = set()
    for scope, setting in kept:
        seen.add(setting.split("=", 1)[0].lower())
        yield Finding(None, SETTING.refused(scope=scope, setting=setting))
    for name, usual in _IN_EFFECT.items():
        row = connection.execute("SELECT reset_val FROM pg_settings WHERE name = %s", (name,)).fetchone()
        if row is not None and row[0] not in usual and name not in seen:
            yield Finding(None, SETTING.refused(scope="*", setting=f"{name}={row[0]}"))


def _event_triggers(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    for name, event, function in connection.execute(
        "SELECT evtname, evtevent, evtfoid::regproc::text FROM pg_event_trigger t"
        " WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e') ORDER BY 1"
    ).fetchall():
        yield Finding(None, EVENT_TRIGGER.refused(object=name, event=event, function=function))


def _shadows(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> Iterator[Finding]:
    """Names that an unqualified one could mean: beside the server's own, and of the ledger's tables.

    Objects of extensions stand apart, and so does what the schemas themselves hold.
    """
    for (name,) in connection.execute(
        "WITH near AS (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'pg_catalog', session_user)),"
        " ours AS (SELECT oid FROM pg_namespace WHERE nspname = ANY(%s)),"
        " members AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')"
        " SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace IN (SELECT oid FROM near)"
        " AND p.oid >= 16384 AND ('pg_proc'::regclass, p.oid) NOT IN (SELECT * FROM members)"
        " AND EXISTS (SELECT FROM pg_proc o WHERE o.proname = p.proname"
        " AND (o.oid < 16384 OR o.pronamespace IN (SELECT oid FROM ours)))"
        " UNION ALL SELECT p.oid::regoperator::text FROM pg_operator p"
        " WHERE p.oid >= 16384 AND ('pg_operator'::regclass, p.oid) NOT IN (SELECT * FROM members)"
        " AND EXISTS (SELECT FROM pg_operator o WHERE o.oprname = p.oprname AND o.oid < 16384)"
        " UNION ALL SELECT p.oid::regclass::text FROM pg_class p"
        " WHERE p.relnamespace IN (SELECT oid FROM near) AND p.oid >= 16384"
        " AND p.relkind IN ('r', 'p', 'v', 'm', 'f')"
        " AND ('pg_class'::regclass, p.oid) NOT IN (SELECT * FROM members)"
        " AND EXISTS (SELECT FROM pg_class o WHERE o.relname = p.relname AND o.oid <> p.oid"
        " AND o.relkind IN ('r', 'p') AND (o.relnamespace IN (SELECT oid FROM ours) OR o.oid < 16384))"
        " ORDER BY 1",
        (list(schemas),),
    ).fetchall():
        yield Finding(None, SHADOWED.refused(object=name))


def _built_ins(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> Iterator[Finding]:
    """The server's own functions, operators, views and what its indexes compare by, changed since our schemas are there.

    Whoever may change the catalogue can put another body under a name that every question calls. Their rows came
    with the server, so that the transaction that wrote one is older than the one that made a schema of ours.
    """
    for (name,) in connection.execute(
        "WITH made AS (SELECT max(age(xmin)) AS ago FROM pg_namespace WHERE nspname = ANY(%s)), found AS ("
        " SELECT oid::regprocedure::text AS name, xmin FROM pg_proc WHERE oid < 16384"
        " UNION ALL SELECT aggfnoid::regprocedure::text, xmin FROM pg_aggregate WHERE aggfnoid::oid < 16384"
        " UNION ALL SELECT oid::regoperator::text, xmin FROM pg_operator WHERE oid < 16384"
        " UNION ALL SELECT oid::regtype::text, xmin FROM pg_type WHERE oid < 16384"
        " UNION ALL SELECT castsource::regtype || ' AS ' || casttarget::regtype, xmin FROM pg_cast WHERE oid < 16384"
        # What an index compares by, and what a question of the catalogue is answered from.
        " UNION ALL SELECT amopopr::regoperator::text, xmin FROM pg_amop WHERE oid < 16384"
        " UNION ALL SELECT amproc::oid::regprocedure::text, xmin FROM pg_amproc WHERE oid < 16384"
        " UNION ALL SELECT amname || ' / ' || opcname, o.xmin FROM pg_opclass o JOIN pg_am m ON m.oid = opcmethod"
        " WHERE o.oid < 16384"
        " UNION ALL SELECT amname::text, xmin FROM pg_am WHERE oid < 16384"
        " UNION ALL SELECT lanname::text, xmin FROM pg_language WHERE oid < 16384"
        " UNION ALL SELECT ev_class::regclass::text, xmin FROM pg_rewrite WHERE oid < 16384"
        # The two that the ledger compares texts by; the others' versions are the operator's to refresh.
        " UNION ALL SELECT collname::text, xmin FROM pg_collation WHERE collname IN ('C', 'POSIX') AND oid < 16384)"
        " SELECT DISTINCT name FROM found, made WHERE age(found.xmin) < made.ago ORDER BY 1",
        (list(schemas),),
    ).fetchall():
        yield Finding(None, BUILT_IN.refused(object=name))


def _casts(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    for (name,) in connection.execute(
        "SELECT castsource::regtype || ' AS ' || casttarget::regtype FROM pg_cast c WHERE c.oid >= 16384"
        " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass"
        " AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"
    ).fetchall():
        yield Finding(None, CAST.refused(object=name))


def _grants(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> Iterator[Finding]:
    """Rights of others than the owner: to change is a finding each, to read informs, once for each role.

    What the owners make next is looked at as what is there: default privileges open the next table.
    """
    readable: dict[str, list[str]] = {}
    for grantee, name, reads, privileges in connection.execute(
        "WITH grants AS ("
        # Who may use a sequence takes its next value, which changes it.
        " SELECT c.oid::regclass::text AS name, relowner AS owner, a.grantor, a.grantee,"
        " CASE WHEN relkind = 'S' AND a.privilege_type = 'USAGE' THEN 'USAGE OF A SEQUENCE'"
        " ELSE a.privilege_type END AS privilege_type, a.is_grantable FROM pg_class c"
        " CROSS JOIN LATERAL aclexplode(relacl) a WHERE relnamespace IN (SELECT oid FROM pg_namespace"
        " WHERE nspname = ANY(%(schemas)s))"
        " UNION ALL SELECT c.oid::regclass::text || '.' || attname, relowner, a.* FROM pg_attribute"
        " JOIN pg_class c ON c.oid = attrelid CROSS JOIN LATERAL aclexplode(attacl) a WHERE relnamespace IN"
        " (SELECT oid FROM pg_namespace WHERE nspname = ANY(%(schemas)s))"
        " UNION ALL SELECT nspname, nspowner, a.* FROM pg_namespace"
        " CROSS JOIN LATERAL aclexplode(nspacl) a WHERE nspname = ANY(%(schemas)s)"
        " UNION ALL SELECT format('DEFAULT PRIVILEGES FOR ROLE %%I%%s ON %%s', pg_get_userbyid(defaclrole),"
        " ' IN SCHEMA ' || quote_ident(nspname),"
        " CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' ELSE 'SCHEMAS' END),"
        " defaclrole, a.* FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace"
        " CROSS JOIN LATERAL aclexplode(defaclacl) a WHERE defaclobjtype IN ('r', 'S', 'n')"
        " AND (nspname = ANY(%(schemas)s) OR (defaclnamespace = 0 AND (defaclrole IN"
        " (SELECT nspowner FROM pg_namespace WHERE nspname = ANY(%(schemas)s))"
        " OR pg_get_userbyid(defaclrole) = current_user))))"
        " SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END, name,"
        " bool_or(privilege_type = 'SELECT'), string_agg(privilege_type, ', ' ORDER BY privilege_type)"
        " FILTER (WHERE privilege_type NOT IN ('SELECT', 'REFERENCES', 'USAGE')) FROM grants"
        " WHERE grantee <> owner AND grantee <> (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        {"schemas": list(schemas)},
    ).fetchall():
        if privileges is not None:
            yield Finding(None, GRANT.refused(grantee=grantee, object=name, privileges=privileges))
        if reads:
            readable.setdefault(grantee, []).append(name)
    for grantee, names in readable.items():
        yield Finding(None, READER_FOUND.refused(grantee=grantee, object=", ".join(names)))


def _members(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> Iterator[Finding]:
    """Roles that act as an owner, or read or write everything, without a grant of their own.

    What is given in the database is a finding. A superuser stands over the whole server, as its operator
    does, and only informs; the first one, with which the server was made, is always there.
    """
    acts = _acts_as(connection)
    for member, role, superuser in connection.execute(
        "WITH owners AS (SELECT nspowner AS oid FROM pg_namespace WHERE nspname = ANY(%(schemas)s)"
        " UNION SELECT relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE nspname = ANY(%(schemas)s)"
        " UNION SELECT oid FROM pg_roles WHERE rolname IN ('pg_write_all_data', 'pg_read_all_data'))"
        " SELECT DISTINCT m.rolname, CASE WHEN m.rolsuper THEN '' ELSE r.rolname END, m.rolsuper"
        " FROM pg_roles m JOIN pg_roles r ON r.oid IN (SELECT oid FROM owners)"
        " WHERE m.oid <> 10 AND m.rolname NOT IN (session_user, current_user)"
        " AND (m.rolsuper OR (m.oid <> r.oid AND pg_has_role(m.oid, r.oid, %(acts)s))) ORDER BY 1, 2",
        {"schemas": list(schemas), "acts": acts},
    ).fetchall():
        if superuser:
            yield Finding(None, SUPERUSER_FOUND.refused(object=member))
        elif role == "pg_read_all_data":
            yield Finding(None, READER_FOUND.refused(grantee=member, object=role))
        else:
            yield Finding(None, MEMBER.refused(member=member, role=role))


def _powers(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> Iterator[Finding]:
    """Roles that are no superuser and have a part of its power; once for each role, and it only informs.

    Such powers are of the whole server and its operator's to give: a standby's role replicates, a
    provider's administrators have most of them. Attributes, the server's predefined roles (but those
    that read or write all data, which are judged as members), the right to give an owner's role or a
    predefined one, to oneself as well, the database itself, and parameters to set that are not harmless.
    CREATEDB counts where the database is a template, which such a role may copy.
    """
    acts = _acts_as(connection)
    for member, powers in connection.execute(
        "WITH powers AS ("
        " SELECT oid, unnest(array_remove(ARRAY[CASE WHEN rolreplication THEN 'REPLICATION' END,"
        " CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,"
        " CASE WHEN rolcreatedb AND (SELECT datistemplate FROM pg_database WHERE datname = current_database())"
        " THEN 'CREATEDB' END], NULL)) AS power FROM pg_roles"
        " UNION ALL SELECT m.oid, r.rolname FROM pg_roles m JOIN pg_roles r ON r.oid < 16384"
        " AND r.rolname LIKE 'pg\\_%%' AND r.rolname NOT IN"
        " ('pg_write_all_data', 'pg_read_all_data', 'pg_database_owner')"
        " WHERE pg_has_role(m.oid, r.oid, %(acts)s)"
        " UNION ALL SELECT x.member, format('ADMIN OPTION ON %%s', r.rolname) FROM pg_auth_members x"
        " JOIN pg_roles r ON r.oid = x.roleid WHERE x.admin_option AND (r.oid < 16384"
        " OR r.oid IN (SELECT nspowner FROM pg_namespace WHERE nspname = ANY(%(schemas)s)))"
        " UNION ALL SELECT datdba, 'OWNER OF THE DATABASE' FROM pg_database WHERE datname = current_database()"
        " UNION ALL SELECT grantee, 'CREATE IN THE DATABASE' FROM pg_database"
        " CROSS JOIN LATERAL aclexplode(datacl) WHERE datname = current_database() AND privilege_type = 'CREATE'"
        " AND grantee <> datdba"
        " UNION ALL SELECT grantee, format('%%s ON PARAMETER %%s', privilege_type, parname)"
        " FROM pg_parameter_acl CROSS JOIN LATERAL aclexplode(paracl) WHERE parname !~ %(harmless)s)"
        " SELECT coalesce(rolname, 'PUBLIC'), string_agg(DISTINCT power, ', ' ORDER BY power)"
        " FROM powers p LEFT JOIN pg_roles m ON m.oid = p.oid"
        " WHERE m.oid IS NULL OR (m.oid >= 16384 AND NOT rolsuper"
        " AND rolname NOT IN (session_user, current_user)) GROUP BY 1 ORDER BY 1",
        {"acts": acts, "harmless": HARMLESS_SETTINGS, "schemas": list(schemas)},
    ).fetchall():
        yield Finding(None, POWER_FOUND.refused(member=member, powers=powers))


def _acts_as(connection: psycopg.Connection[Any]) -> str:
    """What to ask ``pg_has_role`` so that it says who has another role's rights or can become it.

    Since PostgreSQL 16 a role can be a member that neither inherits nor can become the other: who made it.
    """
    return "SET, USAGE" if connection.info.server_version >= 160000 else "MEMBER"


def _replication(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> Iterator[Finding]:
    for (name,) in connection.execute(
        "SELECT subname FROM pg_subscription WHERE subdbid ="
        " (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1"
    ).fetchall():
        yield Finding(None, SUBSCRIPTION.refused(object=name))
    for (name,) in connection.execute(
        "SELECT DISTINCT pubname FROM pg_publication_tables WHERE schemaname = ANY(%s) ORDER BY 1",
        (list(schemas),),
    ).fetchall():
        yield Finding(None, PUBLICATION_FOUND.refused(object=name))


def _extensions(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    for (name,) in connection.execute(
        "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
    ).fetchall():
        yield Finding(None, EXTENSION_FOUND.refused(object=name))
