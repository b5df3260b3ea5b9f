"""Asking a rule (询问规则): its query for subjects, each as of a position, with the campaign's parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import orjson

from projections.flags.rule import FlagRule, parameters_in
from projections.flags.subject import Subject
from projections.flags.trigger import Found
from projections.frame.view import Cursor, lines


class Hit(NamedTuple):
    """What a rule's query returns of a subject as of a position. The sum is in fen."""

    unit: str | None
    evidence: str
    amount_fen: int
    details: dict[str, Any]
    parameters: str


class Candidates:
    """Subjects to ask for, each as of the positions that touched it, in order."""

    def __init__(self, *found: Found) -> None:
        self._asked: Found = found[0] if found else {}
        if len(found) > 1:
            merged = {key: subject for each in found for key, subject in each.items()}
            self._asked = dict(sorted(merged.items(), key=_position))
        self._arrays: tuple[str, str, str, str] | None = None

    def __bool__(self) -> bool:
        return bool(self._asked)

    @cached_property
    def texts(self) -> set[str]:
        """The subjects, each as one key."""
        return {text for text, _ in self._asked}

    def items(self) -> Iterable[tuple[tuple[str, int], Subject]]:
        """Each subject's text and position, with the subject."""
        return self._asked.items()

    def of(self, texts: Collection[str]) -> Candidates:
        """What is asked of these subjects alone."""
        if self.texts.isdisjoint(texts):
            return Candidates()
        return Candidates({key: subject for key, subject in self._asked.items() if key[0] in texts})

    def joined(self, other: Candidates) -> Candidates:
        """What is asked here and there, in the order of positions."""
        return Candidates(self._asked, other._asked) if other else self

    def arrays(self) -> tuple[str, str, str, str]:
        """The columns subject, campaign, name, as_of, as lines."""
        if self._arrays is None:
            subjects = self._asked.values()
            self._arrays = (
                lines(text for text, _ in self._asked),
                lines(subject.campaign for subject in subjects),
                lines(subject.name for subject in subjects),
                lines(str(as_of) for _, as_of in self._asked),
            )
        return self._arrays


def _position(asked: tuple[tuple[str, int], Subject]) -> int:
    return asked[0][1]


def _array(positions: Iterable[int]) -> str:
    """Positions in order, each once, as PostgreSQL writes an array."""
    return "{" + ",".join(map(str, sorted(set(positions)))) + "}"


class Policies:
    """Every campaign's policies as they stood, for the parameters of rules."""

    def __init__(self, cursor: Cursor) -> None:
        cursor.execute("SELECT campaign, from_position, to_position, policy FROM terms")
        self._terms = cursor.fetchall()
        self._texts: dict[str, list[str]] = {}

    TABLE: ClassVar[str] = (
        "parameters AS MATERIALIZED (SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[],"
        " %s::jsonb[]) AS p (campaign, from_position, to_position, parameters))"
    )
    """SQL of the table ``parameters``, which takes :meth:`values`."""

    def values(self, rule: FlagRule) -> tuple[list[Any], list[Any], list[Any], list[str]]:
        """The rule's parameters in each campaign, from when to when."""
        if rule.id not in self._texts:
            self._texts[rule.id] = [
                orjson.dumps(parameters_in(rule, policy)).decode() for *_, policy in self._terms
            ]
        columns = [[row[number] for row in self._terms] for number in range(3)]
        return columns[0], columns[1], columns[2], self._texts[rule.id]


def asking(rule: FlagRule) -> str:
    """The SQL that asks a rule; :func:`arguments` gives its values."""
    return (
        f"WITH {Policies.TABLE}, asked AS MATERIALIZED ("
        " SELECT s.subject, s.campaign, s.name, s.as_of::bigint AS as_of,"
        " coalesce(q.parameters, %s::jsonb) AS parameters"
        " FROM unnest(string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n'),"
        " string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n')) AS s (subject, campaign, name, as_of)"
        " LEFT JOIN parameters q ON q.campaign = s.campaign"
        " AND stood_at(q.from_position, q.to_position, s.as_of::bigint)"
        f"), hits (subject, as_of, unit, evidence, amount_fen, details) AS ({rule.query})"
        " SELECT h.*, a.parameters::text FROM hits h JOIN asked a USING (subject, as_of)"
    )


def arguments(rule: FlagRule, asked: Candidates, policies: Policies) -> tuple[Any, ...]:
    """The values that :func:`asking` takes."""
    return (*policies.values(rule), orjson.dumps(rule.parameters).decode(), *asked.arrays())


def ask(cursor: Cursor, rule: FlagRule, asked: Candidates, policies: Policies) -> dict[tuple[str, int], Hit]:
    """What the rule finds of subjects, each as of its position."""
    cursor.execute(asking(rule), arguments(rule, asked, policies), prepare=True)
    return {
        (subject, as_of): Hit(unit, _array(evidence), int(amount_fen or 0), details, parameters)
        for subject, as_of, unit, evidence, amount_fen, details, parameters in cursor.fetchall()
    }
