"""What a flag rule is (疑点规则): one file in ``rules/``, found by being there.

A rule never changes anything and never blocks. It says which subjects an event touches, and has one
SQL query that returns the hits for given subjects, each as of a position, with the evidence.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from projections.recorded import Recorded

Severity = Literal["high", "medium", "low"]
SEVERITY_TITLES = {"high": ("高", "high"), "medium": ("中", "medium"), "low": ("低", "low")}

SUBJECT_TITLES = {
    "person": ("个人", "person"),
    "case": ("提名", "nomination"),
    "payout": ("发放", "payout"),
    "dossier": ("档案", "dossier"),
}


class Subject(NamedTuple):
    """Whom or what a flag is about, within a campaign: its kind and name."""

    campaign: str
    kind: str
    name: str

    @property
    def text(self) -> str:
        """``kind:campaign/name``: the subject as one key."""
        return f"{self.kind}:{self.campaign}/{self.name}"


class Touching(Protocol):
    """Tells the subjects that an event touches."""

    def __call__(self, item: Recorded, look: Lookup) -> Iterable[Subject]:
        """The subjects to evaluate as of the event's position."""
        ...


@dataclass(frozen=True)
class Lookup:
    """What a batch's events refer to, for :class:`Touching`."""

    person_of_dossier: dict[str, str] = field(default_factory=dict)
    payout: dict[str, tuple[str, str]] = field(default_factory=dict)
    """payout → campaign, dossier"""
    dossier_of_case: dict[str, str] = field(default_factory=dict)
    """of the cases that the batch rejects or revokes"""
    payouts_of_case: dict[str, list[str]] = field(default_factory=dict)
    """of the cases that the batch approves"""
    cases_of_dossier: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """amended dossier → (campaign, case) of each"""
    cases_of_campaign: dict[str, list[str]] = field(default_factory=dict)
    persons_of_campaign: dict[str, list[str]] = field(default_factory=dict)
    payouts_of_campaign: dict[str, list[str]] = field(default_factory=dict)
    """these three only for campaigns whose policy the batch amends"""


@dataclass(frozen=True)
class FlagRule:
    """One rule. ``query`` sees the table ``asked (subject, campaign, name, as_of, parameters)``.

    It returns ``(subject, as_of, unit, evidence, amount_fen, details)``, where evidence is an array
    of the events' positions and details a JSON object.
    """

    id: str
    version: int
    title_zh: str
    title_en: str
    clause: str
    severity: Severity
    subject: str
    touched: Touching
    query: str
    parameters: dict[str, int] = field(default_factory=dict)

    every: ClassVar[dict[str, FlagRule]] = {}

    def __post_init__(self) -> None:
        if self.id in FlagRule.every:
            raise RuntimeError(f"flag rule {self.id} is defined twice")
        FlagRule.every[self.id] = self


def all_rules() -> list[FlagRule]:
    """Every rule in the folder, by id."""
    from projections.flags import rules

    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return [FlagRule.every[rule_id] for rule_id in sorted(FlagRule.every)]


def parameters_in(rule: FlagRule, policy: dict[str, Any]) -> dict[str, int]:
    """The rule's parameters in a campaign: its defaults, where the policy does not differ."""
    set_by_policy = {
        parameter["name"]: parameter["value"]
        for parameter in policy.get("parameters", ())
        if parameter["rule"] == rule.id and parameter["name"] in rule.parameters
    }
    return {**rule.parameters, **set_by_policy}
