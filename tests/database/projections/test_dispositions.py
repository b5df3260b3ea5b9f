"""What inspectors said of a flag changes the list, never the flag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from api.flags import queries as flags
from api.flags.queries import FlagFilter
from api.gate import LATEST, every_view
from ledger.crypto.keys import key_id_of
from ledger.domain.event import Grant
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.oversight import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    FlagKey,
    FlagReviewed,
    SanctionImposed,
    SanctionLifted,
)
from ledger.events.registry import KeyRevoked, RolesChanged
from ledger.events.verification import VerificationDecided
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    days_ago,
    on_paper,
    returned,
    revoke,
)


def listed(views: Views, **asked: Any) -> list[dict[str, Any]]:
    """The list of flags as it is asked for, without what the scene's only registrar signed alone."""
    as_of = asked.pop("as_of", LATEST)
    rows = flags.flags(every_view(views.connection), FlagFilter(**asked), as_of=as_of)
    return [row for row in rows if row["rule"] != "lone-registrar"]


class Inspected:
    """A nomination that is flagged as out of category, with an inspector at work."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.case, _ = views.founded.nominated(views.writer, group="farmer")
        self.key = FlagKey(
            rule="out-of-category", subject=f"case:b2026/{self.case}", raised_at=self.row["raised_at"]
        )

    def record(self, event: Any, officer: str = "inspector") -> str:
        return self.views.founded.record(self.views.writer, officer, event).id

    @property
    def row(self) -> dict[str, Any]:
        self.views.follower.catch_up()
        (row,) = flags.flags(
            every_view(self.views.connection), FlagFilter(rule="out-of-category", cleared=True)
        )
        return row

    def review(self, disposition: Literal["dismissed", "confirmed"]) -> None:
        self.record(FlagReviewed(**ON, flag=self.key, disposition=disposition, reason="查过"))

    def open_case(self) -> str:
        return self.record(CaseOpened(**ON, title="超范围", flags=[self.key], text="查"))

    def close_case(self, case: str, finding: Literal["substantiated", "partly", "unsubstantiated"]) -> None:
        self.record(CaseClosed(**ON, investigation=case, finding=finding, amount_fen=0, text="结"))


def test_from_open_to_dismissed_and_confirmed_by_reviews(views: Views) -> None:
    flag = Inspected(views)
    assert flag.row["disposition"] == "open"
    flag.review("dismissed")
    dismissed_at = views.follower.head()
    assert flag.row["disposition"] == "dismissed"
    flag.review("confirmed")
    assert flag.row["disposition"] == "confirmed"
    # The flag itself stands as it did, and the list as of then says what was said then.
    assert flag.row["cleared_at"] is None
    (then,) = listed(views, as_of=dismissed_at)
    assert then["disposition"] == "dismissed"
    assert listed(views, disposition="open") == []
    assert len(listed(views, disposition="confirmed")) == 1


def test_one_of_four_outcomes_is_the_latest_word(views: Views) -> None:
    flag = Inspected(views)
    flag.review("confirmed")
    decided = VerificationDecided(**ON, flags=[flag.key, flag.key], outcome="preliminary", reason="另行核实")
    flag.record(decided)
    assert (flag.row["disposition"], flag.row["kept_until"]) == ("preliminary", None)
    flag.record(decided.model_copy(update={"outcome": "settled"}))
    assert flag.row["disposition"] == "settled"
    assert len(listed(views, disposition="settled")) == 1


def test_what_is_kept_for_later_is_open_again_after_its_day(views: Views) -> None:
    flag = Inspected(views)
    kept = VerificationDecided(
        **ON, flags=[flag.key], outcome="kept", kept_until=days_ago(-2), reason="待材料补齐"
    )
    flag.record(kept)
    views.founded.let_pass(views.writer, 2)
    assert flag.row["disposition"] == "kept"
    assert str(flag.row["kept_until"]) == days_ago(-2)
    views.founded.let_pass(views.writer, 1)
    assert flag.row["disposition"] == "open"


def test_a_case_holds_the_flag_until_it_is_closed(views: Views) -> None:
    flag = Inspected(views)
    flag.review("dismissed")
    case = flag.open_case()
    assert (flag.row["disposition"], flag.row["investigation"]) == ("in-case", case)
    flag.close_case(case, "unsubstantiated")
    assert flag.row["disposition"] == "dismissed"
    again = flag.open_case()
    flag.close_case(again, "partly")
    assert flag.row["disposition"] == "confirmed"
    flag.review("dismissed")
    assert flag.row["disposition"] == "dismissed"


def test_flags_are_joined_to_an_open_case_each_once(views: Views) -> None:
    flag = Inspected(views)
    case = flag.record(CaseOpened(**ON, title="另案", text="查"))
    assert flag.row["disposition"] == "open"
    join = CaseExtended(**ON, investigation=case, flags=[flag.key, flag.key], text="并案")
    flag.record(join)
    flag.record(join)
    assert (flag.row["disposition"], flag.row["investigation"]) == ("in-case", case)
    assert len(views.rows("SELECT FROM views.investigation_flags")) == 1


def test_an_open_objection_and_a_sanction_stand_beside_it(views: Views) -> None:
    flag = Inspected(views)
    assert flag.row["beside"] == []
    objection = flag.record(ObjectionLodged(**ON, case=flag.case, text="不是职工"), "tea-confirmer")
    sanction = flag.record(SanctionImposed(unit="tea", year=2027, reason="不实"))
    assert flag.row["beside"] == ["objection", "sanction"]
    flag.record(ObjectionSettled(**ON, case=flag.case, objection=objection, upheld=True, reason="属实"))
    flag.record(SanctionLifted(unit="tea", sanction=sanction, reason="复核"))
    assert flag.row["beside"] == []


@pytest.mark.parametrize("by", ["own-key", "given-role"])
def test_what_a_stolen_key_is_behind_was_never_said(views: Views, by: str) -> None:
    """A review, and the close of a case, by the thief of an inspector's key or of the one that made the inspector."""
    flag, f, w = Inspected(views), views.founded, views.writer
    flag.review("confirmed")
    f.enrol(w, "second-registrar", "county", [Grant(role="registrar", unit="county")])
    since = f.clock().isoformat(timespec="microseconds")
    f.enrol(w, "thief", "tea", [])
    given = RolesChanged(officer="thief", grants=[Grant(role="inspector", unit="tea")], reason="借调")
    f.record(w, "second-registrar", given, second="registrar")
    dismissed = FlagReviewed(**ON, flag=flag.key, disposition="dismissed", reason="查过")
    flag.record(dismissed, "thief")
    case = flag.record(CaseOpened(**ON, title="立", flags=[flag.key], text="查"))
    flag.record(
        CaseClosed(**ON, investigation=case, finding="unsubstantiated", amount_fen=0, text="结"), "thief"
    )
    before = views.follower.head()
    assert (flag.row["disposition"], flag.row["beside"]) == ("dismissed", [])
    taken = "thief" if by == "own-key" else "second-registrar"
    revoked = KeyRevoked(
        key=key_id_of(f.signer(taken).key), revoked_from=since, compromised=True, reason="失窃"
    )
    f.record(w, "registrar", revoked)
    # What was said before stands again, and on an earlier day what was said then.
    assert (flag.row["disposition"], flag.row["beside"]) == ("confirmed", ["unsound"])
    (then,) = listed(views, as_of=before)
    assert (then["disposition"], then["beside"]) == ("dismissed", [])
    flag.review("dismissed")
    assert (flag.row["disposition"], flag.row["beside"]) == ("dismissed", [])


def test_a_cleared_flag_is_kept_with_its_positions(views: Views) -> None:
    flag = Inspected(views)
    flag.review("confirmed")
    cleared_at = revoke(views, flag.case)
    row = flag.row
    assert (row["raised_at"], row["cleared_at"], row["disposition"]) == (
        flag.key.raised_at,
        cleared_at,
        "confirmed",
    )
    assert listed(views) == []
    assert len(listed(views, as_of=cleared_at - 1)) == 1
    found = flags.one_flag(every_view(views.connection), row["flag"], LATEST)
    assert found is not None
    assert found["cleared_at"] == cleared_at
    assert flags.one_flag(every_view(views.connection), "none|case:x", LATEST) is None


def test_the_most_severe_come_first_and_pages_are_the_same_as_one_list(views: Views) -> None:
    f, w = views.founded, views.writer
    for number in range(3):
        f.nominated(w, group="farmer")
        f.dossier(w, on=f.day(-20 - number))
    f.paid(w, amount_fen=80_000)
    views.follower.catch_up()
    everything = flags.flags(every_view(views.connection))
    ranks = [["high", "medium", "low"].index(row["severity"]) for row in everything]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 1
    assert flags.flags(every_view(views.connection), limit=2) == everything[:2]
    assert {row["campaign"] for row in everything} == {"b2026", "-"}


COUNTY: dict[str, Any] = {"unit": "county", "campaign": "b2026"}


class Growing:
    """A person whom several units pay, flagged, with an inspector at work."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.person = views.founded.people.person()
        views.founded.paid(views.writer, self.person)
        on_paper(views, self.person)

    @property
    def row(self) -> dict[str, Any]:
        self.views.follower.catch_up()
        wanted = FlagFilter(rule="duplicate-identity", cleared=True)
        (row,) = flags.flags(every_view(self.views.connection), wanted)
        return row

    def key(self, **seen: int) -> FlagKey:
        row = self.row
        return FlagKey(rule="duplicate-identity", subject=row["subject"], raised_at=row["raised_at"], **seen)

    def review(self, disposition: Literal["dismissed", "confirmed"], **seen: int) -> None:
        event = FlagReviewed(**COUNTY, flag=self.key(**seen), disposition=disposition, reason="查过")
        self.views.founded.record(self.views.writer, "inspector", event)


def test_a_dismissal_holds_for_the_evidence_that_it_saw(views: Views) -> None:
    flag = Growing(views)
    flag.review("dismissed")
    assert (flag.row["disposition"], flag.row["new_evidence"]) == ("dismissed", [])
    dismissed_at = views.follower.head()
    payout = on_paper(views, flag.person)
    grown = flag.row
    new = [position for position in grown["evidence"] if position > dismissed_at]
    assert (grown["disposition"], grown["new_evidence"]) == ("open", new)
    assert len(new) == 1
    of_rule = FlagFilter(rule="duplicate-identity")
    assert len(flags.flags(every_view(views.connection), replace(of_rule, disposition="open"))) == 1
    [then] = flags.flags(every_view(views.connection), of_rule, as_of=dismissed_at)
    assert then["disposition"] == "dismissed"
    flag.review("confirmed")
    assert (flag.row["disposition"], flag.row["new_evidence"]) == ("confirmed", [])
    # Less evidence is other evidence: what was said of more does not hold for it.
    returned(views, payout, None, unit="sugar")
    assert (flag.row["disposition"], flag.row["new_evidence"]) == ("open", [])


def test_what_grew_while_somebody_looked_was_not_seen(views: Views) -> None:
    flag = Growing(views)
    seen_at = flag.row["from_position"]
    on_paper(views, flag.person)
    flag.review("dismissed", seen_at=seen_at)
    assert flag.row["disposition"] == "open"
    assert len(flag.row["new_evidence"]) == 1
    # And nobody sees ahead.
    flag.review("dismissed", seen_at=10**9)
    assert flag.row["disposition"] == "dismissed"
    on_paper(views, flag.person)
    assert flag.row["disposition"] == "open"


def test_a_finding_holds_for_what_the_case_was_closed_on(views: Views) -> None:
    flag = Growing(views)
    record = lambda event: views.founded.record(views.writer, "inspector", event).id  # noqa: E731
    case = record(CaseOpened(**COUNTY, title="重复", flags=[flag.key()], text="查"))
    on_paper(views, flag.person)
    assert flag.row["disposition"] == "in-case"
    closed = CaseClosed(**COUNTY, investigation=case, finding="unsubstantiated", amount_fen=0, text="结")
    record(closed)
    assert flag.row["disposition"] == "dismissed"
    on_paper(views, flag.person)
    assert (flag.row["disposition"], len(flag.row["new_evidence"])) == ("open", 1)
