"""The depot (备份库): where base backups and WAL are kept, a folder or an S3-compatible store.

Everything is an object with a name. The card of a thing is written after the thing itself: what has
no card was not finished. Credentials and endpoint of a store come from the environment by their
usual names (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_ENDPOINT_URL``, ``AWS_REGION``) and
are in no message.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
import orjson
from obstore.exceptions import BaseError, NotSupportedError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, S3Store

from ledger.errors import Misconfigured, Unavailable
from ledger.storage.cards import backup_damaged, parse_card
from ledger.system_words import reason_of

PART_BYTES = 8 * 1024 * 1024
T = TypeVar("T")
_FAILURES = (BaseError, OSError, TimeoutError)


class Depot:
    """Named objects in one store; each method is one request or a stream of them.

    Raises, on any method:
        Unavailable: ``backup-target-unreachable``.
    """

    def __init__(self, store: LocalStore | S3Store, folder: Path | None, name: str) -> None:
        self._store = store
        self._folder = folder
        self._name = name

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            zh, en = _reason(error)
            raise Unavailable(
                "backup-target-unreachable",
                f"备份目标 {self._name} 暂不可用（{zh}）：请检查网络、凭据、磁盘",
                f"the backup's target {self._name} does not answer ({en}): see to network, credentials and disk",
                30,
            ) from error

    def put(self, name: str, content: bytes) -> None:
        """Store an object, in place of one that has the name."""
        with self._reachable():
            obstore.put(self._store, name, content)
            self._sync(name)

    def put_json(self, name: str, value: dict[str, Any]) -> None:
        """Store a card."""
        self.put(name, orjson.dumps(value, option=orjson.OPT_INDENT_2))

    def get(self, name: str) -> bytes | None:
        """An object's content; None where there is none."""
        with self._reachable():
            try:
                return bytes(obstore.get(self._store, name).bytes())
            except FileNotFoundError as error:
                if _said(error) is not None:
                    raise
                return None

    def get_card(self, name: str, read: Callable[[dict[str, Any]], T]) -> T | None:
        """What a card says, as ``read`` takes it from its members; None where there is none.

        Raises:
            Misconfigured: ``backup-malformed``, with the card's name.
        """
        raw = self.get(name)
        return None if raw is None else parse_card(raw, read, backup_damaged(name, way_out(name)))

    def digest(self, name: str) -> str | None:
        """An object's SHA-256, read through without being kept; None where there is none."""
        digest = hashlib.sha256()
        with self._reachable():
            try:
                for chunk in obstore.get(self._store, name).stream(PART_BYTES):
                    digest.update(chunk)
            except FileNotFoundError as error:
                if _said(error) is not None:
                    raise
                return None
        return digest.hexdigest()

    def names(self, prefix: str) -> list[str]:
        """The names of the objects below a prefix, in order."""
        return sorted(self.sizes(prefix))

    def sizes(self, prefix: str) -> dict[str, int]:
        """The objects below a prefix, each with its size in bytes."""
        with self._reachable():
            pages = obstore.list(self._store, prefix=prefix)
            return {str(each["path"]): int(each["size"]) for page in pages for each in page}

    def try_out(self) -> None:
        """See that the store lists, takes, gives back and removes an object; nothing of it stays."""
        name, content = f"probe/{uuid4()}", b"songnuan"
        with self._reachable():
            next(iter(obstore.list(self._store, chunk_size=1)), None)
        self.put(name, content)
        found = self.get(name)
        self.delete([name])
        if found != content:
            raise Unavailable(
                "backup-target-unreachable",
                f"备份目标 {self._name} 取回的与存入的不同：请检查其设置",
                f"the backup's target {self._name} gives back something else than it was given: see to its settings",
                30,
            )

    def delete(self, names: Iterable[str]) -> None:
        """Remove objects; one that is not there is no error."""
        with self._reachable():
            for name in names:
                try:
                    obstore.delete(self._store, name)
                except FileNotFoundError:
                    continue

    def put_tree(self, name: str, folder: Path) -> str:
        """Store a folder as one compressed archive, without a copy on the disk; its SHA-256."""
        with self._reachable(), obstore.open_writer(self._store, name, buffer_size=PART_BYTES) as writer:
            digest = _Digesting(writer.write)
            with (
                gzip.GzipFile("", "wb", 1, cast(IO[bytes], digest), mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|") as archive,
            ):
                archive.add(folder, arcname=".")
        with self._reachable():
            self._sync(name)
        return digest.hexdigest()

    def fetch_tree(self, name: str, folder: Path, expected: str) -> None:
        """Unpack an archive into a folder.

        Raises:
            Misconfigured: ``backup-malformed`` where it is not what was stored.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        packed = folder.with_name(folder.name + ".tar.gz")
        digest = hashlib.sha256()
        try:
            with self._reachable(), packed.open("wb") as file:
                for chunk in obstore.get(self._store, name).stream(PART_BYTES):
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != expected:
                raise backup_damaged(name, way_out(name))
            with tarfile.open(packed, mode="r:gz") as archive:
                archive.extractall(folder, filter="tar")
        finally:
            packed.unlink(missing_ok=True)

    def _sync(self, name: str) -> None:
        """Make an object in a folder durable; a store's answer says that it is."""
        if self._folder is None:
            return
        path = self._folder / name
        for each in (path, path.parent):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def open_depot(target: str) -> Depot:
    """The depot at ``s3://bucket/prefix``, or in a folder, which is made.

    Raises:
        Misconfigured: ``backup-target-invalid``.
    """
    folder = folder_of(target)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return Depot(LocalStore(prefix=folder), folder, str(folder))
        except OSError as error:
            raise _invalid(*reason_of(error)) from None
        except BaseError:
            raise _invalid("不能使用此目录", "this folder cannot be used") from None
    endpoint = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", ""))
    try:
        store = S3Store.from_url(
            target,
            client_options={"allow_http": endpoint.startswith("http://")},
            retry_config={"max_retries": 2},
        )
    except (BaseError, ValueError):
        raise _invalid(
            "此地址或 AWS_ 环境变量有误", "this address, or one of the AWS_ variables, is wrong"
        ) from None
    return Depot(store, None, f"s3://{urlsplit(target).hostname}")


def folder_of(target: str) -> Path | None:
    """The folder that a target names; None where it names a bucket.

    Raises:
        Misconfigured: ``backup-target-invalid`` where it names a store of another kind, or no bucket.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):/", target)
    if scheme is None:
        return Path(target).absolute()
    if not target.startswith("s3://"):
        raise _invalid(f"不支持 {scheme[1]}", f"{scheme[1]} is not supported")
    if re.match(r"s3://[^/?#]", target) is None:
        raise _invalid("没有写桶名", "it names no bucket")
    return None


def way_out(name: str) -> tuple[str, str]:
    """What to do about a damaged object of a depot, in Chinese and English."""
    if name.startswith("bases/"):
        folder = name.rpartition("/")[0]
        return (
            f"把 {folder}/ 移到别处保存（不要删除），有更早的全量备份时即改用它；没有时请先做一次新的全量备份",
            f"move {folder}/ elsewhere, and keep it: an older base is used then, if there is one; else have a new one"
            " taken first",
        )
    if name.startswith("wal/"):
        segment = name.removeprefix("wal/").removesuffix(".json").removesuffix(".gz")
        return (
            f"把 wal/{segment}.json 与 .gz 移到别处保存（另一个可能完好），则按缺失的 WAL 处理：只能恢复到它之前的序号",
            f"move wal/{segment}.json and .gz elsewhere, and keep them, since the other may be whole: it counts as missing"
            " then, and only what comes before it is restored",
        )
    if name.startswith("rehearsals/"):
        return (
            "它只记录一次恢复演练，可以删除",
            "it only tells of a rehearsed restore, and may be removed",
        )
    return (
        "另选空的备份目标，重新运行 songnuan backup keep；旧目标请保留",
        "keep backups in a new, empty target with songnuan backup keep, and leave this one as it is",
    )


def is_depot(target: str) -> bool:
    """Whether backups are kept there by ``backup keep``, rather than one backup alone."""
    return target.startswith("s3://") or (Path(target) / "bases").is_dir()


def pack(content: bytes) -> bytes:
    """Compress a segment, of which much is often empty."""
    return gzip.compress(content, compresslevel=1, mtime=0)


def unpack(content: bytes) -> bytes:
    """Undo :func:`pack`."""
    return gzip.decompress(content)


def free_bytes(folder: Path) -> int:
    """How much room there is on a folder's disk."""
    return shutil.disk_usage(folder).free


class _Digesting:
    """Passes on what is written, and its SHA-256."""

    def __init__(self, write: Callable[[bytes], Any]) -> None:
        self._write = write
        self._digest = hashlib.sha256()

    def write(self, content: bytes) -> int:
        """Pass content on."""
        self._digest.update(content)
        self._write(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Nothing is held back."""

    def hexdigest(self) -> str:
        """The SHA-256 of all that was passed on."""
        return self._digest.hexdigest()


def _invalid(zh: str, en: str) -> Misconfigured:
    return Misconfigured(
        "backup-target-invalid",
        f"备份目标应为目录或 s3://桶/前缀：{zh}",
        f"the backup's target is a folder or s3://bucket/prefix: {en}",
    )


def _said(error: Exception) -> tuple[str, str] | None:
    """What an object store said of a request in the words of S3, as far as it concerns the whole of it."""
    code = re.search(r"<Code>(\w+)</Code>", str(error))
    return None if code is None else _BY_CODE.get(code[1])


def _reason(error: Exception) -> tuple[str, str]:
    said = _said(error)
    if said is not None:
        return said
    if isinstance(error, OSError):
        return reason_of(error)
    return _BY_KIND.get(type(error), ("没有应答", "there is no answer"))


_BY_KIND: Mapping[type[Exception], tuple[str, str]] = {
    PermissionDeniedError: ("没有权限", "permission is denied"),
    UnauthenticatedError: ("凭据不对", "the credentials are wrong"),
    NotSupportedError: ("不支持此操作", "this is not supported there"),
}

_BY_CODE: Mapping[str, tuple[str, str]] = {
    "NoSuchBucket": ("没有这个桶", "there is no such bucket"),
    "AccessDenied": ("此凭据无权使用它", "these credentials are not allowed to use it"),
    "AllAccessDisabled": ("此凭据无权使用它", "these credentials are not allowed to use it"),
    "InvalidAccessKeyId": ("没有这个访问密钥", "there is no such access key"),
    "SignatureDoesNotMatch": ("访问密钥与其密文不符", "the secret is not that of the access key"),
    "RequestTimeTooSkewed": ("本机时钟与对方相差太多", "the clock here is too far from the store's"),
}
