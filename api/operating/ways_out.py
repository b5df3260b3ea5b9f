"""What to do about what the doctor meets as an error (出路), by the error's code; texts as (Chinese, English)."""

from __future__ import annotations

from collections.abc import Mapping

Words = tuple[str, str]

_LET_WAIT_NO_MORE = "ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf()"

_BY_CODE: Mapping[str, Words] = {
    "secrets-missing": (
        "从另行保存的副本复制回数据目录的 secrets/，权限 600",
        "copy it back into secrets/ of the data folder from where you keep it, mode 600",
    ),
    "standby-missing": (
        f"让备机运行（songnuan replica run）；若不再要它，以数据库管理员身份执行：{_LET_WAIT_NO_MORE}",
        f"let the standby run (songnuan replica run); if it is not to be waited for, run as an administrator:"
        f" {_LET_WAIT_NO_MORE}",
    ),
    "clock-stepped": (
        "校准两边的时钟；若已登记了错误的时间，停止服务后执行：songnuan clock accept --key … --reason …",
        "correct the clocks; where a wrong time was recorded, stop the service and run: songnuan clock accept --key …"
        " --reason …",
    ),
    "set-back": (
        "若有更新的备份，恢复它；否则停止服务后执行：songnuan set-back accept --key … --reason …",
        "restore a newer backup, if there is one; else stop the service and run: songnuan set-back accept --key …"
        " --reason …",
    ),
    "log-forked": (
        "查明哪一份历史是真的（见 docs/operating.md“Restoring”），在此之前不登记。见证的为真：恢复那一份历史的备份；"
        "本台账的为真：告知审计人员，请见证方移走其中本台账的文件夹，或将它从 SONGNUAN_WITNESSES 中去掉并重启服务",
        'find out which history is the true one (see "Restoring" in docs/operating.md); until then nothing is recorded.'
        " The witness's: restore a backup of that history. This ledger's: tell the auditors, and let the witness's"
        " operator move away its folder for this log, or take it out of SONGNUAN_WITNESSES and start the service anew",
    ),
    "views-outdated": ("执行：songnuan rebuild", "run: songnuan rebuild"),
    "views-stopped": (
        "执行：songnuan status 看原因，改正后 songnuan rebuild",
        "run: songnuan status, which says why, and once that is mended: songnuan rebuild",
    ),
    "backup-target-invalid": (
        "改正 SONGNUAN_BACKUP_TARGET 或 AWS_ 环境变量",
        "correct SONGNUAN_BACKUP_TARGET, or the AWS_ variable of the environment",
    ),
    "backup-target-unreachable": (
        "检查 AWS_ENDPOINT_URL、AWS_REGION、凭据与网络，桶须已建好",
        "see to AWS_ENDPOINT_URL, AWS_REGION, the credentials and the network; the bucket has to be there",
    ),
    "pooler-refused": (
        "让 SONGNUAN_DATABASE_URL 直接指向 PostgreSQL，或让连接池按会话分配",
        "let SONGNUAN_DATABASE_URL lead to PostgreSQL itself, or the pooler work by session",
    ),
    "database-encoding": (
        "新建 UTF8 的数据库，让 SONGNUAN_DATABASE_URL 指向它；以数据库管理员身份执行："
        "CREATE DATABASE 库名 ENCODING 'UTF8' TEMPLATE template0",
        "make another in UTF8 and let SONGNUAN_DATABASE_URL lead to it; as an administrator:"
        " CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0",
    ),
    "postgresql-upgrade-due": (
        "停止服务后执行：songnuan upgrade server --programs 旧版程序目录",
        "stop the service and run: songnuan upgrade server --programs FOLDER of the older programs",
    ),
    "timestamp-roots": (
        "改正 SONGNUAN_TIMESTAMP_ROOTS 或该文件：PEM 格式的根证书",
        "correct SONGNUAN_TIMESTAMP_ROOTS, or the file: root certificates in PEM",
    ),
    "scratch-unusable": (
        "清理临时目录所在的磁盘，或让环境变量 TMPDIR 指向本用户可写的目录，再启动服务",
        "make room on the disk of the temporary folder, or let TMPDIR in the environment name a folder that this user"
        " may write, and start the service anew",
    ),
    "file-unusable": (
        "改正文件的内容、属主或权限，或改正指向它的设置",
        "correct the file's content, owner or mode, or the setting that names it",
    ),
}
_ELSE: Words = ("按所述改正后再查一次；日志说得更多", "mend what is said and look again; the log says more")


def way_out_of(code: str) -> Words:
    """What to do about an error of this code."""
    return _BY_CODE.get(code, _ELSE)
