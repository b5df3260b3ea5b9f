"""Names of administrative divisions (行政区划名称), by their six digits (GB/T 2260).

The table is that of python-stdnum, made of Wikipedia's lists of the codes in Chinese: each name with the years in which
it stood, so that a name of today is told from those before it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum import numdb

_STOOD = re.compile(r"\[(\d*)-(\d*)\]")


@lru_cache(maxsize=4096)
def division_name(code: str) -> str | None:
    """What the division of a code is called today, or was called last; None where there never was one.

    >>> [division_name(code) for code in ("430000", "430181", "419001", "999999")]
    ['湖南省', '浏阳市', '济源市', None]
    """
    found = [
        properties["county"] for _, properties in numdb.get("cn/loc").info(code) if "county" in properties
    ]
    if not found:
        return None
    names = found[-1].split(",")
    standing = [name for name in names if not _ended(name)]
    return _STOOD.sub("", (standing or names)[-1])


def _ended(name: str) -> bool:
    stood = _STOOD.match(name)
    return stood is not None and stood[2] != ""
