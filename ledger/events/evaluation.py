"""Evaluating for other ledgers (联合标记评估): the evaluator's keys, who may ask, how much, and each batch.

An evaluator applies its key to points that hide what they are of (RFC 9497, VOPRF over ristretto255). It learns no
number, and whoever lacks the key cannot try numbers out: what it counts here is the only way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field

from ledger.crypto.signatures import key_id
from ledger.domain.authority import check_two_registrars
from ledger.domain.evaluation import Asker, EvaluatedBatch, EvaluatorKey, KeyYear, valid_years
from ledger.domain.event import STATE_NOT_ALLOWED, Event, VerifiedEvent
from ledger.domain.fields import Code, Count, Digest, Names, NewCode, Text, Word
from ledger.domain.possession import ProofOfPossession
from ledger.domain.references import Scope
from ledger.domain.state import State, key_of
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.events.federation import LedgerId
from ledger.events.registry import ALREADY_REGISTERED, LogKey, check_new_key

KEY_YEAR_OVER = Rule(
    "key-year-not-valid",
    zh="{found} 年度的评估密钥不可用：今日可用 {expected} 年度及其上一年度已登记的密钥",
    en="the key of {found} is not to be used: today those of {expected} and the year before are, once enrolled",
)
QUOTA_EXCEEDED = Rule(
    "quota-exceeded",
    zh="{asker} 在活动 {campaign} 的评估额度剩余 {expected}，此次需要 {found}：请由评估方核对档案数后调整额度",
    en="{asker} has {expected} points left for campaign {campaign}, this asks for {found}: let the evaluator look at the"
    " number of dossiers and grant more",
)
BATCH_COUNTED = Rule(
    "batch-counted",
    zh="该批次已经评估并计数：{batch}",
    en="that batch was evaluated and counted before: {batch}",
)

AskerCode = Annotated[Code, Names("asker")]
"""A ledger on record that may ask."""
MOST_POINTS = 20_000
"""How many points one batch has at most."""

KEYING = ("登记评估密钥", "enrolling an evaluator's key")
ADMITTING = ("登记受评台账", "admitting a ledger that asks")
GRANTING = ("核定评估额度", "granting a quota")


class EvaluatorKeyed(Event):
    """This ledger's office evaluates under a key of its own from now on (评估密钥登记), one a year."""

    TITLE_ZH: ClassVar[str] = "评估密钥登记"
    TITLE_EN: ClassVar[str] = "Evaluator's key enrolled"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    version: KeyYear
    evaluation_key: Digest

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """One a year, and another every year; by two registrars where there is a second."""
        for known in state.records(EvaluatorKey):
            if known.id == str(self.version) or known.public_key == self.evaluation_key:
                raise ALREADY_REGISTERED.refused(kind="key", id=f"{known.id} {known.public_key}")
        check_two_registrars(act, [Scope(None, None)], state, KEYING)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The key stands."""
        state.put(EvaluatorKey(str(self.version), self.evaluation_key))


class AskerAdmitted(Event):
    """A ledger's machine may have points evaluated here (受评台账登记), within its quotas, by requests under its key.

    Said again of the same ledger, it puts another key in the place of the one before.
    """

    TITLE_ZH: ClassVar[str] = "受评台账登记"
    TITLE_EN: ClassVar[str] = "Asker admitted"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    asker: NewCode
    ledger: LedgerId
    name: Text
    public_key: LogKey
    proof_of_possession: ProofOfPossession

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """One code for one ledger, and a key that nobody has; by two registrars where there is a second."""
        check_new_key("ed25519", self.public_key, state)
        for known in state.records(Asker):
            if (known.id == self.asker) != (known.ledger == self.ledger):
                raise ALREADY_REGISTERED.refused(kind="asker", id=known.id)
            if known.public_key == self.public_key:
                raise ALREADY_REGISTERED.refused(kind="key", id=known.key_id)
        check_two_registrars(act, [Scope(None, None)], state, ADMITTING)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It may ask; what was counted stays."""
        known = state.find(Asker, self.asker)
        keyid = key_id(bytes.fromhex(self.public_key))
        made = Asker(self.asker, self.ledger, self.name, self.public_key, keyid)
        if known is not None:
            made.dossiers, made.points = known.dossiers, known.points
        state.put(made)


class QuotaGranted(Event):
    """How many dossiers a ledger filed in a campaign (评估额度核定), by which its points are limited; 0 ends them.

    ``of_campaign`` is the asking ledger's own code.
    """

    TITLE_ZH: ClassVar[str] = "评估额度核定"
    TITLE_EN: ClassVar[str] = "Quota granted"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    asker: AskerCode
    of_campaign: Word
    dossiers: Count

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is another number than before; by two registrars where there is a second."""
        if state.get(Asker, self.asker).dossiers.get(self.of_campaign) == self.dossiers:
            raise STATE_NOT_ALLOWED.refused(expected="another number", found="the same number")
        check_two_registrars(act, [Scope(None, None)], state, GRANTING)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The quota stands."""
        asker = state.get(Asker, self.asker)
        asker.dossiers[self.of_campaign] = self.dossiers
        state.put(asker)


class BatchEvaluated(Event):
    """A batch of points is evaluated (批次评估): how many, for whom, under the key of which year.

    ``batch`` is the digest of what was asked. The same batch asked again is answered again and counts once.
    """

    TITLE_ZH: ClassVar[str] = "批次评估"
    TITLE_EN: ClassVar[str] = "Batch evaluated"
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    asker: AskerCode
    of_campaign: Word
    version: KeyYear
    count: Annotated[int, Field(ge=1, le=MOST_POINTS)]
    batch: Digest

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also whether it was counted before."""
        return [*super().reads(act, state), key_of(EvaluatedBatch, self.batch)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Within the quota, under a key that is good today, and not counted before."""
        years = valid_years(act.recorded_on)
        if self.version not in years or state.find(EvaluatorKey, str(self.version)) is None:
            raise KEY_YEAR_OVER.refused(expected=years[0], found=self.version)
        if state.find(EvaluatedBatch, self.batch) is not None:
            raise BATCH_COUNTED.refused(batch=self.batch)
        left = state.get(Asker, self.asker).left(self.of_campaign, self.version)
        if self.count > left:
            raise QUOTA_EXCEEDED.refused(
                asker=self.asker, campaign=self.of_campaign, expected=max(0, left), found=self.count
            )

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It is counted."""
        asker = state.get(Asker, self.asker)
        counted = f"{self.of_campaign}/{self.version}"
        asker.points[counted] = asker.points.get(counted, 0) + self.count
        state.put(asker)
        state.put(EvaluatedBatch(self.batch, self.asker, self.version))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Who asked."""
        return [f"asker:{self.asker}"]
