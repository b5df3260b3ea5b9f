"""Matching never guesses: each case of a bank's line against the payouts it may be about."""

from __future__ import annotations

from typing import Any

from api.bank.matching import BankPayout, Outcome, ReadLine, Result, match_lines

CASE = "019bf000-0000-7000-8000-000000000001"


def payout(name: str, account: str = "a", holder: str = "h", fen: int = 50_000, **more: Any) -> BankPayout:
    return BankPayout(name, None, account, holder, fen)._replace(**more)


def line(
    row: int = 1,
    account: str | None = "a",
    holder: str | None = "h",
    fen: int = 50_000,
    result: Result = "paid",
    note: str = "",
    of: str = "",
) -> ReadLine:
    return ReadLine(row, account, () if holder is None else (holder,), fen, result, note, of or f"hash {row}")


def only(payouts: list[BankPayout], *lines: ReadLine, chosen: dict[int, str] | None = None) -> list[Outcome]:
    outcomes = match_lines(lines, payouts, chosen)
    return [outcomes[each.row] for each in lines]


def found(outcome: Outcome) -> str | None:
    """The payout that a line is matched to, for nothing differs."""
    return None if outcome.payout is None or outcome.differs else outcome.payout.payout


class TestASerial:
    SENT = payout("p", serials=("261128010001",))

    def test_it_names_the_payout_wherever_it_stands_in_the_note(self) -> None:
        other = payout("q", "b", "i")
        [outcome] = only([self.SENT, other], line(note="慰问金 261128010001"))
        assert (found(outcome), outcome.matched_by) == ("p", "serial")

    def test_a_strangers_account_and_holder_are_a_finding_and_clear_nothing(self) -> None:
        [outcome] = only([self.SENT], line(account="x", holder="y", note="261128010001"))
        assert (outcome.payout, outcome.differs) == (self.SENT, ["account", "holder"])

    def test_each_difference_is_named(self) -> None:
        [outcome] = only([self.SENT], line(holder="y", fen=40_000, note="261128010001"))
        assert outcome.differs == ["holder", "amount"]

    def test_a_finding_does_not_take_the_payout_from_the_right_line(self) -> None:
        stranger, right = only([self.SENT], line(1, "x", note="261128010001"), line(2, note="261128010001"))
        assert (stranger.differs, found(right)) == (["account"], "p")

    def test_without_a_name_account_and_sum_do(self) -> None:
        assert found(only([self.SENT], line(holder=None, note="261128010001"))[0]) == "p"

    def test_a_masked_account_is_asked_about(self) -> None:
        [outcome] = only([self.SENT], line(account=None, note="261128010001"))
        assert (outcome.why, outcome.candidates) == ("account-masked", [self.SENT])

    def test_one_within_a_longer_number_is_none(self) -> None:
        [outcome] = only([self.SENT, payout("q")], line(note="9261128010001"))
        assert outcome.why == "ambiguous"

    def test_a_case_with_two_payouts_of_one_sum_is_asked_about(self) -> None:
        both = [payout("p", case=CASE), payout("q", case=CASE)]
        assert only(both, line(note=CASE))[0].why == "ambiguous"
        assert found(only([both[0], payout("q", fen=1, case=CASE)], line(note=CASE))[0]) == "p"


class TestAccountHolderAndSum:
    def test_together_they_name_one_payout(self) -> None:
        [outcome] = only([payout("p"), payout("q", "b"), payout("r", fen=1)], line())
        assert (found(outcome), outcome.matched_by) == ("p", "account")

    def test_two_payouts_to_one_account_are_asked_about_in_whatever_order(self) -> None:
        both = [payout("p"), payout("q")]
        for lines in ((line(1), line(2, result="bounced")), (line(2, result="bounced"), line(1))):
            outcomes = only(both, *lines)
            assert [each.why for each in outcomes] == ["ambiguous", "ambiguous"]
            assert [len(each.candidates) for each in outcomes] == [2, 2]

    def test_what_has_a_serial_goes_first(self) -> None:
        both = [payout("p", serials=("261128010001",)), payout("q")]
        first, second = only(both, line(1), line(2, note="261128010001"))
        assert (found(first), found(second)) == ("q", "p")

    def test_another_holder_sum_or_account_is_a_finding(self) -> None:
        for each, differs in (
            (line(holder="y"), ["holder"]), (line(fen=1), ["amount"]), (line(account="x"), ["account"]),
        ):  # fmt: skip
            [outcome] = only([payout("p")], each)
            assert (outcome.payout is not None, outcome.differs) == (True, differs)

    def test_a_stranger_is_about_nothing(self) -> None:
        [outcome] = only([payout("p")], line(account="x", holder="y"))
        assert (outcome.payout, outcome.why) == (None, "account-unknown")

    def test_without_a_name_it_is_asked_about(self) -> None:
        [outcome] = only([payout("p")], line(holder=None))
        assert (outcome.payout, outcome.why, len(outcome.candidates)) == (None, "name-missing", 1)

    def test_the_officer_chooses_among_those_that_may_be_meant(self) -> None:
        both = [payout("p"), payout("q"), payout("r", "b", "i")]
        outcomes = only(both, line(1), line(2), chosen={1: "q", 2: "r"})
        assert (found(outcomes[0]), outcomes[0].matched_by) == ("q", "officer")
        assert outcomes[1].why == "ambiguous"
        again = only(both, line(1), line(2), chosen={1: "q", 2: "q"})
        assert [found(each) for each in again] == ["q", None]


class TestOnce:
    def test_a_line_is_used_once(self) -> None:
        first, second = only([payout("p")], line(1), line(2))
        assert (found(first), second.why) == ("p", "used")

    def test_what_the_ledger_knows_is_known_again(self) -> None:
        said = payout("p", said="paid", said_by=("hash 1",))
        [outcome] = only([said, payout("q")], line(1))
        assert (found(outcome), outcome.told) == ("p", True)

    def test_the_later_line_counts(self) -> None:
        said = payout("p", said="paid", said_by=("old",))
        [outcome] = only([said], line(result="bounced"))
        assert (found(outcome), outcome.after_success, outcome.told) == ("p", True, False)
        paid, back = only([payout("p")], line(1), line(2, result="bounced"))
        assert (found(paid), found(back), back.after_success) == ("p", "p", True)

    def test_the_same_line_of_the_bank_may_come_again_as_returned(self) -> None:
        said = payout("p", said="paid", said_by=("hash 1",))
        [outcome] = only([said], line(1, result="bounced"))
        assert (found(outcome), outcome.after_success) == ("p", True)

    def test_a_new_payout_goes_before_one_that_was_matched(self) -> None:
        both = [payout("p", said="paid", said_by=("old",)), payout("q")]
        assert found(only(both, line())[0]) == "q"
