"""What an officer chose for a file (读表选择): columns, units, words, sheets, and what is not needed.

A file of choices is JSON: ``{"columns": {"困难类型": "category"}, "units": {"金额": "万元"}, "words":
{"category": {"特困": "worker"}}, "ignored": ["民族"]}``; a field may be named by its code or by its heading
on the form, and ``-`` says that a column is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.roster.columns import ALSO_READ, FORMS
from api.roster.headings import UNITS_FEN, plain_heading
from ledger.errors import Explained

IGNORED = "-"
EVERYTHING = "*"

Short = Annotated[str, Field(max_length=100)]


class ChoiceUnknown(Explained):
    """A choice that names no field, unit or column."""


class Choices(BaseModel):
    """Choices for one file; what is not chosen is read as it is understood.

    ``ignored`` are headings, or ``*`` for all that is left over. ``sheets`` are those to read, all that are
    not hidden where there is none. Headings are compared without spaces and punctuation; a column may also
    be named by its letter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: Annotated[dict[Short, Short], Field(max_length=200)] = {}
    units: Annotated[dict[Short, Short], Field(max_length=200)] = {}
    words: Annotated[dict[Short, dict[Short, Short]], Field(max_length=50)] = {}
    ignored: Annotated[list[Short], Field(max_length=200)] = []
    sheets: Annotated[list[Short], Field(max_length=100)] = []
    hidden_rows: bool = False
    hidden_columns: bool = False
    struck_rows: bool = False

    def field_of(self, names: Iterable[str]) -> str | None:
        """The field, or ``-``, that was chosen for a column of any of these names."""
        return _first(self._plain_columns(), names)

    def unit_of(self, names: Iterable[str]) -> str | None:
        """The unit that was chosen for a column of any of these names."""
        return _first({plain_heading(name): unit for name, unit in self.units.items()}, names)

    def is_ignored(self, names: Iterable[str]) -> bool:
        """Whether a column of these names is not needed."""
        ignored = {plain_heading(name) for name in self.ignored}
        return EVERYTHING in self.ignored or any(plain_heading(name) in ignored for name in names)

    def names_heading(self, text: str) -> bool:
        """Whether a heading is among those that were chosen, so that its row is one of headings."""
        return plain_heading(text) in self._plain_columns()

    def word(self, field: str, text: str) -> str | None:
        """The code that was chosen for a word of a field."""
        chosen = {plain_heading(word): code for word, code in self.words.get(field, {}).items()}
        return chosen.get(plain_heading(text))

    def joined(self, other: Choices) -> Choices:
        """These and others; where both say something, the others count."""
        words = {
            name: {**self.words.get(name, {}), **other.words.get(name, {})}
            for name in {*self.words, *other.words}
        }
        return Choices(
            columns={**self.columns, **other.columns},
            units={**self.units, **other.units},
            words=words,
            ignored=sorted({*self.ignored, *other.ignored}),
            sheets=other.sheets or self.sheets,
            hidden_rows=self.hidden_rows or other.hidden_rows,
            hidden_columns=self.hidden_columns or other.hidden_columns,
            struck_rows=self.struck_rows or other.struck_rows,
        )

    def _plain_columns(self) -> dict[str, str]:
        return {plain_heading(name): field for name, field in self.columns.items()}


def _first(chosen: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((chosen[plain_heading(name)] for name in names if plain_heading(name) in chosen), None)


def checked_choices(choices: Choices) -> Choices:
    """Choices with fields by their codes.

    Raises:
        ChoiceUnknown: ``choice-unknown``, with what there is.
    """
    return choices.model_copy(
        update={
            "columns": {heading: field_code(field) for heading, field in choices.columns.items()},
            "units": {heading: _unit(unit) for heading, unit in choices.units.items()},
            "words": {field_code(field): words for field, words in choices.words.items()},
        }
    )


def field_code(text: str) -> str:
    """The code of a field by itself or by its heading on a form, ``-`` for none."""
    plain = plain_heading(text)
    if text.strip() in (IGNORED, "不需要", "不导入"):
        return IGNORED
    columns = [column for recipient in FORMS for column in (*FORMS[recipient], *ALSO_READ[recipient])]
    for column in columns:
        if plain in (plain_heading(column.field), plain_heading(column.heading)):
            return column.field
    known = "、".join(dict.fromkeys(f"{column.heading}（{column.field}）" for column in columns))
    known_en = ", ".join(dict.fromkeys(column.field for column in columns))
    raise ChoiceUnknown(
        "choice-unknown",
        f"没有栏目“{text[:40]}”，应为：{known}，或 -",
        f"no field {text[:40]}, expected one of: {known_en}, or -",
    )


def _unit(text: str) -> str:
    unit = {"万": "万元", "圆": "元"}.get(text.strip(), text.strip())
    if unit not in UNITS_FEN:
        known = "、".join(UNITS_FEN)
        raise ChoiceUnknown(
            "choice-unknown", f"没有单位“{text[:40]}”，应为：{known}", f"no unit {text[:40]}: {known}"
        )
    return unit


_PAIR = re.compile(r"(.+?)=([^=:：]+)(?:[:：](.+))?")
_WORD = re.compile(r"(.+?)[:：](.+?)=(.+)")


def typed_choices(mapped: Iterable[str], words: Iterable[str], ignored: Iterable[str]) -> Choices:
    """Choices as they are typed: ``困难类型=category``, ``金额=amount_fen:万元``, ``致困原因:大病重病=illness``.

    >>> typed_choices(["标准=慰问金额:百元"], ["对象类别:特困=worker"], ["民族,性别"])
    Choices(columns={'标准': 'amount_fen'}, units={'标准': '百元'}, words={'category': {'特困': 'worker'}}, \
ignored=['民族', '性别'], sheets=[], hidden_rows=False, hidden_columns=False, struck_rows=False)
    """
    columns: dict[str, str] = {}
    units: dict[str, str] = {}
    by_field: dict[str, dict[str, str]] = {}
    for text in mapped:
        pair = _PAIR.fullmatch(text.strip())
        if pair is None:
            raise ChoiceUnknown(
                "choice-unknown", f"“{text[:60]}”应如 表头=栏目", f"{text[:60]} is not HEADING=FIELD"
            )
        columns[pair[1].strip()] = pair[2].strip()
        if pair[3]:
            units[pair[1].strip()] = pair[3].strip()
    for text in words:
        said = _WORD.fullmatch(text.strip())
        if said is None:
            raise ChoiceUnknown(
                "choice-unknown", f"“{text[:60]}”应如 栏目:词=代码", f"{text[:60]} is not FIELD:WORD=CODE"
            )
        by_field.setdefault(said[1].strip(), {})[said[2].strip()] = said[3].strip()
    left = [name.strip() for text in ignored for name in re.split(r"[,，、]", text) if name.strip()]
    left = [EVERYTHING if name in ("all", "全部") else name for name in left]
    return checked_choices(Choices(columns=columns, units=units, words=by_field, ignored=left))
