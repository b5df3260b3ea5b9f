"""Who may hold roles and give them (授权规则): what excludes what, who is who, what takes two registrars.

Pure, over the ledger's state. It binds from the second version of the rules on; what the third made stricter
says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import NamedTuple

from ledger.domain.compromise import is_unsound
from ledger.domain.event import FINANCE, ROLE_TITLES, VerifiedEvent, covers, holds, utc_text
from ledger.domain.references import Scope
from ledger.domain.state import (
    Book,
    Key,
    Officer,
    State,
    Unit,
)
from ledger.errors import Rule

GrantOf = Mapping[str, str | None]
"""A role granted, as the state keeps it: role, unit, campaign."""

ROLES_EXCLUDE = Rule(
    "roles-exclude-each-other",
    zh="不相容岗位：{officer} 不得同时担任{role}和{other}（含以其他人员代码担任的）",
    en="roles exclude each other: {officer} may not be {role_en} and {other_en}, under another code either",
)
IDENTITY_NOT_COMMITTED = Rule(
    "identity-not-committed",
    zh="{officer} 未登记身份信息，不能担任岗位",
    en="{officer} has no identity committed to, and can hold no role",
)
OFFICER_BEYOND_SCOPE = Rule(
    "officer-beyond-scope",
    zh="{officer} 在授权管理员 {registrar} 的范围之外另有岗位，只能由上级授权管理员办理",
    en="{officer} holds roles beyond the scope of registrar {registrar}: a registrar above must act",
)
SECOND_REGISTRAR_MISSING = Rule(
    "second-registrar-missing",
    zh="此事须两名授权管理员共同签署：{what}",
    en="this takes two registrars' signatures: {what_en}",
)
SAME_REGISTRAR = Rule(
    "registrar-known-otherwise",
    zh="该身份已登记在另一名授权管理员名下，不能登记给授权管理员 {officer}：请先收回其中一个人员代码的授权管理员岗位",
    en="that identity is another registrar's already, and cannot be registrar {officer}'s: take the registrar's role"
    " from one of the two codes first",
)
OWN_ROLES = Rule(
    "own-roles",
    zh="{officer} 不得为本人增加岗位：由另一名授权管理员办理或共同签署",
    en="{officer} may not give roles to themselves: another registrar does, or signs too",
)
NOT_OWN_KEY = Rule(
    "not-own-key",
    zh="只能更换、注销本人的密钥，或由授权管理员办理",
    en="an officer can change only keys of their own; a registrar can change any",
)

OVERSIGHT = frozenset({"auditor", "inspector"})
"""The roles that look into what the others do (监督岗位)."""

BUSINESS = FINANCE | {"clerk", "confirmer", "approver"}
"""The roles by which help reaches people (业务岗位)."""

APPOINTED_FROM_ABOVE = FINANCE | {"approver"}
"""The roles that reach the whole of a sponsor's lines."""

_NAMED_IN_EXCLUSIONS = ("approver", "clerk", "confirmer", "finance")
"""The business roles that exclusions name; what they say of finance holds for a cashier and an accountant."""


class Exclusion(NamedTuple):
    """Two roles that one person may not hold: anywhere at all, or over the same units and campaigns."""

    role: str
    other: str
    anywhere: bool


EXCLUSIONS = (
    *(Exclusion("registrar", role, True) for role in _NAMED_IN_EXCLUSIONS),
    *(Exclusion(watch, role, False) for watch in ("auditor", "inspector") for role in _NAMED_IN_EXCLUSIONS),
    Exclusion("approver", "finance", True),
)
"""What excludes what by the second version of the rules, unless the ledger has set it otherwise."""

STRICTER_EXCLUSIONS = (
    *EXCLUSIONS,
    *(Exclusion("registrar", watch, True) for watch in ("auditor", "inspector")),
)
"""By the third version, who gives roles does not oversee their use either (三员分立)."""

APART_EXCLUSIONS = (*STRICTER_EXCLUSIONS, Exclusion("auditor", "inspector", False))
"""By the fourth version, who may record after the fact does not judge what comes of it."""

CASH_AND_BOOKS = Exclusion("cashier", "accountant", False)
"""Who keeps the cash keeps no books (管钱不管账), whatever else the ledger has set.

Accounting Law (会计法) as amended in 2024, article 35, second paragraph; article 37 before.

An office too small for two has ``finance``, for which who paid on a day does not close it.
"""

COUNTS_ON = timedelta(days=30)
"""How long a registrar whose key or role ended is still counted as one who would have to agree."""

EVERYWHERE = Scope(None, None)
"""All units and all campaigns."""

HIGH_LEVELS = frozenset({"province", "city", "county"})
"""The levels of units at which approving and paying are given by two registrars."""


# --- Roles that exclude each other --------------------------------------------------------------


def strict_exclusions(rules: int) -> Sequence[Exclusion]:
    """What excludes what by a version of the rules, where the ledger has set nothing else."""
    if rules < 3:
        return EXCLUSIONS
    return STRICTER_EXCLUSIONS if rules < 4 else APART_EXCLUSIONS


def exclusions_of(state: State, rules: int | None = None) -> Sequence[Exclusion]:
    """What excludes what in this ledger, or would by other rules: the strict ones, or what its registrars have set."""
    book = state.find(Book, "ledger")
    asked = state.rules if rules is None else rules
    if book is None or book.exclusions is None:
        return strict_exclusions(asked)
    if asked >= 4 and book.exclusions_by:
        signed, at = book.exclusions_by
        if is_unsound(signed, at, "registrar", EVERYWHERE, state):
            # What a stolen key let in is shut again, until two registrars set it anew.
            return strict_exclusions(asked)
    return [Exclusion(*each) for each in book.exclusions]


def is_looser(old: Iterable[Exclusion], new: Iterable[Exclusion]) -> bool:
    """Whether something is excluded by the old ones that the new ones allow."""
    kept: dict[frozenset[str], bool] = {}
    for each in new:
        pair = frozenset({each.role, each.other})
        kept[pair] = kept.get(pair, False) or each.anywhere
    return any(kept.get(frozenset({each.role, each.other})) not in (True, each.anywhere) for each in old)


def conflict(grants: Iterable[GrantOf], state: State, rules: int | None = None) -> Exclusion | None:
    """The first pair of a person's roles that exclude each other, or None; by the rules in force or others."""
    exclusions = (*exclusions_of(state, rules), CASH_AND_BOOKS)
    for one, other in combinations(grants, 2):
        held = {one["role"], other["role"]}
        counted = {"finance" if role in FINANCE else role for role in held}
        for rule in exclusions:
            if {rule.role, rule.other} in (held, counted) and (rule.anywhere or overlap(one, other, state)):
                return rule
    return None


def overlap(one: GrantOf, other: GrantOf, state: State) -> bool:
    """Whether two grants hold for a unit and a campaign in common."""
    campaigns = (one["campaign"], other["campaign"])
    if None not in campaigns and campaigns[0] != campaigns[1]:
        return False
    above, below = one["unit"], other["unit"]
    if above is None or below is None or above == below:
        return True
    return above in state.get(Unit, below).ancestors or below in state.get(Unit, above).ancestors


def served(person: str, scope: Scope, since: str, state: State) -> bool:
    """Whether a person held a business role within a scope, or over it, that ended after a moment (UTC).

    By the eighth version of the rules one that is still held counts as well, where such roles were let go together.
    """
    asked = {"unit": scope.unit, "campaign": scope.campaign}
    if state.rules >= 8 and any(
        grant["role"] in BUSINESS and overlap(grant, asked, state)
        for officer in state.records(Officer)
        if state.person_of(officer.id) == person
        for grant in officer.grants
    ):
        return True
    # By the third version, a role that ended with a stolen key was not asked about.
    return any(
        grant["role"] in BUSINESS and ended_at > since and overlap(grant, asked, state)
        for officer in state.records(Officer)
        if state.person_of(officer.id) == person
        for grant, _, _, ended_at, is_lost in officer.past
        if state.rules >= 4 or not is_lost
    )


def grants_of_person(officer: str, person: str, state: State) -> list[GrantOf]:
    """What a person holds under other officers' codes than this one."""
    return [
        grant
        for each in state.records(Officer)
        if each.id != officer and each.person == person
        for grant in each.grants
    ]


def codes_of_person(officer: str, state: State) -> tuple[str, ...]:
    """The codes of all officers who are that person, in order; the own alone of one whose identity is unknown."""
    found = state.find(Officer, officer)
    if found is None or found.person is None:
        return (officer,)
    return tuple(sorted(each.id for each in state.records(Officer) if each.person == found.person))


def check_holdable(officer: str, person: str | None, grants: Iterable[GrantOf], state: State) -> None:
    """Refuses roles for somebody whose identity is not committed to, or that exclude each other.

    Raises:
        Refused: ``identity-not-committed`` or ``roles-exclude-each-other``.
    """
    grants = list(grants)
    if not grants:
        return
    if person is None:
        raise IDENTITY_NOT_COMMITTED.refused(officer=officer)
    found = conflict([*grants, *grants_of_person(officer, person, state)], state)
    if found is not None:
        (role, role_en), (other, other_en) = ROLE_TITLES[found.role], ROLE_TITLES[found.other]
        raise ROLES_EXCLUDE.refused(
            officer=officer, role=role, other=other, role_en=role_en, other_en=other_en
        )


class Shortfall(NamedTuple):
    """What an officer's standing roles lack against the rules; ``exclusion`` is None where the identity is missing."""

    officers: tuple[str, ...]
    exclusion: Exclusion | None


def shortfalls(state: State, rules: int) -> list[Shortfall]:
    """The officers who, by those rules, hold roles that exclude each other, or hold some and have no identity."""
    by_person: dict[str, list[Officer]] = {}
    missing = []
    for officer in state.records(Officer):
        if not officer.grants:
            continue
        by_person.setdefault(officer.person or f"@{officer.id}", []).append(officer)
        if officer.person is None:
            missing.append(Shortfall((officer.id,), None))
    excluding = []
    for officers in by_person.values():
        found = conflict([grant for officer in officers for grant in officer.grants], state, rules)
        if found is not None:
            excluding.append(Shortfall(tuple(sorted(officer.id for officer in officers)), found))
    return [*excluding, *missing]


# --- Registrars ---------------------------------------------------------------------------------


def scopes_of(officer: Officer) -> Iterator[Scope]:
    """The scopes of all that an officer is and holds."""
    yield Scope(officer.unit, None)
    for grant in officer.grants:
        yield Scope(grant["unit"], grant["campaign"])


def check_within(act: VerifiedEvent, officer: Officer, state: State) -> None:
    """Refuses a registrar who does not cover all that an officer holds.

    By the third version of the rules that is asked of the first who signs; a second one only agrees.

    Raises:
        Refused: ``officer-beyond-scope``.
    """
    for registrar in acting_registrars(act, state):
        if not all(holds(registrar, ("registrar",), scope, state) for scope in scopes_of(officer)):
            raise OFFICER_BEYOND_SCOPE.refused(officer=officer.id, registrar=registrar.id)


def check_same_person(act: VerifiedEvent, officer: str, person: str | None, state: State) -> None:
    """Refuses a code for somebody who holds roles beyond the registrar's scope under another.

    Raises:
        Refused: ``officer-beyond-scope``.
    """
    for other in state.records(Officer):
        if person is None or other.person != person or other.id == officer:
            continue
        for registrar in acting_registrars(act, state):
            if not all(holds(registrar, ("registrar",), scope, state) for scope in scopes_of(other)):
                # Under which code, and where, is not said.
                raise OFFICER_BEYOND_SCOPE.refused(officer=officer, registrar=registrar.id)


def check_still_two(officer: Officer, person: str | None, state: State) -> None:
    """Refuses to make two registrars one, by giving one of them the identity of the other.

    Raises:
        Refused: ``registrar-known-otherwise``.
    """
    if not any(grant["role"] == "registrar" for grant in officer.grants):
        return
    for other in state.records(Officer):
        is_registrar = any(grant["role"] == "registrar" for grant in other.grants)
        if is_registrar and other.id != officer.id and other.person == person:
            raise SAME_REGISTRAR.refused(officer=officer.id)


def check_officer_or_registrar(act: VerifiedEvent, state: State) -> None:
    """Refuses a signer who is neither the officer that an event is about nor a registrar over them.

    Whom it is about is its first reference: an officer, or the officer whose key it names.

    Raises:
        Refused: ``not-own-key``, ``officer-beyond-scope``, ``reference-unknown``.
    """
    subject = act.event.REFERENCES[0]
    (name,) = subject.read(act.event)
    officer = state.get(Officer, state.get(Key, name).officer if subject.names.kind == "key" else name)
    signer = state.get(Officer, state.get(Key, act.statement.by).officer)
    if signer.id == officer.id:
        return
    if not holds(signer, ("registrar",), Scope(officer.unit, None), state):
        raise NOT_OWN_KEY.refused()
    if state.rules >= 2:
        check_within(act, officer, state)


def signers_of(act: VerifiedEvent, state: State) -> list[Officer]:
    """The officers who signed, in order."""
    return [state.get(Officer, state.get(Key, keyid).officer) for keyid in act.signers]


def acting_registrars(act: VerifiedEvent, state: State) -> list[Officer]:
    """Those of the signers who must cover what is acted on: the first; by the second version, each of them."""
    signers = signers_of(act, state)
    return signers if state.rules == 2 else signers[:1]


def check_not_to_oneself(
    act: VerifiedEvent, person: str | None, old: Sequence[GrantOf], new: Iterable[GrantOf], state: State
) -> None:
    """Refuses a registrar who gives roles to the own person alone; giving some up is free.

    Who gives any is known as a person. The other who signs is one of those who could have given them.

    Raises:
        Refused: ``own-roles``, ``identity-not-committed``.
    """
    added = [grant for grant in new if grant not in old]
    if not added:
        return
    signers = signers_of(act, state)
    if signers[0].person is None:
        raise IDENTITY_NOT_COMMITTED.refused(officer=signers[0].id)
    if signers[0].person != person:
        return
    scopes = [Scope(grant["unit"], grant["campaign"]) for grant in added]
    others = {signer.person for signer in signers} - {person}
    if not others & registrars(scopes, act.recorded_at, state):
        raise OWN_ROLES.refused(officer=signers[0].id)


def is_high(grant: GrantOf, state: State) -> bool:
    """Whether a role is given by two registrars: a registrar's, approving or paying at a high level, overseeing."""
    unit = grant["unit"]
    level = None if unit is None else state.get(Unit, unit).level
    return is_high_role(grant["role"] or "", level, state.rules)


def is_high_role(role: str, level: str | None, rules: int) -> bool:
    """The same of a role over a unit of that level, or over all of them where it is None.

    By the fifth version at any level: a unit's approver and finance reach the whole of the sponsor's lines. By the
    ninth, whoever oversees as well: one registrar would choose, or send away, who looks into what others do.
    """
    if rules >= 9 and role in OVERSIGHT:
        return True
    return role == "registrar" or (
        role in APPOINTED_FROM_ABOVE and (rules >= 5 or level is None or level in HIGH_LEVELS)
    )


def registrars(scopes: Iterable[Scope], at: str, state: State) -> set[str]:
    """The persons who are registrars over all these scopes and have a key in force at that moment.

    By the third version of the rules, where only one is over all of them, every registrar counts; and so does
    one whose key or role another ended within :data:`COUNTS_ON`: nobody becomes the only one by ending others'. By the
    fourth, whoever ended it: a signature with their own key may have been somebody else's doing.
    """
    over_all = registrars_over(list(scopes), at, state)
    return over_all if state.rules < 3 or len(over_all) > 1 else registrars_over([], at, state)


def registrars_over(scopes: Sequence[Scope], at: str, state: State) -> set[str]:
    """The persons who are registrars over all these scopes; over anything at all where there are none."""
    found: set[str] = set()
    for officer in state.records(Officer):
        grants = _registrar_grants(officer, at, state)
        if not grants or not any(_counts(state.get(Key, key), at, state) for key in officer.keys):
            continue
        if all(_reaches(grants, scope, state) for scope in scopes):
            found.add(person_known_as(officer))
    return found


def _registrar_grants(officer: Officer, at: str, state: State) -> list[dict[str, str | None]]:
    """The registrar's roles that an officer holds, and those that ended a while ago, as :func:`registrars` counts."""
    held = [grant for grant in officer.grants if grant["role"] == "registrar"]
    if state.rules < 3:
        return held
    lost = [
        grant
        for grant, _, _, ended_at, is_lost in officer.past
        if (is_lost or state.rules >= 4) and _is_recent(ended_at, at)
    ]
    return [*held, *(grant for grant in lost if grant["role"] == "registrar")]


def _reaches(grants: Iterable[dict[str, str | None]], scope: Scope, state: State) -> bool:
    unit = None if scope.unit is None else state.get(Unit, scope.unit)
    return any(covers(grant, unit, scope.campaign) for grant in grants)


def person_known_as(officer: Officer) -> str:
    """The mark of an officer's identity; a name that no mark has where none was committed to."""
    return officer.person or f"@{officer.id}"


def _counts(key: Key, at: str, state: State) -> bool:
    if _in_force(key, at):
        return True
    return state.rules >= 3 and key.ended_by_another_at != "" and _is_recent(key.ended_by_another_at, at)


def _is_recent(ended_at: str, at: str) -> bool:
    return utc_text(datetime.fromisoformat(at) - COUNTS_ON) < ended_at


def _in_force(key: Key, at: str) -> bool:
    return key.valid_from <= at and (key.revoked_from is None or at < key.revoked_from)


def check_two_registrars(
    act: VerifiedEvent, scopes: Iterable[Scope], state: State, what: tuple[str, str]
) -> None:
    """Refuses one registrar's signature where the ledger has a second who could sign.

    Two are two persons, each known by an identity. While only one registrar could sign at all, one is
    enough: a ledger begins with one. Who only agrees, as the second, may be a registrar over less.

    Raises:
        Refused: ``second-registrar-missing``.
    """
    signed = {officer.person for officer in signers_of(act, state) if officer.person is not None}
    able = registrars(scopes, act.recorded_at, state)
    if state.rules >= 3:
        signed &= able
    if len(signed) < 2 <= len(able):
        raise SECOND_REGISTRAR_MISSING.refused(what=what[0], what_en=what[1])
