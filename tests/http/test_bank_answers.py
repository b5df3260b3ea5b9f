"""The bank's answer over HTTP, where it is not what it should be: nothing clears a payout that does not agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from ledger.events.bank import BankLineMatched
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service

STRANGER = "6222021234567890128"


@pytest.fixture
def payees(founded: Founded) -> list[dict[str, Any]]:
    """Three who were paid by bank; the last two hold one account."""
    made = []
    with founded.store.writer() as writer:
        shared = founded.people.person()
        for person in (
            founded.people.person(),
            shared,
            founded.people.person().model_copy(
                update={"account": shared.account, "account_holder": shared.account_holder}
            ),
        ):
            case, _, payout = founded.paid(writer, person)
            made.append(
                {"case": case, "payout": payout, "account": person.account, "name": person.account_holder}
            )
    return made


@pytest.fixture
def client(founded: Founded, payees: list[dict[str, Any]], tmp_path: Any) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def read(client: TestClient, officer: Officer, *rows: str, **asked: str) -> Any:
    head = "" if asked.pop("headings", "yes") == "no" else "户名,账号,金额,结果,流水号,附言\n"
    answer = client.post(
        asked.pop("path", "/bank/read"),
        params={"campaign": "b2026", "name": "a.csv", **asked},
        content=(head + "\n".join(rows) + "\n").encode("gb18030"),
        headers={
            "cookie": f"songnuan_session={officer.cookie}",
            "x-csrf-token": officer.csrf,
            "content-type": "application/octet-stream",
        },
    )
    return answer.json()


def row(payee: dict[str, Any], result: str = "成功", note: str = "", number: str = "A1", **more: str) -> str:
    said = {**payee, **more}
    return f"{said['name']},{said['account']},500,{result},{number},{note}"


def matching(line: dict[str, Any]) -> BankLineMatched:
    """What the officer signs of a line, as the page makes it."""
    return BankLineMatched(
        campaign="b2026",
        unit="tea",
        payout=line["payout"],
        bank_reference=line["bank_reference"],
        amount_fen=line["amount_fen"],
        booked_on=line["booked_on"],
        result=line["result"],
        differs=line["differs"] or None,
        matched_by=line["matched_by"],
    )


def test_a_strangers_account_with_the_right_case_is_a_finding(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    finance = enter("finance")
    [line] = read(client, finance, row(payees[0], note=payees[0]["case"], account=STRANGER, name="某某"))[
        "lines"
    ]
    assert (line["payout"], line["result"], line["differs"]) == (
        payees[0]["payout"],
        "different",
        ["account", "holder"],
    )
    assert "账号、户名与发放不符" in line["problem"]["zh"]
    position = finance.post(matching(line))["position"]
    day = finance.rows("/bank/days", campaign="b2026", wait_for=position)[0]
    # The right line that comes later still finds the payout.
    [right] = read(client, finance, row(payees[0], note=payees[0]["case"], number="A2"))["lines"]
    assert (right["payout"], right["result"], right["said_already"]) == (
        payees[0]["payout"],
        "paid",
        "different",
    )
    assert day["unmatched"] == 2


def test_a_strangers_account_without_a_word_is_about_nothing(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    [line] = read(client, enter("finance"), row(payees[0], account=STRANGER, name="某某"))["lines"]
    assert (line["payout"], line["code"]) == (None, "account-unknown")


def test_two_payouts_to_one_account_are_asked_about_and_chosen_by_the_officer(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    finance = enter("finance")
    rows = (row(payees[2], "退汇", number="A1"), row(payees[1], number="A2"))
    lines = read(client, finance, *rows)["lines"]
    assert [line["code"] for line in lines] == ["ambiguous", "ambiguous"]
    both = {payees[1]["payout"], payees[2]["payout"]}
    assert all({each["payout"] for each in line["candidates"]} == both for line in lines)
    chosen = orjson.dumps({"payouts": {"2": payees[2]["payout"], "3": payees[1]["payout"]}}).decode()
    lines = read(client, finance, *rows, choices=chosen)["lines"]
    assert [(line["payout"], line["result"], line["matched_by"]) for line in lines] == [
        (payees[2]["payout"], "bounced", "officer"),
        (payees[1]["payout"], "paid", "officer"),
    ]


def test_one_line_of_the_bank_clears_one_payout(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    finance = enter("finance")
    [line] = read(client, finance, row(payees[0]))["lines"]
    finance.post(matching(line))
    finance.post(matching(line).model_copy(update={"payout": payees[1]["payout"]}), refused="bank-line-used")


def test_what_was_paid_and_comes_back_is_said_to_come_back(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    finance = enter("finance")
    [line] = read(client, finance, row(payees[0]))["lines"]
    position = finance.post(matching(line))["position"]
    finance.get("/roster", wait_for=position)
    [again, back] = read(client, finance, row(payees[0]), row(payees[0], "退汇", number="A9"))["lines"]
    assert (again["to_record"], again["said_already"]) == (False, "paid")
    assert (back["to_record"], back["result"], back["after_success"]) == (True, "bounced", True)


def test_a_word_is_explained_once_and_remembered(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    finance = enter("finance")
    odd = row(payees[0], "妥了")
    assert read(client, finance, odd)["lines"][0]["code"] == "bank-result"
    said = orjson.dumps({"words": {"妥了": "paid"}}).decode()
    assert read(client, finance, odd, choices=said)["lines"][0]["result"] == "paid"
    again = read(client, finance, odd)
    assert again["lines"][0]["result"] == "paid"
    assert [each["code"] for each in again["notices"]] == ["bank-by-memory"]
    assert read(client, enter("finance2"), odd)["lines"][0]["code"] == "bank-result"
    wrong = orjson.dumps({"words": {"失败": "paid"}}).decode()
    assert read(client, finance, row(payees[0], "失败"), choices=wrong)["code"] == "bank-word-known"
    assert read(client, finance, row(payees[0], "失败"))["lines"][0]["result"] == "bounced"


def test_a_file_without_headings_goes_by_its_profile(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    finance = enter("finance")
    bare = f"1|{payees[0]['account']}|{payees[0]['name']}|500.00||成功|"
    assert read(client, finance, bare, headings="no")["code"] == "bank-no-header"
    [line] = read(client, finance, bare, headings="no", profile="ccb-batch")["lines"]
    assert line["payout"] == payees[0]["payout"]
    assert read(client, finance, bare, profile="nowhere")["code"] == "bank-profile"


def test_choices_that_are_none_are_refused(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    for said in ('{"words":{"a":"maybe"}}', "{", '{"more":1}'):
        assert read(client, enter("finance"), row(payees[0]), choices=said)["code"] == "parameter-invalid"


def test_an_unknown_banks_columns_and_words_are_mapped_once(
    client: TestClient, enter: Enter, payees: list[dict[str, Any]]
) -> None:
    finance, payee = enter("finance"), payees[0]
    lines = ["对方甲,对方乙,交易丙,状态丁", f"{payee['name']},{payee['account']},500.00,妥"]
    assert read(client, finance, *lines, headings="no")["code"] == "bank-no-header"
    told = read(client, finance, *lines, headings="no", path="/bank/columns")
    assert "columns" in told, told
    assert [(each["column"], each["heading"], each["field"]) for each in told["columns"]] == [
        ("A", "对方甲", None), ("B", "对方乙", None), ("C", "交易丙", None), ("D", "状态丁", None),
    ]  # fmt: skip
    assert payee["account"] not in orjson.dumps(told).decode()
    assert {"account", "amount", "result", "-"} <= set(told["fields"])
    columns = {"对方甲": "name", "对方乙": "account", "交易丙": "amount", "状态丁": "result"}
    chosen = orjson.dumps({"columns": columns}).decode()
    [line] = read(client, finance, *lines, headings="no", choices=chosen)["lines"]
    assert (line["code"], line["word"]) == ("bank-result", "妥")
    words = orjson.dumps({"columns": columns, "words": {"妥": "paid"}}).decode()
    [line] = read(client, finance, *lines, headings="no", choices=words)["lines"]
    assert (line["payout"], line["result"]) == (payee["payout"], "paid")
    again = read(client, finance, *lines, headings="no", path="/bank/columns")
    assert [each["field"] for each in again["columns"]] == ["name", "account", "amount", "result"]
    assert enter("tea-clerk") and "columns" not in read(
        client, enter("tea-clerk"), *lines, headings="no", path="/bank/columns"
    )
