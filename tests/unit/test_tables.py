"""What is asked of a table, read and written as SQL: nothing that was typed stands in a statement."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.tables.asked import Asked, Filter, group_column, read_asked, read_cursor, write_cursor
from api.tables.catalogue import TABLES
from api.tables.exporting import line
from api.tables.queries import Question
from api.tables.sql import Found, page_of, totals_of
from api.tables.table import Order
from api.tables.titles import Titled
from ledger.errors import Refused

CASES, FLAGS, EVENTS = TABLES["cases"], TABLES["flags"], TABLES["events"]
NOTHING = Found({}, [])


def asked(table: str = "cases", *filters: str, search: str = "", sort: str = "") -> Asked:
    return read_asked(TABLES[table], filters=filters, search=search, sort=sort)


def of(table: str) -> Question:
    """A question of a table whose titles are all this release's; no row of it is asked for."""
    views: Any = None
    return Question(TABLES[table], asked(table), views, views, 1, {}, Titled(views), ())


def page(of: Asked, *found: Found, after: tuple[object, ...] | None = None, table: str = "cases") -> str:
    return page_of(TABLES[table], of, found, after=after, skip=0, limit=10).text  # type: ignore[arg-type]


class TestWhatIsAsked:
    def test_filters_of_a_column_are_alternatives_and_others_hold_together(self) -> None:
        read = asked("cases", "state=approved", "state=paid", "approved_fen>=50000", "line=")
        assert read.filters == (
            Filter("state", "=", ("approved", "paid")),
            Filter("approved_fen", ">=", (50_000,)),
            Filter("line", "=", (None,)),
        )
        text = page(read)
        assert text.count(" AND l.approved_fen >= ") == 1
        assert "(l.state = %(v0)s::text OR l.state = %(v1)s::text)" in text
        assert "l.line IS NULL" in text

    def test_the_order_ends_with_what_tells_rows_apart(self) -> None:
        assert asked(sort="-approved_fen,unit").order == (
            Order("approved_fen", descending=True),
            Order("unit"),
            Order("nominated_position"),
        )
        assert asked().order == (Order("nominated_position"),)

    @pytest.mark.parametrize(
        ("filters", "sort", "code"),
        [
            (["masked_name=张"], "", "column-unknown"),
            (["person=x"], "", "column-unknown"),
            ([], "masked_name", "column-unknown"),
            ([], "nominated_position;DROP TABLE cases", "column-unknown"),
            (["state"], "", "parameter-invalid"),
            (["state>=a"], "", "parameter-invalid"),
            (["approved_fen>=ten"], "", "parameter-invalid"),
            (["approved_fen=99999999999999999999"], "", "parameter-invalid"),
            (["approved_on<=2027-02-30"], "", "parameter-invalid"),
            (["state=paid"] * 21, "", "parameter-invalid"),
        ],
    )
    def test_what_cannot_be_asked_is_refused(self, filters: list[str], sort: str, code: str) -> None:
        with pytest.raises(Refused) as refused:
            read_asked(CASES, filters=filters, search="", sort=sort)
        assert refused.value.code == code

    def test_too_many_words_and_groups_that_are_none_are_refused(self) -> None:
        with pytest.raises(Refused) as refused:
            asked(search="a b c d e f g")
        assert refused.value.code == "parameter-invalid"
        with pytest.raises(Refused) as refused:
            group_column(CASES, "approved_fen")
        assert refused.value.code == "column-unknown"

    def test_a_cursor_is_the_last_rows_place_and_that_of_another_order_is_refused(self) -> None:
        order = asked(sort="-approved_on").order
        text = write_cursor({"approved_on": "2027-01-12", "nominated_position": 7}, order)
        assert read_cursor(CASES, text, order) == ("2027-01-12", 7)
        for wrong in ("", "x", text[:-4], write_cursor({"nominated_position": 7}, order[1:])):
            with pytest.raises(Refused):
                read_cursor(CASES, wrong, order)
        huge = write_cursor({"approved_on": "today", "nominated_position": 2**70 - 1}, order[:1])
        with pytest.raises(Refused):
            read_cursor(CASES, huge, order[:1])


class TestTheStatement:
    def test_it_has_no_value_in_it(self) -> None:
        word = "x'; DROP TABLE cases --"
        read = asked("cases", f"state={word}", search=word)
        sql = page_of(
            CASES, read, [Found({"unit": [word]}, [word])] * len(read.words), after=None, skip=0, limit=10
        )
        assert "DROP" not in sql.text
        assert word in sql.parameters.values()
        assert re.findall(r"LIMIT (\S+) OFFSET (\S+)", sql.text)

    def test_a_page_goes_on_after_a_place_with_nulls_last(self) -> None:
        read = asked(sort="-approved_on")
        text = page(read, after=("2027-01-12", 7))
        assert "l.approved_on < %(v0)s::date OR l.approved_on IS NULL" in text
        assert "l.approved_on IS NOT DISTINCT FROM" in text
        assert "l.approved_on <" not in page(read, after=(None, 7))

    def test_what_costs_more_is_computed_for_a_page_alone_where_nothing_asks_about_it(self) -> None:
        for read, found, whole in (
            (asked("flags"), [], False),
            (asked("flags", "disposition=open"), [], True),
            (asked("flags", sort="disposition"), [], True),
            (asked("flags", search="x"), [Found({"disposition": ["open"]}, [])], True),
            (asked("flags", search="x"), [NOTHING], False),
        ):
            text = page(read, *found, table="flags")
            # A page that is cut first is put in order once more around what is computed for it.
            assert text.count("ORDER BY l.") == (1 if whole else 2)
        assert "investigation_flags" not in totals_of(FLAGS, asked("flags"), [], None).text
        assert "investigation_flags" in totals_of(FLAGS, asked("flags"), [], "disposition").text

    def test_a_word_is_looked_for_as_what_it_may_be(self) -> None:
        text = page(asked(search="500"), NOTHING)
        assert "l.nominated_position = %(v1)s::bigint" in text
        sql = page_of(CASES, asked(search="1,234.5"), [NOTHING], after=None, skip=0, limit=1)
        assert 123_450 in sql.parameters.values()
        assert "starts_with(l.approved_on::text" in page(asked(search="2027-01"), NOTHING)
        # What no column can have finds nothing, and not everything.
        assert "(false)" not in page(asked("events", search="x"), NOTHING, table="events")

    def test_a_cell_of_several_codes_is_asked_and_written_code_by_code(self) -> None:
        bank = TABLES["bank-lines"]
        text = page(
            asked("bank-lines", "differs=amount", search="金额"),
            Found({"differs": ["amount"]}, []),
            table="bank-lines",
        )
        assert "%(v0)s::text = ANY(l.differs)" in text
        assert "l.differs && %(v" in text
        with pytest.raises(Refused):
            asked("bank-lines", sort="differs")
        row = {**dict.fromkeys(bank.shown), "differs": ["amount", "holder"], "result": "different"}
        assert line(of("bank-lines"), row, "zh")[-3:-1] == ["金额不符", "金额、户名"]
        row = {**dict.fromkeys(TABLES["changes"].shown), "before_said": {"zh": "=状态", "en": "=state"}}
        assert "'=state" in line(of("changes"), row, "en")

    def test_what_is_drawn_up_has_the_columns_that_are_declared(self) -> None:
        text = page(asked("vouchers"), table="vouchers")
        assert "jsonb_to_recordset(%(drawn_up)s::jsonb)" in text
        assert "debit_fen bigint" in text

    def test_money_is_counted_once_for_what_several_flags_are_about(self) -> None:
        assert "GROUP BY 1, l.subject" in totals_of(FLAGS, asked("flags"), [], None).text
        assert totals_of(EVENTS, asked("events"), [], "type").text.startswith("SELECT l.type::text AS key")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_is_whole(table) -> None:  # type: ignore[no-untyped-def]
    assert table.key in table.declared
    assert {each.column for each in table.order} <= table.asked.keys() | {table.key}
    assert set(table.groups) <= table.asked.keys()
    assert set(table.sums) <= table.asked.keys()
    assert set(table.families) <= set(table.shown) | set(table.more)
    for name in table.shown:
        assert table.heading(name).zh
