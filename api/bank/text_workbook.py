"""The program that writes rows as a workbook whose cells are all text: run under limits by ``payment_file.py``.

What would differ from one run to the next (times) is fixed, so that the same rows give the same bytes.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from api.service.limited_process import NO_MEMORY, ProcessLimits, limit_this_process
from api.wording.cells import workbook_text

_FIXED = (1980, 1, 1, 0, 0, 0)
_WRITTEN_AT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)")


def written(rows: list[list[str]]) -> bytes:
    """The workbook's bytes; text that begins with = is no formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, workbook_text(value))
            cell.data_type = "s"
            cell.number_format = "@"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return _without_times(out.getvalue())


def _without_times(raw: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(raw)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in sorted(before.namelist()):
            content = _WRITTEN_AT.sub(rb"\g<1>1980-01-01T00:00:00Z\g<3>", before.read(part))
            after.writestr(zipfile.ZipInfo(part, _FIXED), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def main() -> None:
    """Read rows (JSON) from the standard input, and write their workbook to the standard output."""
    memory, seconds, size = map(int, sys.argv[1:])
    limit_this_process(ProcessLimits(memory, seconds, 0, size))
    try:
        raw = written(json.loads(sys.stdin.buffer.read()))
    except MemoryError:
        sys.exit(NO_MEMORY)
    sys.stdout.buffer.write(raw)


if __name__ == "__main__":
    main()
