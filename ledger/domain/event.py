"""The frame of all events: their type, who may sign them, what they read, decide and change."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ledger.domain.fields import (
    AMOUNT_NOT_POSITIVE,
    CampaignCode,
    Digest,
    Text,
    UnitCode,
    arrival,
)
from ledger.domain.references import (
    Declared,
    Scope,
    declared,
    keys_named,
)
from ledger.domain.shape import Build, builder
from ledger.domain.state import Officer, State, Unit
from ledger.domain.who_signs import (
    STATED,
    HeldOver,
    RolesWhere,
    SignedBy,
)
from ledger.errors import Refused, Rule
from ledger.statements.statement import Statement, moment
from ledger.validation_words import ValueProblem, found_text, problem_words

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Role = Literal[
    "registrar", "clerk", "confirmer", "approver", "finance", "cashier", "accountant", "auditor", "inspector"
]

ROLE_TITLES: dict[str, tuple[str, str]] = {
    "registrar": ("授权管理员", "registrar"),
    "clerk": ("经办人", "clerk"),
    "confirmer": ("确认人", "confirmer"),
    "approver": ("审批人", "approver"),
    "finance": ("财务", "finance officer"),
    "cashier": ("出纳", "cashier"),
    "accountant": ("会计", "accountant"),
    "auditor": ("审计", "auditor"),
    "inspector": ("纪检", "inspector"),
}

CASHIERS: frozenset[str] = frozenset({"finance", "cashier"})
"""Who draws, pays and delivers (出纳); ``finance`` is both a cashier and an accountant, in an office that has one."""

ACCOUNTANTS: frozenset[str] = frozenset({"finance", "accountant"})
"""Who keeps the lines, reconciles with the bank and closes the day (会计)."""

FINANCE = CASHIERS | ACCOUNTANTS
"""Whoever is of the finance office (财务部门)."""

_FULFILLED_BY = {"finance": FINANCE, "cashier": CASHIERS, "accountant": ACCOUNTANTS}


def fulfilling(role: str) -> frozenset[str]:
    """The roles any of which will do where this one is asked for."""
    return _FULFILLED_BY.get(role) or frozenset({role})


TYPE_UNKNOWN = Rule(
    "type-unknown",
    zh="不认识的事件类型：{found}",
    en="unknown event type: {found}",
)
BODY_INVALID = Rule(
    "body-invalid",
    zh="事件内容不符：{where}：{problem}，实为 {found}",
    en="the event's body is invalid: {where}: {problem_en}, got {found}",
)
STATE_NOT_ALLOWED = Rule(
    "state-not-allowed",
    zh="当前状态不允许此操作：应为 {expected!w}，实为 {found!w}",
    en="not allowed in this state: expected {expected}, found {found}",
)


class VerifiedEvent(NamedTuple):
    """An event about to be decided, with all that came with it, every signature verified.

    ``signers`` are the key ids that signed, the statement's own first; ``recorded_at`` is UTC.
    """

    statement: Statement
    event: Event
    signers: tuple[str, ...]
    marks: dict[str, str]
    recorded_at: str

    @property
    def id(self) -> str:
        """The statement's id, which is also the id of what the event makes."""
        return self.statement.id

    @property
    def recorded_on(self) -> str:
        """The day of recording in China (UTC+8), for comparison with dates of business."""
        return _day_in_china(self.recorded_at)


@lru_cache(maxsize=16)
def _day_in_china(moment: str) -> str:
    """The day in China of a moment in UTC; all acts of a batch are recorded at one."""
    return (datetime.fromisoformat(moment) + timedelta(hours=8)).date().isoformat()


class Event(BaseModel):
    """What happened: the body of a statement (事件).

    A subclass with a Chinese title is an event type; it is known from then on under its name and
    version. To change a shape, make a class of the next version, give the old one ``NAME`` and
    ``upcast``, and leave its fields as they are: what was signed stays readable for ever.

    ``FOUNDS``: it is admitted where no ledger is yet. ``CORRECTS_TIME``: its own date is not held against
    the time of its recording, which it says is wrong.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    NAME: ClassVar[str]
    VERSION: ClassVar[int] = 1
    TITLE_ZH: ClassVar[str]
    TITLE_EN: ClassVar[str]
    ROLES: ClassVar[frozenset[str]] = frozenset()
    ROLES_WHERE: ClassVar[tuple[RolesWhere, ...]] = ()
    SIGNED_BY: ClassVar[SignedBy] = "role"
    HELD_OVER: ClassVar[HeldOver] = STATED
    SUBJECTS: ClassVar[tuple[str, ...]] = ()
    COMMITS: ClassVar[bool] = False
    ENROLS: ClassVar[bool] = False
    FOUNDS: ClassVar[bool] = False
    CORRECTS_TIME: ClassVar[bool] = False
    REFERENCES: ClassVar[tuple[Declared, ...]] = ()
    types: ClassVar[dict[str, type[Event]]] = {}
    builds: ClassVar[dict[str, Build]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        cls.SUBJECTS = tuple(
            name for name in ("unit", "case", "dossier", "officer") if name in cls.model_fields
        )
        cls.COMMITS = "identity_commitment" in cls.model_fields
        cls.ENROLS = "proof_of_possession" in cls.model_fields
        if "TITLE_ZH" not in cls.__dict__:
            return
        cls.REFERENCES = declared(cls)
        is_newest = cls.upcast is Event.upcast  # an older shape is decided on in its newest one
        if is_newest and (cls.SIGNED_BY == "role") != bool(cls.ROLES):
            raise RuntimeError(f"{cls.__name__} says neither by which roles nor by whom else it is signed")
        if "NAME" not in cls.__dict__:
            cls.NAME = cls.__name__
        if cls.topic() in Event.types:
            raise RuntimeError(f"event type {cls.topic()} is defined twice")
        Event.types[cls.topic()] = cls
        Event.builds[cls.topic()] = _build_newest(cls)

    @classmethod
    def topic(cls) -> str:
        """The type as statements name it: ``Disbursed.v1``."""
        return f"{cls.NAME}.v{cls.VERSION}"

    def upcast(self) -> Event:
        """The same event in its next version's shape; the newest answers itself."""
        return self

    def roles(self) -> frozenset[str]:
        """Any one of these roles lets an officer sign it; none where others than roles sign."""
        if self.ROLES_WHERE:
            said = self.__dict__
            for member, value, roles in self.ROLES_WHERE:
                if said[member] == value:
                    return roles
        return self.ROLES

    def scope(self, state: State) -> Scope:
        """The unit and the campaign of the act itself; what it names may lie in others."""
        return self.HELD_OVER.scope(self.__dict__, state)

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """The keys of all that ``decide`` and ``apply`` look at: what it names, and what a subclass adds.

        Resident kinds need not be listed.
        """
        return keys_named(self.REFERENCES, self, state)

    def foresee(self, act: VerifiedEvent, state: State) -> None:
        """Lets later statements of the same batch find what this one would make, in ``reads``."""

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Raises the refusal, if there is reason for one. Changes nothing."""

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The effect on what stands. Cannot fail after ``decide`` has passed."""

    def tags(self, act: VerifiedEvent) -> list[str]:
        """What the event is about, for queries by tag: ``case:…``, ``unit:…``.

        Only what is rare enough for an index to help: a campaign's tag would stand on nearly all.
        """
        said = self.__dict__
        return [f"{name}:{said[name]}" for name in self.SUBJECTS if said[name] is not None]

    @property
    def commitment(self) -> str | None:
        """What the statement says of the identity beside it; None where there is none."""
        return self.__dict__["identity_commitment"] if self.COMMITS else None


class AfterTheFact(Event):
    """An event that may record what already happened outside (补录).

    Only finance, its accountant or an auditor may, with a reason; it skips the invariants on approval and balance,
    is marked for ever and is flagged. It permits nothing: an approval after the fact lets no new payout
    through, and persons and signatures are asked for as before the fact.
    """

    ROLES_WHERE: ClassVar[tuple[RolesWhere, ...]] = (
        RolesWhere("after_the_fact", True, ACCOUNTANTS | {"auditor"}),
    )

    after_the_fact: bool = False
    after_the_fact_reason: Text | None = None

    @model_validator(mode="after")
    def _has_its_reason(self) -> AfterTheFact:
        if self.after_the_fact != (self.after_the_fact_reason is not None):
            raise ValueProblem("补录与其理由须同时给出", "after_the_fact and its reason go together")
        return self


def parse_event(topic: str, body: dict[str, Any], *, came_on: date | None = None) -> Event:
    """Reads a body into its event, in the newest shape.

    ``came_on`` is the day on which a body came that is not recorded yet: it is held to the bounds on amounts
    and times, too.

    Raises:
        Refused: ``type-unknown``, ``body-invalid``, or the code of a field's own rule.
    """
    kind = Event.types.get(topic)
    if kind is None:
        raise TYPE_UNKNOWN.refused(found=topic)
    try:
        event: Event = kind.__pydantic_validator__.validate_python(
            body, context=None if came_on is None else arrival(came_on)
        )
    except ValidationError as error:
        raise _refusal(error) from None
    return event if kind.upcast is Event.upcast else _newest(event)


def recorded_event(topic: str, body: dict[str, Any]) -> Event:
    """The same event as :func:`parse_event` gives, for a body that was validated before.

    Raises:
        Refused: ``type-unknown``.
    """
    build = Event.builds.get(topic)
    if build is None:
        raise TYPE_UNKNOWN.refused(found=topic)
    event: Event = build(body)
    return event


def _build_newest(kind: type[Event]) -> Build:
    build = builder(kind)
    if kind.upcast is Event.upcast:
        return build
    return lambda body: _newest(build(body))


def _newest(event: Event) -> Event:
    while (newer := event.upcast()) is not event:
        event = newer
    return event


def _refusal(error: ValidationError) -> Refused:
    problems = [(_where(each), *problem_words(each)) for each in error.errors(include_url=False)]
    first = error.errors(include_url=False)[0]
    code = AMOUNT_NOT_POSITIVE.code if first["type"] == "greater_than" else first["type"]
    rule = Rule.all.get(code, BODY_INVALID)
    where, zh, en = problems[0]
    details: dict[str, Any] = {
        "where": where,
        "problem": zh,
        "problem_en": en,
        "found": found_text(first),
    }
    if rule is not BODY_INVALID:
        context = first.get("ctx", {})
        details |= {key: context[key] for key in ("found", "expected") if key in context}
    details["problems"] = [f"{where}：{zh}" for where, zh, _ in problems]
    details["problems_en"] = [f"{where}: {en}" for where, _, en in problems]
    return rule.refused(**details)


def _where(problem: ErrorDetails) -> str:
    return ".".join(str(part) for part in problem["loc"]) or "body"


@lru_cache(maxsize=4096)
def utc(text: str) -> str:
    """A time with offset in the one form that is stored and compared: UTC, microseconds, ``Z``."""
    return utc_text(moment(text, "time"))


def utc_text(value: datetime) -> str:
    """A time in the one form that is stored and compared."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def covers(grant: dict[str, str | None], unit: Unit | None, campaign: str | None) -> bool:
    """Whether a grant holds for a unit and a campaign: for itself and all below it."""
    if grant["campaign"] is not None and grant["campaign"] != campaign:
        return False
    held = grant["unit"]
    return held is None or (unit is not None and (held == unit.id or held in unit.ancestors))


def holds(officer: Officer, roles: Container[str], scope: Scope, state: State) -> bool:
    """Whether an officer holds one of the roles over a unit and a campaign, or over all where it is None."""
    unit = None if scope.unit is None else state.get(Unit, scope.unit)
    return any(grant["role"] in roles and covers(grant, unit, scope.campaign) for grant in officer.grants)


class Grant(BaseModel):
    """A role granted (授权), for a unit and all below it, and for one campaign or all."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, json_schema_serialization_defaults_required=True
    )

    role: Role
    unit: UnitCode | None = None
    campaign: CampaignCode | None = None


class Document(BaseModel):
    """A paper that stands behind an event (凭证): its number, and its file's SHA-256 if scanned."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    number: Text
    digest: Digest | None = None
