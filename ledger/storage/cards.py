"""Cards (卡片): small JSON files that say what lies beside them, read through one door.

A power cut leaves such a file empty, cut short, or filled up with zeros. It is then named, with the way
out, instead of being taken for a mistake of the program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from ledger.errors import Misconfigured

T = TypeVar("T")


def parse_card(raw: bytes, read: Callable[[Any], T], damaged: Misconfigured) -> T:
    """What a card says, as ``read`` takes it from its JSON.

    Raises:
        Misconfigured: ``damaged``, where it is no JSON or not what ``read`` expects.
    """
    try:
        return read(orjson.loads(raw))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise damaged from error


def backup_damaged(name: str, way_out: tuple[str, str]) -> Misconfigured:
    """The error for a file of a backup that is not what was stored."""
    return Misconfigured(
        "backup-malformed",
        f"备份中的 {name} 已损坏，与存入时不符：{way_out[0]}",
        f"{name} in the backups is damaged, it is not what was stored: {way_out[1]}",
    )
