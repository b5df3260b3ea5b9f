"""Profiles of banks' files (银行文件格式): one small file each, data and no code.

A profile says how a payment file is written, and which headings, words and codes stand in the answer and in a
statement of account. One may extend another: its words are added to the other's, what else it says takes the place
of what the other says. A ledger's own stand in ``bank-profiles`` of its data folder, under another name or in the
place of one of ours.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import Explained

OURS = Path(__file__).parent / "profiles"
GENERAL = "general"
OWN_PROFILES = "bank-profiles"
"""The folder of a ledger's own profiles, in its data folder."""
MOST_BYTES = 64 * 1024

PayField = Literal[
    "number",
    "name",
    "account",
    "bank",
    "region",
    "cross_bank",
    "amount",
    "note",
    "purpose",
    "currency",
    "empty",
]
"""What a column of a payment file holds; ``note`` is the serial that the answer refers to."""
AnswerField = Literal[
    "account",
    "name",
    "amount",
    "currency",
    "result",
    "code",
    "reference",
    "booked_on",
    "note",
    "reason",
    "number",
    "-",
]
StatementField = Literal[
    "booked_on", "amount", "currency", "debit", "credit", "direction", "balance", "account", "name", "note",
    "reference", "number", "-",
]  # fmt: skip


class ProfileUnknown(Explained):
    """A profile that is not there, or cannot be read."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PayColumn(_Part):
    """A column of a payment file; ``width`` counts bytes of the file's encoding, where columns have a width."""

    field: PayField
    heading: str = ""
    width: Annotated[int, Field(ge=1, le=500)] | None = None
    needed: bool = False
    text: str = ""


class PayLayout(_Part):
    """How a payment file is written."""

    format: Literal["xlsx", "csv", "bars", "fixed", "pain.001"] = "xlsx"
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = "gb18030"
    ending: str = ".xlsx"
    header: bool = True
    unit: Literal["元", "分"] = "元"
    note_length: Annotated[int, Field(ge=12, le=200)] = 20
    most_lines: Annotated[int, Field(ge=1, le=2000)] = 2000
    columns: Annotated[list[PayColumn], Field(min_length=1, max_length=40)]


class AnswerLayout(_Part):
    """What stands in a bank's answer. ``order`` are the columns of a file without headings, ``widths`` their bytes."""

    headings: dict[AnswerField, list[str]] = {}
    paid: list[str] = []
    bounced: list[str] = []
    pending: list[str] = []
    order: list[AnswerField] = []
    widths: list[Annotated[int, Field(ge=1, le=500)]] = []
    unit: Literal["元", "分"] = "元"


class StatementLayout(_Part):
    """What stands in a statement of account."""

    headings: dict[StatementField, list[str]] = {}
    debit: list[str] = []
    credit: list[str] = []
    opening: list[str] = []
    closing: list[str] = []
    order: list[StatementField] = []
    unit: Literal["元", "分"] = "元"


class Profile(_Part):
    """A bank's files, and what the profile is called."""

    zh: str
    en: str
    extends: str | None = None
    pay: PayLayout
    answer: AnswerLayout = AnswerLayout()
    statement: StatementLayout = StatementLayout()


def profile_names(own: Path | None = None) -> list[str]:
    """The names of all profiles, ours and the ledger's own; the general one first."""
    found = {path.stem for folder in (OURS, own) if folder is not None for path in folder.glob("*.toml")}
    return sorted(found, key=lambda name: (name != GENERAL, name))


def profile(name: str, own: Path | None = None) -> Profile:
    """A profile by its name.

    Raises:
        ProfileUnknown: ``bank-profile``, with what there is, or what is wrong with the file.
    """
    if name not in profile_names(own):
        known = "、".join(profile_names(own))
        raise ProfileUnknown(
            "bank-profile",
            f"没有银行格式“{name[:40]}”，现有：{known}",
            f"there is no bank profile {name[:40]}, there are: {known}",
        )
    try:
        return Profile.model_validate(_merged(name, own, ()))
    except (OSError, ValueError, RecursionError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise ProfileUnknown(
            "bank-profile",
            f"银行格式文件 {name}.toml 不能用：{why}",
            f"the profile {name}.toml is no good: {why}",
        ) from None


def _merged(name: str, own: Path | None, behind: tuple[str, ...]) -> dict[str, Any]:
    folders = [folder for folder in (own, OURS) if folder is not None and (folder / f"{name}.toml").is_file()]
    # One that takes the place of ours may extend it.
    if name in behind:
        folders = folders[1:]
    if not folders or behind.count(name) > 1:
        raise ValueError(f"extends {name}")
    raw = (folders[0] / f"{name}.toml").read_bytes()
    if len(raw) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    said = tomllib.loads(raw.decode())
    base = said.get("extends")
    return said if base is None else _joined(_merged(str(base), own, (*behind, name)), said)


def _joined(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Tables are joined member by member; lists of words are added to, other lists and values replaced."""
    joined = dict(base)
    for name, value in more.items():
        before = joined.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            joined[name] = _joined(before, value)
        elif (
            isinstance(before, list)
            and isinstance(value, list)
            and name not in ("columns", "order", "widths")
        ):
            joined[name] = [*value, *(each for each in before if each not in value)]
        else:
            joined[name] = value
    return joined
