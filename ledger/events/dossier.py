"""Dossiers (困难档案): filed, amended, erased; identities shown.

Dossier first, then help, under the real name (先建档、后帮扶、实名制), clause B-5. The identity itself
lies in the vault; the statement carries a commitment to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.claims import CLAIM_PREFIX, claim_of, claimant_key
from ledger.domain.event import (
    FINANCE,
    AfterTheFact,
    Event,
    VerifiedEvent,
    covers,
)
from ledger.domain.fields import (
    Count,
    Digest,
    DossierId,
    Fen,
    PastDay,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.household import DossierLife, note_facts
from ledger.domain.policy.campaign_policy import Recipient
from ledger.domain.policy.vocabulary import ListName
from ledger.domain.record import Record
from ledger.domain.references import UNIT_DIFFERS
from ledger.domain.state import Campaign, Dossier, Key, Officer, State, Unit, key_of
from ledger.errors import Rule
from ledger.events.known_words import check_words
from ledger.events.separation import joined, officers_of
from ledger.events.unfinished import check_finished
from ledger.events.versions import payee_of

DOSSIER_ERASED = Rule(
    "dossier-erased", zh="档案 {dossier} 的身份信息已删除", en="dossier {dossier} was erased"
)
DOSSIER_SEALED = Rule(
    "dossier-sealed",
    zh="档案 {dossier} 的身份信息已封存：只保存，不再使用",
    en="dossier {dossier} is sealed: kept, and used no more",
)
RETENTION_NOT_OVER = Rule(
    "retention-not-over",
    zh="法定保存期限至 {expected}，此前不能删除身份信息：请改为封存（个人信息保护法第四十七条）",
    en="the statutory years last until {expected}, before then seal the identity (PIPL article 47)",
)
PERSON_CHANGED = Rule(
    "person-changed",
    zh="档案 {dossier} 不能改换证件号码：请撤销并另行建档",
    en="dossier {dossier} cannot change its person's number: revoke, and file another dossier",
)
RECIPIENT_DIFFERS = Rule(
    "recipient-differs",
    zh="身份类别与档案不符：应为 {expected!w}，实为 {found!w}",
    en="the identity is of another kind: expected {expected}, found {found}",
)
REVEALS_TOO_MANY = Rule(
    "reveals-too-many",
    zh="今日查阅身份信息已达上限：上限 {expected}，此为第 {found} 次",
    en="too many identities shown today: at most {expected}, this would be number {found}",
)

MOST_REVEALED_A_DAY = 500
"""How many identities one officer is shown on one day; a county's campaign has some hundreds."""


class Facts(BaseModel):
    """What the dossier says of the hardship, without saying who (致困情况)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    household_size: Annotated[int, Field(ge=1, le=30)] | None = None
    income_per_head_fen: Fen | None = None
    subsistence: Word | None = None
    cause: Word | None = None
    group: Word | None = None
    employment: Word | None = None
    employed_in_county: bool | None = None
    model_worker: Word | None = None
    employer: Text | None = None
    """Who employs the person (工作单位), never the workshop."""
    shop: Text | None = None
    """The workshop or department within the employer (车间或部门)."""
    dormitory: bool | None = None
    ownership: Word | None = None
    stopped_months: Count | None = None
    closing: Word | None = None
    staff_count: Count | None = None
    died_on: PastDay | None = None


WORDS_OF_FACTS: tuple[ListName, ...] = (
    "subsistence",
    "cause",
    "employment",
    "model_worker",
    "ownership",
    "closing",
)
"""The facts that are said in words of a vocabulary; a group may be any code."""


def standing_dossier(dossier_id: str, state: State) -> Dossier:
    """The dossier; refused where it is unknown, erased or sealed."""
    dossier = kept_dossier(dossier_id, state)
    if dossier.sealed:
        raise DOSSIER_SEALED.refused(dossier=dossier_id)
    return dossier


def kept_dossier(dossier_id: str, state: State) -> Dossier:
    """The dossier; refused where it is unknown or erased."""
    dossier = state.get(Dossier, dossier_id)
    if dossier.erased:
        raise DOSSIER_ERASED.refused(dossier=dossier_id)
    return dossier


class DossierFiled(AfterTheFact):
    """A dossier is opened (建档). Its id is this statement's."""

    TITLE_ZH: ClassVar[str] = "建档"
    TITLE_EN: ClassVar[str] = "Dossier filed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})

    unit: UnitCode
    recipient: Recipient = "person"
    identity_commitment: Digest
    facts: Facts

    def foresee(self, act: VerifiedEvent, state: State) -> None:
        """Nominations of the same batch look the person up."""
        state.foresee(self._dossier(act))

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The unit is known, and so are the words of the facts."""
        check_words(self.facts, WORDS_OF_FACTS, state.get(Unit, self.unit), state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The dossier stands, under its person's mark."""
        dossier = self._dossier(act)
        dossier.payee = payee_of(act.marks)
        dossier.changed_by = officers_of(act, state)
        state.put(dossier)

    def _dossier(self, act: VerifiedEvent) -> Dossier:
        person, on = act.marks["person"], act.statement.on
        return Dossier(act.id, self.unit, self.recipient, person, on, version=act.id)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"dossier:{act.id}", *super().tags(act)]


def live_cases(dossier_id: str, state: State) -> list[str]:
    """The keys of the live case of a dossier's person in any campaign."""
    campaigns = [campaign.id for campaign in state.records(Campaign)]
    dossier = state.expect(Dossier, dossier_id)
    if dossier is None:
        return [claimant_key(campaign, dossier_id) for campaign in campaigns]
    return [CLAIM_PREFIX + claim_of(campaign, dossier.person) for campaign in campaigns]


class _OfDossier(Event):
    unit: UnitCode
    dossier: DossierId


class DossierAmended(_OfDossier):
    """A dossier is brought up to date (档案变更): its facts as a whole, or its identity too."""

    TITLE_ZH: ClassVar[str] = "档案变更"
    TITLE_EN: ClassVar[str] = "Dossier amended"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})

    facts: Facts
    identity_commitment: Digest | None = None
    reason: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """The dossier, and where it is in its life."""
        return [*super().reads(act, state), key_of(DossierLife, self.dossier)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The dossier stands, and with this unit; the words of the facts are known."""
        dossier = standing_dossier(self.dossier, state)
        check_same(UNIT_DIFFERS, dossier.unit, self.unit)
        check_words(self.facts, WORDS_OF_FACTS, state.get(Unit, self.unit), state)
        if act.marks.get("person", dossier.person) != dossier.person:
            raise PERSON_CHANGED.refused(dossier=self.dossier)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """Another name or account is another version, from the second version of the rules on."""
        note_facts(self.dossier, officers_of(act, state), state)
        if self.identity_commitment is None:
            return
        dossier = state.get(Dossier, self.dossier)
        payee = payee_of(act.marks)
        if payee == dossier.payee:
            return
        dossier.payee = payee
        if state.rules >= 2:
            dossier.version = act.id
            earlier = dossier.changed_by if state.rules >= 3 else []
            dossier.changed_by = joined(earlier, officers_of(act, state))
        state.put(dossier)


class DossierSealed(_OfDossier):
    """A dossier's identity is kept and used no more (身份信息封存), PIPL article 47.

    What stands for erasure as long as the statutory years last: no nomination, no amendment, no payout, no
    linkage, no name in a list. Only an inspector is still shown it, for a purpose.
    """

    TITLE_ZH: ClassVar[str] = "身份信息封存"
    TITLE_EN: ClassVar[str] = "Dossier sealed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    reason: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """The dossier, and the live case of its person in any campaign."""
        return [*super().reads(act, state), *live_cases(self.dossier, state)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is neither erased nor sealed already, and nothing on it is left to be done."""
        dossier = standing_dossier(self.dossier, state)
        if state.rules >= 3:
            check_finished(dossier, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """Nothing new can be nominated on it."""
        dossier = state.get(Dossier, self.dossier)
        dossier.sealed = True
        state.put(dossier)


class DossierErased(_OfDossier):
    """A dossier's identity is destroyed (身份信息删除); events, sums and proofs stay."""

    TITLE_ZH: ClassVar[str] = "身份信息删除"
    TITLE_EN: ClassVar[str] = "Dossier erased"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    reason: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """The dossier, and the live case of its person in any campaign."""
        return [*super().reads(act, state), *live_cases(self.dossier, state)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is not erased already, nothing on it is left to be done, and the statutory years are over."""
        dossier = kept_dossier(self.dossier, state)
        if state.rules >= 2:
            check_finished(dossier, state)
        if dossier.kept_until is not None and act.recorded_on <= dossier.kept_until:
            raise RETENTION_NOT_OVER.refused(expected=dossier.kept_until)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """Nothing new can be nominated on it."""
        dossier = state.get(Dossier, self.dossier)
        dossier.erased = True
        state.put(dossier)


@dataclass
class Reading(Record):
    """How many identities an officer was shown on one day. The id is ``officer@day``."""

    KIND: ClassVar[str] = "reading"
    id: str
    shown: int = 0


class IdentityRevealed(_OfDossier):
    """An identity is shown to the signer (身份信息查阅), for the purpose stated."""

    TITLE_ZH: ClassVar[str] = "身份信息查阅"
    TITLE_EN: ClassVar[str] = "Identity revealed"
    ROLES: ClassVar[frozenset[str]] = FINANCE | {"clerk", "auditor", "inspector"}

    purpose: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """The dossier, and how many the officer was shown today."""
        return [*super().reads(act, state), *reading_keys(act, state)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """There is an identity to show, and the officer was not shown too many today."""
        if kept_dossier(self.dossier, state).sealed and not _is_inspector(act, self.unit, state):
            raise DOSSIER_SEALED.refused(dossier=self.dossier)
        check_shown(act, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """One more was shown today."""
        note_shown(act, state)


def reading_keys(act: VerifiedEvent, state: State) -> list[str]:
    """Where it stands how many identities the signer was shown today."""
    reading = _reading_id(act, state)
    return [] if reading is None else [key_of(Reading, reading)]


def check_shown(act: VerifiedEvent, state: State) -> None:
    """Refuses an officer who was shown too many identities today.

    Raises:
        Refused: ``reveals-too-many``.
    """
    reading = state.find(Reading, _reading_id(act, state) or "")
    if reading is not None and reading.shown >= MOST_REVEALED_A_DAY:
        raise REVEALS_TOO_MANY.refused(expected=MOST_REVEALED_A_DAY, found=reading.shown + 1)


def note_shown(act: VerifiedEvent, state: State) -> None:
    """Counts one more identity that the signer was shown today."""
    reading_id = _reading_id(act, state) or ""
    shown = state.find(Reading, reading_id)
    state.put(Reading(reading_id, 1 if shown is None else shown.shown + 1))


def _is_inspector(act: VerifiedEvent, unit_id: str, state: State) -> bool:
    officer = state.get(Officer, state.get(Key, act.statement.by).officer)
    unit = state.get(Unit, unit_id)
    return any(grant["role"] == "inspector" and covers(grant, unit, None) for grant in officer.grants)


def _reading_id(act: VerifiedEvent, state: State) -> str | None:
    """Whose reading on which day, a person's under whatever codes; None for a key that is not enrolled."""
    key = state.find(Key, act.statement.by)
    if key is None:
        return None
    reader = state.person_of(key.officer) if state.rules >= 3 else key.officer
    return f"{reader}@{act.recorded_on}"


def check_same(rule: Rule, expected: str | None, found: str | None) -> None:
    """Refuses by that rule where a statement names something else than what it refers to."""
    if expected != found:
        raise rule.refused(expected=expected, found=found)
