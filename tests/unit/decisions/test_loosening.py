"""What loosens a policy takes two approvers; every member of the policy says which way is looser."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Grant
from ledger.domain.loosening import (
    CATEGORY,
    LINE,
    MEMBERS,
    PHASE,
    SOURCE,
    STEP,
    UNIT_WINDOWS,
    check_two_approvers,
    loosenings,
)
from ledger.domain.policy.campaign_policy import (
    BudgetLine,
    Category,
    FieldSource,
    Parameter,
    Phase,
    Policy,
    UnitWindow,
    Window,
)
from ledger.domain.policy.collective import CollectiveRules
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.policy.funding import Funding, FundSource
from ledger.domain.policy.hardship_class import HardshipRules
from ledger.domain.policy.public_notice import NoticeRules, WorkCalendar
from ledger.domain.policy.steps import Apart, Procedure, Step
from ledger.domain.policy.vocabulary import Vocabulary
from ledger.errors import Refused
from ledger.events.campaign import PolicyAmended
from ledger.events.registry import OfficerEnrolled
from tests.scene import Scene, policy, public_key

BY = "某县认定办法"
DEEP = {"code": "deep", "title": "深度困难", "fixed_fen": 70_000, "source": BY}
HARDSHIP = HardshipRules.model_validate({"source": BY, "classes": [DEEP]})
HOUSING = {"code": "housing", "title": "两套以上住房", "register_kind": "assets", "source": BY}
EXCLUSIONS = ExclusionRules.model_validate({"source": BY, "exclusions": [HOUSING]})
LIFE = DossierLifeRules(source=BY, discussion_required=True, review_months=12)
MEDICAL = {"code": "medical", "title": "医疗救助", "source": BY}
VOCABULARY = Vocabulary.model_validate({"of": "purpose", "words": [MEDICAL], "replaces": True, "source": BY})
CAUSES = Vocabulary.model_validate(
    {"of": "cause", "words": [{"code": "disability", "title": "因残", "source": BY}], "source": BY}
)
JANUARY = Window(start="2026-01-01", end="2026-01-31")
WORKER = Category(
    code="worker", title="困难职工", line="workers", standard_fen=50_000, criteria=["cause-given"]
)
LINES = [BudgetLine(code="workers", title="困难职工", source="county", cap_fen=1_000_000)]
PHASE_ONE = Phase(code="one", title="摸底", window=JANUARY, events=["Nominated"])
MIDDLE: dict[str, Any] = {
    "window": JANUARY,
    "unit_windows": [UnitWindow(unit="tea", window=JANUARY)],
    "phases": [PHASE_ONE],
    "categories": [WORKER],
    "excluded_groups": ["farmer", "urban-resident"],
    "lines": LINES,
    "forms": ["money", "goods"],
    "subsistence_line_fen": 70_000,
    "yearly_cap_fen": 100_000,
    "notice_working_days": 5,
    "two_signatures_above_fen": 100_000,
    "bank_transfer_required": True,
    "compare_at_filing": True,
    "roster_deadline": "2026-01-20",
    "county_deadline": "2026-01-20",
    "summary_deadline": "2026-01-20",
    "prior_campaign": "b2025",
    "hardship": HARDSHIP,
    "exclusions": EXCLUSIONS,
    "dossier_life": LIFE,
    "vocabularies": [VOCABULARY],
    "said_of_persons": ["purpose", "visit_mode"],
    "notice": NoticeRules(source="—"),
    "calendar": WorkCalendar(days_off=["2026-01-01"], source="—"),
}


def changed(part: Any, **changes: Any) -> Any:
    return type(part).model_validate(part.model_dump() | changes)


LOOSER: list[tuple[str, Any]] = [
    ("plan", "human-resources"),
    ("year", 2027),
    ("window", Window(start="2025-12-31", end="2026-01-31")),
    ("window", Window(start="2026-01-01", end="2026-02-01")),
    ("unit_windows", [UnitWindow(unit="tea", window=Window(start="2026-01-01", end="2026-02-01"))]),
    ("unit_windows", [UnitWindow(unit=u, window=Window(start="2026-01-01", end="2026-02-01")) for u in ("tea", "sugar")]),
    ("phases", []),
    ("phases", [changed(PHASE_ONE, events=[])]),
    ("phases", [changed(PHASE_ONE, window={"start": "2025-12-01", "end": "2026-01-31"})]),
    ("categories", [WORKER, changed(WORKER, code="new")]),
    ("categories", [changed(WORKER, standard_fen=50_001)]),
    ("categories", [changed(WORKER, standard_fen=None)]),
    ("categories", [changed(WORKER, criteria=[])]),
    ("categories", [changed(WORKER, recipient="enterprise")]),
    ("categories", [changed(WORKER, line=None)]),
    ("excluded_groups", ["farmer"]),
    ("lines", [changed(LINES[0], cap_fen=None)]),
    ("lines", [changed(LINES[0], cap_fen=1_000_001)]),
    ("lines", [changed(LINES[0], source="city")]),
    ("lines", [*LINES, BudgetLine(code="more", title="又一资金项目", source="county")]),
    ("forms", ["money", "goods", "job"]),
    ("subsistence_line_fen", 70_001),
    ("yearly_cap_fen", None),
    ("yearly_cap_fen", 100_001),
    ("confirmation_required", False),
    ("notice_working_days", 4),
    ("two_signatures_above_fen", 100_001),
    ("two_signatures_above_fen", None),
    ("bank_transfer_required", False),
    ("compare_at_filing", False),
    ("said_of_persons", ["purpose"]),
    ("notice", None),
    ("notice", NoticeRules(contacts_required=False, source="—")),
    ("calendar", None),
    ("roster_deadline", "2026-01-21"),
    ("county_deadline", None),
    ("summary_deadline", "2026-02-01"),
    ("prior_campaign", None),
    ("retention_years", 29),
    ("parameters", [Parameter(rule="backdated", name="days", value=9)]),
    ("hardship", changed(HARDSHIP, classes=[DEEP | {"fixed_fen": 70_001}])),
    ("hardship", None),
    ("exclusions", changed(EXCLUSIONS, consent_required=False)),
    ("exclusions", changed(EXCLUSIONS, exclusions=[HOUSING | {"code": "vehicles"}])),
    ("exclusions", changed(EXCLUSIONS, exclusions=[HOUSING | {"register_kind": None}])),
    ("exclusions", None),
    ("dossier_life", changed(LIFE, on_file_required=False)),
    ("dossier_life", changed(LIFE, visit_required=False)),
    ("dossier_life", changed(LIFE, discussion_required=False)),
    ("dossier_life", changed(LIFE, review_months=13)),
    ("dossier_life", changed(LIFE, categories=["worker"])),
    ("exclusions", changed(EXCLUSIONS, categories=["worker"])),
    ("dossier_life", None),
    ("vocabularies", [VOCABULARY, CAUSES]),
    ("vocabularies", [changed(VOCABULARY, replaces=False)]),
]  # fmt: skip
NOT_LOOSER: list[tuple[str, Any]] = [
    ("locality", "某市"),
    ("sources", [FieldSource(field="window", source=BY)]),
    ("window", Window(start="2026-01-02", end="2026-01-30")),
    ("unit_windows", []),
    ("phases", [PHASE_ONE, changed(PHASE_ONE, code="two")]),
    ("categories", [changed(WORKER, title="职工", standard_fen=40_000)]),
    ("excluded_groups", ["farmer", "urban-resident", "retired"]),
    ("lines", [changed(LINES[0], cap_fen=900_000)]),
    ("forms", ["money"]),
    ("subsistence_line_fen", 60_000),
    ("yearly_cap_fen", 90_000),
    ("notice_working_days", 7),
    ("two_signatures_above_fen", 90_000),
    ("roster_deadline", "2026-01-19"),
    ("county_deadline", "2026-01-19"),
    ("summary_deadline", "2026-01-19"),
    ("retention_years", 31),
    ("exclusions", changed(EXCLUSIONS, exclusions=[HOUSING, HOUSING | {"code": "vehicles"}])),
    ("dossier_life", changed(LIFE, review_months=6)),
    ("vocabularies", [changed(VOCABULARY, words=[MEDICAL | {"synonyms": ["住院"]}])]),
]


def test_every_member_of_a_policy_says_which_way_is_looser() -> None:
    assert {*MEMBERS, UNIT_WINDOWS[0]} == Policy.model_fields.keys()
    for part, directions in (
        (Category, CATEGORY),
        (BudgetLine, LINE),
        (Phase, PHASE),
        (Step, STEP),
        (FundSource, SOURCE),
    ):
        assert directions.keys() == part.model_fields.keys()


def test_every_member_is_tried() -> None:
    assert {member for member, _ in LOOSER} | {
        "locality",
        "sources",
        "procedure",
        "funding",
        "collective",
        "accounting",
        "sources_complete",
    } == Policy.model_fields.keys()


@pytest.mark.parametrize(("member", "value"), LOOSER)
def test_what_is_looser(member: str, value: Any) -> None:
    found = loosenings(policy(**MIDDLE), policy(**(MIDDLE | {member: value})))
    assert [each.member for each in found] == [member]


DISCUSS = Step(
    code="discuss",
    title="集体研究",
    role="approver",
    level="county",
    signatures=2,
    papers=["汇总表"],
    minutes_required=True,
)
ENDS = [
    Step(code="nominate", title="申报", role="clerk", act="nominate"),
    Step(code="confirm", title="确认", role="confirmer", act="confirm"),
    Step(code="approve", title="审批", role="approver", act="approve"),
    Step(code="pay", title="支付", role="finance", act="pay"),
]
PROCEDURE = Procedure(
    source="测试", steps=[*ENDS[:2], DISCUSS, *ENDS[2:]], apart=[Apart(step="discuss", other="approve")]
)


LESS: list[dict[str, Any]] = [
    {"role": "clerk"}, {"level": None}, {"level": "city"}, {"signatures": 1}, {"papers": []},
    {"minutes_required": False},
]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        None,
        changed(PROCEDURE, steps=ENDS, apart=[]),
        changed(PROCEDURE, apart=[]),
        changed(PROCEDURE, steps=[*ENDS[:3], DISCUSS, ENDS[3]]),
        *(changed(PROCEDURE, steps=[*ENDS[:2], changed(DISCUSS, **less), *ENDS[2:]]) for less in LESS),
    ],
)
def test_a_procedure_that_asks_for_less_is_looser(value: Procedure | None) -> None:
    found = loosenings(policy(procedure=PROCEDURE), policy(procedure=value))
    assert [each.member for each in found] == ["procedure"]


FUNDING = Funding(
    source="测试",
    per_time_cap_fen=500_000,
    sources=[FundSource(code="county", title="县级专项", kind="财政专项", earmarked=True)],
)


@pytest.mark.parametrize(
    "value",
    [
        None,
        changed(FUNDING, per_time_cap_fen=None),
        changed(FUNDING, per_time_cap_fen=500_001),
        *(
            changed(FUNDING, sources=[changed(FUNDING.sources[0], **less)])
            for less in ({"earmarked": False}, {"carries_over": True}, {"kind": "社会捐助"})
        ),
    ],
)
def test_money_that_is_tied_to_less_is_looser(value: Funding | None) -> None:
    found = loosenings(policy(funding=FUNDING), policy(funding=value))
    assert [each.member for each in found] == ["funding"]


@pytest.mark.parametrize(
    ("old", "new", "looser"),
    [
        ({}, None, False),
        (None, {}, True),
        ({}, {"per_visit_cap_fen": 101}, True),
        ({}, {"per_visit_cap_fen": 99}, False),
        ({}, {"share_permille": 301}, True),
        ({}, {"per_head_cap_fen": None}, True),
        ({"per_head_cap_fen": None}, {}, False),
    ],
)
def test_more_for_sites_is_looser(old: Any, new: Any, looser: bool) -> None:
    def rules(changes: Any) -> CollectiveRules | None:
        said = {"per_visit_cap_fen": 100, "per_head_cap_fen": 10, "share_permille": 300, "source": "方案"}
        return None if changes is None else CollectiveRules(**(said | changes))

    found = loosenings(policy(collective=rules(old)), policy(collective=rules(new)))
    assert [each.member for each in found] == (["collective"] if looser else [])


def test_a_procedure_that_asks_for_more_is_not() -> None:
    assert loosenings(policy(), policy(procedure=PROCEDURE)) == []
    more = changed(PROCEDURE, steps=[*ENDS[:2], DISCUSS, ENDS[2], changed(DISCUSS, code="again"), ENDS[3]])
    assert loosenings(policy(procedure=PROCEDURE), policy(procedure=more)) == []


@pytest.mark.parametrize(("member", "value"), NOT_LOOSER)
def test_what_is_not(member: str, value: Any) -> None:
    assert loosenings(policy(**MIDDLE), policy(**(MIDDLE | {member: value}))) == []


def test_a_unit_is_held_to_the_window_of_all_where_it_loses_its_own() -> None:
    narrow = [UnitWindow(unit="tea", window=Window(start="2026-01-10", end="2026-01-12"))]
    found = loosenings(
        policy(**(MIDDLE | {"unit_windows": narrow})), policy(**(MIDDLE | {"unit_windows": []}))
    )
    assert [each.member for each in found] == ["unit_windows"]


def test_a_phase_that_is_new_is_looser_where_it_opens_days() -> None:
    def with_phases(*windows: tuple[str, str]) -> Policy:
        phases = [
            Phase(code=f"p{n}", title="阶段", window=Window(start=start, end=end), events=["Disbursed"])
            for n, (start, end) in enumerate(windows)
        ]
        return policy(phases=phases)

    def loose(old: Policy, new: Policy, rules: int = 3) -> list[str]:
        return [each.member for each in loosenings(old, new, rules)]

    wide, narrow, early = (
        ("2020-01-01", "2035-12-15"),
        ("2026-01-10", "2026-01-20"),
        ("2026-01-05", "2026-01-12"),
    )
    assert loose(with_phases(), with_phases(wide)) == ["phases"]
    assert loose(with_phases(), with_phases(wide), 2) == []
    assert loose(with_phases(), with_phases(narrow)) == []
    assert loose(with_phases(narrow), with_phases(narrow, early)) == ["phases"]
    assert loose(with_phases(narrow), with_phases(narrow, narrow)) == []
    # One code twice, or one that had no acts before.
    twice = with_phases(wide, narrow)
    same = [each.model_copy(update={"code": "p"}) for each in twice.phases]
    one = twice.model_copy(update={"phases": same[1:]})
    assert loose(one, twice.model_copy(update={"phases": same})) == ["phases"]
    idle = [same[1], same[0].model_copy(update={"code": "idle", "events": []})]
    busy = [same[1], same[0].model_copy(update={"code": "idle"})]
    quiet, active = (twice.model_copy(update={"phases": each}) for each in (idle, busy))
    assert (loose(one, quiet), loose(quiet, active)) == ([], ["phases"])


def test_a_unit_that_is_named_twice_may_act_by_either_window() -> None:
    def own(*windows: tuple[str, str]) -> Policy:
        units = [UnitWindow(unit="tea", window=Window(start=start, end=end)) for start, end in windows]
        return policy(unit_windows=units)

    narrow, wide = ("2026-01-10", "2026-01-12"), ("2020-01-01", "2035-12-15")
    assert [each.member for each in loosenings(own(narrow), own(wide, narrow))] == ["unit_windows"]
    assert loosenings(own(wide, narrow), own(narrow)) == []


def meaning(of: str, code: str, title: str, *synonyms: str) -> Vocabulary:
    word = {"code": code, "title": title, "synonyms": [*synonyms], "source": BY}
    return Vocabulary.model_validate({"of": of, "words": [word], "source": BY})


def test_a_word_that_comes_to_mean_something_else_loosens_by_the_eighth_rules() -> None:
    """农民 is an excluded group's: read as a worker's, an honest clerk's roster passes with a false fact."""
    new = policy(vocabularies=[meaning("group", "worker", "困难职工", "农民")])
    assert [each.member for each in loosenings(policy(), new, 8)] == ["vocabularies"]
    assert loosenings(policy(), new, 7) == []
    same = policy(vocabularies=[meaning("group", "worker", "困难职工", "山区职工")])
    assert loosenings(policy(), same, 8) == []


def test_so_does_a_name_that_another_category_takes() -> None:
    model = Category(code="model-worker", title="劳动模范", line="models", synonyms=["先进职工"])
    apart = policy(categories=[WORKER, model])
    taken = policy(
        categories=[
            WORKER.model_copy(update={"synonyms": ["先进职工"]}), model.model_copy(update={"synonyms": []}),
        ]
    )  # fmt: skip
    assert [each.member for each in loosenings(apart, taken, 8)] == ["categories"]
    assert loosenings(apart, taken, 7) == []


def test_a_limit_that_is_set_where_there_was_none_is_no_loosening() -> None:
    for member in ("yearly_cap_fen", "two_signatures_above_fen", "roster_deadline", "prior_campaign"):
        assert loosenings(policy(**(MIDDLE | {member: None})), policy(**MIDDLE)) == []


def amended(**changes: Any) -> PolicyAmended:
    return PolicyAmended(campaign="b2026", policy=policy(**changes), reason="调整")


class TestTheAdmission:
    def test_one_approver_does_not_loosen(self) -> None:
        scene = Scene(two_signatures_above_fen=100_000)
        scene.when("approver", amended(two_signatures_above_fen=200_000)).refuses(
            "loosening-takes-two", what="两人签署的限额"
        )
        scene.when("approver", amended(two_signatures_above_fen=200_000), second="approver2").then(
            lambda s: True
        )

    def test_one_approver_tightens(self) -> None:
        scene = Scene(two_signatures_above_fen=100_000)
        scene.when("approver", amended(two_signatures_above_fen=50_000)).then(lambda s: True)

    def test_the_second_is_another_person_and_an_approver(self) -> None:
        scene = Scene(two_signatures_above_fen=100_000)
        event = amended(two_signatures_above_fen=200_000)
        scene.when("approver", event, second="finance").refuses("role-not-held")
        alias = OfficerEnrolled(
            officer="alias", name="又名", unit="county", public_key=public_key("alias"),
            valid_from="2026-01-01T00:00:00+08:00", grants=[Grant(role="approver", unit="county")],
            identity_commitment="0" * 64,
        )  # fmt: skip
        scene.do("registrar", alias, person="approver")
        scene.when("approver", event, second="alias").refuses("loosening-takes-two")

    def test_by_the_first_rules_one_did(self) -> None:
        scene = Scene(rules=1, two_signatures_above_fen=100_000)
        scene.when("approver", amended(two_signatures_above_fen=200_000)).then(lambda s: True)


def test_all_that_is_looser_is_named() -> None:
    looser = policy(**(MIDDLE | {"yearly_cap_fen": None, "notice_working_days": 0}))
    with pytest.raises(Refused) as refusal:
        check_two_approvers(policy(**MIDDLE), looser, 1)
    assert refusal.value.details == {
        "what": "年度封顶、公示工作日", "what_en": "the yearly cap, the notice period",
    }  # fmt: skip
    check_two_approvers(policy(**MIDDLE), looser, 2)
