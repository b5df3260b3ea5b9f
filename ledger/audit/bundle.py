"""The auditor's bundle (审计包): one file with a ledger's history and all that is needed to verify it.

A ZIP of plain parts, so that anybody can open it and write a verifier of their own (docs/verify.md):

``bundle.json``
    format, ledger, how many entries, which campaign if only one.
``entries.ndjson``
    line *n* is the entry at position *n*, verbatim; where one is left out, its leaf hash in Base64.
``checkpoints.ndjson``
    ``[size, note]`` a line, by size, each with its cosignatures.
``timestamps.ndjson``
    ``[size, response]`` a line: RFC 3161 responses in Base64, on the text of the checkpoint at that size.
``keys.json``
    public keys by key id.
``figures.json``
    what the ledger said at the end: lines in fen, live cases.
``identities.ndjson``
    identities that were asked for and permitted, each with the salt of its commitment.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson
from pydantic import TypeAdapter

from ledger.audit.audit import Disclosed
from ledger.audit.entry_checks import Chunk
from ledger.errors import Explained, Refused
from ledger.identity.documents import EnterpriseIdentity, Identity, PersonIdentity
from ledger.statements.statement import decode64, encode64
from ledger.whole_file import written_whole

_IDENTITY: TypeAdapter[PersonIdentity | EnterpriseIdentity] = TypeAdapter(Identity)
FORMAT = "songnuan-bundle/1"
PARTS = frozenset(
    {
        "bundle.json",
        "checkpoints.ndjson",
        "entries.ndjson",
        "figures.json",
        "identities.ndjson",
        "keys.json",
        "timestamps.ndjson",
    }
)
"""What a bundle is made of. Each stands in it once: of two with one name programs read different ones."""
LONGEST_LINE = 131_072
BLOCK_BYTES = 1 << 20
CHUNK_BYTES = 1 << 20


class BundleMalformed(Explained):
    """The file is no bundle, or it is damaged."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("bundle-malformed", f"审计包无法读取：{zh}", f"the bundle cannot be read: {en}")


def part_malformed(part: str) -> BundleMalformed:
    """A part says something that a bundle of this format does not."""
    return BundleMalformed(
        f"{part} 的内容不是审计包的格式", f"{part} does not hold what a bundle of this format does"
    )


@contextmanager
def _reading(part: str) -> Iterator[None]:
    """Tell whatever is wrong with a part of a bundle in words for who was given the file."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        # A password and an unknown compression are the last two: no bundle has either.
        raise BundleMalformed(
            f"{part} 已损坏或不完整，请重新取得此文件",
            f"{part} is damaged or cut short: have the file given to you again",
        ) from error
    except KeyError as error:
        if not str(error).startswith('"There is no item'):
            raise part_malformed(part) from error
        raise BundleMalformed(
            f"其中没有 {part}，不是审计包", f"it holds no {part}, so that it is no bundle"
        ) from error
    except (ValueError, TypeError, AttributeError, RecursionError, struct.error, Refused) as error:
        raise part_malformed(part) from error


class Contents(NamedTuple):
    """What goes into a bundle."""

    ledger: str
    size: int
    campaign: str | None
    entries: Iterable[bytes]
    checkpoints: Iterable[tuple[int, bytes]]
    keys: Mapping[str, bytes]
    figures: Mapping[str, int]
    identities: Iterable[Disclosed] = ()
    timestamps: Iterable[tuple[int, bytes]] = ()


def write_bundle(path: Path, contents: Contents) -> None:
    """Writes a bundle; it has its name only once it is whole."""
    with written_whole(path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as file:
        with file.open("entries.ndjson", "w", force_zip64=True) as part:
            _write_lines(part, contents.entries)
        with file.open("checkpoints.ndjson", "w", force_zip64=True) as part:
            _write_lines(part, (orjson.dumps([size, note.decode()]) for size, note in contents.checkpoints))
        with file.open("timestamps.ndjson", "w", force_zip64=True) as part:
            _write_lines(part, (orjson.dumps([size, encode64(raw)]) for size, raw in contents.timestamps))
        with file.open("identities.ndjson", "w", force_zip64=True) as part:
            _write_lines(part, map(_disclosed_line, contents.identities))
        keys = {keyid: encode64(public_key) for keyid, public_key in contents.keys.items()}
        file.writestr("keys.json", orjson.dumps(keys, option=orjson.OPT_INDENT_2))
        file.writestr("figures.json", orjson.dumps(contents.figures, option=orjson.OPT_INDENT_2))
        head = {
            "format": FORMAT,
            "ledger": contents.ledger,
            "size": contents.size,
            "campaign": contents.campaign,
        }
        file.writestr("bundle.json", orjson.dumps(head, option=orjson.OPT_INDENT_2))


def _write_lines(part: IO[bytes], lines: Iterable[bytes]) -> None:
    for line in lines:
        part.write(line + b"\n")


def _disclosed_line(given: Disclosed) -> bytes:
    identity = given.identity.model_dump(exclude_none=True)
    return orjson.dumps({"id": given.id, "salt": given.salt.hex(), "identity": identity})


class Lines(NamedTuple):
    """Whole lines in a file: from which byte on, and how many bytes."""

    path: Path
    start: int
    length: int

    def read(self) -> Sequence[bytes]:
        """The lines, each without its end."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            lines = file.read(self.length).split(b"\n")
        del lines[-1]
        return lines


class Bundle:
    """A bundle opened for reading: a source for an audit."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self._path = path
        self._file = file
        _check_parts(file.namelist())
        with _reading("bundle.json"):
            self.head = orjson.loads(file.read("bundle.json"))
            if self.head["format"] != FORMAT:
                raise BundleMalformed(
                    f"格式为 {self.head['format']}，应为 {FORMAT}",
                    f"format {self.head['format']}, expected {FORMAT}",
                )
            self.ledger = str(self.head["ledger"])
            self.campaign = self.head["campaign"]
            self._size = int(self.head["size"])

    @property
    def size(self) -> int:
        """How many entries it says that it has."""
        return self._size

    @property
    def partial(self) -> bool:
        """Whether it is of one campaign, and the others' entries are left out."""
        return self.campaign is not None

    def chunks(self) -> Iterator[Chunk]:
        """Where the lines of ``entries.ndjson`` lie in the file."""
        start, end = self._place("entries.ndjson")
        with self._path.open("rb") as file:
            while start < end:
                file.seek(min(start + CHUNK_BYTES, end) - 1)
                line_end = file.read(min(LONGEST_LINE, end - file.tell())).find(b"\n")
                if line_end < 0:
                    raise _line_too_long("entries.ndjson")
                upto = min(start + CHUNK_BYTES, end) + line_end
                yield Lines(self._path, start, upto - start)
                start = upto

    def _place(self, name: str) -> tuple[int, int]:
        """Where a part begins and ends in the file (APPNOTE 4.3.7: the local header before it)."""
        with _reading(name):
            part = self._file.getinfo(name)
            with self._path.open("rb") as file:
                file.seek(part.header_offset)
                header = file.read(30)
            names, extra = struct.unpack("<HH", header[26:])
            start = part.header_offset + len(header) + names + extra
            end = start + part.file_size
            if part.compress_type != zipfile.ZIP_STORED:
                raise BundleMalformed(
                    f"{name} 被压缩了，应不经压缩存放：请重新取得原文件",
                    f"{name} is compressed, and is to be stored as it is: have the file as it was made given to you",
                )
            if end > self._path.stat().st_size:
                raise zipfile.BadZipFile(name)
        return start, end

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """Size and note of each checkpoint."""
        for line in self._lines("checkpoints.ndjson"):
            with _reading("checkpoints.ndjson"):
                size, note = orjson.loads(line)
                found = int(size), note.encode()
            yield found

    def identities(self) -> Iterator[Disclosed]:
        """The identities disclosed, each ``{"id", "salt", "identity"}``."""
        for line in self._lines("identities.ndjson"):
            with _reading("identities.ndjson"):
                value = orjson.loads(line)
                identity = _IDENTITY.validate_python(value["identity"])
                found = Disclosed(value["id"], bytes.fromhex(value["salt"]), identity)
            yield found

    def timestamps(self) -> Iterator[tuple[int, bytes]]:
        """Timestamps, each with the size of its checkpoint."""
        for line in self._lines("timestamps.ndjson"):
            with _reading("timestamps.ndjson"):
                size, response = orjson.loads(line)
                found = int(size), decode64(response, "timestamp")
            yield found

    def keys(self) -> Mapping[str, bytes]:
        """Public keys by key id."""
        with _reading("keys.json"):
            return {keyid: decode64(text, "public key") for keyid, text in self._json("keys.json").items()}

    def figures(self) -> Mapping[str, int]:
        """What the ledger stated at the end."""
        return self._json("figures.json")

    def _json(self, name: str) -> dict[str, Any]:
        with _reading(name):
            value = orjson.loads(self._file.read(name))
        if not isinstance(value, dict):
            raise part_malformed(name)
        return value

    def _lines(self, name: str) -> Iterator[bytes]:
        with _reading(name):
            part = self._file.open(name)
        with part:
            rest = b""
            while True:
                with _reading(name):
                    block = part.read(BLOCK_BYTES)
                if not block:
                    break
                *lines, rest = (rest + block).split(b"\n")
                if max(map(len, lines), default=0) > LONGEST_LINE or len(rest) > LONGEST_LINE:
                    raise _line_too_long(name)
                yield from lines
        if rest:
            raise BundleMalformed(f"{name} 的最后一行不完整", f"{name}: its last line is cut off")


def _check_parts(names: Sequence[str]) -> None:
    """Refuse what nobody would verify: files of others in the bundle, and a part that is there twice."""
    foreign = sorted(set(names) - PARTS)
    if foreign:
        shown = ", ".join(name[:80] for name in foreign[:5])
        raise BundleMalformed(
            f"其中有不属于审计包的文件（{len(foreign)} 个）：{shown}；它们不受验证，请取得原文件",
            f"it holds files that are no part of a bundle and that nothing verifies ({len(foreign)}): {shown};"
            " have the file as it was made given to you",
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BundleMalformed(
            f"{twice[0]} 在其中出现不止一次，以哪一份为准无从知道：请取得原文件",
            f"{twice[0]} is in it more than once, and which one counts cannot be told: have the file as it was made"
            " given to you",
        )


def _line_too_long(part: str) -> BundleMalformed:
    return BundleMalformed(
        f"{part} 中有超过 {LONGEST_LINE} 字节的行，或被截断",
        f"{part}: a line of more than {LONGEST_LINE} bytes, or cut off",
    )


@contextmanager
def opened_bundle(path: Path) -> Iterator[Bundle]:
    """Opens a bundle.

    Raises:
        BundleMalformed: where it is none, or damaged; while reading too.
    """
    try:
        file = zipfile.ZipFile(path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise BundleMalformed(
            "不是审计包，或不完整：请重新取得此文件",
            "it is no bundle, or cut short: have the file given to you again",
        ) from error
    with file:
        yield Bundle(path, file)
