"""A row is declared once: a column shows in the table, the OpenAPI, the pages, the CSV file and the workbook."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook

from api.app import create_app
from api.cli.answers import Shape, answer
from api.cli.columns import ROSTER, listed
from api.reports.report import cells, columns_of
from api.reports.rows import UnitLine
from api.roster.rows import ListedCase
from api.service.answers import Page, answered
from api.service.settings import Settings
from projections.frame.column import Number, Title, create_table
from projections.frame.view import TemporalTable
from projections.views.roster import CASES
from projections.views.roster_rows import CaseRow
from tests.http import openapi

UNTYPED = {"RosterLine", "Rows", "Problem", "NotReady", "PaymentFileAnswer", "AccountStatementAnswer"}
"""What is declared outside the views: files that were read, bodies to be signed, refusals with their rule's details."""


@dataclass
class CaseWithVillage(CaseRow):
    """The roster's row with one line more."""

    village: Annotated[str | None, Title("村", "village")]


@dataclass
class ListedWithVillage(ListedCase, CaseWithVillage):
    """The same as it is answered."""


@dataclass
class UnitLineWithVillages(UnitLine):
    """A report's line with one line more."""

    villages: Annotated[Number, Title("村数", "villages")]


def described(row: Any) -> dict[str, Any]:
    """The OpenAPI of an application that lists such rows."""
    app = FastAPI()

    @app.get("/roster", responses=answered(Page[row]))
    def roster() -> None:
        """Lists them."""

    return app.openapi()


class TestAColumnThatIsDeclared:
    def test_is_one_of_the_table(self) -> None:
        table = TemporalTable("cases", CaseWithVillage, fillfactor=75)
        assert "    village text,\n" in table.create
        assert table.create.replace("    village text,\n", "") == CASES.create
        assert table.columns == [*CASES.columns, "village"]

    def test_is_in_the_openapi_and_the_pages_types_and_columns(self) -> None:
        document = described(ListedWithVillage)
        schema = document["components"]["schemas"]["ListedWithVillage"]
        assert schema["properties"]["village"]["x-title"] == {"zh": "村", "en": "village"}
        assert "village" in schema["required"]
        assert "village: string | null;" in openapi.types(document)
        column = '{"name": "village", "kind": "text", "zh": "村", "en": "village"}'
        assert column in openapi.columns(document)
        assert column not in openapi.columns(described(ListedCase))

    def test_is_in_the_csv_file_and_the_workbook(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        columns = listed(ListedWithVillage, *(column.key for column in ROSTER))
        row = {column.key: None for column in columns} | {"village": "桃花村", "approved_fen": 50_000}
        answer("名单", columns, [row], Shape(as_csv=True))
        [line] = csv.DictReader(io.StringIO(capsys.readouterr().out))
        assert (line["村"], line["批准（元）"]) == ("桃花村", "500.00")
        answer("名单", columns, [row], Shape(xlsx=tmp_path / "roster.xlsx"))
        sheet = load_workbook(tmp_path / "roster.xlsx").worksheets[0]
        headings, values = ([cell.value for cell in cells] for cells in sheet.iter_rows())
        assert dict(zip(headings, values, strict=True))["村"] == "桃花村"
        assert [*headings[:-1]] == [column.title[0] for column in ROSTER]

    def test_is_in_the_report(self) -> None:
        columns = columns_of(UnitLineWithVillages)
        assert columns[:-1] == columns_of(UnitLine)
        assert (columns[-1].zh, columns[-1].kind) == ("村数", "count")
        line = UnitLineWithVillages("县", "县", 1, 0, 1, 50_000, 50_000, 0, 7)
        assert cells(UnitLineWithVillages, [line]) == [["县", "县", 1, 0, 1, 50_000, 50_000, 0, 7]]


def test_what_no_column_holds_is_in_no_table() -> None:
    @dataclass
    class Composed:
        flags: list[dict[str, str]]

    with pytest.raises(TypeError, match="flags"):
        create_table("composed", Composed, "flags")


def test_no_answer_of_rows_is_untyped() -> None:
    schemas = create_app(Settings()).openapi()["components"]["schemas"]
    untyped = {
        name
        for name, schema in schemas.items()
        for member in schema.get("properties", {}).values()
        if _says_nothing(member)
    }
    assert untyped - UNTYPED == set()


def _says_nothing(member: dict[str, Any]) -> bool:
    """Whether anything at all may stand there."""
    inner = [member, *member.get("anyOf", ()), member.get("items", {"type": "null"})]
    return any(not each.keys() - {"title"} or each.get("additionalProperties") is True for each in inner)
