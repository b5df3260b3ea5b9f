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

FileKind = Literal["xlsx", "ods", "fods", "xls", "html", "xml", "text"]
TEXT_FILES = (".csv", ".txt", ".tsv")
DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", "，": "full-width comma"}

_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|body|table|div|style)\b", re.I | re.S
)
_SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_FLAT_OPEN_DOCUMENT = re.compile(r"<office:document\s[^>]*urn:oasis:names:tc:opendocument:xmlns:office:1\.0")
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w\-]{2,20})""", re.I)
_LOOKED_AT_ROWS = 50


Problem = Literal["format", "encoding", "protected", "document", "image", "archive", "other-program"]
"""Why nothing is read of a file; the last four are files of another kind altogether."""
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
    (b"ID;P", "other-program"),
    (b"TABLE\r\n0,1", "other-program"),
    (b"TABLE\n0,1", "other-program"),
    (b"MIME-Version:", "other-program"),
)
_WORKBOOK_STREAMS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_BOOK_OF_95 = "Book\0".encode("utf-16-le")
"""The stream of Excel 5.0 and 95, whose texts are in the code page of their machine."""
_BEFORE_95 = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
"""How files of Excel 2, 3 and 4 begin, which are no compound files."""
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
            ``document``, ``image`` or ``archive`` where it is no table at all, ``other-program`` where it is one in a
            form that is not read: SYLK, DIF, dBase, a web archive, xlsb, Numbers, Excel 95 and before.
    """
    for beginning, problem in _FOREIGN:
        if raw.startswith(beginning):
            raise NotReadable(problem)
    if _is_dbase(raw) or raw.startswith(_BEFORE_95):
        raise NotReadable("other-program")
    if raw.startswith(b"PK\x03\x04"):
        return _archive_kind(raw)
    if raw.startswith(biff.MAGIC):
        if _ENCRYPTED_PACKAGE in raw:
            raise NotReadable("protected")
        if _WORD_STREAM in raw and not any(each in raw for each in _WORKBOOK_STREAMS):
            raise NotReadable("document")
        if _BOOK_OF_95 in raw and _WORKBOOK_STREAMS[0] not in raw:
            raise NotReadable("other-program")
        return "xls"
    head = decoded(raw[:65536] if len(raw) > 65536 else raw, partly=True).text
    if _SPREADSHEET in head and "<?xml" in head[:200]:
        return "xml"
    if _FLAT_OPEN_DOCUMENT.search(head):
        return "fods"
    return "html" if _MARKUP.match(re.sub(r"^\s*<\?xml[^>]*>", "", head)) else "text"


def _archive_kind(raw: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = {part.filename for part in archive.infolist()}
            if any(part.flag_bits & 1 for part in archive.infolist()):
                raise NotReadable("protected")
            if any(name.startswith(("word/", "ppt/")) for name in names):
                raise NotReadable("document")
            if any(name.lower() == "xl/workbook.bin" or name.endswith(".iwa") for name in names):
                raise NotReadable("other-program")
            if names and not any(name.lower().startswith("xl/") or name == "content.xml" for name in names):
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


def _is_dbase(raw: bytes) -> bool:
    """A dBase or FoxPro table: its version, a day, and where its head ends, with the mark that stands there."""
    if len(raw) < 33 or raw[0] not in (0x03, 0x30, 0x31, 0x83, 0x8B, 0xF5):
        return False
    head = int.from_bytes(raw[8:10], "little")
    return 1 <= raw[2] <= 12 and 1 <= raw[3] <= 31 and 33 <= head <= len(raw) and 0x0D in raw[32:head]


def decoded(raw: bytes, *, partly: bool = False) -> Text:
    """A text by its byte order mark, else as UTF-8, else by the page's own word, else as Big5 or GB 18030.

    Most bytes of Big5 are some text of GB 18030: it is taken for Big5 where that has the headings of a list, in the
    traditional characters, and the other none.

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
    for encoding, name in (("utf-8-sig", "UTF-8"), ("gb18030", "GB 18030")):
        try:
            text = raw.decode(encoding)
            if encoding == "gb18030":
                return _as_big5(raw, text) or Text(as_in_unicode(text), name)
            return Text(text, name)
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


_FORMER_CODES = str.maketrans(
    {
        0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6,
        0xE82C: 0x9FB7, 0xE831: 0x215D7, 0xE832: 0x9FB8, 0xE83B: 0x2298F, 0xE843: 0x9FB9, 0xE854: 0x9FBA,
        0xE855: 0x241FE, 0xE864: 0x9FBB,
    }
)  # fmt: skip
"""Characters that the older GB 18030 had in the private area, and GB 18030-2022 has in Unicode."""


def as_in_unicode(text: str) -> str:
    r"""A text of the older GB 18030 with the characters that stand in Unicode today.

    >>> as_in_unicode("王\ue81e")
    '王龴'
    """
    return text.translate(_FORMER_CODES)


_HEADINGS = re.compile("姓名|名稱|名称|身份|身分")
"""What a list has among its headings."""


def _as_big5(raw: bytes, otherwise: str) -> Text | None:
    """The text as Big5, where only that has headings of a list."""
    if _HEADINGS.search(otherwise) is not None:
        return None
    text = raw.decode("cp950", errors="ignore")
    return Text(_as(raw, "cp950"), "Big5") if _HEADINGS.search(text) is not None else None


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
