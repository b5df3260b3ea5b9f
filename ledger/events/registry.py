"""The registry (登记): the ledger's founding, units, officers, their roles and keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from ledger.crypto.signatures import Algorithm, algorithm_of, key_id
from ledger.domain.appointment import check_given_from_above
from ledger.domain.authority import (
    HIGH_LEVELS,
    NOT_OWN_KEY,
    GrantOf,
    acting_registrars,
    check_holdable,
    check_not_to_oneself,
    check_same_person,
    check_still_two,
    check_two_registrars,
    check_within,
    is_high,
    scopes_of,
    signers_of,
)
from ledger.domain.compromise import (
    check_not_own,
    end_distrusted,
    end_what_follows,
    note_end,
    take_back_grants,
)
from ledger.domain.event import Event, Grant, VerifiedEvent, holds, utc
from ledger.domain.fields import (
    PLAIN,
    Count,
    Digest,
    KeyId,
    Moment,
    NewCode,
    OfficerCode,
    Text,
    UnitCode,
)
from ledger.domain.level import Level
from ledger.domain.possession import POSSESSION_NOT_PROVED, ProofOfPossession
from ledger.domain.references import Scope
from ledger.domain.remaining import check_has_been, check_key_may_end, check_roles_may_end
from ledger.domain.rules_version import NEWEST
from ledger.domain.state import Book, Campaign, Key, Officer, State, Unit
from ledger.domain.who_signs import (
    OFFICERS_UNIT,
    PARENT,
    UNIT_ALONE,
    HeldOver,
    SignedBy,
)
from ledger.errors import Rule

PublicKey = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64}|04[0-9a-f]{128})$"), PLAIN]
"""An officer's raw public key, hex: Ed25519's 32 bytes, or SM2's point of 65."""
LogKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), PLAIN]
"""The ledger's own raw public key, hex: always Ed25519, as checkpoints need it."""

CreditCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$"), PLAIN]
"""A unified social credit code (统一社会信用代码)."""

LEDGER_ITSELF = "@ledger"
"""Whose the ledger's own key is: no officer's, whose codes never begin so."""

ALREADY_FOUNDED = Rule("already-founded", zh="台账已建立，不能再次建立", en="the ledger is already founded")
NOT_SELF_SIGNED = Rule(
    "not-self-signed",
    zh="建立台账的签署件须由其中登记的密钥签署：应为 {expected}，实为 {found}",
    en="the founding must be signed by the key that it enrols: expected {expected}, found {found}",
)
ALGORITHM_DIFFERS = Rule(
    "algorithm-differs",
    zh="密钥算法与公钥形式不符：写明 {expected}，公钥是 {found}",
    en="the key's form is of another algorithm: {expected} is named, the key is of {found}",
)
ALREADY_REGISTERED = Rule(
    "already-registered", zh="{kind!w} {id} 已经登记", en="{kind} {id} is already registered"
)
LEVEL_ABOVE_PARENT = Rule(
    "level-above-parent",
    zh="级别为“{level!w}”的单位不能登记在级别为“{found!w}”的单位 {parent} 之下",
    en="a unit of level {level} cannot lie below {parent}, which is of level {found}",
)
GRANT_TOO_WIDE = Rule(
    "grant-too-wide",
    zh="{officer} 的登记范围不含单位 {unit}，不能授予其角色",
    en="{officer} is not a registrar over unit {unit} and cannot grant roles there",
)
ALREADY_IDENTIFIED = Rule(
    "already-identified",
    zh="{officer} 的身份信息已经登记，不能改换",
    en="{officer}'s identity is committed to already and cannot change",
)
RULES_UNKNOWN = Rule(
    "rules-unknown",
    zh="本程序不认识此规则版本：最新为 {expected}，实为 {found}",
    en="this release does not know that version of the rules: the newest is {expected}, got {found}",
)

RulesVersion = Annotated[int, Field(ge=1, le=1000)]
"""A version of the rules, see :mod:`ledger.domain.rules_version`."""


def check_known(version: int) -> None:
    """Refuses a version of the rules that this release does not know."""
    if version > NEWEST:
        raise RULES_UNKNOWN.refused(expected=NEWEST, found=version)


def _check_algorithm(algorithm: Algorithm, public_key: str) -> None:
    form = algorithm_of(bytes.fromhex(public_key))
    if form != algorithm:
        raise ALGORITHM_DIFFERS.refused(expected=algorithm, found=form)


def check_new_key(algorithm: Algorithm, public_key: str, state: State) -> None:
    """Refuses a key whose form is another algorithm's, or that is enrolled already."""
    _check_algorithm(algorithm, public_key)
    keyid = key_id(bytes.fromhex(public_key))
    if state.find(Key, keyid) is not None:
        raise ALREADY_REGISTERED.refused(kind="key", id=keyid)


def _check_proved(officer: str, proof: str | None, state: State) -> None:
    if proof is None and state.rules >= 2:
        raise POSSESSION_NOT_PROVED.refused(officer=officer)


def _check_grants(act: VerifiedEvent, grants: Iterable[Grant], state: State) -> None:
    signers = acting_registrars(act, state)
    for grant in grants:
        if grant.unit is not None:
            state.get(Unit, grant.unit)
        if grant.campaign is not None:
            state.get(Campaign, grant.campaign)
        for signer in signers:
            if not holds(signer, ("registrar",), Scope(grant.unit, grant.campaign), state):
                raise GRANT_TOO_WIDE.refused(officer=signer.id, unit=grant.unit or "*")


GIVING_HIGH_ROLES = (
    "授予或收回授权管理员、审批人、财务或监督岗位",
    "giving or taking the role of a registrar, of who approves, pays or oversees",
)
ROTATING_FOR_ANOTHER = ("为他人更换密钥", "rotating another officer's key")


def _check_giving(act: VerifiedEvent, changed: Iterable[GrantOf], state: State) -> None:
    """Refuses one registrar's signature for roles that take two."""
    high = [grant for grant in changed if is_high(grant, state)]
    if high:
        scopes = [Scope(grant["unit"], grant["campaign"]) for grant in high]
        check_two_registrars(act, scopes, state, GIVING_HIGH_ROLES)


def _given_now(act: VerifiedEvent) -> Sequence[Any]:
    return [list(act.signers), act.recorded_at]


def _put_key(
    act: VerifiedEvent, officer: Officer, public_key: str, algorithm: str, valid_from: str, state: State
) -> None:
    keyid = key_id(bytes.fromhex(public_key))
    by = [signer for signer in act.signers if signer != keyid]
    officer.keys = [*officer.keys, keyid]
    key = Key(keyid, officer.id, algorithm, public_key, utc(valid_from), None, False, by, act.recorded_at)
    state.put(key)
    state.put(officer)


class LedgerFounded(Event):
    """The ledger begins (建立台账), by the rules of a version. Signed by the first registrar's key, which it enrols.

    The registrar's identity may be committed to at once, or later.
    """

    VERSION: ClassVar[int] = 2
    TITLE_ZH: ClassVar[str] = "建立台账"
    TITLE_EN: ClassVar[str] = "Ledger founded"
    FOUNDS: ClassVar[bool] = True
    SIGNED_BY: ClassVar[SignedBy] = "enrolled key"

    name: Text
    officer: NewCode
    officer_name: Text
    algorithm: Algorithm = "ed25519"
    public_key: PublicKey
    ledger_key: LogKey
    rules: RulesVersion
    identity_commitment: Digest | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Only once, and signed by the key in it."""
        if state.find(Book, "ledger") is not None:
            raise ALREADY_FOUNDED.refused()
        check_known(self.rules)
        _check_algorithm(self.algorithm, self.public_key)
        expected = key_id(bytes.fromhex(self.public_key))
        if act.signers != (expected,):
            raise NOT_SELF_SIGNED.refused(expected=expected, found=", ".join(act.signers))
        if self.ledger_key == self.public_key:
            raise ALREADY_REGISTERED.refused(kind="key", id=expected)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The book stands, with its own key and its first registrar."""
        own_key = key_id(bytes.fromhex(self.ledger_key))
        eve = (date.fromisoformat(act.recorded_on) - timedelta(days=1)).isoformat()
        book = Book("ledger", act.statement.ledger, self.name, self.ledger_key, own_key, eve, self.rules)
        state.put(book)
        state.put(Key(own_key, LEDGER_ITSELF, "ed25519", self.ledger_key, utc(act.statement.made_at)))
        grant: dict[str, str | None] = {"role": "registrar", "unit": None, "campaign": None}
        person, given = act.marks.get("person"), [_given_now(act)]
        officer = Officer(self.officer, self.officer_name, None, [grant], [], person, given)
        _put_key(act, officer, self.public_key, self.algorithm, act.statement.made_at, state)


class LedgerFoundedV1(Event):
    """The ledger begins by the first rules, as it was recorded before they had versions."""

    NAME: ClassVar[str] = "LedgerFounded"
    TITLE_ZH: ClassVar[str] = "建立台账"
    TITLE_EN: ClassVar[str] = "Ledger founded"

    name: Text
    officer: NewCode
    officer_name: Text
    algorithm: Algorithm = "ed25519"
    public_key: PublicKey
    ledger_key: LogKey

    def upcast(self) -> Event:
        """By the rules of version 1."""
        return LedgerFounded(**self.__dict__, rules=1)


class UnitRegistered(Event):
    """A unit is registered (单位登记): a bureau, a federation, a grass-roots union, an enterprise."""

    TITLE_ZH: ClassVar[str] = "单位登记"
    TITLE_EN: ClassVar[str] = "Unit registered"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})
    HELD_OVER: ClassVar[HeldOver] = PARENT

    unit: NewCode
    name: Text
    level: Level
    parent: UnitCode | None = None
    credit_code: CreditCode | None = None
    staff_count: Count | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The code is free and the parent is known."""
        if state.find(Unit, self.unit) is not None:
            raise ALREADY_REGISTERED.refused(kind="unit", id=self.unit)
        if self.parent is not None:
            parent = state.get(Unit, self.parent)
            if state.rules >= 3 and self.level in HIGH_LEVELS and parent.level not in HIGH_LEVELS:
                raise LEVEL_ABOVE_PARENT.refused(level=self.level, parent=parent.id, found=parent.level)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The unit stands below its parent."""
        ancestors: list[str] = []
        if self.parent is not None:
            ancestors = [self.parent, *state.get(Unit, self.parent).ancestors]
        state.put(Unit(self.unit, self.name, self.level, ancestors))


class OfficerEnrolled(Event):
    """An officer is enrolled with a key and roles (人员登记)."""

    TITLE_ZH: ClassVar[str] = "人员登记"
    TITLE_EN: ClassVar[str] = "Officer enrolled"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})
    HELD_OVER: ClassVar[HeldOver] = UNIT_ALONE

    officer: NewCode
    name: Text
    unit: UnitCode
    algorithm: Algorithm = "ed25519"
    public_key: PublicKey
    proof_of_possession: ProofOfPossession | None = None
    valid_from: Moment
    grants: Annotated[list[Grant], Field(max_length=60)]
    identity_commitment: Digest | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Officer and key are new; units and campaigns are known."""
        if state.find(Officer, self.officer) is not None:
            raise ALREADY_REGISTERED.refused(kind="officer", id=self.officer)
        state.get(Unit, self.unit)
        check_new_key(self.algorithm, self.public_key, state)
        _check_proved(self.officer, self.proof_of_possession, state)
        _check_grants(act, self.grants, state)
        if state.rules >= 4:
            # Before anything is said of what the person holds elsewhere.
            check_same_person(act, self.officer, act.marks.get("person"), state)
        if state.rules >= 2:
            grants = [grant.model_dump() for grant in self.grants]
            check_holdable(self.officer, act.marks.get("person"), grants, state)
            _check_giving(act, grants, state)
            check_given_from_above(act, grants, state)
        if state.rules >= 3:
            check_same_person(act, self.officer, act.marks.get("person"), state)
            check_not_to_oneself(act, act.marks.get("person"), (), grants, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The officer stands with the key."""
        grants = [grant.model_dump() for grant in self.grants]
        person, given = act.marks.get("person"), [_given_now(act) for _ in grants]
        officer = Officer(self.officer, self.name, self.unit, grants, [], person, given)
        _put_key(act, officer, self.public_key, self.algorithm, self.valid_from, state)


class OfficerIdentified(Event):
    """An officer's identity is committed to (人员身份登记), where the enrolment did not; it goes into the vault.

    From then on the officer is known as a person, whatever other codes that person has.
    """

    TITLE_ZH: ClassVar[str] = "人员身份登记"
    TITLE_EN: ClassVar[str] = "Officer identified"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})
    HELD_OVER: ClassVar[HeldOver] = OFFICERS_UNIT

    officer: OfficerCode
    identity_commitment: Digest

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Once, by a registrar over all that the officer holds."""
        officer = state.get(Officer, self.officer)
        check_within(act, officer, state)
        if officer.person is not None:
            raise ALREADY_IDENTIFIED.refused(officer=officer.id)
        if state.rules >= 3:
            person = act.marks.get("person")
            if state.rules >= 4:
                check_same_person(act, officer.id, person, state)
            check_holdable(officer.id, person, officer.grants, state)
            check_still_two(officer, person, state)
            check_same_person(act, officer.id, person, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The officer is that person."""
        officer = state.get(Officer, self.officer)
        officer.person = act.marks["person"]
        state.put(officer)


class KinDeclared(Event):
    """An officer declares a relative (亲属申报); the relative's identity goes into the vault.

    Lets self-dealing be seen (clauses A-8, A-11). The officer signs it, or a registrar.
    """

    TITLE_ZH: ClassVar[str] = "亲属申报"
    TITLE_EN: ClassVar[str] = "Kin declared"
    SIGNED_BY: ClassVar[SignedBy] = "officer or registrar"

    officer: OfficerCode
    relation: Literal["spouse", "parent", "child", "sibling", "other"]
    identity_commitment: Digest


class RolesChanged(Event):
    """An officer's roles are set anew (授权变更): what is not in the list ends."""

    TITLE_ZH: ClassVar[str] = "授权变更"
    TITLE_EN: ClassVar[str] = "Roles changed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})
    HELD_OVER: ClassVar[HeldOver] = OFFICERS_UNIT

    officer: OfficerCode
    grants: Annotated[list[Grant], Field(max_length=60)]
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Units and campaigns are known; a registrar over all that the officer holds and is to hold."""
        _check_grants(act, self.grants, state)
        if state.rules < 2:
            return
        officer = state.get(Officer, self.officer)
        check_within(act, officer, state)
        grants = [grant.model_dump() for grant in self.grants]
        check_holdable(officer.id, officer.person, grants, state)
        changed = [
            grant for grant in (*officer.grants, *grants) if (grant in grants) != (grant in officer.grants)
        ]
        _check_giving(act, changed, state)
        check_given_from_above(act, [grant for grant in changed if grant in grants], state)
        if state.rules >= 3:
            check_not_to_oneself(act, officer.person, officer.grants, grants, state)
        if state.rules >= 5:
            check_roles_may_end(officer, grants, act.recorded_at, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The new roles stand; one that stood before goes on as it was given then."""
        officer = state.get(Officer, self.officer)
        before, given = officer.grants, officer.given
        kept = [each.model_dump() for each in self.grants]
        ended = [(grant, how) for grant, how in zip(before, given, strict=True) if grant not in kept]
        officer.past = [*officer.past, *([grant, *how, act.recorded_at, False] for grant, how in ended)]
        officer.grants = [grant.model_dump() for grant in self.grants]
        officer.given = [
            given[before.index(grant)] if grant in before else _given_now(act) for grant in officer.grants
        ]
        state.put(officer)


class KeyRotated(Event):
    """An officer gets another key (密钥更换). The key it replaces ends when the new one begins.

    Signed by the officer with a key in force, or by two registrars.
    """

    TITLE_ZH: ClassVar[str] = "密钥更换"
    TITLE_EN: ClassVar[str] = "Key rotated"
    SIGNED_BY: ClassVar[SignedBy] = "officer or registrar"

    officer: OfficerCode
    algorithm: Algorithm = "ed25519"
    public_key: PublicKey
    proof_of_possession: ProofOfPossession | None = None
    valid_from: Moment
    replaces: KeyId | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The key is new, and the one it replaces is this officer's."""
        officer = state.get(Officer, self.officer)
        if state.rules >= 2 and signers_of(act, state)[0].id != officer.id:
            check_two_registrars(act, scopes_of(officer), state, ROTATING_FOR_ANOTHER)
        check_new_key(self.algorithm, self.public_key, state)
        _check_proved(self.officer, self.proof_of_possession, state)
        if self.replaces is not None and state.get(Key, self.replaces).officer != officer.id:
            raise NOT_OWN_KEY.refused()

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The new key stands, the old one ends."""
        officer = state.get(Officer, self.officer)
        if self.replaces is not None:
            old = state.get(Key, self.replaces)
            ends = utc(self.valid_from)
            if old.revoked_from is None or ends < old.revoked_from:
                old.revoked_from = ends
                note_end(old, act.recorded_at, by_another=False)
                state.put(old)
        _put_key(act, officer, self.public_key, self.algorithm, self.valid_from, state)


class KeyRevoked(Event):
    """A key ends (密钥注销) from a moment on; ``compromised`` says others may have had it.

    Then every key that it enrolled or replaced from that moment on ends too, and every role that it gave, see
    :mod:`ledger.domain.compromise`. One registrar is enough, since a stolen key must end at once; whose key was
    ended by another counts on as a registrar for a while, see :func:`ledger.domain.authority.registrars`.
    """

    TITLE_ZH: ClassVar[str] = "密钥注销"
    TITLE_EN: ClassVar[str] = "Key revoked"
    SIGNED_BY: ClassVar[SignedBy] = "officer or registrar"

    key: KeyId
    revoked_from: Moment
    compromised: bool
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The key is an officer's, no signer's key ends with it, and a registrar is left."""
        key = state.get(Key, self.key)
        state.get(Officer, key.officer)
        taken = self._taken(key, state) if self.compromised else None
        if taken is not None and state.rules >= 8:
            check_has_been(taken, act.recorded_at)
        if taken is not None and state.rules >= 2:
            check_not_own(key, taken, act.signers, state)
        if state.rules >= 5:
            check_key_may_end(key, taken, act.recorded_at, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The earliest end counts; what a compromised key enrolled since then ends with it."""
        key = state.get(Key, self.key)
        key.revoked_from = self._ends(key)
        key.compromised = key.compromised or self.compromised
        state.put(key)
        ended = [key]
        if self.compromised:
            taken = self._taken(key, state)
            key.compromised_from = min(taken, key.compromised_from or taken)
            if state.rules >= 4:
                state.put(key)
                ended += end_what_follows(act.recorded_at, state)
            elif state.rules >= 2:
                ended += end_distrusted(key, taken, state)
            if state.rules == 3:
                take_back_grants(act.recorded_at, state)
        signers = {officer.id for officer in signers_of(act, state)}
        for each in ended:
            # By the fourth version it does not matter with whose key: it may have been in others' hands.
            by_another = state.rules >= 4 or each.officer not in signers
            note_end(each, act.recorded_at, by_another=by_another)
            state.put(each)

    def _taken(self, key: Key, state: State) -> str:
        """Since when others may have had it; by the second version, since it ended if it had before."""
        return utc(self.revoked_from) if state.rules >= 3 else self._ends(key)

    def _ends(self, key: Key) -> str:
        ends = utc(self.revoked_from)
        return min(ends, key.revoked_from) if key.revoked_from else ends
