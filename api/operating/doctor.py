"""The doctor (体检): everything that running a ledger stands on, each with the way out.

It looks and changes nothing, and is made for what is broken: whatever one check meets is that
check's own line, and the others go on.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import structlog

from api.log.certificates import load_roots
from api.operating.check import Check, Level
from api.operating.database_checks import check_database
from api.operating.rehearsing import last_rehearsal
from api.operating.restoring_checks import check_restoring
from api.operating.service_checks import check_service
from api.operating.settings_checks import check_settings
from api.operating.target_checks import check_target
from api.operating.ways_out import way_out_of
from api.service.failures import explained
from api.service.pages import BUILT
from api.service.scratch import scratch_folder
from api.service.settings import FILE, Settings
from api.service.settings_errors import WrongSetting, variable
from ledger.clock import utc_now
from ledger.identity.secrets import load_secrets, source_of
from ledger.storage.data_folder import not_a_folder
from ledger.system_words import reason_of

LOW_BYTES, FULL_BYTES = 5 * 2**30, 2**30
LOW_SCRATCH_BYTES = 2**28
REHEARSED_DAYS = 35
CONNECT_SECONDS = 5

_log = structlog.get_logger(__name__)


def examine(
    settings: Settings, url: str | None = None, wrong: Sequence[WrongSetting] = ()
) -> Iterator[Check]:
    """Look at everything, in order; nothing that is found ends it.

    What needs one of the ``wrong`` settings is not looked at: with another value it would be something else.
    """
    yield from _surely("settings", lambda: check_settings(settings, wrong))
    for topic, needs, check in CHECKS:
        missing = _missing(settings, needs, wrong)
        if missing:
            yield _not_looked_at(topic, missing)
        else:
            yield from _surely(topic, partial(check, settings))
    if url is not None:
        yield from _surely("service", lambda: check_service(url))


def _missing(settings: Settings, needs: frozenset[str], wrong: Sequence[WrongSetting]) -> list[str]:
    """Which of the needed settings are wrong, or perhaps stand in a settings' file that cannot be read."""
    names = {each.name for each in wrong}
    unknown = needs - settings.model_fields_set if FILE in names else frozenset()
    return sorted((names | unknown) & needs)


def _not_looked_at(topic: str, missing: Sequence[str]) -> Check:
    listed = [variable(each) for each in missing]
    return Check(
        topic,
        "warn",
        (
            f"未检查 {topic}：{'、'.join(listed)} 有误",
            f"{topic} was not looked at: {', '.join(listed)} is wrong",
        ),
        ("先改正此设置，再查一次", "correct the setting first, and look again"),
    )


def _surely(topic: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except Exception as error:
        told = explained(error)
        way_out = way_out_of("" if told is None else told.code)
        if told is not None:
            said = (told.message("zh"), told.message("en"))
        elif isinstance(error, OSError):
            zh, en = reason_of(error)
            said = (f"无法检查：{zh}", f"it could not be looked at: {en}")
        else:
            _log.error("the doctor could not look at something", part=topic, error=error)
            said = (
                "无法检查：所见不是应有的样子，详情见日志",
                "it could not be looked at: what is there is not as it should be, the log says more",
            )
        yield Check(topic, "fail", said, way_out)


def check_folder(settings: Settings) -> Iterator[Check]:
    """The data folder: there, writable, and closed to others where it holds secrets."""
    folder = settings.data_dir
    if folder.exists() and not folder.is_dir():
        fault = not_a_folder(folder)
        way_out = ("改正 SONGNUAN_DATA_DIR", "correct SONGNUAN_DATA_DIR")
        yield Check("folder", "fail", (fault.zh, fault.en), way_out)
        return
    if not folder.is_dir():
        yield Check(
            "folder",
            "fail",
            (f"数据目录 {folder} 不存在", f"the data folder {folder} is not there"),
            (
                "用 SONGNUAN_DATA_DIR 指向它，或运行 songnuan init",
                "name it by SONGNUAN_DATA_DIR, or run songnuan init",
            ),
        )
        return
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        yield Check(
            "folder",
            "fail",
            (
                f"数据目录 {folder} 所在的文件系统是只读的",
                f"the data folder {folder} lies on a read-only file system",
            ),
            (
                "查明原因（磁盘故障时系统会改为只读），修复后执行：mount -o remount,rw 挂载点",
                "find out why (a disk that fails is made so), mend it, then: mount -o remount,rw MOUNTPOINT",
            ),
        )
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Check(
            "folder",
            "fail",
            (f"数据目录 {folder} 不可写", f"the data folder {folder} cannot be written"),
            ("改正其属主或权限（chown、chmod）", "give it the right owner or mode (chown, chmod)"),
        )
        return
    owner = folder.stat().st_uid
    yield Check(
        "folder",
        "ok",
        (
            f"数据目录 {folder} 可写（属主 {owner}）",
            f"the data folder {folder} can be written (owner {owner})",
        ),
    )


def check_secrets(settings: Settings) -> Iterator[Check]:
    """The ledger's secrets: all there, and nobody else's to read."""
    folder = settings.data_dir / "secrets"
    load_secrets(source_of(settings.secrets, folder))
    open_to_others = [
        each.name
        for each in (folder.iterdir() if settings.secrets == "folder" else [])
        if stat.S_IMODE(each.stat().st_mode) & 0o077
    ]
    if open_to_others:
        yield Check(
            "secrets",
            "fail",
            (
                f"台账密钥可被他人读取：{'、'.join(open_to_others)}",
                f"others can read {', '.join(open_to_others)}",
            ),
            (f"chmod 600 {folder}/*", f"chmod 600 {folder}/*"),
        )
    else:
        yield Check(
            "secrets", "ok", ("台账密钥齐全，只有本用户可读", "the secrets are all there, and private")
        )


def check_disk(settings: Settings) -> Iterator[Check]:
    """Room on the data folder's disk."""
    folder = next(each for each in (settings.data_dir, *settings.data_dir.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    level: Level = "fail" if free < FULL_BYTES else "warn" if free < LOW_BYTES else "ok"
    gib = f"{free / 2**30:.1f} GiB"
    low = f"{LOW_BYTES / 2**30:.0f} GiB"
    way = (
        f"清理 {folder} 所在的磁盘，或换更大的盘，使其剩余不少于 {low}",
        f"make room on the disk of {folder}, or use a larger one: {low} are to be free",
    )
    yield Check(
        "disk", level, (f"磁盘剩余 {gib}", f"{gib} free on the disk"), ("", "") if level == "ok" else way
    )


def check_scratch(settings: Settings) -> Iterator[Check]:
    """Room in the temporary folder, through which every file goes that is handed in or taken away."""
    with scratch_folder() as folder:
        (folder / "probe").write_bytes(b"probe")
        free, place = shutil.disk_usage(folder).free, folder.parent
    level: Level = "warn" if free < LOW_SCRATCH_BYTES else "ok"
    mib = f"{free / 2**20:,.0f} MiB"
    yield Check(
        "temporary folder",
        level,
        (f"临时目录 {place} 剩余 {mib}", f"{mib} free in the temporary folder {place}"),
        ("", "") if level == "ok" else way_out_of("scratch-unusable"),
    )


def check_rehearsal(settings: Settings) -> Iterator[Check]:
    """The last rehearsed restore on this machine, and its age."""
    way = ("运行 songnuan backup rehearse", "run songnuan backup rehearse")
    last = last_rehearsal(settings.data_dir)
    if last is None:
        yield Check("rehearsal", "warn", ("从未演练过恢复", "no restore was ever rehearsed"), way)
        return
    age = utc_now() - datetime.fromisoformat(last.at)
    if not last.succeeded:
        zh, en = last.problem()
        yield Check(
            "rehearsal",
            "fail",
            (f"最近一次恢复演练失败：{zh}", f"the last rehearsed restore failed: {en}"),
            way,
        )
        return
    level: Level = "warn" if age > timedelta(days=REHEARSED_DAYS) else "ok"
    yield Check(
        "rehearsal",
        level,
        (
            f"{age.days} 天前演练过恢复，到第 {last.position} 号",
            f"a restore was rehearsed {age.days} days ago, up to position {last.position}",
        ),
        ("", "") if level == "ok" else way,
    )


def check_witnesses(settings: Settings) -> Iterator[Check]:
    """Whether each witness can be reached."""
    if not settings.witnesses:
        yield Check(
            "witnesses",
            "warn",
            ("没有设置见证", "no witness is set"),
            ("用 SONGNUAN_WITNESSES 设置，见 docs/verify.md", "set SONGNUAN_WITNESSES, see docs/verify.md"),
        )
    for address in settings.witnesses:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((parts.hostname or "", port), CONNECT_SECONDS).close()
            yield Check(
                "witnesses", "ok", (f"见证 {parts.hostname} 可达", f"{parts.hostname} can be reached")
            )
        except OSError:
            yield Check(
                "witnesses",
                "warn",
                (f"见证 {parts.hostname} 不可达", f"{parts.hostname} cannot be reached"),
                ("检查网络与地址", "see to the network and its address"),
            )


def check_timestamps(settings: Settings) -> Iterator[Check]:
    """Whether the authority and its root certificates are both set, and the certificates can be read."""
    authority, roots = settings.timestamp_authority, settings.timestamp_roots
    if authority is None and roots is None:
        return
    if roots is not None:
        found = load_roots(roots)
        yield Check(
            "timestamps",
            "ok",
            (f"{roots} 中有 {len(found)} 份根证书", f"{roots} holds {len(found)} root certificates"),
        )
    if authority is None or roots is None:
        unset = "timestamp_authority" if authority is None else "timestamp_roots"
        yield Check(
            "timestamps",
            "warn",
            (f"未设置 {unset}，不会取得时间戳", f"{unset} is not set, so that nothing is timestamped"),
            (f"设置 {variable(unset)}", f"set {variable(unset)}"),
        )


def check_pages(settings: Settings) -> Iterator[Check]:
    """Whether the pages came with the package."""
    if (BUILT / "index.html").exists():
        yield Check("pages", "ok", ("网页已随程序安装", "the pages are installed"))
        return
    yield Check(
        "pages",
        "fail",
        ("未安装网页，服务不能启动", "the pages are not installed, and the service does not start without"),
        (
            "重新安装本软件包；在源码目录中运行的，执行：make setup",
            "install the package again; where it runs from its sources: make setup",
        ),
    )


CHECKS: Sequence[tuple[str, frozenset[str], Callable[[Settings], Iterator[Check]]]] = (
    ("folder", frozenset({"data_dir"}), check_folder),
    ("secrets", frozenset({"data_dir", "secrets"}), check_secrets),
    ("disk", frozenset({"data_dir"}), check_disk),
    ("temporary folder", frozenset(), check_scratch),
    ("backup target", frozenset({"backup_target", "data_dir", "database_url"}), check_target),
    ("restoring", frozenset({"database_url", "data_dir", "postgresql_programs"}), check_restoring),
    ("rehearsal", frozenset({"data_dir"}), check_rehearsal),
    ("witnesses", frozenset({"witnesses"}), check_witnesses),
    ("timestamps", frozenset({"timestamp_authority", "timestamp_roots"}), check_timestamps),
    ("pages", frozenset(), check_pages),
    ("database", frozenset({"database_url", "data_dir", "peers"}), check_database),
)
"""Each topic, the settings that it needs, and who looks at it."""
