"""Files that a browser keeps (附件下载): under their own name, for this reader alone."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from starlette.responses import Response

_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def file_name(name: str) -> str:
    """A name that every system takes: no part of a path, nothing that cannot be seen or turns the direction of writing.

    >>> file_name("附件2/茶厂.xlsx"), file_name("a\u202excod.exe")
    ('附件2_茶厂.xlsx', 'a_xcod.exe')
    """
    return "".join(
        "_" if each in '/\\:*?"<>|' or unicodedata.category(each) in _UNSHOWN else each for each in name
    )


def attachment(content: bytes, media_type: str, name: str) -> Response:
    """A file to be kept under a name (RFC 6266), which no cache keeps."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name(name), safe='')}",
            "Cache-Control": "private, no-store",
        },
    )
