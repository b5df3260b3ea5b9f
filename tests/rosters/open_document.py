"""Writes OpenDocument spreadsheets cell by cell, with what LibreOffice says of cells in attributes and styles."""

from __future__ import annotations

import io
import zipfile

_OASIS = ("office", "table", "text", "number", "style")
STRUCK = (
    '<style:style style:name="struck" style:family="table-cell">'
    '<style:text-properties style:text-line-through-style="solid"/></style:style>'
)
IN_WAN = (
    '<number:number-style style:name="N1"><number:number number:decimal-places="2"/>'
    "<number:text>万元</number:text></number:number-style>"
    '<style:style style:name="wan" style:family="table-cell" style:data-style-name="N1"/>'
)


def cell(value: object, kind: str = "string", more: str = "", before: str = "") -> str:
    """A cell; ``more`` are attributes, ``before`` stands before its text."""
    given = "" if kind == "string" else f'office:value="{value}"'
    return f'<table:table-cell office:value-type="{kind}" {given} {more}>{before}<text:p>{value}</text:p></table:table-cell>'


def line(*cells: str) -> str:
    """A row."""
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def book(*rows: str, styles: str = "") -> bytes:
    """A file with one table."""
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in _OASIS)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}>'
            f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
            f'<table:table table:name="名单">{"".join(rows)}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return raw.getvalue()
