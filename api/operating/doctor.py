"""The doctor (体检): everything that running a ledger stands on, each with the way out.

It looks and changes nothing, and is made for what is broken: whatever one check meets is that
check's own line, and the others go on.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import psycopg

from api.operating.check import Check, Level
from api.operating.database_checks import check_database
from api.operating.rehearsing import last_rehearsal
from api.service.pages import BUILT
from api.service.settings import Settings
from ledger.clock import utc_now
from ledger.errors import SongnuanError
from ledger.identity.secrets import load_secrets, source_of

LOW_BYTES, FULL_BYTES = 5 * 2**30, 2**30
REHEARSED_DAYS = 35
CONNECT_SECONDS = 5


def examine(settings: Settings, url: str | None = None) -> Iterator[Check]:
    """Look at everything, in order; nothing that is found ends it."""
    yield from _surely("settings", lambda: check_settings(settings))
    for topic, check in (
        ("folder", check_folder),
        ("secrets", check_secrets),
        ("disk", check_disk),
        ("rehearsal", check_rehearsal),
        ("witnesses", check_witnesses),
        ("pages", check_pages),
    ):
        yield from _surely(topic, partial(check, settings))
    yield from _surely("database", lambda: check_database(settings))
    if url is not None:
        yield from _surely("service", lambda: check_service(url))


def _surely(topic: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except SongnuanError as error:
        yield Check(topic, "fail", (error.message("zh"), error.message("en")))
    except (OSError, ValueError, psycopg.Error) as error:
        name = type(error).__name__
        yield Check(topic, "fail", (f"无法检查：{name}", f"it could not be looked at: {name}"))


def check_settings(settings: Settings) -> Iterator[Check]:
    """Each setting that is not the default one, and where it comes from."""
    for name in sorted(settings.model_fields_set):
        source = "environment" if f"SONGNUAN_{name.upper()}" in os.environ else "songnuan.toml"
        zh = "环境变量" if source == "environment" else source
        shown = _shown(getattr(settings, name))
        yield Check("settings", "ok", (f"{name} = {shown}（{zh}）", f"{name} = {shown} ({source})"))
    unset = sorted(set(type(settings).model_fields) - settings.model_fields_set)
    yield Check("settings", "ok", (f"默认：{'、'.join(unset)}", f"by default: {', '.join(unset)}"))


def _shown(value: Any) -> str:
    """A setting's value without what is secret in it."""
    text = str(value)
    if isinstance(value, str) and "://" in value:
        parts = urlsplit(value)
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    if isinstance(value, str) and value.startswith("command:"):
        return value
    return f"{len(value)}" if isinstance(value, list | dict) else text


def check_folder(settings: Settings) -> Iterator[Check]:
    """The data folder: there, writable, and closed to others where it holds secrets."""
    folder = settings.data_dir
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
                f"账本密钥可被他人读取：{'、'.join(open_to_others)}",
                f"others can read {', '.join(open_to_others)}",
            ),
            (f"chmod 600 {folder}/*", f"chmod 600 {folder}/*"),
        )
    else:
        yield Check(
            "secrets", "ok", ("账本密钥齐全，只有本用户可读", "the secrets are all there, and private")
        )


def check_disk(settings: Settings) -> Iterator[Check]:
    """Room on the data folder's disk."""
    folder = next(each for each in (settings.data_dir, *settings.data_dir.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    level: Level = "fail" if free < FULL_BYTES else "warn" if free < LOW_BYTES else "ok"
    gib = f"{free / 2**30:.1f} GiB"
    way = ("", "") if level == "ok" else ("清理磁盘或换更大的盘", "make room, or use a larger disk")
    yield Check("disk", level, (f"磁盘剩余 {gib}", f"{gib} free on the disk"), way)


def check_rehearsal(settings: Settings) -> Iterator[Check]:
    """The last rehearsed restore on this machine, and its age."""
    way = ("运行 songnuan backup rehearse", "run songnuan backup rehearse")
    last = last_rehearsal(settings.data_dir)
    if last is None:
        yield Check("rehearsal", "warn", ("从未演练过恢复", "no restore was ever rehearsed"), way)
        return
    age = utc_now() - datetime.fromisoformat(last.at)
    if not last.succeeded:
        problem = last.error or str(last.findings)
        yield Check(
            "rehearsal",
            "fail",
            (f"最近一次恢复演练失败：{problem}", f"the last rehearsed restore failed: {problem}"),
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


def check_pages(settings: Settings) -> Iterator[Check]:
    """Whether the pages came with the package."""
    built = (BUILT / "index.html").exists()
    if built:
        yield Check("pages", "ok", ("网页已随程序安装", "the pages are installed"))
    else:
        yield Check(
            "pages", "warn", ("未安装网页", "the pages are not installed"), ("make setup", "make setup")
        )


def check_service(url: str) -> Iterator[Check]:
    """The service as the world sees it: TLS, its headers through the proxy, and its readiness."""
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        yield Check("service", "fail", ("地址应以 https:// 开头", "the address is an https:// one"))
        return
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme == "http" and not loopback:
        yield Check(
            "service",
            "fail",
            ("没有 TLS：登录的会话不会被浏览器接受", "there is no TLS: browsers keep no session"),
            ("在服务前设置代理，见 docs/operating.md", "put a proxy before it, see docs/operating.md"),
        )
    try:
        with urlopen(Request(url.rstrip("/") + "/readyz"), timeout=CONNECT_SECONDS) as answer:  # noqa: S310 # http or https
            status, headers = answer.status, answer.headers
    except HTTPError as error:
        status, headers = error.code, error.headers
    except URLError as error:
        name = type(error.reason).__name__
        yield Check("service", "fail", (f"服务不可达：{name}", f"the service cannot be reached: {name}"))
        return
    ready = status == 204
    yield Check(
        "service",
        "ok" if ready else "fail",
        (f"就绪检查：{status}", f"readiness: {status}"),
        ("", "")
        if ready
        else ("看服务日志与 /readyz 的原因", "see the service's log, and the causes in /readyz"),
    )
    if headers.get("Content-Security-Policy") is None:
        yield Check(
            "service",
            "fail",
            ("代理去掉了安全响应头", "the proxy takes the security headers away"),
            ("让代理原样传回响应头", "let the proxy pass the answer's headers on"),
        )
    if parts.scheme == "https" and headers.get("Strict-Transport-Security") is None:
        yield Check(
            "service",
            "warn",
            ("代理没有设置 HSTS", "the proxy sets no Strict-Transport-Security"),
            ("见 docs/operating.md 的代理配置", "see the proxy's configuration in docs/operating.md"),
        )
