"""What the codes in a refusal are called (名称): officers, units, campaigns and lines by their names, for its text alone.

A refusal's details keep the codes, for programs. Whoever reads the text reads names: they are looked up once, where
the refusal is given out and the ledger's state is at hand.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.domain.state import Campaign, Officer, State, Unit
from ledger.errors import Refused

_OFFICERS = frozenset({"officer", "registrar", "signer", "starter"})
_UNITS = frozenset({"unit", "sponsor", "parent"})
_BY_KIND = {"unit": _UNITS, "officer": _OFFICERS, "campaign": frozenset({"campaign"})}
_DIFFERING = {
    "unit-differs": "unit",
    "campaign-differs": "campaign",
    "draw-differs": "unit",
    "not-self-signed": "officer",
    "run-of-another": "officer",
}
"""Refusals of which what was expected and found are codes of a kind."""


BETWEEN = ", "
"""What stands between several codes in one detail."""


def name_codes(refusal: Refused, state: State, campaign: str | None = None) -> None:
    """Tells a refusal what the codes in its details are called; ``campaign`` is the one that the statement names."""
    refusal.names = called(refusal, state, campaign)


def called(refusal: Refused, state: State, campaign: str | None = None) -> Mapping[str, str]:
    """The names of those details that are codes of something on record, by the detail's name."""
    found: dict[str, str] = {}
    for detail, code in refusal.details.items():
        if not isinstance(code, str):
            continue
        kind = _kind_of(detail, refusal)
        if detail == "subject":
            # A flag's subject: unit:<campaign>/<code>.
            kind, _, code = code.rpartition("/")[0].partition(":")[0], "", code.rpartition("/")[2]
        names = [_called(kind, each, state, campaign) for each in code.split(BETWEEN)]
        if any(names):
            found[detail] = "、".join(
                name or each for name, each in zip(names, code.split(BETWEEN), strict=True)
            )
    return found


def _kind_of(detail: str, refusal: Refused) -> str | None:
    if detail in ("expected", "found"):
        return _DIFFERING.get(refusal.code)
    if detail == "id":
        said = refusal.details.get("kind")
        return (
            {"单位": "unit", "人员": "officer", "活动": "campaign"}.get(said, said)
            if isinstance(said, str)
            else None
        )
    if detail == "line":
        return "line"
    return next((kind for kind, details in _BY_KIND.items() if detail in details), None)


def _called(kind: str | None, code: str, state: State, campaign: str | None) -> str | None:
    match kind:
        case "officer":
            officer = state.find(Officer, code)
            return None if officer is None else officer.name
        case "unit":
            unit = state.find(Unit, code)
            return None if unit is None else unit.name
        case "campaign":
            of = state.find(Campaign, code)
            return None if of is None else of.title
        case "line":
            return _line(code, state, campaign)
        case _:
            return None


def _line(line: str, state: State, campaign: str | None) -> str | None:
    """A line's title; with whose holding of it that is, where it is what a unit drew."""
    whole, _, holder = line.partition("@")
    code, _, own = whole[::-1].partition("/")
    of = state.find(Campaign, own[::-1] or campaign or "")
    known = None if of is None else of.terms.line(code[::-1])
    if known is None:
        return None
    unit = state.find(Unit, holder) if holder else None
    return known.title if unit is None else f"{known.title}（{unit.name}已领）"
