"""Who may hold roles and give them: exclusions, persons, a registrar's bounds, two registrars."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.domain.authority import (
    COUNTS_ON,
    EXCLUSIONS,
    Exclusion,
    conflict,
    is_looser,
    shortfalls,
    strict_exclusions,
)
from ledger.domain.event import Grant, Role
from ledger.domain.rules_version import NEWEST
from ledger.domain.state import Officer
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.events.nomination import Confirmed
from ledger.events.registry import (
    KeyRevoked,
    KeyRotated,
    KinDeclared,
    OfficerEnrolled,
    OfficerIdentified,
    RolesChanged,
    UnitRegistered,
)
from ledger.events.rules import ExcludedPair, ExclusionsSet, RulesAdopted
from tests.scene import ON, Scene, key_of, public_key

SINCE = "2026-01-01T00:00:00+08:00"


def enrolment(officer: str, *grants: Grant, unit: str = "tea") -> OfficerEnrolled:
    return OfficerEnrolled(
        officer=officer,
        name=officer,
        unit=unit,
        public_key=public_key(officer),
        valid_from=SINCE,
        grants=list(grants),
        identity_commitment="0" * 64,
    )


def grant(role: Role, unit: str | None = "tea", campaign: str | None = None) -> Grant:
    return Grant(role=role, unit=unit, campaign=campaign)


def changed(officer: str, *grants: Grant) -> RolesChanged:
    return RolesChanged(officer=officer, grants=list(grants), reason="调岗")


def with_registrars(scene: Scene) -> Scene:
    """A second registrar over everything, and one of the tea factory."""
    scene.do("registrar", enrolment("second", grant("registrar", None), unit="county"), person="second")
    both = enrolment("tea-registrar", grant("registrar"))
    scene.do("registrar", both, person="tea-registrar", second="second")
    return scene


class TestWhatARefusalTells:
    def test_a_unit_that_was_not_named_is_told_to_whom_it_belongs_to(self, scene: Scene) -> None:
        with_registrars(scene)
        scene.when("tea-registrar", changed("sugar-clerk")).refuses("role-not-held", unit="…")
        # The unit above is told of, what was named is known, and below the own all is.
        scene.when("tea-registrar", changed("finance")).refuses("role-not-held", unit="county")
        named = enrolment("new", grant("clerk", "sugar"), unit="sugar")
        scene.when("tea-registrar", named, person="new").refuses("role-not-held", unit="sugar")
        scene.when("approver", changed("sugar-clerk")).refuses("role-not-held", unit="sugar")
        under = UnitRegistered(unit="mill", name="榨糖车间", level="grass-roots", parent="sugar")
        scene.when("tea-registrar", under).refuses("role-not-held", unit="sugar")

    def test_a_unit_is_told_to_whom_holds_a_role_over_it_for_one_campaign(self, scene: Scene) -> None:
        visitor = enrolment("visitor", grant("clerk", "county", "b2026"))
        scene.do("registrar", visitor, person="visitor")
        scene.when("visitor", changed("sugar-clerk")).refuses("role-not-held", unit="sugar")

    def test_what_is_over_everything_is_told_as_that(self, scene: Scene) -> None:
        with_registrars(scene)
        setting = excluding(Exclusion("registrar", "auditor", True))
        scene.when("tea-registrar", setting).refuses("role-not-held", unit="*")


class TestRolesThatExcludeEachOther:
    @pytest.mark.parametrize(
        "grants",
        [
            (grant("registrar"), grant("clerk", "sugar")),
            (grant("registrar"), grant("finance")),
            (grant("registrar"), grant("auditor", "sugar")),
            (grant("registrar"), grant("inspector", campaign="b2026")),
            (grant("auditor"), grant("clerk")),
            (grant("auditor", "county"), grant("confirmer", "tea")),
            (grant("inspector", None), grant("approver", "county")),
            (grant("inspector", campaign="b2026"), grant("finance")),
            (grant("approver", "tea"), grant("finance", "sugar")),
        ],
    )
    def test_are_not_held_together(self, scene: Scene, grants: tuple[Grant, ...]) -> None:
        scene.when("registrar", enrolment("both", *grants), person="both").refuses("roles-exclude-each-other")
        scene.when("registrar", changed("tea-clerk", *grants)).refuses("roles-exclude-each-other")

    @pytest.mark.parametrize(
        "grants",
        [
            (grant("auditor", "sugar"), grant("clerk", "tea")),
            (grant("auditor", "sugar"), grant("inspector", "tea")),
            (grant("clerk"), grant("confirmer"), grant("approver")),
            (grant("clerk"), grant("finance")),
        ],
    )
    def test_others_are(self, scene: Scene, grants: tuple[Grant, ...]) -> None:
        scene.when("registrar", enrolment("both", *grants), person="both").then(lambda s: True)

    def test_over_different_campaigns_overseer_and_business_may_meet(self, scene: Scene) -> None:
        campaigns = (grant("auditor", campaign="b2026"), grant("clerk", campaign="c2026"))
        assert conflict([each.model_dump() for each in campaigns], scene.state) is None

    def test_under_another_code_either(self, scene: Scene) -> None:
        other = enrolment("clerk-again", grant("auditor"))
        scene.when("registrar", other, person="tea-clerk").refuses(
            "roles-exclude-each-other", officer="clerk-again"
        )

    def test_by_the_first_rules_they_were(self) -> None:
        old = Scene(rules=1)
        both = (grant("registrar"), grant("finance"))
        old.when("registrar", changed("tea-clerk", *both)).then(lambda s: True)


class TestPersons:
    def test_who_has_no_identity_holds_no_role(self, scene: Scene) -> None:
        nobody = enrolment("nobody", grant("clerk")).model_copy(update={"identity_commitment": None})
        scene.when("registrar", nobody).refuses("identity-not-committed", officer="nobody")
        without = nobody.model_copy(update={"grants": []})
        scene.do("registrar", without)
        scene.when("registrar", changed("nobody", grant("clerk"))).refuses("identity-not-committed")
        scene.do("registrar", OfficerIdentified(officer="nobody", identity_commitment="0" * 64), person="甲")
        scene.when("registrar", changed("nobody", grant("clerk"))).then(lambda s: True)

    def test_an_identity_is_committed_to_once(self, scene: Scene) -> None:
        again = OfficerIdentified(officer="tea-clerk", identity_commitment="1" * 64)
        scene.when("registrar", again, person="乙").refuses("already-identified", officer="tea-clerk")

    def test_nor_does_a_founder_without_one_give_roles_or_take_them_under_another_code(self) -> None:
        scene = Scene()
        scene.state.get(Officer, "registrar").person = None
        scene.when("registrar", enrolment("new", grant("clerk")), person="new").refuses(
            "identity-not-committed", officer="registrar"
        )
        scene.state.get(Officer, "approver").person = None
        known = OfficerIdentified(officer="approver", identity_commitment="0" * 64)
        scene.when("registrar", known, person="finance").refuses("roles-exclude-each-other")
        own = OfficerIdentified(officer="registrar", identity_commitment="0" * 64)
        scene.when("registrar", own, person="approver2").refuses("roles-exclude-each-other")
        scene.when("registrar", own, person="registrar").then(lambda s: True)

    def test_two_codes_of_one_person_are_one_person(self, scene: Scene) -> None:
        case = scene.nominated()
        scene.do("registrar", enrolment("clerk-too", grant("confirmer")), person="tea-clerk")
        confirmed = Confirmed(**ON, case=case)
        scene.when("clerk-too", confirmed).refuses("duties-not-separated", officer="clerk-too")

    def test_by_the_first_rules_they_were_two(self) -> None:
        old = Scene(rules=1)
        case = old.nominated()
        old.do("registrar", enrolment("clerk-too", grant("confirmer")), person="tea-clerk")
        old.when("clerk-too", Confirmed(**ON, case=case)).then(lambda s: True)

    def test_an_identity_from_before_counts_once_the_rules_are_taken_up(self) -> None:
        old = Scene(rules=1)
        assert old.state.get(Officer, "tea-clerk").person is not None
        case = old.nominated()
        old.do("registrar", enrolment("clerk-too", grant("confirmer")), person="tea-clerk")
        old.do("registrar", RulesAdopted(version=2, reason="上级要求"))
        old.when("clerk-too", Confirmed(**ON, case=case)).refuses("duties-not-separated")


class TestARegistrarsBounds:
    def test_roles_outside_cannot_be_given_or_taken(self, scene: Scene) -> None:
        with_registrars(scene)
        scene.when("tea-registrar", changed("tea-clerk", grant("confirmer"))).then(lambda s: True)
        scene.when("tea-registrar", changed("tea-clerk", grant("clerk", "sugar"))).refuses("beyond-own-scope")
        scene.when("tea-registrar", changed("tea-clerk", grant("clerk", None))).refuses("grant-too-wide")
        wider = (grant("clerk"), grant("clerk", "sugar"))
        scene.do("registrar", changed("tea-clerk", *wider))
        for event in (
            changed("tea-clerk", grant("clerk")),
            KinDeclared(officer="tea-clerk", relation="child", identity_commitment="0" * 64),
            KeyRevoked(key=key_of("tea-clerk"), revoked_from=SINCE, compromised=False, reason="离职"),
            KeyRotated(officer="tea-clerk", public_key=public_key("new"), valid_from=SINCE),
        ):
            scene.when("tea-registrar", event).refuses("officer-beyond-scope", officer="tea-clerk")

    def test_a_second_code_for_somebody_who_holds_roles_outside(self, scene: Scene) -> None:
        with_registrars(scene)
        shadow = enrolment("shadow")
        scene.when("tea-registrar", shadow, person="inspector").refuses(
            "officer-beyond-scope", officer="shadow"
        )
        scene.when("tea-registrar", shadow, person="tea-clerk").then(lambda s: True)
        nobody = enrolment("nobody").model_copy(update={"identity_commitment": None})
        scene.do("tea-registrar", nobody)
        known = OfficerIdentified(officer="nobody", identity_commitment="0" * 64)
        scene.when("tea-registrar", known, person="inspector").refuses("officer-beyond-scope")

    def test_an_officer_of_another_unit(self, scene: Scene) -> None:
        with_registrars(scene)
        scene.when("tea-registrar", changed("sugar-clerk")).refuses("role-not-held")
        rotated = KeyRotated(officer="sugar-clerk", public_key=public_key("new"), valid_from=SINCE)
        scene.when("tea-registrar", rotated).refuses("not-own-key")

    def test_every_signer_must_be_a_registrar_there(self, scene: Scene) -> None:
        with_registrars(scene)
        high = enrolment("high", grant("approver", "county"), unit="county")
        scene.when("registrar", changed("finance2"), second="tea-clerk").refuses("role-not-held")
        scene.when("registrar", high, person="high", second="approver2").refuses(
            "role-not-held", officer="approver2"
        )
        # A registrar over less agrees to nothing while there is another over all of it.
        scene.when("registrar", high, person="high", second="tea-registrar").refuses(
            "second-registrar-missing"
        )


class TestTwoRegistrars:
    @pytest.mark.parametrize(
        "high",
        [grant("registrar"), grant("approver", "county"), grant("finance", "county"), grant("finance", None)],
    )
    def test_give_and_take_high_roles(self, scene: Scene, high: Grant) -> None:
        with_registrars(scene)
        event = enrolment("high", high, unit="county")
        scene.when("registrar", event, person="high").refuses("second-registrar-missing")
        scene.when("registrar", event, person="high", second="second").then(lambda s: True)
        scene.when("registrar", changed("high")).refuses("second-registrar-missing")
        scene.when("registrar", changed("high"), second="second").then(lambda s: True)

    def test_are_not_asked_for_where_nothing_high_changes(self, scene: Scene) -> None:
        with_registrars(scene)
        both = (grant("approver", "county"), grant("clerk", "sugar"))
        scene.when("registrar", changed("approver", *both)).then(lambda s: True)
        scene.when("registrar", enrolment("low", grant("confirmer", "tea")), person="low").then(
            lambda s: True
        )

    def test_are_two_persons_whose_identity_is_known(self, scene: Scene) -> None:
        with_registrars(scene)
        scene.do("registrar", enrolment("alias", unit="county"), person="registrar")
        scene.do("registrar", changed("alias", grant("registrar", None)), second="second")
        event = enrolment("high", grant("registrar"), unit="county")
        scene.when("registrar", event, person="high", second="alias").refuses("second-registrar-missing")

    def test_rotate_a_key_for_another(self, scene: Scene) -> None:
        with_registrars(scene)
        rotated = KeyRotated(officer="tea-clerk", public_key=public_key("tea-clerk-new"), valid_from=SINCE)
        scene.when("tea-registrar", rotated).refuses("second-registrar-missing")
        scene.when("registrar", rotated, second="tea-registrar").then(lambda s: True)
        own = rotated.model_copy(update={"public_key": public_key("tea-clerk-newer")})
        scene.when("tea-clerk", own).then(lambda s: True)

    def test_while_there_is_but_one_it_is_enough(self, scene: Scene) -> None:
        rotated = KeyRotated(officer="tea-clerk", public_key=public_key("tea-clerk-new"), valid_from=SINCE)
        scene.when("registrar", rotated).then(lambda s: True)
        with_registrars(scene)
        lost = KeyRevoked(key=key_of("second"), revoked_from=SINCE, compromised=False, reason="遗失")
        tea = KeyRevoked(key=key_of("tea-registrar"), revoked_from=SINCE, compromised=False, reason="遗失")
        scene.do("registrar", lost)
        scene.do("registrar", tea)
        again = KeyRotated(officer="second", public_key=public_key("second-new"), valid_from=SINCE)
        scene.when("registrar", again).refuses("second-registrar-missing")
        scene.time += COUNTS_ON
        scene.when("registrar", again).then(lambda s: True)

    def test_nobody_becomes_the_only_one_by_ending_others_keys(self, scene: Scene) -> None:
        """Also where the other's key ends as compromised, with all that it enrolled, or from long ago."""
        with_registrars(scene)
        taken = KeyRevoked(key=key_of("second"), revoked_from=SINCE, compromised=True, reason="外泄")
        scene.do("registrar", taken)
        alone = (
            changed("second"),
            changed("approver", grant("approver", "county"), grant("finance", "sugar")),
            enrolment("high", grant("registrar", None), unit="county"),
            LedgerKeyRotated(public_key=public_key("another ledger key"), reason="年度更换"),
        )
        for event in alone:
            code = "second-registrar-missing" if event is not alone[1] else "roles-exclude-each-other"
            scene.when("registrar", event, person="high" if event is alone[2] else None).refuses(code)
        scene.time += COUNTS_ON
        scene.when("registrar", alone[2], person="high").then(lambda s: True)

    def test_nor_by_calling_an_own_key_compromised(self, scene: Scene) -> None:
        """What it enrolled ends with it, and their roles: they count on, as if their keys had been ended."""
        spare = KeyRotated(
            officer="registrar", public_key=public_key("spare"), valid_from=scene.time.isoformat()
        )
        scene.do("registrar", spare)
        since = (scene.time + timedelta(seconds=1)).isoformat()
        with_registrars(scene)
        taken = KeyRevoked(key=key_of("registrar"), revoked_from=since, compromised=True, reason="遗失")
        scene.do("spare", taken)
        assert scene.state.get(Officer, "second").grants == []
        high = enrolment("high", grant("finance", "county"), unit="county")
        scene.when("spare", high, person="high").refuses("second-registrar-missing")
        scene.time += COUNTS_ON
        scene.when("spare", high, person="high").then(lambda s: True)

    def test_nor_by_an_end_that_is_still_to_come(self, scene: Scene) -> None:
        with_registrars(scene)
        for name in ("tea-registrar", "second"):
            later = (scene.time + COUNTS_ON).isoformat()
            ends = KeyRevoked(key=key_of(name), revoked_from=later, compromised=False, reason="离职")
            scene.do("registrar", ends)
        high = enrolment("high", grant("finance", "county"), unit="county")
        for _ in range(2):
            scene.when("registrar", high, person="high").refuses("second-registrar-missing")
            scene.time += COUNTS_ON - timedelta(minutes=1)
        scene.time += timedelta(minutes=5)
        scene.when("registrar", high, person="high").then(lambda s: True)

    def test_nor_by_making_the_other_the_same_person(self, scene: Scene) -> None:
        with_registrars(scene)
        scene.state.get(Officer, "registrar").person = None
        same = OfficerIdentified(officer="registrar", identity_commitment="0" * 64)
        scene.when("second", same, person="second").refuses("registrar-known-otherwise")
        scene.when("second", same, person="somebody else").then(lambda s: True)

    def test_an_end_in_the_far_future_is_over_when_the_key_is(self, scene: Scene) -> None:
        with_registrars(scene)
        far = KeyRevoked(
            key=key_of("second"), revoked_from="9999-12-31T00:00:00+08:00", compromised=False, reason="离职"
        )
        scene.do("registrar", far)
        high = enrolment("high", grant("finance", "county"), unit="county")
        scene.when("registrar", high, person="high").refuses("second-registrar-missing")
        own = KeyRevoked(
            key=key_of("second"), revoked_from=scene.time.isoformat(), compromised=False, reason="离职"
        )
        scene.do("second", own)
        tea = KeyRevoked(key=key_of("tea-registrar"), revoked_from=SINCE, compromised=False, reason="离职")
        scene.do("tea-registrar", tea)
        scene.when("registrar", high, person="high").refuses("second-registrar-missing")
        scene.time += COUNTS_ON + timedelta(minutes=1)
        scene.when("registrar", high, person="high").then(lambda s: True)

    @pytest.mark.parametrize("rules", [3, 4])
    def test_who_ended_the_own_key_is_counted_on_by_the_fourth_rules(self, rules: int) -> None:
        scene = Scene(rules=rules)
        with_registrars(scene)
        tea = KeyRevoked(key=key_of("tea-registrar"), revoked_from=SINCE, compromised=False, reason="离职")
        own = KeyRevoked(key=key_of("second"), revoked_from=SINCE, compromised=False, reason="离职")
        scene.do("tea-registrar", tea)
        scene.do("second", own)
        rotated = KeyRotated(officer="second", public_key=public_key("second-new"), valid_from=SINCE)
        if rules == 3:
            scene.when("registrar", rotated).then(lambda s: True)
        else:
            # One use of a registrar's stolen key would leave the thief alone.
            scene.when("registrar", rotated).refuses("second-registrar-missing")

    def test_one_over_less_is_a_second_too(self, scene: Scene) -> None:
        scene.do("registrar", enrolment("tea-registrar", grant("registrar")), person="tea-registrar")
        everywhere = enrolment("everywhere", grant("finance", None), unit="county")
        scene.when("registrar", everywhere, person="everywhere").refuses("second-registrar-missing")
        # Whoever goes first covers what is acted on.
        scene.when("tea-registrar", everywhere, person="everywhere", second="registrar").refuses(
            "role-not-held"
        )
        scene.when("registrar", everywhere, person="everywhere", second="tea-registrar").then(lambda s: True)

    def test_by_the_second_rules_one_went_on_alone(self) -> None:
        old = Scene(rules=2)
        with_registrars(old)
        for name in ("second", "tea-registrar"):
            old.do(
                "registrar",
                KeyRevoked(key=key_of(name), revoked_from=SINCE, compromised=False, reason="遗失"),
            )
        rotated = KeyRotated(officer="second", public_key=public_key("second-new"), valid_from=SINCE)
        old.when("registrar", rotated).then(lambda s: True)

    def test_nobody_gives_themselves_a_role(self, scene: Scene) -> None:
        with_registrars(scene)
        wider = changed("tea-registrar", grant("registrar"), grant("registrar", campaign="b2026"))
        scene.when(
            "registrar", changed("registrar", grant("registrar", None), grant("registrar", "tea"))
        ).refuses("second-registrar-missing")
        clerks = enrolment("own-second-code", grant("clerk", "sugar"), unit="county")
        scene.do("registrar", excluding(), second="second")
        scene.when("registrar", clerks, person="registrar").refuses("own-roles", officer="registrar")
        scene.when(
            "registrar", changed("registrar", grant("registrar", None), grant("clerk", "tea"))
        ).refuses("own-roles")
        # A registrar over less is no such other, while there is one over all of it.
        scene.when("registrar", clerks, person="registrar", second="tea-registrar").refuses("own-roles")
        scene.when("registrar", clerks, person="registrar", second="second").then(lambda s: True)
        scene.when("registrar", wider, second="second").then(lambda s: True)

    def test_a_role_is_given_up_freely(self, scene: Scene) -> None:
        with_registrars(scene)
        both = (grant("registrar", None), grant("registrar", "tea"))
        scene.do("registrar", changed("second", *both), second="second")
        scene.when("second", changed("second", both[0]), second="registrar").then(lambda s: True)


def test_standing_grants_that_fall_short_are_listed() -> None:
    old = Scene(rules=1)
    nobody = enrolment("nobody", grant("clerk")).model_copy(update={"identity_commitment": None})
    old.do("registrar", nobody)
    old.do("registrar", changed("finance", grant("finance"), grant("approver")))
    old.do("registrar", enrolment("clerk-too", grant("inspector")), person="tea-clerk")
    assert shortfalls(old.state, 2) == [
        (("finance",), Exclusion("approver", "finance", True)),
        (("clerk-too", "tea-clerk"), Exclusion("inspector", "clerk", False)),
        (("nobody",), None),
    ]


def test_what_newer_rules_exclude_is_listed_before_they_are_taken_up() -> None:
    old = Scene(rules=2)
    old.do("registrar", enrolment("watches", grant("registrar"), grant("auditor", "sugar")), person="watches")
    assert shortfalls(old.state, 2) == []
    assert shortfalls(old.state, NEWEST) == [(("watches",), Exclusion("registrar", "auditor", True))]


def excluding(*pairs: Exclusion) -> ExclusionsSet:
    return ExclusionsSet(
        exclusions=[ExcludedPair.model_validate(pair._asdict()) for pair in pairs], reason="结合本县编制"
    )


class TestWhatTheLedgerSets:
    PAYS_AND_APPROVES = (grant("approver", "tea"), grant("finance", "sugar"))

    def test_looser_takes_two_registrars_without_exception(self, scene: Scene) -> None:
        looser = [pair for pair in EXCLUSIONS if {pair.role, pair.other} != {"approver", "finance"}]
        scene.when("registrar", excluding(*looser)).refuses("second-registrar-missing")
        with_registrars(scene)
        scene.when("registrar", excluding(*looser)).refuses("second-registrar-missing")
        scene.when("registrar", changed("tea-clerk", *self.PAYS_AND_APPROVES)).refuses(
            "roles-exclude-each-other"
        )
        scene.when("registrar", excluding(*looser), second="tea-registrar").refuses(
            "second-registrar-missing"
        )
        scene.when("registrar", excluding(*looser), second="second").then(lambda s: True)
        scene.when("registrar", changed("tea-clerk", *self.PAYS_AND_APPROVES), second="second").then(
            lambda s: True
        )

    def test_stricter_takes_one(self, scene: Scene) -> None:
        scene.do("registrar", excluding(*strict_exclusions(4), Exclusion("clerk", "confirmer", False)))
        both = (grant("clerk"), grant("confirmer"))
        scene.when("registrar", changed("tea-clerk", *both)).refuses("roles-exclude-each-other")

    def test_only_over_everything(self, scene: Scene) -> None:
        with_registrars(scene)
        scene.when("tea-registrar", excluding(*EXCLUSIONS)).refuses("role-not-held")

    @pytest.mark.parametrize(
        ("new", "looser"),
        [
            ([Exclusion("a", "b", True)], False),
            ([Exclusion("b", "a", False)], False),
            ([Exclusion("a", "b", False), Exclusion("c", "d", True)], False),
            ([Exclusion("a", "c", True)], True),
            ([], True),
        ],
    )
    def test_what_is_looser(self, new: list[Exclusion], looser: bool) -> None:
        assert is_looser([Exclusion("a", "b", False)], new) is looser
        assert is_looser([Exclusion("a", "b", True)], [Exclusion("a", "b", False)])
