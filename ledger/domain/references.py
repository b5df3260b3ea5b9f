"""References (引用): what a body names, and whose it is, as the ledger's state has it.

Each field says beside its name what it refers to (:class:`ledger.domain.fields.Names`) or that it refers to
nothing (:data:`ledger.domain.fields.PLAIN`). An event that leaves a field undeclared does not load. From these
declarations come what is loaded for a decision, where a role must be held, and the table of tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from ledger.domain.claims import CLAIM_PREFIX, claim_of
from ledger.domain.fields import Names, Plain
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.record import Record
from ledger.domain.state import UNKNOWN_REFERENCE, Campaign, Case, Dossier, Key, Officer, State, Unit
from ledger.errors import Rule
from ledger.statements.statement import is_statement_id

UNIT_DIFFERS = Rule(
    "unit-differs",
    zh="单位不符：应为 {expected}，实为 {found}",
    en="another unit: expected {expected}, found {found}",
)
CAMPAIGN_DIFFERS = Rule(
    "campaign-differs",
    zh="活动不符：应为 {expected}，实为 {found}",
    en="another campaign: expected {expected}, found {found}",
)


KIND_TITLES: dict[str, tuple[str, str]] = {
    "unit": ("单位", "unit"),
    "campaign": ("活动", "campaign"),
    "officer": ("人员", "officer"),
    "key": ("密钥", "key"),
    "dossier": ("档案", "dossier"),
    "member": ("家庭成员", "household member"),
    "case": ("申报", "case"),
    "payout": ("发放", "payout"),
    "notice": ("公告", "public notice"),
    "objection": ("异议", "objection"),
    "received": ("收到的异议", "objection received"),
    "rectification": ("整改通知", "rectification notice"),
    "handover": ("移送事项", "matter handed over"),
    "investigation": ("核查事项", "discipline case"),
    "sanction": ("取消资格", "sanction"),
    "linkage": ("人员比对", "linkage run"),
    "register": ("名单", "list"),
    "collective-help": ("集体慰问", "help to a site"),
    "account-statement": ("对账单", "account statement"),
    "subject": ("疑点对象", "flag's subject"),
    "upper": ("上级读取方", "upper reader"),
    "followed": ("下级台账", "ledger followed"),
    "asker": ("受评台账", "ledger that asks"),
    "evaluator": ("评估方", "evaluator"),
    "match": ("比中", "match"),
    "draw": ("抽取", "draw"),
}
"""What can be named, in Chinese and English."""


class Scope(NamedTuple):
    """Where a role must be held: a unit and a campaign. None asks for all of them.

    ``UNSAID`` stands where a thing lies in no unit or no campaign, so that the act's own counts.
    """

    unit: str | None
    campaign: str | None


UNSAID = ""


class Declared(NamedTuple):
    """A field that names something: the way to it through the body, and what it names."""

    path: tuple[str, ...]
    names: Names
    read: Callable[[Any], list[str]]

    @property
    def field(self) -> str:
        """The way as people write it: ``pairs.first``."""
        return ".".join(self.path)


class Named(NamedTuple):
    """One thing that a body names, and where it lies."""

    names: Names
    id: str
    scope: Scope


# --- What a model's fields declare --------------------------------------------------------------


def declared(model: type[BaseModel]) -> tuple[Declared, ...]:
    """The references of a body, those of its parts included.

    Raises:
        RuntimeError: for a text that is declared neither as a reference nor as none.
    """
    found = []
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        for part in reversed(field.metadata):
            annotation = Annotated[annotation, part]
        for path, names, read in _in_type(annotation, f"{model.__name__}.{name}"):
            found.append(Declared((name, *path), names, _through(name, read)))
    return tuple(found)


_Found = tuple[tuple[str, ...], Names, Callable[[Any], list[str]]]


def _in_type(annotation: Any, where: str) -> Iterator[_Found]:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        names = next((each for each in annotation.__metadata__ if isinstance(each, Names)), None)
        if names is not None:
            if names.kind not in KIND_TITLES:
                raise RuntimeError(f"{where} refers to an unknown kind: {names.kind}")
            yield (), names, _itself
        elif not any(isinstance(each, Plain) for each in annotation.__metadata__):
            yield from _in_type(annotation.__origin__, where)
    elif origin in (Union, UnionType):
        for part in parts:
            yield from _in_type(part, where)
    elif origin is list:
        for path, names, read in _in_type(parts[0], where):
            yield path, names, _of_each(read)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation is not Policy:  # its words are its own; what it loosens is decided where it is amended
            for each in declared(annotation):
                yield each.path, each.names, each.read
    elif origin is not Literal and annotation not in (int, bool, NoneType):
        raise RuntimeError(f"{where} is declared neither as a reference nor as none")


def _itself(value: Any) -> list[str]:
    return [] if value is None else [value]


def _through(name: str, read: Callable[[Any], list[str]]) -> Callable[[Any], list[str]]:
    def read_member(body: Any) -> list[str]:
        value = body.__dict__[name]
        return [] if value is None else read(value)

    return read_member


def _of_each(read: Callable[[Any], list[str]]) -> Callable[[Any], list[str]]:
    return lambda values: [found for value in values for found in read(value)]


# --- What they refer to, in the ledger's state --------------------------------------------------


def keys_named(fields: tuple[Declared, ...], body: BaseModel, state: State) -> list[str]:
    """The state's keys of all that a body names; what is resident is at hand anyway.

    A person whom a flag is about may have a live case in any campaign.
    """
    return [
        key
        for each in fields
        if each.names.kind not in RESIDENT
        for name in each.read(body)
        for key in _keys(each.names.kind, name, state)
    ]


def resolved(fields: tuple[Declared, ...], body: BaseModel, own: Scope, state: State) -> list[Named]:
    """What a body names beyond its own unit and campaign, each where the state says that it lies.

    Raises:
        Refused: ``reference-unknown``.
    """
    beyond = []
    for each in fields:
        names = each.names
        for name in each.read(body):
            if names.kind == "unit" and name == own.unit:
                state.get(Unit, name)
            elif names.kind == "campaign" and name == own.campaign:
                state.get(Campaign, name)
            else:
                beyond += [Named(names, name, scope) for scope in _beyond(names, name, own, state)]
    return beyond


def _beyond(names: Names, name: str, own: Scope, state: State) -> Iterator[Scope]:
    """The scopes of one thing named that bind and are not the act's own; unsaid, they are its own."""
    for unit, campaign in _scopes(names.kind, name, state):
        if unit == UNSAID:
            unit = own.unit
        if campaign == UNSAID:
            campaign = own.campaign
        if names.binding and (unit != own.unit or campaign != own.campaign):
            yield Scope(unit, campaign)


RESIDENT = frozenset(kind for kind, record in Record.kinds.items() if record.RESIDENT)
"""Kinds that need no loading."""


def _keys(kind: str, name: str, state: State) -> list[str]:
    if kind != SUBJECT:
        return [f"{kind}/{name}"]
    # A text that is no subject is refused when it is resolved; here it names nothing.
    subject = _SUBJECT(name)
    if subject is not None and subject["kind"] == "person":
        return [CLAIM_PREFIX + claim_of(each.id, subject["name"]) for each in state.records(Campaign)]
    if subject is None or subject["kind"] not in (*_MADE_BY_STATEMENTS, "pair"):
        return []
    record = "dossier" if subject["kind"] == "pair" else subject["kind"]
    return [f"{record}/{each}" for each in subject["name"].split("+") if is_statement_id(each)]


def _scopes(kind: str, name: str, state: State) -> list[Scope]:
    if kind == "campaign":
        return [Scope(UNSAID, state.get(Campaign, name).id)]
    if kind == "unit":
        return [Scope(state.get(Unit, name).id, UNSAID)]
    if kind == SUBJECT:
        return scopes_of_subject(name, state)
    record: Any = state.get(Record.kinds[kind], name)
    if kind in ("upper", "followed", "asker", "evaluator"):
        return []  # no unit's: what is said of them is said of the whole ledger
    if kind == "key":
        record = state.get(Officer, record.officer)
    elif kind in ("objection", "received"):
        # The body names the case too, so that it is at hand; where it names another, this one is not.
        record = state.expect(Case, record.case)
        if record is None:
            raise UNKNOWN_REFERENCE.refused(kind=kind, id=name)
    elif kind == "sanction":
        return [Scope(record.unit, UNSAID)]
    return [Scope(record.unit, getattr(record, "campaign", UNSAID))]


# --- A flag's subject ---------------------------------------------------------------------------

SUBJECT = "subject"
"""The kind of reference that a flag's subject is: ``case:b2026/…``, as the views write it."""


_SUBJECT = re.compile(r"(?P<kind>[a-z]+):(?P<campaign>[a-z0-9.-]+)/(?P<name>\S+)").fullmatch
_MADE_BY_STATEMENTS = ("case", "payout", "dossier")
_GATHERED = ("person", "household", "account", "phone", "address")
_NO_CAMPAIGN = "-"


def scopes_of_subject(text: str, state: State) -> list[Scope]:
    """All units that a flag's subject lies in.

    A person, household, account, phone or address is known to the state by no unit: it may lie in any of
    its campaign, so that the whole campaign's scope is asked for; so it is with an entry.
    """
    subject = _SUBJECT(text)
    if subject is None:
        raise UNKNOWN_REFERENCE.refused(kind=SUBJECT, id=text)
    kind, campaign_code, name = subject["kind"], subject["campaign"], subject["name"]
    made = [name] if kind in _MADE_BY_STATEMENTS else name.split("+") if kind == "pair" else []
    if not all(map(is_statement_id, made)):
        raise UNKNOWN_REFERENCE.refused(kind=SUBJECT, id=text)
    sponsor, campaign = None, UNSAID
    if campaign_code != _NO_CAMPAIGN:
        found = state.get(Campaign, campaign_code)
        sponsor, campaign = found.sponsor, found.id
    _, _, holder = name.partition("@")
    if kind in ("officer", "key") and state.rules >= 4:
        officer = state.get(Officer, state.get(Key, name).officer if kind == "key" else name)
        # A role for all campaigns is judged over all of them, not over the act's own.
        everywhere = None if state.rules >= 5 else UNSAID
        held = (Scope(grant["unit"], grant["campaign"] or everywhere) for grant in officer.grants)
        within = [Scope(officer.unit, everywhere), *held]
    elif kind in (*_MADE_BY_STATEMENTS, "unit", "officer", "key"):
        within = _scopes(kind, name, state)
    elif kind == "pair":
        within = [scope for each in name.split("+") for scope in _scopes("dossier", each, state)]
    elif kind == "line" and holder:
        within = _scopes("unit", holder, state)
    else:
        within = [Scope(sponsor, campaign)]
    found_in = (Scope(unit, campaign if where == UNSAID else where) for unit, where in within)
    return list(dict.fromkeys(found_in))


def campaign_of_subject(text: str, state: State) -> Campaign | None:
    """The campaign that a flag's subject stands in; None where it stands outside all of them."""
    subject = _SUBJECT(text)
    if subject is None or subject["campaign"] == _NO_CAMPAIGN:
        return None
    return state.get(Campaign, subject["campaign"])


def is_gathered_subject(text: str) -> bool:
    """Whether a flag's subject is a person, household, account, phone or address, gathered over campaigns."""
    subject = _SUBJECT(text)
    return subject is not None and subject["kind"] in _GATHERED


def officers_behind(text: str, state: State) -> list[str]:
    """The officers whose own doing a flag's subject is: of a case, payout, dossier, pair, key, or an officer.

    By the eighth version of the rules also of a person: who had a part in their live case in any campaign.
    """
    subject = _SUBJECT(text)
    if subject is None:
        raise UNKNOWN_REFERENCE.refused(kind=SUBJECT, id=text)
    kind, name = subject["kind"], subject["name"]
    if kind == "officer":
        return [name]
    if kind == "pair":
        dossiers = [state.get(Dossier, each) for each in name.split("+")]
        return [officer for dossier in dossiers for officer in dossier.changed_by]
    if kind == "person" and state.rules >= 8:
        claims = (state.claimant(claim_of(each.id, name)) for each in state.records(Campaign))
        cases = [state.get(Case, each) for each in claims if each is not None]
        return [officer for case in cases for officer in parties_of(case)]
    if kind not in ("key", *_MADE_BY_STATEMENTS):
        return []
    record: Any = state.get(Record.kinds[kind], name)
    if kind == "key":
        return [record.officer]
    if kind == "payout":
        return list(record.behind)
    return list(record.changed_by) if kind == "dossier" else parties_of(record)


def fen_of_subject(text: str, state: State) -> int | None:
    """The money that a flag's subject is about, for a case or a payout; None where the state does not say."""
    subject = _SUBJECT(text)
    if subject is None or subject["kind"] not in ("case", "payout"):
        return None
    record: Any = state.get(Record.kinds[subject["kind"]], subject["name"])
    if not isinstance(record, Case):
        return int(record.amount_fen)
    return max(record.approved_fen + record.goods_fen, record.paid_fen + record.delivered_fen)


def recipients_of(text: str, state: State) -> set[str]:
    """The marks of the persons whom a flag's subject is about as recipients, as far as the state knows them."""
    subject = _SUBJECT(text)
    if subject is None:
        raise UNKNOWN_REFERENCE.refused(kind=SUBJECT, id=text)
    kind, name = subject["kind"], subject["name"]
    if kind == "person":
        return {name}
    if kind == "pair":
        return {state.get(Dossier, each).person for each in name.split("+")}
    if kind not in _MADE_BY_STATEMENTS:
        return set()
    record: Any = state.get(Record.kinds[kind], name)
    mark = recipient_of(record, state) if isinstance(record, Case) else record.person
    return {mark} if mark else set()


def recipient_of(case: Case, state: State) -> str | None:
    """The mark of who a case helps; by the fourth version of the rules only as long as it is live."""
    return case.person if state.rules < 5 else case.recipient


def parties_of(case: Case) -> list[str]:
    """All officers who had a part in a case: who filed or nominated, took a step, confirmed or approved, or paid."""
    steps = [officer for _, officer in case.step_takers]
    return [
        *case.filed_by,
        *case.nominated_by,
        *case.confirmed_by,
        *steps,
        *case.ever_approved_by,
        *case.paid_by,
    ]


def check_agreement(body: BaseModel, named: Named, state: State) -> None:
    """Refuses a body that states another unit or campaign than those of what it names.

    Raises:
        Refused: ``unit-differs`` or ``campaign-differs``.
    """
    if named.names.kind in ("unit", "campaign", "officer", "key"):
        return
    stated = body.__dict__
    campaign, unit = stated.get("campaign"), stated.get("unit")
    over_all = named.names.gathered and named.scope.campaign is None
    if campaign is not None and named.scope.campaign != campaign and not over_all:
        raise CAMPAIGN_DIFFERS.refused(expected=named.scope.campaign or "*", found=campaign)
    there = named.scope.unit
    if unit is None or there == unit:
        return
    if named.names.gathered and (there is None or _on_one_line(unit, there, state)):
        return
    raise UNIT_DIFFERS.refused(expected=there or "*", found=unit)


def _on_one_line(one: str, other: str, state: State) -> bool:
    """Whether one of two units lies above the other."""
    return one in state.get(Unit, other).ancestors or other in state.get(Unit, one).ancestors
