"""Lists from outside: who registers, withdraws, erases and looks into them, and what stands afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ledger.domain.register_kinds import KINDS, KindsUnreadable, read_kinds, rules_of
from ledger.events import register as registers
from ledger.events.dossier import MOST_REVEALED_A_DAY
from ledger.events.register import (
    ReferenceErased,
    ReferenceListed,
    ReferenceRevealed,
    ReferenceRowRevealed,
    ReferenceWithdrawn,
    Register,
)
from tests.scene import Scene


def deaths(root: str = "1", **changes: Any) -> ReferenceListed:
    said: dict[str, Any] = {
        "unit": "county", "kind": "deaths", "title": "死亡人口", "source": "民政局", "data_on": "2025-12-31",
        "keep_until": "2027-12-31", "digest": "0" * 64, "root": root.rjust(64, "0"), "rows": 3,
    }  # fmt: skip
    return ReferenceListed(**{**said, **changes})


class TestListing:
    @pytest.mark.parametrize("officer", ["auditor", "inspector"])
    def test_auditors_and_inspectors_list(self, scene: Scene, officer: str) -> None:
        made = scene.do(officer, deaths())
        assert scene.state.get(Register, made).state == "in-force"

    @pytest.mark.parametrize("officer", ["tea-clerk", "finance", "approver", "registrar"])
    def test_nobody_else_does(self, scene: Scene, officer: str) -> None:
        scene.when(officer, deaths()).refuses("role-not-held")

    def test_the_same_rows_are_listed_once(self, scene: Scene) -> None:
        first = scene.do("auditor", deaths())
        scene.when("inspector", deaths()).refuses("register-listed-already", list=first)

    def test_a_newer_list_takes_the_place_of_one_of_its_kind(self, scene: Scene) -> None:
        first = scene.do("auditor", deaths())
        scene.when("auditor", deaths("2", kind="companies", replaces=first)).refuses("register-kind-differs")
        second = scene.do("auditor", deaths("2", replaces=first))
        assert scene.state.get(Register, first).state == "replaced"
        assert scene.state.get(Register, second).state == "in-force"
        scene.when("auditor", deaths("3", replaces=first)).refuses("register-ended", list=first)

    def test_a_period_does_not_end_before_it_starts(self) -> None:
        with pytest.raises(ValueError, match="period"):
            deaths(period_start="2026-01-01", period_end="2025-01-01")


class TestEnding:
    def test_a_withdrawn_list_is_in_force_no_more(self, scene: Scene) -> None:
        made = scene.do("auditor", deaths())
        event = ReferenceWithdrawn(unit="county", reference=made, reason="来源有误")
        scene.when("registrar", event).refuses("role-not-held")
        scene.do("inspector", event, second="auditor")
        assert scene.state.get(Register, made).state == "withdrawn"
        scene.when("inspector", event, second="auditor").refuses("register-ended")

    def test_a_list_is_erased_once_it_is_withdrawn_or_its_time_is_over(self, scene: Scene) -> None:
        made = scene.do("auditor", deaths())
        event = ReferenceErased(unit="county", reference=made, reason="到期")
        scene.when("registrar", event).refuses("register-kept", expected="2027-12-31")
        scene.when("auditor", event).refuses("role-not-held")
        withdrawn = ReferenceWithdrawn(unit="county", reference=made, reason="来源有误")
        scene.do("auditor", withdrawn, second="inspector")
        scene.do("registrar", event)
        assert scene.state.get(Register, made).erased
        scene.when("registrar", event).refuses("register-ended")
        over = scene.do("auditor", deaths("2", keep_until="2026-01-10"))
        scene.time += timedelta(days=1)
        scene.do("registrar", ReferenceErased(unit="county", reference=over, reason="到期"))


class TestLooking:
    def test_an_inspector_is_shown_a_row_for_a_purpose(self, scene: Scene) -> None:
        made = scene.do("auditor", deaths())
        event = ReferenceRevealed(unit="county", reference=made, dossier=scene.dossier("甲"), purpose="核实")
        scene.when("auditor", event).refuses("role-not-held")
        scene.when("inspector", event).then(lambda scene: True)

    def test_not_of_an_erased_list_nor_more_than_so_many_a_day(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = scene.do("auditor", deaths(keep_until="2026-01-10"))
        event = ReferenceRowRevealed(unit="county", reference=made, line=2, purpose="核实")
        monkeypatch.setattr("ledger.events.dossier.MOST_REVEALED_A_DAY", 1)
        scene.do("inspector", event)
        scene.when("inspector", event).refuses("reveals-too-many")
        assert MOST_REVEALED_A_DAY > 1
        scene.time += timedelta(days=1)
        scene.do("registrar", ReferenceErased(unit="county", reference=made, reason="到期"))
        scene.when("inspector", event).refuses("register-ended")

    def test_not_of_a_kind_that_is_shown_to_nobody(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hidden = KINDS["deaths"].model_copy(update={"revealed": None})
        monkeypatch.setattr(registers, "KINDS", {"deaths": hidden})
        made = scene.do("auditor", deaths())
        event = ReferenceRowRevealed(unit="county", reference=made, line=2, purpose="核实")
        scene.when("inspector", event).refuses("register-not-revealed")


class TestKinds:
    def test_every_kind_has_a_rule_of_its_own(self) -> None:
        rules = [kind.rule for kind in KINDS.values()]
        assert len(set(rules)) == len(rules)
        assert rules_of("county-own") == ["on-reference-list"]

    @pytest.mark.parametrize(
        ("kind", "facts", "period", "met"),
        [
            ("deaths", {"died_on": "2026-01-10"}, (None, None), ("2026-01-11", None)),
            ("deaths", {"died_on": "2026-01-10"}, ("2025-01-01", "2026-12-31"), ("2026-01-11", None)),
            ("public-payroll", {}, ("2025-01-01", "2025-12-31"), ("2024-10-01", "2026-04-02")),
            ("public-payroll", {"since": "2020-05-01"}, (None, None), ("2020-05-01", None)),
            ("other-payments", {"paid_on": "2026-01-10"}, (None, None), ("2025-07-11", "2026-07-12")),
        ],
    )
    def test_a_row_is_met_within_its_days(
        self,
        kind: str,
        facts: dict[str, str],
        period: tuple[str | None, str | None],
        met: tuple[str, str | None],
    ) -> None:
        assert KINDS[kind].meets(facts, period) == met

    @pytest.mark.parametrize("text", ["[a", "[kin]\ntitle_zh = '亲属'", "a = 1"])
    def test_a_file_of_kinds_is_read_or_said_to_be_wrong(self, text: str) -> None:
        with pytest.raises(KindsUnreadable) as error:
            read_kinds(text)
        assert error.value.code == "register-kinds-unreadable"

    def test_a_county_adds_a_kind_without_code(self) -> None:
        titles = "title_zh='干部亲属'\ntitle_en='kin'\nmeaning_zh='回避'\nmeaning_en='kin of cadres'\n"
        kind = read_kinds("[cadres-kin]\n" + titles)["cadres-kin"]
        assert (kind.rule, kind.meets({}, (None, None))) == ("on-reference-list", (None, None))
