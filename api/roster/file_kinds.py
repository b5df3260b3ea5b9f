"""What a file really is (文件的实际类型), whatever its name says: a workbook, a web page, a text.

Imported by the reading program, so it imports the standard library and its own kind alone.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from typing import Literal, NamedTuple

from api.roster import biff

FileKind = Literal["xlsx", "ods", "xls", "html", "xml", "text"]
TEXT_FILES = (".csv", ".txt", ".tsv")
DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", "，": "full-width comma"}

_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|body|table|div|style)\b", re.I | re.S
)
_SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w\-]{2,20})""", re.I)
_LOOKED_AT_ROWS = 50
_HEADINGS_WITHIN = 4096


Problem = Literal["format", "encoding", "protected", "document", "image", "archive"]
"""Why nothing is read of a file; the last three are files of another kind altogether."""
_FOREIGN: tuple[tuple[bytes, Problem], ...] = (
    (b"%PDF", "document"),
    (b"{\\rtf", "document"),
    (b"\xff\xd8\xff", "image"),
    (b"\x89PNG", "image"),
    (b"GIF8", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
)
_WORKBOOK_STREAMS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_WORD_STREAM = "WordDocument".encode("utf-16-le")


class NotReadable(Exception):
    """A file that nothing can be read from, and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class Text(NamedTuple):
    """A file's text, and the encoding that it is in."""

    text: str
    encoding: str


def kind_of(raw: bytes) -> FileKind:
    """The kind of file that these bytes are.

    Raises:
        NotReadable: ``protected`` where it opens by a password alone, ``format`` where it is damaged,
            ``document``, ``image`` or ``archive`` where it is no table at all.
    """
    for beginning, problem in _FOREIGN:
        if raw.startswith(beginning):
            raise NotReadable(problem)
    if raw.startswith(b"PK\x03\x04"):
        return _archive_kind(raw)
    if raw.startswith(biff.MAGIC):
        if _ENCRYPTED_PACKAGE in raw:
            raise NotReadable("protected")
        if _WORD_STREAM in raw and not any(each in raw for each in _WORKBOOK_STREAMS):
            raise NotReadable("document")
        return "xls"
    head = decoded(raw[:65536] if len(raw) > 65536 else raw, partly=True).text
    if _SPREADSHEET in head and "<?xml" in head[:200]:
        return "xml"
    if _MARKUP.match(re.sub(r"^\s*<\?xml[^>]*>", "", head)):
        return "html"
    if head.lstrip().startswith("<?xml"):
        # Another document in XML, a flat OpenDocument above all: as text it would be rows of markup.
        raise NotReadable("format")
    return "text"


def _archive_kind(raw: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = {part.filename for part in archive.infolist()}
            if any(part.flag_bits & 1 for part in archive.infolist()):
                raise NotReadable("protected")
            if any(name.startswith(("word/", "ppt/")) for name in names):
                raise NotReadable("document")
            if names and not any(name.startswith("xl/") or name == "content.xml" for name in names):
                raise NotReadable("archive")
            if "content.xml" not in names:
                return "xlsx"
            with archive.open("META-INF/manifest.xml") as manifest:
                if b"encryption-data" in manifest.read(1 << 20):
                    raise NotReadable("protected")
            return "ods"
    # NotImplementedError is what zipfile raises for a compression that it does not know.
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, NotImplementedError):
        # What cannot be looked into is read as a workbook, which then says what is wrong with it.
        return "xlsx"


def decoded(raw: bytes, *, partly: bool = False) -> Text:
    """A text by its byte order mark, else as UTF-8, else as Big5 or GB 18030, else by the page's own word.

    ``partly`` takes a beginning that may end within a character.

    Raises:
        NotReadable: ``encoding``, where it is none of them.

    >>> decoded("姓名,1".encode("utf-16"))
    Text(text='姓名,1', encoding='UTF-16')
    >>> decoded("姓名".encode("gb18030"))
    Text(text='姓名', encoding='GB 18030')
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Text(_as(raw if len(raw) % 2 == 0 or not partly else raw[:-1], "utf-16"), "UTF-16")
    wide = _wide_without_mark(raw[:4096])
    if wide:
        return Text(_as(raw[: len(raw) // 2 * 2], wide), "UTF-16")
    if is_big5(raw):
        return Text(raw.decode("big5", "ignore") if partly else _as(raw, "big5hkscs"), "Big5")
    for encoding, name in (("utf-8-sig", "UTF-8"), ("gb18030", "GB 18030")):
        try:
            return Text(raw.decode(encoding), name)
        except UnicodeDecodeError as error:
            if partly and error.start >= len(raw) - 4:
                return Text(raw[: error.start].decode(encoding), name)
    if partly:
        return Text("", "")
    said = _CHARSET.search(raw[:4096])
    if said is not None:
        return Text(_as(raw, said[1].decode("ascii")), said[1].decode("ascii"))
    raise NotReadable("encoding")


def _as(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise NotReadable("encoding") from None


def is_big5(raw: bytes) -> bool:
    """Whether a text is rather in Big5 than in GB 18030: read so, its headings are words of a roster.

    >>> is_big5("姓名,身份證號".encode("big5")), is_big5("姓名,身份证号".encode("gb18030"))
    (True, False)
    """
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        head = raw[:_HEADINGS_WITHIN]
        return "姓名" in head.decode("big5", "ignore") and "姓名" not in head.decode("gb18030", "ignore")
    return False


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 whose mark is missing shows by its digits and commas, of which every other byte is zero."""
    if len(head) < 8:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    least = len(head) // 10
    if odd > least and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > least and odd == 0 else ""


def delimiter_of(text: str) -> str:
    """What stands between a text's cells: by it most lines have the same number of cells, above one.

    >>> delimiter_of("姓名;金额"), delimiter_of("甲|乙|丙"), delimiter_of("甲,乙")
    (';', '|', ',')
    """
    said = re.match(r"sep=(.)\r?\n", text, re.I)
    if said is not None:
        return said[1]
    lines = "\n".join(text.splitlines()[:_LOOKED_AT_ROWS])
    best = (0, 0, ",")
    for delimiter in DELIMITERS:
        try:
            widths = Counter(
                len(row) for row in csv.reader(io.StringIO(lines), delimiter=delimiter) if len(row) > 1
            )
        except csv.Error:
            continue
        if widths:
            width, count = max(widths.items(), key=lambda each: (each[1], each[0]))
            best = max(best, (sum(widths.values()) + count, width, delimiter), key=lambda each: each[:2])
    return best[2]
