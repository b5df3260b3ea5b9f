"""What a policy asks to be said: purpose and mode of visit at the nomination, whom to turn to in a notice, its sources."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.campaigns.plans import TEMPLATES, template
from ledger.domain.policy.campaign_policy import FieldSource, Policy
from ledger.domain.policy.public_notice import NoticeContacts, NoticeRules, WorkCalendar, working_days
from ledger.events.nomination import Nominated, NoticePosted
from tests.scene import ON, Scene, policy
from tests.unit.decisions.test_vocabulary import filed

CONTACTS = NoticeContacts(
    issuer="某县总工会", objections_to="经审会", phone="0596-3211001", supervising_phone="0596-3211002"
)


def test_purpose_and_mode_of_visit_are_asked_for_where_the_policy_says_so() -> None:
    scene = Scene(said_of_persons=["purpose", "visit_mode"])
    dossier = scene.do("tea-clerk", filed(), person="甲")
    case = {**ON, "dossier": dossier, "category": "worker", "amount_fen": 50_000}
    scene.when("tea-clerk", Nominated(**case)).refuses("asked-not-said", missing="purpose, visit_mode")
    scene.when("tea-clerk", Nominated(**case, purpose="living")).refuses("asked-not-said")
    said = Nominated(**case, purpose="living", visit_mode="county-leaders")
    scene.when("tea-clerk", said).then(lambda scene: True)


def test_a_policy_of_before_asks_for_neither() -> None:
    scene = Scene()
    assert scene.nominated()


def test_a_notice_says_whom_to_turn_to_where_the_policy_asks_for_it() -> None:
    for rules, refused in (
        (NoticeRules(source="—"), True),
        (NoticeRules(source="—", contacts=CONTACTS), False),
        (NoticeRules(source="—", contacts_required=False), False),
    ):
        scene = Scene(notice=rules)
        case = scene.nominated()
        notice = NoticePosted(**ON, cases=[case], start="2026-01-05", end="2026-01-12", place="公告栏")
        if refused:
            scene.when("tea-confirmer", notice).refuses("notice-contacts-missing")
            notice = notice.model_copy(update={"contacts": CONTACTS})
        scene.when("tea-confirmer", notice).then(lambda scene: True)


def test_sources_are_complete_where_the_policy_says_so() -> None:
    bare = policy(notice_working_days=7)
    assert "notice_working_days" in bare.without_source()
    with pytest.raises(ValidationError, match="notice_working_days"):
        policy(notice_working_days=7, sources_complete=True)
    sources = [FieldSource(field=field, source="某办法") for field in bare.without_source()]
    assert policy(notice_working_days=7, sources_complete=True, sources=sources).without_source() == []
    assert template("union-today", 2026).policy.sources_complete
    assert [Policy.without_source(template(name, 2026).policy) for name in TEMPLATES] == [[]] * len(TEMPLATES)


def test_a_day_is_off_or_worked() -> None:
    with pytest.raises(ValidationError):
        WorkCalendar(days_off=["2026-02-16"], days_worked=["2026-02-16"], source="—")
    spring = WorkCalendar(
        days_off=["2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23"],
        days_worked=["2026-02-14", "2026-02-28"],
        source="国务院办公厅关于2026年部分节假日安排的通知",
    )
    assert working_days(spring, "2026-02-13", "2026-02-24") == 3
    assert working_days(None, "2026-02-13", "2026-02-24") == 8
