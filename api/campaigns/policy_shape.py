"""The shape of a policy (方案结构): what each field takes, so that a form can be drawn and parts added to it.

It is derived from the policy's own model: a member that the policy gains has its place in the form without another
word. What a choice is called comes from where its titles stand.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo

from api.roster.eligibility import CRITERIA
from ledger.domain.event import ROLE_TITLES
from ledger.domain.level import LEVEL_TITLES
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.vocabulary import LIST_TITLES

Kind = Literal["sum", "number", "yes", "day", "text", "list", "choice", "choices", "part", "parts"]
"""Money in fen, a whole number, yes or no, a day, text, texts; one or several of a few; a part, or several."""


class Choice(BaseModel):
    """One of the few values that a field takes, and what it is called."""

    code: str
    zh: str
    en: str


class FieldShape(BaseModel):
    """What a field takes; ``initial`` stands in a part that is new, ``fixed`` is never changed once recorded."""

    kind: Kind
    required: bool
    fixed: bool
    initial: JsonValue
    choices: list[Choice]


FIXED = frozenset({"code", "plan", "year", "vocabularies.of"})
"""Fields by which others refer to a part; the account codes of the books are no such."""

_CALLED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "plan": {"union": ("工会", "trade unions"), "human-resources": ("人社", "human resources")},
    "recipient": {"person": ("个人", "person"), "enterprise": ("企业", "enterprise")},
    "forms": {
        "policy": ("送政策", "policy"),
        "job": ("送岗位", "job"),
        "training": ("送培训", "training"),
        "goods": ("送物资", "goods"),
        "money": ("送资金", "money"),
    },
    "act": {
        "nominate": ("申报", "nominate"),
        "confirm": ("确认", "confirm"),
        "approve": ("审批", "approve"),
        "pay": ("支付", "pay"),
    },
    "said_of_persons": {"purpose": LIST_TITLES["purpose"], "visit_mode": LIST_TITLES["visit_mode"]},
    "role": ROLE_TITLES,
    "level": dict(LEVEL_TITLES.items()),
    "criteria": CRITERIA,
    "vocabularies.of": dict(LIST_TITLES.items()),
    "yearly_limit.of": {"person": ("个人", "a person"), "household": ("家庭", "a household")},
    "above": {"refuse": ("不得发放", "refused"), "two-persons": ("须两人签署", "two persons sign")},
}
"""What choices are called, by the end of the field's way."""


@cache
def policy_shape() -> Mapping[str, FieldShape]:
    """Every field's shape, by its way through the policy (``categories.standard_fen``)."""
    return dict(_fields(Policy, ""))


def _fields(model: type[BaseModel], before: str) -> Iterator[tuple[str, FieldShape]]:
    for name, field in model.model_fields.items():
        way = before + name
        inner = _plain(field.annotation)
        kind, part = _kind(name, inner)
        yield (
            way,
            FieldShape(
                kind=kind,
                required=field.is_required(),
                fixed=bool({name, way} & FIXED) and not way.startswith("accounting."),
                initial=_initial(kind, field),
                choices=_choices(way, inner) if kind in ("choice", "choices") else [],
            ),
        )
        if part is not None:
            yield from _fields(part, f"{way}.")


def _plain(annotation: Any) -> Any:
    """An annotation without None beside it and what is said of it."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            (annotation,) = [each for each in get_args(annotation) if each is not type(None)]
        else:
            return annotation


def _kind(name: str, plain: Any) -> tuple[Kind, type[BaseModel] | None]:
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return "part", plain
    if get_origin(plain) is list:
        inner = _plain(get_args(plain)[0])
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return "parts", inner
        return ("choices" if get_origin(inner) is Literal else "list"), None
    return _kind_of_value(name, plain), None


def _kind_of_value(name: str, plain: Any) -> Kind:
    if get_origin(plain) is Literal:
        return "choice"
    if plain is bool:
        return "yes"
    if plain is int:
        return "sum" if name.endswith("_fen") else "number"
    return "day" if name in ("start", "end") or name.endswith("_deadline") else "text"


def _initial(kind: Kind, field: FieldInfo) -> JsonValue:
    if not field.is_required():
        default = field.get_default(call_default_factory=True)
        return [] if default == [] else default
    empty: dict[Kind, JsonValue] = {"list": [], "choices": [], "parts": [], "yes": False}
    return empty.get(kind)


def _choices(way: str, plain: Any) -> list[Choice]:
    inner = _plain(get_args(plain)[0]) if get_origin(plain) is list else plain
    steps = way.split(".")
    called = _CALLED.get(".".join(steps[-2:])) or _CALLED.get(steps[-1]) or {}
    return [Choice(code=code, zh=called[code][0], en=called[code][1]) for code in get_args(inner)]
