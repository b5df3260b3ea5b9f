"""Every event × every role × own unit, foreign unit, foreign campaign, outside, for each reference.

Nothing here says who may do what: every verdict is derived from what the event declares, and from where
the things named were planted. An event without a body in ``event_bodies.py`` fails, and so does a reference that no body fills.
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.admission import decide
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.references import UNSAID, Declared, Scope
from ledger.domain.state import Campaign, Key, Officer, Unit
from ledger.errors import Refused
from tests.unit.decisions.event_bodies import bodies
from tests.unit.decisions.planted_world import FOREIGN, OWN, world

NEWEST_TYPES = {topic: kind for topic, kind in Event.types.items() if kind.upcast is Event.upcast}
CASES = [
    (topic, index) for topic, found in bodies(world().things[OWN]).items() for index in range(len(found))
]
UNREACHED = {
    "FundsCarriedOver.v1", "LedgerFounded.v2", "RulesAdopted.v1", "ClockAccepted.v1", "LedgerKeyRotated.v1", "ReferenceWithdrawn.v1",
    "UpperEnrolled.v1", "EvaluatorKeyed.v1", "AskerAdmitted.v1", "QuotaGranted.v1", "EvaluatorAccepted.v1",
    "AccountStatementTakenBack.v1", "FundReturned.v1", "FundTransferred.v1", "ReferenceErased.v1",
}  # fmt: skip
"""What cannot happen in a ledger that stands by the newest rules and whose clock is right, or takes two."""


def made(topic: str, index: int) -> Event:
    return NEWEST_TYPES[topic].model_validate(bodies(world().things[OWN])[topic][index] | _now(topic))


def _now(topic: str) -> dict[str, str]:
    now = world().scene.time.isoformat(timespec="seconds")
    return {"found": now, "until": now} if topic == "ClockAccepted.v1" else {}


def renamed(event: Event, reference: Declared, name: str) -> Event:
    """The same event, naming another thing there."""
    body = event.model_dump(mode="json", exclude_defaults=True)
    _rename(body, reference.path, name)
    return type(event).model_validate(body)


def _rename(part: Any, path: tuple[str, ...], name: str) -> None:
    if isinstance(part, list):
        _rename(part[0], path, name)
    elif len(path) > 1:
        _rename(part[path[0]], path[1:], name)
    else:
        part[path[0]] = [name] if isinstance(part[path[0]], list) else name


# --- The verdict, from the declarations ---------------------------------------------------------


def over(scope: Scope, grant: dict[str, str | None]) -> bool:
    """Whether a grant reaches a scope."""
    if grant["campaign"] is not None and grant["campaign"] != scope.campaign:
        return False
    if grant["unit"] is None:
        return True
    return scope.unit is not None and grant["unit"] in _upwards(scope.unit)


def _upwards(unit: str) -> list[str]:
    return [unit, *world().scene.state.get(Unit, unit).ancestors]


def places(event: Event, own: Scope) -> list[tuple[Declared, Scope]]:
    """Each thing named, with where it was planted."""
    found = []
    for reference in event.REFERENCES:
        for name in reference.read(event):
            place = world().places[name] if name != "county" else Scope("county", UNSAID)
            unit = own.unit if place.unit == UNSAID else place.unit
            found.append(
                (reference, Scope(unit, own.campaign if place.campaign == UNSAID else place.campaign))
            )
    return found


AUTHORITY = {
    "role-not-held", "beyond-own-scope", "unit-differs", "campaign-differs", "not-own-key", "not-the-ledger",
    "officer-beyond-scope", "already-founded", "unit-not-in-campaign",
}  # fmt: skip


def expected(event: Event, signer: Officer) -> str | None:
    """The refusal that the declarations ask for, or None."""
    said = event.__dict__
    if event.SIGNED_BY == "enrolled key":
        return "already-founded"
    if event.SIGNED_BY == "ledger":
        return "not-the-ledger"
    if event.SIGNED_BY == "officer or registrar":
        return _by_officer_or_registrar(event, signer)
    own = event.HELD_OVER.scope(said, world().scene.state)
    roles = next((each.roles for each in event.ROLES_WHERE if said[each.member] == each.value), event.ROLES)
    (grant,) = signer.grants
    if grant["role"] not in roles or not over(own, grant):
        return "role-not-held"
    named = [(ref, place) for ref, place in places(event, own) if ref.names.binding]
    if any(not over(place, grant) for _, place in named):
        return "beyond-own-scope"
    if event.HELD_OVER.participates:
        sponsor = world().scene.state.get(Campaign, own.campaign or "").sponsor
        if sponsor not in _upwards(own.unit or ""):
            if not said.get("after_the_fact"):
                return "unit-not-in-campaign"
            if not over(Scope(sponsor, own.campaign), grant):
                return "beyond-own-scope"
    for reference, place in named:
        if reference.names.kind in ("unit", "campaign", "officer", "key"):
            continue
        if said.get("campaign") not in (None, place.campaign):
            return "campaign-differs"
        unit, there = said.get("unit"), place.unit
        on_one_line = unit and there and (unit in _upwards(there) or there in _upwards(unit))
        if unit not in (None, there) and not (reference.names.gathered and on_one_line):
            return "unit-differs"
    if "officer" in said and grant["role"] == "registrar" and reference_to_officer(event):
        return _beyond(world().scene.state.get(Officer, said["officer"]), grant)
    return None


def reference_to_officer(event: Event) -> bool:
    return any(each.names.kind == "officer" and each.names.binding for each in event.REFERENCES)


def _by_officer_or_registrar(event: Event, signer: Officer) -> str | None:
    (name,) = event.REFERENCES[0].read(event)
    state = world().scene.state
    officer = state.get(Officer, state.get(Key, name).officer if len(name) == 64 else name)
    if signer.id == officer.id:
        return None
    (grant,) = signer.grants
    if grant["role"] != "registrar" or not over(Scope(officer.unit, None), grant):
        return "not-own-key"
    return _beyond(officer, grant)


def _beyond(officer: Officer, grant: dict[str, str | None]) -> str | None:
    scopes = [Scope(officer.unit, None), *(Scope(each["unit"], each["campaign"]) for each in officer.grants)]
    return None if all(over(scope, grant) for scope in scopes) else "officer-beyond-scope"


# --- Asking the admission -----------------------------------------------------------------------


def verdict(event: Event, signer: str) -> str | None:
    scene = world().scene
    marks = {"person": "1:somebody"} if event.commitment is not None else {}
    act: VerifiedEvent = scene.act(signer, event)._replace(marks=marks)
    try:
        decide(act, scene.state)
    except Refused as refusal:
        return refusal.code
    return None


def hold_against(event: Event, where: str) -> int:
    """Asks for every signer; answers how many were let through."""
    through = 0
    for signer in world().signers:
        found, wanted = verdict(event, signer.id), expected(event, signer)
        about = f"{event.topic()} by {signer.id} {signer.grants}, {where}"
        if wanted is None:
            assert found not in AUTHORITY - {"unit-differs", "campaign-differs"}, about
            through += found is None
        else:
            assert found == wanted, about
    return through


class TestTheTable:
    def test_it_has_every_event(self) -> None:
        assert bodies(world().things[OWN]).keys() == NEWEST_TYPES.keys()

    def test_nothing_is_decided_but_by_what_is_declared(self) -> None:
        for kind in NEWEST_TYPES.values():
            assert kind.roles is Event.roles, kind
            assert kind.scope is Event.scope, kind

    @pytest.mark.parametrize("topic", NEWEST_TYPES)
    def test_every_way_to_sign_and_every_reference_is_filled(self, topic: str) -> None:
        events = [made(topic, index) for index in range(len(bodies(world().things[OWN])[topic]))]
        kind = NEWEST_TYPES[topic]
        assert {event.roles() for event in events} == {kind.ROLES, *(each.roles for each in kind.ROLES_WHERE)}
        # A way to sign may be that something is not named.
        unnamed = {each.member for each in kind.ROLES_WHERE if each.value is None}
        for event in events:
            assert {each.field for each in kind.REFERENCES if not each.read(event)} <= unnamed


@pytest.mark.parametrize(("topic", "index"), CASES)
def test_only_who_is_declared_to_may_sign(topic: str, index: int) -> None:
    event = made(topic, index)
    through = hold_against(event, "own")
    if event.SIGNED_BY == "role" and topic not in UNREACHED and topic != "PersonsLinked.v1":
        assert through > 0, "nobody can sign it at all"


@pytest.mark.parametrize(("topic", "index"), CASES)
def test_a_reference_takes_the_role_where_the_thing_lies(topic: str, index: int) -> None:
    event = made(topic, index)
    for reference in (each for each in event.REFERENCES if each.read(event)):
        for where in FOREIGN:
            for name in world().named_at(reference.names.kind, where):
                hold_against(renamed(event, reference, name), f"{reference.field} {where}")


@pytest.mark.parametrize(
    "topic", [t for t, k in NEWEST_TYPES.items() if k.SIGNED_BY == "officer or registrar"]
)
def test_the_officer_may_act_for_themselves(topic: str) -> None:
    event = made(topic, 0)
    assert verdict(event, world().things[OWN].ids["officer"]) is None


def test_the_ledger_signs_what_is_its_own() -> None:
    for topic in (
        "AccessLogSealed.v1", "ObjectionReceived.v1", "RecipientSpoke.v1", "CheckpointSeen.v1", "SummaryTaken.v1", "MirrorFault.v1",
        "BatchEvaluated.v1", "DossierMarked.v1", "ReferenceMarked.v1", "ComparisonRun.v1", "MatchFound.v1", "MatchAnswered.v1",
        "FilingsCompared.v1",
    ):  # fmt: skip
        assert verdict(made(topic, 0), "ledger") is None
    assert {k.NAME for k in NEWEST_TYPES.values() if k.SIGNED_BY == "ledger"} == {
        "DayPassed", "AccessLogSealed", "ObjectionReceived", "RecipientSpoke", "CheckpointSeen", "SummaryTaken", "MirrorFault",
        "BatchEvaluated", "DossierMarked", "ReferenceMarked", "ComparisonRun", "MatchFound", "MatchAnswered", "FilingsCompared",
    }  # fmt: skip
