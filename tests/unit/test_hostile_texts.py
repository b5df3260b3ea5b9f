"""Texts that were recorded or sent, in the files that are made of them: whatever they hold, a file comes, and is text."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from api.bank.text_workbook import written as text_workbook
from api.cli.usage_errors import not_text
from api.reports.report import Column, Paragraph, Report
from api.reports.workbook_writer import written
from api.roster.forms import write_form
from api.service.attachments import attachment
from api.vouchers.routes import _as_csv
from api.wording.cells import FORMULAS, no_formula, workbook_cell, workbook_text

STARTS = st.sampled_from(
    [*FORMULAS, "", "\uffff", "\ufffe", "\x00", "\x0b", "\ud800", "\u202e", "_x000B_", "\U0001fffe"]
)
HOSTILE = st.builds(str.__add__, STARTS, st.text(max_size=8))


def report(text: str) -> Report:
    said = Paragraph(zh=text, en=text)
    return Report(
        name="x",
        title=said,
        annex="附件",
        heading=said,
        paragraphs=[said],
        columns=[Column(name="a", zh=text, en=text, kind="text")],
        rows=[[text]],
    )


def cells(raw: bytes) -> list[tuple[object, str]]:
    """What a workbook holds, and as what."""
    found = [cell for sheet in load_workbook(io.BytesIO(raw)) for row in sheet.rows for cell in row]
    return [(cell.value, cell.data_type) for cell in found if cell.value is not None]


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_a_workbook_holds_every_text_as_text(text: str) -> None:
    for raw in (written(report(text)), text_workbook([[text]])):
        assert {kind for _, kind in cells(raw)} <= {"s", "n"}
        assert "f" not in {kind for _, kind in cells(raw)}


@settings(max_examples=30, deadline=None)
@given(text=HOSTILE)
def test_a_form_holds_every_text_as_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("form") / "form.xlsx"
    write_form(path, "person", [{"name": text, "address": text}], heading=text)
    assert "f" not in {kind for _, kind in cells(path.read_bytes())}


@given(HOSTILE)
def test_no_cell_begins_as_a_formula_does(text: str) -> None:
    assert not no_formula(text).startswith(FORMULAS)
    assert not str(workbook_cell(text)).startswith(FORMULAS)
    assert workbook_text(workbook_text("茶厂")) == "茶厂"


@given(HOSTILE.filter(lambda text: not any("\ud800" <= each <= "\udfff" for each in text)))
def test_a_csv_file_holds_every_text_in_its_own_cell(text: str) -> None:
    rows = list(csv.reader(io.StringIO(_as_csv(report(text)).decode("utf-8-sig"), newline="")))
    assert len(rows) == 2
    assert rows[1] == [no_formula(text)]


@given(HOSTILE)
def test_a_file_is_named_by_one_name_that_shows_as_it_is(text: str) -> None:
    said = attachment(b"", "text/csv", f"{text}.csv").headers["content-disposition"]
    name = unquote(said.removeprefix("attachment; filename*=UTF-8''"))
    assert said.isascii()
    assert Path(name).name == name
    assert not {"\u202e", "\n", "/", "\\"} & set(name)


def test_an_argument_in_no_encoding_is_told_as_one() -> None:
    argument = b"a\xffb".decode(errors="surrogateescape")
    error = UnicodeEncodeError("utf-8", argument, 1, 2, "surrogates not allowed")
    told = not_text(error, ["songnuan", "roster", argument])
    assert told is not None
    assert "UTF-8" in told.message("zh")
    assert not_text(error, ["songnuan"]) is None
    assert not_text(ValueError(), [argument]) is None
