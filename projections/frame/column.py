"""A column of a row (栏): how it is stored, what is answered of it, what people call it.

A row is declared once, as a dataclass whose fields are these columns. Its table is made from the
declaration, and so are the model of what is answered, the pages' types, and the columns of lists, CSV files
and workbooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

Where = Literal["command", "page"]
"""Where rows are listed: by the command line with its CSV files and workbooks, or on a page."""


@dataclass(frozen=True)
class Kind:
    """What a column holds: its kind for whoever shows it, its PostgreSQL type, and what is answered of it.

    ``answered`` is the type in an answer, where the view itself works with another: dates and JSON are
    texts to it.
    """

    name: str
    sql: str
    answered: Any = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return handler(source) if self.answered is None else handler.generate_schema(self.answered)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {**handler(schema), "x-kind": self.name}


@dataclass(frozen=True)
class Title:
    """What people call a column, in Chinese and English; one without a title is for programs alone.

    ``only`` is where it is listed, if not everywhere.
    """

    zh: str
    en: str
    only: Where | None = None

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        said = {"zh": self.zh, "en": self.en}
        return {**handler(schema), "x-title": said if self.only is None else {**said, "only": self.only}}


Fen = Annotated[int, Kind("fen", "bigint")]
"""Money in whole fen."""
Day = Annotated[str, Kind("day", "date", date)]
Moment = Annotated[str, Kind("moment", "timestamptz", datetime)]
Number = Annotated[int, Kind("number", "integer")]
"""A number that is small: a year, a count, a version."""
Positions = Annotated[str, Kind("positions", "bigint[]", list[int])]
"""Positions as PostgreSQL writes an array: ``{12,40}``."""


def json_of(answered: Any) -> Kind:
    """JSON that a view keeps as text; it is answered as this type."""
    return Kind("json", "jsonb", answered)


_KINDS: Mapping[Any, Kind] = {
    str: Kind("text", "text"),
    int: Kind("position", "bigint"),
    bool: Kind("truth", "boolean"),
    list[str]: Kind("texts", "text[]"),
}
"""What a type of Python holds where nothing more is said of it."""
_COMPOSED = Kind("composed", "")
"""What is put together for an answer, and no column of a table."""


class Column(NamedTuple):
    """A column as it is declared; ``is_text`` where a view works with its text."""

    name: str
    kind: Kind
    nullable: bool
    is_text: bool
    title: Title | None


def columns(row: type) -> tuple[Column, ...]:
    """The columns of a row, in the order of their declaration."""
    hints = get_type_hints(row, include_extras=True)
    return tuple(_column(field.name, hints[field.name]) for field in fields(row))


def listed(row: type, where: Where, *first: str) -> list[Column]:
    """The columns that rows are listed by: those named, in that order, then whatever else has a title."""
    titled = {
        column.name: column
        for column in columns(row)
        if column.title is not None and column.title.only in (None, where)
    }
    return [titled[name] for name in (*first, *(name for name in titled if name not in first))]


def names(row: type) -> list[str]:
    """The names of a row's columns, in the order of their declaration."""
    return [field.name for field in fields(row)]


def _column(name: str, declared: Any) -> Column:
    said: list[Any] = []
    nullable = False
    while get_origin(declared) in (Annotated, Union, UnionType):
        inner, *rest = get_args(declared)
        if get_origin(declared) is Annotated:
            said += rest
        else:
            nullable = NoneType in (inner, *rest)
            [inner] = [each for each in (inner, *rest) if each is not NoneType]
        declared = inner
    if get_origin(declared) is Literal:
        declared = str
    kind = next((each for each in said if isinstance(each, Kind)), None) or _KINDS.get(declared, _COMPOSED)
    title = next((each for each in said if isinstance(each, Title)), None)
    return Column(name, kind, nullable, declared is str, title)


def create_table(
    table: str, row: type, *key: str, more: tuple[str, ...] = (), storage: str | None = None
) -> str:
    """The SQL that makes a row's table; ``more`` are columns that the frame keeps beside those declared.

    >>> @dataclass
    ... class Sanction:
    ...     unit: str
    ...     year: Number
    ...     lifted_on: Day | None
    >>> print(create_table("sanctions", Sanction, "unit"))
    CREATE TABLE sanctions (
        unit text NOT NULL,
        year integer NOT NULL,
        lifted_on date,
        PRIMARY KEY (unit)
    );
    """
    stored = columns(row)
    if composed := [column.name for column in stored if not column.kind.sql]:
        raise TypeError(f"{table}: no column of a table holds what is declared for {', '.join(composed)}")
    declared = [
        f"{column.name} {column.kind.sql}{'' if column.nullable else ' NOT NULL'}" for column in stored
    ]
    parts = ",\n    ".join([*declared, *more, f"PRIMARY KEY ({', '.join(key)})"])
    return f"CREATE TABLE {table} (\n    {parts}\n){'' if storage is None else f' WITH ({storage})'};"
