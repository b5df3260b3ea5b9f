"""What the doctor says of one thing (体检结果)."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["ok", "warn", "fail"]


class Check(NamedTuple):
    """One thing that was looked at: how it is, and what to do about it; texts as (Chinese, English)."""

    topic: str
    level: Level
    said: tuple[str, str]
    way_out: tuple[str, str] = ("", "")
