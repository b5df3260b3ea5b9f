"""The list of flags, page by page: it says how many there are, and never cuts without saying so."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from api.gate import ScopedViews
from api.wording.in_words import in_words
from api.wording.titles import CodeTitles
from ledger.domain.event import Document
from ledger.events.drawing import MoneyDrawn
from projections.flags.subject import SUBJECT_TITLES
from tests.founding import Founded
from tests.http.serving import Officer, service


def test_flags_come_page_by_page_with_their_total(founded: Founded, tmp_path: Path) -> None:
    with founded.store.writer() as writer:
        for unit in ("tea", "sugar", "tea"):
            founded.paid(writer, unit=unit)
    with service(founded, tmp_path) as client:
        inspector = Officer(client, founded, "inspector").sign_in()
        whole = inspector.get("/flags", limit=500)
        assert whole["total"] == len(whole["rows"]) >= 3
        assert whole["next"] is None
        pages: list[Any] = []
        after: dict[str, Any] = {}
        while True:
            page = inspector.get("/flags", limit=1, **after)
            assert page["total"] == (None if after else whole["total"])
            pages += page["rows"]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert [row["flag"] for row in pages] == [row["flag"] for row in whole["rows"]]
        answer = inspector.get("/flags", 422, after="4.1.x")
        assert answer["code"] == "parameter-invalid"


def test_a_flag_says_whom_it_is_about_and_calls_units_and_officers_by_their_names(
    founded: Founded, tmp_path: Path
) -> None:
    with founded.store.writer() as writer:
        _, _, payout = founded.paid(writer, unit="tea")
        drawn = MoneyDrawn(
            campaign="b2026",
            unit="tea",
            line="workers",
            amount_fen=100,
            document=Document(number="领字 1 号"),
        )
        writer.record(founded.signer("finance").sign(drawn))
    with service(founded, tmp_path) as client:
        inspector = Officer(client, founded, "inspector").sign_in()
        flag = inspector.rows("/flags")[0]
        shown = inspector.get("/flag", flag=flag["flag"])
        kind = flag["subject"].partition(":")[0]
        assert shown["about"].startswith(SUBJECT_TITLES[kind][0])
        [case] = inspector.rows(f"/timeline/payout?name={payout}")[-1:]
        assert "*" in case["masked_name"]
        [money] = [row for row in inspector.rows("/timeline/unit?name=tea") if row["type"] == "MoneyDrawn"]
        assert (money["document"], money["reason"]) == ("领字 1 号", None)


def test_codes_are_said_by_their_titles() -> None:
    class Views:
        def rows(self, query: str) -> list[dict[str, str]]:
            known = {"named_units": ("tea", "茶厂工会"), "{hardship,classes}": ("deep", "深度困难职工")}
            return [{"code": code, "title": title} for part, (code, title) in known.items() if part in query]

    said = in_words(
        CodeTitles(cast(ScopedViews, Views())), {"units": ["tea", "elsewhere"], "computed_class": "deep"}
    )
    assert said["zh"] == "单位 茶厂工会、elsewhere；测算类别 深度困难职工"
