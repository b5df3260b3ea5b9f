"""Commands that work beside the ledger alone (仅限本机的命令): why each cannot be sent to a service, and the way out.

What is not here, and asks or records something, does so at a running service too; the tests go through all commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from api.cli.exit_codes import Misused


class Beside(NamedTuple):
    """Why a command works on the ledger's own machine, and what to do from another, in Chinese and English."""

    why: tuple[str, str]
    instead: tuple[str, str]


_HERE = (
    "在台账所在的机器上执行，不加 --server",
    "run it on the ledger's machine, without --server",
)
_COPIES = Beside(
    ("直接读写数据库及其备份文件", "it reads and writes the database and its copies themselves"), _HERE
)
_KEYS = Beside(("台账自身的密钥不离开所在的机器", "the ledger's own keys do not leave its machine"), _HERE)
_MIRRORS = Beside(
    (
        "下级台账的镜像存于本台账的数据目录，由登记方写入",
        "mirrors lie in the ledger's data folder, and its writer keeps them",
    ),
    (
        "服务运行时自行读取和比对：设置 SONGNUAN_FOLLOW、SONGNUAN_READER_KEY；手工执行须先停止服务，并在台账所在的机器上",
        "a service that runs follows by itself, by SONGNUAN_FOLLOW and SONGNUAN_READER_KEY; by hand, stop it and run"
        " this on its machine",
    ),
)
_OWN_KEY = Beside(
    ("由台账自身的密钥签署，须直接登记", "the ledger's own key signs, by its own writer"),
    (
        "停止服务后，在台账所在的机器上执行",
        "stop the service, and run it on the ledger's machine",
    ),
)
_VIEWS = Beside(
    ("在数据库中重新计算视图", "it computes views anew within the database"),
    (
        "以有权查看全部内容的人员登录网页，在“审计”页重新计算比对",
        "replay on the page Audit, as somebody who may see everything",
    ),
)

BESIDE: Mapping[str, Beside] = {
    "status": Beside(
        ("查看本机台账和视图的状态", "it looks at the ledger on this machine"),
        ("查看服务的 /readyz 和 /metrics", "look at the service's /readyz and /metrics"),
    ),
    "replay": _VIEWS,
    "rebuild": Beside(_VIEWS.why, _HERE),
    "cosign": Beside(
        ("见证由登记方随检查点发起", "witnesses are asked by the writer, with its checkpoints"),
        ("服务按 SONGNUAN_WITNESSES 自行请求见证", "a service asks them by itself, by SONGNUAN_WITNESSES"),
    ),
    "timestamp": Beside(
        ("时间戳由登记方随检查点申请", "timestamps are asked for by the writer, with its checkpoints"),
        (
            "服务按 SONGNUAN_TIMESTAMP_AUTHORITY 自行申请",
            "a service asks by itself, by SONGNUAN_TIMESTAMP_AUTHORITY",
        ),
    ),
    "rule explain": Beside(
        ("执行计划取自本机数据库", "the plan is this machine's database's"),
        ("加 --no-plan 可不连接台账查看规则", "with --no-plan it tells the rule without a ledger"),
    ),
    "key rotate-ledger": _KEYS,
    "clock status": Beside(("比较本机与数据库的时钟", "it compares this machine's clocks"), _HERE),
    "clock accept": Beside(
        ("所确认的是台账所在机器的时钟", "what is accepted is the clock of the ledger's machine"), _HERE
    ),
    "identity kept": Beside(
        (
            "保存期限按整个台账核算，服务不提供此项查询",
            "how long identities are kept is computed over the whole ledger, and no service tells it",
        ),
        _HERE,
    ),
    "register erase": Beside(
        ("删除名单须在数据库中逐行清除", "an erased list's rows are removed from the database itself"), _HERE
    ),
    "federation pack": Beside(
        ("数据包从数据库直接写出", "a pack is written from the database itself"),
        (
            "有网络的，由上级用读取密钥在线读取",
            "where there is a line, the level above reads it with its reader's key",
        ),
    ),
    "federation follow": _MIRRORS,
    "federation take": _MIRRORS,
    "federation compare": _MIRRORS,
    "federation check": Beside(_MIRRORS.why, _HERE),
    "federation mark": _OWN_KEY,
    "evaluator key": _KEYS,
    "evaluator retire": _KEYS,
    "evaluator status": Beside(_KEYS.why, _HERE),
    "evaluator run": _KEYS,
    "vault rotate": _KEYS,
    "vault retire": _KEYS,
    "verify ledger": Beside(
        (
            "逐表复核数据库本身，不依赖服务的应答",
            "it goes over the database itself, and believes no service's answer",
        ),
        (
            "用 songnuan export bundle --server 取得审计包，再以 songnuan verify bundle 离线验证",
            "take a bundle with songnuan export bundle --server, and verify it with songnuan verify bundle",
        ),
    ),
    "set-back accept": Beside(
        ("所核对的是本机数据目录与数据库", "it holds this machine's data folder against its database"), _HERE
    ),
    "upgrade rules": Beside(
        ("采用新版规则须独占登记", "newer rules are taken up by a writer that is alone"),
        (
            "停止服务后，在台账所在的机器上执行",
            "stop the service, and run it on the ledger's machine",
        ),
    ),
    **dict.fromkeys(
        (
            "backup take",
            "backup wal",
            "backup restore",
            "backup keep",
            "backup status",
            "backup check",
            "backup rehearse",
            "replica run",
            "replica status",
            "replica promote",
            "replica rejoin",
            "replica stop",
            "upgrade server",
        ),
        _COPIES,
    ),
}
"""By the command's name."""


def alone(command: str) -> Misused:
    """The refusal of a service that was named for a command which works beside the ledger."""
    found = BESIDE.get(command) or Beside(
        ("此项用法须直接使用台账", "it is used in a way that needs the ledger itself"), _HERE
    )
    return Misused(
        f"songnuan {command} 不能加 --server：{found.why[0]}。办法：{found.instead[0]}",
        f"songnuan {command} takes no --server: {found.why[1]}. The way out: {found.instead[1]}",
    )


def beside_table() -> Iterator[str]:
    """The lines of a Markdown table: each command that works beside the ledger alone, why, and the way out."""
    yield "| 命令 command | 原因 | why | 办法 | instead |"
    yield "|---|---|---|---|---|"
    for name, found in BESIDE.items():
        yield f"| `songnuan {name}` | {found.why[0]} | {found.why[1]} | {found.instead[0]} | {found.instead[1]} |"
