"""What a statement's entries are for: batches and serials first, then one payout or one movement, never a guess."""

from __future__ import annotations

from typing import Any

from api.bank.statement_matching import AccountPayout, EntryOutcome, Line, Move, match_entries

DAY = "2026-01-10"


def payout(name: str, fen: int = 500, **more: Any) -> AccountPayout:
    return AccountPayout(name, (), (), "a", "h", fen, debited=False)._replace(**more)


def line(row: int = 1, fen: int = 500, note: str = "", **more: Any) -> Line:
    return Line(row, "debit", fen, DAY, "a", ("h",), (note,))._replace(**more)


def only(payouts: list[AccountPayout], *lines: Line, moves: tuple[Move, ...] = ()) -> list[EntryOutcome]:
    found = match_entries(lines, payouts, moves)
    return [found[each.row] for each in lines]


def test_a_batch_is_for_its_payouts_where_they_make_up_the_sum() -> None:
    sent = [payout("p", batches=("26011001",)), payout("q", 700, batches=("26011001",))]
    [whole] = only(sent, line(fen=1200, note="批量 26011001"))
    assert (whole.payouts, whole.by) == (("p", "q"), "batch")
    assert only(sent, line(fen=1300, note="批量 26011001", account=None))[0] == EntryOutcome()


def test_a_serial_goes_before_account_holder_and_sum() -> None:
    both = [payout("p", serials=("260110010001",)), payout("q")]
    first, second = only(both, line(1), line(2, note="260110010001"))
    assert (first.payouts, second.payouts) == (("q",), ("p",))


def test_two_that_agree_are_not_chosen_between() -> None:
    [outcome] = only([payout("p"), payout("q")], line())
    assert outcome == EntryOutcome(choices=2)


def test_a_payout_is_debited_once_and_comes_back_once() -> None:
    out, again, back, twice = only(
        [payout("p")], line(1), line(2), line(3, direction="credit"), line(4, direction="credit")
    )
    assert (out.payouts, back.payouts) == (("p",), ("p",))
    assert again == twice == EntryOutcome()
    assert only([payout("p", debited=True)], line())[0] == EntryOutcome()


def test_another_account_holder_or_sum_is_for_nothing() -> None:
    for more in (
        {"account": "x"},
        {"holders": ("y",)},
        {"amount_fen": 1},
        {"account": None},
        {"holders": ()},
    ):
        assert only([payout("p")], line(**more)) == [EntryOutcome()]


def test_what_the_ledger_moved_is_found_by_sum_direction_and_day() -> None:
    drawn = Move("m", "debit", 900, "2026-01-12")
    assert only([], line(fen=900), moves=(drawn,))[0].moved_by == "m"
    for other in (
        drawn._replace(on="2026-01-16"), drawn._replace(direction="credit"), drawn._replace(amount_fen=1),
    ):  # fmt: skip
        assert only([], line(fen=900), moves=(other,)) == [EntryOutcome()]
    assert only([], line(fen=900), moves=(drawn, drawn._replace(statement="n")))[0].choices == 2
    one, other_line = only([], line(1, 900), line(2, 900), moves=(drawn,))
    assert (one.moved_by, other_line.moved_by) == ("m", None)
