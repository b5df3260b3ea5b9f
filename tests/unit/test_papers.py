"""Papers without a ledger: what texts look like in print, which fonts are taken, how accounts are reconciled."""

from __future__ import annotations

from datetime import date
from unittest.mock import patch

import pytest

from api.gate import Row
from api.papers import typesetting
from api.papers.fonts import CharactersMissing, Face, FontsMissing, packaged_folder, stacks
from api.papers.paper import Blank, Fields, Paper, Paragraphs, Signatures, Table, TableColumn, table
from api.papers.proofs import qr_code
from api.papers.reconciling import closing_day, reconciled
from api.papers.typesetter import NO_FONT
from api.papers.typesetting import typeset
from api.papers.visible import BREAK, breakable, printable
from ledger.errors import Refused
from tests.papers import is_landscape, pages_of, text_of

HOSTILE = [
    "#panic(1) @ref [x] $y$ *b* _i_ `c` <l> // /* \\ = - + ~",
    '#image("/etc/passwd") #sys.inputs "quoted" \'single\'',
    "吉𠮷同",
    "很长的单位名称" * 28,
]


def paper(**more: object) -> Paper:
    said = {"name": "any", "title": "审计工作底稿", "made_at": 1_767_225_600, "blocks": [], **more}
    return Paper.model_validate(said)


class TestTexts:
    def test_what_has_no_shape_is_written_out(self) -> None:
        assert printable("李\u202e四\x00") == "李<U+202E>四<U+0000>"
        assert printable("两行\n照旧　全角") == "两行\n照旧　全角"

    def test_a_long_run_may_break_and_is_the_same_without_the_breaks(self) -> None:
        run = "A" * 200
        assert breakable(run).replace(BREAK, "") == run
        assert breakable("某单位 2026-01-15") == "某单位 2026-01-15"

    def test_a_column_is_as_wide_as_its_figures(self) -> None:
        made = table([("金额（元）", "right"), ("说明", "left")], [["1,234,567.00", "无" * 200]])
        assert made.columns[0].weight >= len("1,234,567.00")
        assert made.columns[1].weight < 30


class TestFonts:
    SERIF = Face("Noto Serif SC", "serif", 0)
    SANS = Face("Noto Sans SC", "sans", 0)
    RARE = Face("SimSun-ExtB", "rare", 0)

    @staticmethod
    def covered(face: Face) -> set[int]:
        return {"serif": set(map(ord, "张三")), "sans": set(map(ord, "张三")), "rare": {0x20BB7}}[face.path]

    def test_the_first_that_is_there_is_taken(self) -> None:
        chosen = stacks([self.SANS, self.SERIF], "张三 \n", self.covered)
        assert chosen.text == ("Noto Serif SC",)
        assert chosen.heading == ("Noto Sans SC", "Noto Serif SC")

    def test_another_is_asked_for_what_it_lacks(self) -> None:
        chosen = stacks([self.SERIF, self.RARE, self.SANS], "张𠮷", self.covered)
        assert chosen.text == ("Noto Serif SC", "SimSun-ExtB")

    def test_a_character_that_none_has_is_named(self) -> None:
        with pytest.raises(CharactersMissing) as missing:
            stacks([self.SERIF, self.SANS], "张𠮷三龘", self.covered)
        assert missing.value.characters == "龘𠮷"

    def test_without_a_font_for_chinese_there_is_none(self) -> None:
        with pytest.raises(FontsMissing):
            stacks([Face("DejaVu Sans", "dejavu", 0)], "张", self.covered)

    def test_one_is_installed_beside_us(self) -> None:
        faces = [Face("Noto Serif SC", str(packaged_folder() / "NotoSerifSC-Regular.otf"), 0)]
        assert stacks(faces, "桂林市总工会，2026年（盖章）①").text == ("Noto Serif SC",)


class TestTypesetting:
    def test_texts_stand_as_themselves_on_pages_of_a4(self) -> None:
        rows = [[str(number), HOSTILE[number % len(HOSTILE)], "1,234.50"] for number in range(60)]
        raw = typeset(
            paper(
                number="DG-1",
                foot="数据截至登记序号 12",
                landscape=True,
                blocks=[
                    Fields(items=[("单位", text) for text in HOSTILE[:3]]),
                    Paragraphs(heading="一、说明", texts=[*HOSTILE, "李\u202e四\x07"]),
                    table(
                        [("序号", "center"), ("名称", "left"), ("金额（元）", "right")],
                        rows,
                        totals=["", "合计", "74,070.00"],
                    ),
                    Blank(heading="二、结论"),
                    Signatures(places=[("编制人", "张三", "2026年1月15日"), ("复核人", "", "")]),
                ],
            )
        )
        pages, text = pages_of(raw), text_of(raw)
        assert raw.startswith(b"%PDF-1.7") and is_landscape(raw) and len(pages) > 2
        for hostile in HOSTILE:
            assert hostile.replace(" ", "") in text
        assert "李<U+202E>四<U+0007>" in text
        for number, page in enumerate(pages, 1):
            assert f"第{number}页共{len(pages)}页" in page
            assert "审计工作底稿" in page and "编号：DG-1" in page and "数据截至登记序号12" in page
        assert text.count("74,070.00") == 1
        headings = sum("序号名称金额" in page for page in pages)
        assert headings >= 2

    def test_the_same_question_has_the_same_bytes(self) -> None:
        made = paper(blocks=[Paragraphs(texts=["同一份"])])
        assert typeset(made) == typeset(made)

    def test_a_character_without_a_glyph_is_a_refusal_and_no_box(self) -> None:
        with pytest.raises(Refused) as refused:
            typeset(paper(blocks=[Paragraphs(texts=["西夏文\U00017000"])]))
        assert refused.value.code == "characters-not-in-fonts"
        assert "U+17000" in refused.value.message("zh")

    def test_a_machine_without_fonts_is_told(self) -> None:
        with (
            patch.object(typesetting, "run_limited", return_value=NO_FONT),
            pytest.raises(Refused) as refused,
        ):
            typeset(paper())
        assert refused.value.code == "font-missing"

    def test_what_is_too_long_is_not_begun(self) -> None:
        rows = [["1"]] * (typesetting.MOST_ROWS + 1)
        with pytest.raises(Refused) as refused:
            typeset(paper(blocks=[Table(columns=[TableColumn(title="序号")], rows=rows)]))
        assert refused.value.code == "paper-too-long"

    def test_beyond_its_limits_it_is_refused(self) -> None:
        limits = typesetting.LIMITS._replace(wall_seconds=0.01)
        with patch.object(typesetting, "LIMITS", limits), pytest.raises(Refused) as refused:
            typeset(paper())
        assert refused.value.code == "paper-limit"

    def test_a_proof_fits_into_a_code(self) -> None:
        assert qr_code("x" * 2_300).startswith("<svg")


def statement(first: int, last: int, opening_fen: int = 0) -> Row:
    return {"from_day": date(2026, 1, first), "to_day": date(2026, 1, last), "opening_fen": opening_fen}


def of_bank(day: int, amount_fen: int, recorded: int | None) -> Row:
    on = None if recorded is None else date(2026, 1, recorded)
    return {"position": 9, "booked_on": date(2026, 1, day), "amount_fen": amount_fen, "recorded_on": on}


def of_books(day: int, amount_fen: int, booked: int | None) -> Row:
    on = None if booked is None else date(2026, 1, booked)
    return {
        "position": 5, "recorded_on": date(2026, 1, day), "amount_fen": amount_fen, "booked_on": on,
        "kind": "paid", "unit": None,
    }  # fmt: skip


class TestReconciling:
    DAY = date(2026, 1, 31)

    def test_what_has_reached_one_side_explains_the_difference(self) -> None:
        found = reconciled(
            [statement(1, 31, 1_000)],
            [of_bank(5, -300, 5), of_bank(6, -20, None), of_bank(7, 50, None), of_bank(31, -9, 32 - 1)],
            [of_books(1, 1_000, None) | {"recorded_on": date(2025, 12, 31)}, of_books(5, -300, 5),
             of_books(30, -200, None), of_books(31, -9, 31), of_books(31, 70, None)],
            self.DAY,
        )  # fmt: skip
        assert (found.books_fen, found.bank_fen) == (561, 721)
        assert [each.amount_fen for each in found.books_lack] == [-20, 50]
        assert [each.amount_fen for each in found.bank_lacks] == [-200, 70]
        assert found.books_adjusted_fen == found.bank_adjusted_fen == 591

    def test_what_the_other_side_has_only_after_the_day_is_outstanding_on_it(self) -> None:
        later = date(2026, 2, 2)
        found = reconciled(
            [statement(1, 31)],
            [of_bank(30, 40, None) | {"recorded_on": later}],
            [of_books(30, -10, None) | {"booked_on": later}],
            self.DAY,
        )
        assert (len(found.books_lack), len(found.bank_lacks), found.difference_fen) == (1, 1, 0)

    def test_an_opening_that_is_not_the_books_stays_as_a_difference(self) -> None:
        assert reconciled([statement(1, 31, 700)], [], [], self.DAY).difference_fen == 700

    @pytest.mark.parametrize(
        ("spans", "month", "day"),
        [([(1, 31)], "2026-01", 31), ([(1, 10), (11, 20)], "2026-01", 20), ([(1, 31)], "2026-02", None)],
    )
    def test_a_month_ends_where_its_statements_do(
        self, spans: list[tuple[int, int]], month: str, day: int | None
    ) -> None:
        found = closing_day([statement(*span) for span in spans], month)
        assert (None if found is None else found.day) == day
