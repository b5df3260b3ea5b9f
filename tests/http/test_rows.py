"""A row is declared once: a column shows in the table, the OpenAPI, the pages, the CSV file and the workbook."""

from __future__ import annotations

import ast
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook

from api.app import create_app
from api.cli.answers import Shape, answer
from api.cli.columns import ROSTER, listed
from api.money.rows import LineBalance
from api.reports.report import cells, columns_of
from api.reports.rows import UnitLine
from api.roster.rows import ListedCase
from api.service.answers import Page, answered
from api.service.settings import Settings
from api.wording.words import MEMBERS
from projections.frame.column import Number, Title, columns, create_table
from projections.frame.view import TemporalTable
from projections.views.roster import CASES
from projections.views.roster_rows import CaseRow
from tests.http import openapi

API = Path(__file__).parents[2] / "api"
UNTYPED = {"PaymentFileAnswer", "AccountStatementAnswer", "TriedPolicy", "LinkageRun"}
"""Bodies to be signed, which the event declares."""
SAYS_ANYTHING = re.compile(r"\bAny\b")
INTERFACE = re.compile(
    r"^(?:export )?(?:interface (?P<interface>\w+)|type (?P<type>\w+)(?: =)?)[^{\n]*\{(?P<members>.*?)\}\s*$",
    re.MULTILINE | re.DOTALL,
)
MEMBER = re.compile(r"(?:^|[;{,])\s*(?:readonly )?(\w+)\??:", re.MULTILINE)


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
        of_files = [each for column in ROSTER for each in column.for_files]
        assert [*headings[:-1]] == [column.title[0] for column in of_files]

    def test_is_in_the_report(self) -> None:
        columns = columns_of(UnitLineWithVillages)
        assert columns[:-1] == columns_of(UnitLine)
        assert (columns[-1].zh, columns[-1].kind) == ("村数", "count")
        line = UnitLineWithVillages("县", "县", 1, 0, 1, 50_000, 50_000, 0, 7)
        assert cells(UnitLineWithVillages, [line]) == [["县", "县", 1, 0, 1, 50_000, 50_000, 0, 7]]


OF_FILES = {"BankBooks", "BankFiles", "ListLoading", "RosterUpload", "FlagDossiers", "PolicyEditor"}
"""Parts that list what a file says, or hold rows against each other, under headings of their own."""
OWN_HEADINGS = {
    "BelowLedger": {"below.proof"},
    "MatchInbox": {"below.proof"},
    # A household's members and a dossier's steps on one card, with the applicant among them.
    "HouseholdCard": {
        "dossiers.consent",
        "dossiers.identity",
        "dossiers.income",
        "dossiers.name",
        "dossiers.relation",
        "dossiers.together",
    },
    # One card has payouts that were drawn, and what was answered of those called back.
    "CallBacks": {"notice.number", "callback.answer"},
    # How near two dossiers are in each field, said in one cell.
    "NoticePage": {"notice.number"},
    "FlagHeat": {"common.unit"},
    "TableGroups": {"table.rowsOf"},
    "SamplingPaper": {"notice.number", "sample.finding"},
}
"""What else a page heads itself: rows' numbers, what is worked out or typed there."""
TEXT_AS_HEADING = re.compile(
    r"<el-table-column[^>]*? :label=\"t\('([\w.]+)'\)|<th\b[^>]*>\{\{ t\('([\w.]+)'\)"
)


def test_pages_head_their_tables_as_the_rows_declare() -> None:
    own = {
        page.stem: {one or other for one, other in found}
        for page in (openapi.WEB / "src").rglob("*.vue")
        if (found := TEXT_AS_HEADING.findall(page.read_text(encoding="utf-8")))
    }
    assert {page: keys for page, keys in own.items() if page not in OF_FILES} == OWN_HEADINGS


def test_a_figure_has_one_name() -> None:
    """What changed between two moments is told by the words that head the tables."""
    named = {column.name: column.title for column in columns(LineBalance) if column.kind.name == "fen"}
    assert {name: MEMBERS[name] for name in named} == {
        name: title and title.zh for name, title in named.items()
    }


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


def test_no_answer_is_declared_to_be_anything() -> None:
    """In the source too: what a model's member holds is said, if need be as JSON of any form (JsonValue)."""
    found = [
        f"{path.parent.name}/{path.name}: {declared.name}.{ast.unparse(member.target)}"
        for path in API.rglob("*.py")
        if path.name in ("rows.py", "answers.py", "routes.py", "problems.py")
        and not {"node_modules", "cli"} & {*path.parts}
        for declared in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(declared, ast.ClassDef)
        for member in declared.body
        if isinstance(member, ast.AnnAssign) and SAYS_ANYTHING.search(ast.unparse(member.annotation))
    ]
    assert found == []


def test_no_interface_of_the_pages_repeats_what_is_generated() -> None:
    declared = [
        set(schema.get("properties", {})) for schema in openapi.documented()["components"]["schemas"].values()
    ]
    repeated = []
    for path in sorted((API / "web" / "src").rglob("*")):
        if (
            path.suffix not in (".ts", ".vue")
            or path.name in ("openapi.d.ts", "api.ts")
            or ".test." in path.name
        ):
            continue
        for found in INTERFACE.finditer(path.read_text(encoding="utf-8")):
            members = set(MEMBER.findall(found["members"]))
            if members and any(members <= properties for properties in declared):
                repeated.append(f"{path.name}: {found['interface'] or found['type']}")
    assert repeated == []


def _says_nothing(member: dict[str, Any]) -> bool:
    """Whether anything at all may stand there."""
    inner = [member, *member.get("anyOf", ()), member.get("items", {"type": "null"})]
    return any(not each.keys() - {"title"} or each.get("additionalProperties") is True for each in inner)
