"""What a flag rule is (疑点规则): one file in ``rules/``, found by being there.

A rule never changes anything and never blocks. It names the triggers by which events touch its subjects, and
has one SQL query that returns the hits for given subjects, each as of a position, with the evidence. All that
it means stands in its file; what it imports from ``triggers/`` and ``as_of.py`` it shares with others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from projections.flags.subject import SUBJECT_TITLES
from projections.flags.trigger import Trigger

Severity = Literal["high", "medium", "low"]
SEVERITY_TITLES = {"high": ("高", "high"), "medium": ("中", "medium"), "low": ("低", "low")}


@dataclass(frozen=True)
class FlagRule:
    """One rule.

    ``raised_by`` are the triggers that can raise a flag; ``affected_by``, those that can only change or clear
    one, so that subjects without a flag need not be asked for.

    ``query`` sees the table ``asked (subject, campaign, name, as_of, parameters)``.

    It returns ``(subject, as_of, unit, evidence, amount_fen, details)``, where evidence is an array
    of the events' positions and details a JSON object.

    ``on_schedule`` is for a rule that waits for days or for a campaign's close: a query that sees the table
    ``ending (campaign, as_of, since, day, previous, parameters)``, one row for each campaign whose day
    ends or that closes. The last day that had ended before is ``previous``, recorded at ``since``. It
    returns ``(campaign, name)`` of the subjects to ask for then.

    ``of_flags`` is for a rule whose query looks at the other rules' flags: it is asked when they are
    all written, and sees in the table ``flags`` how they stood at any position.
    """

    id: str
    version: int
    title_zh: str
    title_en: str
    clause: str
    severity: Severity
    subject: str
    query: str
    raised_by: tuple[Trigger, ...] = ()
    affected_by: tuple[Trigger, ...] = ()
    parameters: dict[str, int] = field(default_factory=dict)
    on_schedule: str | None = None
    of_flags: bool = False

    every: ClassVar[dict[str, FlagRule]] = {}

    def __post_init__(self) -> None:
        if self.id in FlagRule.every:
            raise RuntimeError(f"flag rule {self.id} is defined twice")
        if self.subject not in SUBJECT_TITLES:
            raise RuntimeError(f"flag rule {self.id} is about an unknown kind of subject: {self.subject}")
        FlagRule.every[self.id] = self


def parameters_in(rule: FlagRule, policy: dict[str, Any]) -> dict[str, int]:
    """The rule's parameters in a campaign: its defaults, where the policy does not differ."""
    set_by_policy = {
        parameter["name"]: parameter["value"]
        for parameter in policy.get("parameters", ())
        if parameter["rule"] == rule.id and parameter["name"] in rule.parameters
    }
    return {**rule.parameters, **set_by_policy}
