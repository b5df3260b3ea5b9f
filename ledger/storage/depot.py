"""The depot (备份库): where base backups and WAL are kept, a folder or an S3-compatible store.

Everything is an object with a name. The card of a thing is written after the thing itself: what has
no card was not finished. No more is read of an object than it may have, and nothing is unpacked to more
than that.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import uuid4

import orjson

from ledger.errors import Misconfigured, Unavailable
from ledger.peer_faults import LARGE, PeerFailed
from ledger.storage.cards import backup_damaged, parse_card
from ledger.storage.object_store import FolderStore, ObjectStore
from ledger.system_words import reason_of

LARGEST_CARD_BYTES = 1024 * 1024
LARGEST_SEGMENT_BYTES = 2**30
"""PostgreSQL's largest segments."""
LARGEST_OBJECT_BYTES = LARGEST_SEGMENT_BYTES + 16 * 1024 * 1024
"""What is read whole: a segment that nothing could be saved of, with the frame of its packing."""
PROBES = "probe"
"""Where a store is tried."""
T = TypeVar("T")
_FAILURES = (PeerFailed, OSError)


class Depot:
    """Named objects in one store; each method is one request or a stream of them.

    Raises, on any method:
        Unavailable: ``backup-target-unreachable``.
    """

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store = store
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
            self._store.put(name, content)

    def put_json(self, name: str, value: dict[str, Any]) -> None:
        """Store a card."""
        self.put(name, orjson.dumps(value, option=orjson.OPT_INDENT_2))

    def get(self, name: str, most_bytes: int = LARGEST_OBJECT_BYTES) -> bytes | None:
        """An object's content; None where there is none."""
        content = bytearray()
        with self._reachable():
            try:
                for chunk in self._store.chunks(name):
                    content += chunk
                    if len(content) > most_bytes:
                        raise _too_large(name, most_bytes)
            except FileNotFoundError:
                return None
        return bytes(content)

    def get_card(self, name: str, read: Callable[[dict[str, Any]], T]) -> T | None:
        """What a card says, as ``read`` takes it from its members; None where there is none.

        Raises:
            Misconfigured: ``backup-malformed``, with the card's name.
        """
        raw = self.get(name, LARGEST_CARD_BYTES)
        return None if raw is None else parse_card(raw, read, backup_damaged(name, way_out(name)))

    def digest(self, name: str) -> str | None:
        """An object's SHA-256, read through without being kept; None where there is none."""
        digest = hashlib.sha256()
        with self._reachable():
            try:
                for chunk in self._store.chunks(name):
                    digest.update(chunk)
            except FileNotFoundError:
                return None
        return digest.hexdigest()

    def names(self, prefix: str) -> list[str]:
        """The names of the objects below a prefix, in order."""
        return sorted(self.sizes(prefix))

    def sizes(self, prefix: str) -> dict[str, int]:
        """The objects below a prefix, each with its size in bytes."""
        with self._reachable():
            return self._store.sizes(prefix)

    def try_out(self) -> None:
        """See that the store lists, takes, gives back and removes an object; nothing of it stays."""
        name, content = f"{PROBES}/{uuid4()}", b"songnuan"
        with self._reachable():
            self._store.sizes(PROBES)
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
                self._store.delete(name)

    def put_tree(self, name: str, folder: Path) -> str:
        """Store a folder as one compressed archive, without a copy on the disk; its SHA-256."""
        with self._reachable(), self._store.writer(name) as sink:
            digest = _Digesting(sink.write)
            with (
                gzip.GzipFile("", "wb", 1, cast(IO[bytes], digest), mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|") as archive,
            ):
                archive.add(folder, arcname=".")
        return digest.hexdigest()

    def fetch_tree(self, name: str, folder: Path, expected: str, size: int | None = None) -> None:
        """Unpack an archive into a folder; ``size`` is how large it was, where that was kept.

        Raises:
            Misconfigured: ``backup-malformed`` where it is not what was stored.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        packed = folder.with_name(folder.name + ".tar.gz")
        digest = hashlib.sha256()
        try:
            with self._reachable(), packed.open("wb") as file:
                for chunk in self._store.chunks(name):
                    digest.update(chunk)
                    file.write(chunk)
                    if size is not None and file.tell() > size:
                        raise backup_damaged(name, way_out(name))
            if digest.hexdigest() != expected:
                raise backup_damaged(name, way_out(name))
            with tarfile.open(packed, mode="r:gz") as archive:
                archive.extractall(folder, filter="tar")
        finally:
            packed.unlink(missing_ok=True)


def open_depot(target: str) -> Depot:
    """The depot at ``s3://bucket/prefix``, or in a folder, which is made.

    Raises:
        Misconfigured: ``backup-target-invalid``.
    """
    folder = folder_of(target)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _invalid(*reason_of(error)) from None
        return Depot(FolderStore(folder), str(folder))
    # Here, so that who has a folder starts without a client for the network.
    from ledger.storage.s3_bucket import Bucket, credentials_in, place_in

    parts = urlsplit(target)
    try:
        place = place_in(os.environ, parts.netloc, parts.path)
        return Depot(Bucket(place, credentials_in(os.environ)), f"s3://{parts.netloc}")
    except ValueError as error:
        variable = str(error)
        raise _invalid(
            f"环境变量 {variable} 未设置或有误", f"{variable} in the environment is not set, or wrong"
        ) from None


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


def unpack(content: bytes, most_bytes: int = LARGEST_SEGMENT_BYTES) -> bytes:
    """Undo :func:`pack`; raise ``zlib.error`` for what is larger than a segment may be, or was not packed."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    found = unpacker.decompress(content, most_bytes + 1)
    if not unpacker.eof or unpacker.unused_data or len(found) > most_bytes:
        raise zlib.error("not one packed segment")
    return found


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


def _too_large(name: str, most_bytes: int) -> PeerFailed:
    return PeerFailed(LARGE, f"{name} 超过 {most_bytes:,} 字节", f"{name} has more than {most_bytes:,} bytes")


def _reason(error: OSError | PeerFailed) -> tuple[str, str]:
    """Why the store is of no use now; what a peer did has its code beside it."""
    if isinstance(error, PeerFailed) and error.said:
        return error.zh, error.en  # its own reason, in words
    if isinstance(error, PeerFailed):
        return f"{error.zh}，{error.code}", f"{error.en}, {error.code}"
    return reason_of(error)
