"""What is answered of a file that was read (读表结果): its lines, its faults, what is said of it, and the forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel

from api.roster.columns import Column
from api.roster.reading import CellFault
from api.roster.report import ColumnMapping, ReadFault, UnusedParts
from api.roster.words import Words
from api.service.answers import FILLED
from ledger.events.dossier import Facts
from ledger.identity.documents import Identity

A_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""What a request takes whose body is a file's bytes."""


class RosterFault(BaseModel):
    """What is wrong with one cell: ``B7``, its heading, what stood there (masked), and why it cannot be."""

    cell: str
    heading: str
    found: str
    code: str
    zh: str
    en: str


class RosterLine(BaseModel):
    """A line without faults, ready to be committed to and signed.

    ``line`` counts the lines of the file; ``row`` is the number in its ``sheet``. ``dossier`` is the
    person's with this unit where there is one, ``already`` their live case with it. ``elsewhere`` says
    that the person is on another list of the campaign, and nothing else. ``waits`` says that the dossier alone
    is filed: a warning tells what the policy asks of it before a nomination.
    """

    line: int
    sheet: str
    row: int
    masked_name: str
    masked_number: str
    identity: Annotated[Identity, FILLED]
    facts: Annotated[Facts, FILLED]
    category: str
    amount_fen: int | None
    purpose: str | None
    visit_mode: str | None
    on: str | None
    dossier: str | None
    already: str | None
    elsewhere: bool
    waits: bool
    warnings: list[RosterFault]


IN_THE_FILE = (
    "heading-twice",
    "heading-shared",
    "column-missing",
    "person-died",
    "amount-merged",
    "amount-taken-back",
    "amount-scaled",
    "cell-struck",
)
"""Faults that typing the line again would only hide: they are mended in the file, or by choosing its columns."""


class BadLine(BaseModel):
    """A line with faults, as it was typed: a column's field → its text; ``typable`` where typing it anew mends it."""

    line: int
    sheet: str
    row: int
    typed: dict[str, str]
    typable: bool
    faults: list[RosterFault]


class FileNotice(BaseModel):
    """What is said of a file beside its faults: ``file-kind``, ``row-cut``."""

    code: str
    zh: str
    en: str


class RosterRead(BaseModel):
    """A roster as it was read: its good lines, the others with their faults, the mapping, what is not used.

    ``good`` lines can be filed. ``faults``, ``unused`` and ``mapping`` are what the command prints too.
    """

    sheet: str
    sheets: list[str]
    recipient: str
    good: int
    notices: list[FileNotice]
    lines: list[RosterLine]
    bad: list[BadLine]
    faults: list[ReadFault]
    unused: UnusedParts
    mapping: list[ColumnMapping]


class FormColumn(BaseModel):
    """A column of a form: its heading, what goes in, and the words that it takes where these are few."""

    field: str
    heading: str
    meaning: str
    required: bool
    choices: list[str]


def form_column(column: Column, words: Mapping[str, Words]) -> FormColumn:
    """A column as a form shows it, with the words that it takes."""
    return FormColumn(
        field=column.field,
        heading=column.heading,
        meaning=column.meaning,
        required=column.required,
        choices=[names[0] for names in words.get(column.field, {}).values()],
    )


def fault_of(fault: CellFault) -> RosterFault:
    """A cell's fault as it is answered."""
    return RosterFault(
        cell=fault.cell,
        heading=fault.heading,
        found=fault.found,
        code=fault.code,
        zh=fault.zh,
        en=fault.en,
    )
