"""Who may sign what, and when: keys, roles, references, days (given/when/then)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.crypto.signatures import Algorithm
from ledger.domain.event import Event, Grant
from ledger.domain.rules_version import NEWEST
from ledger.domain.state import Book, State
from ledger.events.bank import BankLineMatched
from ledger.events.calendar import DayPassed
from ledger.events.campaign import CampaignOpened
from ledger.events.dossier import DossierAmended, Facts
from ledger.events.funds import FundAllocated
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.events.linkage import LinkageStarted, LinkedPair, PersonsLinked
from ledger.events.nomination import (
    Approved,
    Confirmed,
    Nominated,
    Rejected,
)
from ledger.events.oversight import CaseClosed, SanctionLifted
from ledger.events.payout import PayoutReturned
from ledger.events.registry import (
    KeyRevoked,
    KeyRotated,
    LedgerFounded,
    OfficerEnrolled,
    RolesChanged,
    UnitRegistered,
)
from tests.scene import LEDGER, NOBODY, ON, Scene, key_of, policy, public_key


class TestWhoMaySign:
    def test_a_ledger_is_founded_once(self, scene: Scene) -> None:
        again = LedgerFounded(
            name="又一本",
            officer="r2",
            officer_name="乙",
            public_key=public_key("registrar"),
            ledger_key=public_key("ledger"),
            rules=NEWEST,
        )
        scene.when("registrar", again).refuses("already-founded")

    def test_nothing_comes_before_the_founding(self) -> None:
        scene = Scene()
        scene.state = State()
        scene.when("registrar", UnitRegistered(unit="x", name="某处", level="city")).refuses("not-founded")

    def test_a_founding_is_signed_by_the_key_that_it_enrols(self) -> None:
        scene = Scene()
        scene.state = State()
        founding = LedgerFounded(
            name="台账",
            officer="r",
            officer_name="甲",
            public_key=public_key("approver"),
            ledger_key=public_key("ledger"),
            rules=NEWEST,
        )
        scene.when("registrar", founding).refuses("not-self-signed")

    @pytest.mark.parametrize(("named", "key"), [("sm2", "8f" * 32), ("ed25519", "04" + "8f" * 64)])
    def test_a_key_is_of_the_algorithm_that_its_enrolment_names(
        self, scene: Scene, named: Algorithm, key: str
    ) -> None:
        found = "ed25519" if named == "sm2" else "sm2"
        since = "2026-01-01T00:00:00+08:00"
        rotated = KeyRotated(officer="finance", algorithm=named, public_key=key, valid_from=since)
        scene.when("finance", rotated).refuses("algorithm-differs", expected=named, found=found)
        empty = Scene()
        empty.state = State()
        founding = LedgerFounded(
            name="台账",
            officer="r",
            officer_name="甲",
            algorithm=named,
            public_key=key,
            ledger_key=public_key("ledger"),
            rules=NEWEST,
        )
        empty.when("registrar", founding).refuses("algorithm-differs", expected=named, found=found)

    def test_the_ledgers_own_key_is_no_sm2_key(self) -> None:
        for event, member in ((LedgerFounded, "ledger_key"), (LedgerKeyRotated, "public_key")):
            assert event.model_fields[member].metadata[0].pattern == r"^[0-9a-f]{64}$"

    def test_a_statement_for_another_ledger(self, scene: Scene) -> None:
        scene.when(
            "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1), ledger=NOBODY
        ).refuses("wrong-ledger", expected=LEDGER)

    def test_an_unknown_key(self, scene: Scene) -> None:
        scene.when("stranger", FundAllocated(campaign="b2026", line="workers", amount_fen=1)).refuses(
            "key-unknown"
        )

    def test_a_revoked_key(self, scene: Scene) -> None:
        revocation = KeyRevoked(
            key=key_of("finance"), revoked_from="2026-01-10T09:00:00+08:00", compromised=False, reason="离职"
        )
        scene.given(lambda s: s.do("registrar", revocation)).when(
            "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        ).refuses("key-revoked")

    def test_a_key_revoked_from_tomorrow_still_signs_today(self, scene: Scene) -> None:
        revocation = KeyRevoked(
            key=key_of("finance"), revoked_from="2026-01-12T00:00:00+08:00", compromised=False, reason="离职"
        )
        scene.given(lambda s: s.do("registrar", revocation)).when(
            "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        ).then(lambda s: s.balance_fen() == 1)

    def test_a_key_before_its_time(self, scene: Scene) -> None:
        late = OfficerEnrolled(
            officer="late",
            name="迟",
            unit="county",
            public_key=public_key("late"),
            valid_from="2026-02-01T00:00:00+08:00",
            grants=[Grant(role="finance", unit="county")],
            identity_commitment="0" * 64,
        )
        scene.given(lambda s: s.do("registrar", late, person="late")).when(
            "late", FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        ).refuses("key-not-yet-valid")

    def test_a_statement_of_a_time_before_the_key(self, scene: Scene) -> None:
        scene.when(
            "finance",
            FundAllocated(campaign="b2026", line="workers", amount_fen=1),
            made_at="2025-12-31T12:00:00+08:00",
        ).refuses("key-not-yet-valid")

    def test_a_rotated_key_ends_when_the_new_one_begins(self, scene: Scene) -> None:
        rotation = KeyRotated(
            officer="finance",
            public_key=public_key("finance-new"),
            valid_from="2026-01-10T09:00:00+08:00",
            replaces=key_of("finance"),
        )
        scene.given(lambda s: s.do("finance", rotation))
        scene.when("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1)).refuses(
            "key-revoked"
        )
        scene.when("finance-new", FundAllocated(campaign="b2026", line="workers", amount_fen=1)).then(
            lambda s: s.balance_fen() == 1
        )

    def test_only_oneself_or_a_registrar_changes_a_key(self, scene: Scene) -> None:
        scene.when(
            "tea-clerk",
            KeyRevoked(
                key=key_of("finance"),
                revoked_from="2026-01-10T09:00:00+08:00",
                compromised=True,
                reason="不满",
            ),
        ).refuses("not-own-key")

    def test_a_time_to_come(self, scene: Scene) -> None:
        event = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        scene.when("finance", event, made_at="2026-01-11T12:00:00+08:00").refuses("made-in-future")
        scene.when("finance", event, on="2026-03-01").refuses("made-in-future")

    @pytest.mark.parametrize("officer", ["tea-clerk", "auditor", "approver", "registrar"])
    def test_a_role_not_held(self, scene: Scene, officer: str) -> None:
        scene.when(officer, FundAllocated(campaign="b2026", line="workers", amount_fen=1)).refuses(
            "role-not-held", roles=["accountant", "finance"]
        )

    def test_a_role_for_another_unit(self, scene: Scene) -> None:
        dossier = scene.dossier(unit="tea")
        scene.when("sugar-clerk", Nominated(**ON, dossier=dossier, category="worker")).refuses(
            "role-not-held"
        )

    def test_a_role_holds_for_all_units_below(self, scene: Scene) -> None:
        case = scene.confirmed()
        scene.when("approver", Rejected(**ON, case=case, reason="材料不实")).then(
            lambda s: s.case(case).state == "rejected"
        )

    def test_a_role_for_one_campaign_only(self, scene: Scene) -> None:
        scene.given(
            lambda s: s.do(
                "registrar",
                RolesChanged(
                    officer="finance2",
                    reason="专管",
                    grants=[Grant(role="finance", unit="county", campaign="b2026")],
                ),
            ),
            lambda s: s.do(
                "approver", CampaignOpened(campaign="c2026", unit="county", title="另一活动", policy=policy())
            ),
        )
        scene.when("finance2", FundAllocated(campaign="c2026", line="workers", amount_fen=1)).refuses(
            "role-not-held"
        )
        scene.when("finance2", FundAllocated(campaign="b2026", line="workers", amount_fen=1)).then(
            lambda s: s.balance_fen() == 1
        )

    def test_a_registrar_grants_only_within_their_own_units(self, scene: Scene) -> None:
        scene.given(
            lambda s: s.do(
                "registrar",
                RolesChanged(
                    officer="tea-confirmer", grants=[Grant(role="registrar", unit="tea")], reason="分管"
                ),
            )
        )
        wide = RolesChanged(officer="tea-clerk", grants=[Grant(role="registrar")], reason="越权")
        scene.when("tea-confirmer", wide).refuses("grant-too-wide")
        own = RolesChanged(officer="tea-clerk", grants=[Grant(role="confirmer", unit="tea")], reason="调岗")
        scene.when("tea-confirmer", own).then(lambda s: True)

    def test_the_same_officer_key_or_unit_twice(self, scene: Scene) -> None:
        def enrol(officer: str, key: str) -> OfficerEnrolled:
            return OfficerEnrolled(
                officer=officer,
                name="某",
                unit="tea",
                public_key=public_key(key),
                valid_from="2026-01-01T00:00:00+08:00",
                grants=[],
            )

        scene.when("registrar", enrol("finance", "fresh")).refuses("already-registered", kind="officer")
        scene.when("registrar", enrol("fresh", "finance")).refuses("already-registered", kind="key")
        scene.when(
            "registrar", UnitRegistered(unit="tea", name="茶厂", level="town", parent="county")
        ).refuses("already-registered", kind="unit")


class TestReferences:
    @pytest.mark.parametrize(
        ("officer", "event"),
        [
            ("tea-clerk", Nominated(campaign="none", unit="tea", dossier=NOBODY, category="worker")),
            ("tea-clerk", Nominated(**ON, dossier=NOBODY, category="worker")),
            ("tea-confirmer", Confirmed(**ON, case=NOBODY)),
            ("approver", Approved(**ON, case=NOBODY, line="workers", amount_fen=1)),
            ("finance", FundAllocated(campaign="b2026", line="none", amount_fen=1)),
            (
                "finance",
                PayoutReturned(**ON, payout=NOBODY, line="workers", amount_fen=1, kind="refused", reason="x"),
            ),
            (
                "finance",
                BankLineMatched(
                    **ON,
                    payout=NOBODY,
                    bank_reference="0" * 64,
                    amount_fen=1,
                    booked_on="2026-01-10",
                    result="paid",
                ),
            ),
            ("tea-clerk", DossierAmended(unit="tea", dossier=NOBODY, facts=Facts(), reason="更正")),
            ("inspector", SanctionLifted(unit="tea", sanction=NOBODY, reason="复查")),
            (
                "inspector",
                CaseClosed(investigation=NOBODY, finding="partly", amount_fen=0, text="无", unit="tea"),
            ),
            ("registrar", UnitRegistered(unit="new", name="新设", level="town", parent="none")),
            ("registrar", RolesChanged(officer="none", grants=[], reason="离任")),
        ],
    )
    def test_an_unknown_reference(self, scene: Scene, officer: str, event: Event) -> None:
        scene.when(officer, event).refuses("reference-unknown")

    def test_a_case_of_another_unit(self, scene: Scene) -> None:
        case = scene.nominated(unit="sugar")
        scene.when("tea-confirmer", Confirmed(**ON, case=case)).refuses("beyond-own-scope", id=case)
        both = RolesChanged(
            officer="tea-confirmer",
            grants=[Grant(role="confirmer", unit="tea"), Grant(role="confirmer", unit="sugar")],
            reason="兼任",
        )
        scene.do("registrar", both)
        scene.when("tea-confirmer", Confirmed(**ON, case=case)).refuses("unit-differs", expected="sugar")

    def test_a_payout_on_another_dossier(self, scene: Scene) -> None:
        scene.funds()
        case, other = scene.approved(), scene.dossier("李四")
        scene.when("finance", scene.payout(case).model_copy(update={"dossier": other})).refuses(
            "dossier-differs"
        )


class TestTheRest:
    def test_the_first_signature_is_by_who_states(self, scene: Scene) -> None:
        from ledger.domain.admission import decide
        from ledger.errors import Refused

        act = scene.act("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1))
        swapped = act._replace(signers=(key_of("finance2"), key_of("finance")))
        with pytest.raises(Refused) as refusal:
            decide(swapped, scene.state)
        assert refusal.value.code == "signer-differs"

    def test_a_case_of_another_campaign(self, scene: Scene) -> None:
        scene.do(
            "approver", CampaignOpened(campaign="c2026", unit="county", title="另一活动", policy=policy())
        )
        case = scene.nominated()
        event = Confirmed(campaign="c2026", unit="tea", case=case)
        scene.when("tea-confirmer", event).refuses("campaign-differs", expected="b2026", found="c2026")

    def test_an_entry_has_a_largest_size(self) -> None:
        from ledger.domain.entry import write_entry
        from ledger.errors import Refused

        with pytest.raises(Refused) as refusal:
            write_entry(b"x" * 65_500, {}, "2026-01-10T00:00:00.000000Z")
        assert refusal.value.code == "entry-too-large"


class TestDayPassed:
    """The scene's day is 10 January; the founding was on it."""

    def later(self, scene: Scene, days: int) -> Scene:
        scene.time += timedelta(days=days)
        return scene

    def test_the_ledger_says_that_a_day_ended(self, scene: Scene) -> None:
        self.later(scene, 2).when("ledger", DayPassed(day="2026-01-11")).then(
            lambda s: s.state.get(Book, "ledger").day_passed == "2026-01-11"
        )

    @pytest.mark.parametrize("day", ["2026-01-09", "2026-01-12", "2026-02-01"])
    def test_only_a_day_that_ended_since_the_last(self, scene: Scene, day: str) -> None:
        self.later(scene, 2).when("ledger", DayPassed(day=day)).refuses("day-not-next", found=day)

    def test_each_day_once(self, scene: Scene) -> None:
        self.later(scene, 2).do("ledger", DayPassed(day="2026-01-11"))
        scene.when("ledger", DayPassed(day="2026-01-11")).refuses("day-not-next")

    @pytest.mark.parametrize("officer", ["registrar", "finance"])
    def test_no_officer_can_say_so(self, scene: Scene, officer: str) -> None:
        self.later(scene, 2).when(officer, DayPassed(day="2026-01-11")).refuses("not-the-ledger")

    def test_the_ledgers_key_signs_nothing_else(self, scene: Scene) -> None:
        fund = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        scene.when("ledger", fund).refuses("reference-unknown")
        revocation = KeyRevoked(
            key=key_of("finance"), revoked_from="2026-01-10T09:00:00+08:00", compromised=False, reason="离职"
        )
        scene.when("ledger", revocation).refuses("reference-unknown")

    def test_the_ledgers_key_is_not_its_first_officers(self) -> None:
        scene = Scene()
        scene.state = State()
        founding = LedgerFounded(
            name="台账",
            officer="registrar",
            officer_name="甲",
            public_key=public_key("registrar"),
            ledger_key=public_key("registrar"),
            rules=NEWEST,
        )
        scene.when("registrar", founding).refuses("already-registered")


class TestLinkage:
    def pair(self, scene: Scene) -> LinkedPair:
        return LinkedPair(
            first=scene.dossier("甲"),
            second=scene.dossier("乙"),
            weight_milli=9000,
            guarded=True,
            one_edit=False,
            name=3,
            number=2,
            phone=-1,
            account=0,
            home=0,
            unit=1,
        )

    def start(self, scene: Scene, officer: str = "inspector") -> str:
        return scene.do(officer, LinkageStarted(unit="county", purpose="查重", model="m-1"))

    def test_who_started_the_run_records_what_it_found(self, scene: Scene) -> None:
        run = self.start(scene)
        event = PersonsLinked(unit="county", run=run, compared=2, set_aside=0, pairs=[self.pair(scene)])
        scene.when("inspector", event).then(lambda s: True)
        scene.when("auditor", event).refuses("run-of-another", expected="inspector", found="auditor")

    @pytest.mark.parametrize("officer", ["finance", "tea-clerk", "approver"])
    def test_only_inspectors_and_auditors_may(self, scene: Scene, officer: str) -> None:
        start = LinkageStarted(unit="county", purpose="查重", model="m-1")
        scene.when(officer, start).refuses("role-not-held")

    def test_a_run_and_dossiers_must_be_known(self, scene: Scene) -> None:
        pair = self.pair(scene)
        unknown = PersonsLinked(unit="county", run=NOBODY, compared=0, set_aside=0, pairs=[])
        scene.when("inspector", unknown).refuses("reference-unknown")
        run = self.start(scene)
        other = pair.model_copy(update={"second": NOBODY})
        event = PersonsLinked(unit="county", run=run, compared=2, set_aside=0, pairs=[other])
        scene.when("inspector", event).refuses("reference-unknown")
