"""The flag engine: asks each rule for the subjects that a batch touched, event by event.

A hit keeps the position that raised it; when its evidence changes it gets a new version, and when
it is gone its last version ends. What stood on a day is therefore a query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, NamedTuple

import orjson
from pydantic import JsonValue

from ledger.domain.event import Event
from ledger.events.calendar import DayPassed
from ledger.events.campaign import CampaignClosed
from projections.flags.catalogue import all_rules
from projections.flags.lookup import Lookup, look_up
from projections.flags.rule import FlagRule, Severity, parameters_in
from projections.flags.subject import Handler, Subject, Triggers
from projections.frame.column import Fen, Number, Positions, Title, json_of
from projections.frame.recorded import Recorded, by_type, of_types
from projections.frame.view import (
    Cursor,
    Row,
    TemporalTable,
    Versions,
    lines,
)

ENGINE_VERSION = 5


@dataclass
class FlagRow(Row):
    """A flag as it stood; ``flag`` is ``rule|subject``, ``evidence`` positions like ``{12,40}``."""

    flag: str
    rule: Annotated[str, Title("规则", "rule")]
    rule_version: Number
    severity: Annotated[Severity, Title("严重程度", "severity")]
    campaign: Annotated[str, Title("活动", "campaign", only="command")]
    subject: Annotated[str, Title("对象", "subject")]
    unit: Annotated[str | None, Title("单位", "unit")]
    raised_at: Annotated[int, Title("起于", "raised at")]
    evidence: Annotated[Positions, Title("证据（第几号）", "evidence", only="command")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    parameters: Annotated[str, json_of(dict[str, int])]
    details: Annotated[str, json_of(dict[str, JsonValue])]


FLAGS = TemporalTable("flags", FlagRow)


class Hit(NamedTuple):
    """What a rule's query returns of a subject as of a position. The sum is in fen."""

    unit: str | None
    evidence: str
    amount_fen: int
    details: dict[str, Any]
    parameters: str


Answers = dict[tuple[str, int], Subject]
"""Subjects to ask for, each by its text and the position that touched it."""


class Candidates:
    """Subjects to ask for, each as of the positions that touched it, in order."""

    def __init__(self, *answers: Answers) -> None:
        self._asked: Answers = dict(answers[0]) if answers else {}
        if len(answers) > 1:
            for more in answers[1:]:
                self._asked.update(more)
            self._asked = dict(sorted(self._asked.items(), key=_position))
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


class Flags:
    """Keeps the flags of all rules."""

    name: ClassVar[str] = "flags"
    title: ClassVar[tuple[str, str]] = ("疑点", "flags")
    needs: ClassVar[tuple[str, ...]] = (
        "registry",
        "roster",
        "notices",
        "balances",
        "timeline",
        "oversight",
        "links",
    )
    tables: ClassVar[str] = f"""
        {FLAGS.create}
        CREATE INDEX flags_list ON flags (campaign, severity, raised_at, flag);
        CREATE INDEX flags_subject ON flags (subject) WHERE to_position IS NULL;
    """

    def __init__(self, rules: Sequence[FlagRule] | None = None) -> None:
        self._rules = all_rules() if rules is None else rules
        self._triggers = {each for rule in self._rules for each in (rule.raised_by, rule.affected_by)}
        self._version = f"{ENGINE_VERSION}+" + "+".join(f"{rule.id}.{rule.version}" for rule in self._rules)

    @property
    def version(self) -> str:
        """The engine's own, with every rule's: a rule that is new or changed is asked of all history."""
        return self._version

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Raises and clears, as of each event's position."""
        policies = _Policies(cursor)
        batch = by_type(events)
        touched = _asked(batch, look_up(cursor, batch), self._triggers)
        asked_by_rule = {rule.id: touched[rule.raised_by] for rule in self._rules}
        for _, item in of_types(events, DayPassed, CampaignClosed):
            self._ask_what_is_due(cursor, item, policies, asked_by_rule)
        for of_flags in (False, True):
            rules = [rule for rule in self._rules if rule.of_flags is of_flags]
            self._ask_rules(cursor, rules, touched, asked_by_rule, policies)

    def _ask_rules(
        self,
        cursor: Cursor,
        rules: Sequence[FlagRule],
        touched: Mapping[Triggers, Candidates],
        asked_by_rule: Mapping[str, Candidates],
        policies: _Policies,
    ) -> None:
        """Asks these rules, and keeps what they find."""
        all_asked = {touched[rule.affected_by] for rule in rules} | {asked_by_rule[rule.id] for rule in rules}
        subjects = set().union(*(asked.texts for asked in all_asked))
        if not subjects:
            return
        versions = FLAGS.load_by(cursor, "subject", subjects)
        flagged = _flagged(versions)
        for rule in rules:
            asked = asked_by_rule[rule.id]
            hits = _ask(cursor, rule, asked, policies) if asked else {}
            concerned = {text for text, _ in hits} | flagged[rule.id]
            later = touched[rule.affected_by].of(concerned) if concerned else Candidates()
            if later:
                hits.update(_ask(cursor, rule, later, policies))
            self._take(rule, asked.of(concerned).joined(later), hits, versions)
        FLAGS.save(cursor, versions.finish())

    def _ask_what_is_due(
        self, cursor: Cursor, item: Recorded, policies: _Policies, asked_by_rule: dict[str, Candidates]
    ) -> None:
        """At a day's end, or a campaign's close, asks the rules that wait for it too."""
        ending = _ending(cursor, item)
        for rule in self._rules:
            if rule.on_schedule is None or not ending:
                continue
            cursor.execute(
                f"WITH {policies.TABLE}, ending AS MATERIALIZED ("
                " SELECT e.*, q.parameters FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::date[],"
                " %s::date[]) AS e (campaign, as_of, since, day, previous)"
                " JOIN parameters q ON q.campaign = e.campaign AND q.from_position <= e.as_of"
                f" AND (q.to_position IS NULL OR q.to_position > e.as_of)) {rule.on_schedule}",
                (*policies.values(rule), *map(list, zip(*ending, strict=True))),
            )
            due = cursor.fetchall()
            if due:
                subjects = [Subject(campaign, rule.subject, name) for campaign, name in due]
                waited = Candidates({(subject.text, item.position): subject for subject in subjects})
                asked_by_rule[rule.id] = asked_by_rule[rule.id].joined(waited)

    def _take(
        self, rule: FlagRule, asked: Candidates, hits: dict[tuple[str, int], Hit], versions: Versions[FlagRow]
    ) -> None:
        """Takes the hits in the order of their positions: raises, changes, clears."""
        for (text, as_of), subject in asked.items():
            flag = f"{rule.id}|{text}"
            hit = hits.get((text, as_of))
            current = versions.get(flag)
            if hit is None:
                if current is not None:
                    versions.remove(flag, as_of)
                continue
            if current is not None and _says_the_same(current, hit):
                continue
            versions.put(
                FlagRow(
                    flag,
                    rule.id,
                    rule.version,
                    rule.severity,
                    subject.campaign,
                    text,
                    hit.unit,
                    current.raised_at if current else as_of,
                    hit.evidence,
                    hit.amount_fen,
                    hit.parameters,
                    orjson.dumps(hit.details).decode(),
                ),
                as_of,
            )


def _says_the_same(row: FlagRow, hit: Hit) -> bool:
    return (row.evidence, row.amount_fen, row.unit) == (
        hit.evidence,
        hit.amount_fen,
        hit.unit,
    ) and orjson.loads(row.details) == hit.details


def _asked(
    batch: Mapping[type[Event], Sequence[Recorded]], look: Lookup, triggers: Iterable[Triggers]
) -> dict[Triggers, Candidates]:
    """What the batch's events touch. A function is asked once, however many rules share it."""
    answered: dict[tuple[Handler, type[Event]], Answers] = {}
    found: dict[Triggers, Candidates] = {}
    for each in triggers:
        parts = []
        for kind in batch.keys() & each.handlers.keys():
            handler = each.handlers[kind]
            answers = answered.get((handler, kind))
            if answers is None:
                answers = answered[handler, kind] = {
                    (subject.text, item.position): subject
                    for item in batch[kind]
                    for subject in handler(item.act.event, item, look)
                }
            if answers:
                parts.append(answers)
        found[each] = Candidates(*parts)
    return found


def _position(asked: tuple[tuple[str, int], Subject]) -> int:
    return asked[0][1]


def _flagged(versions: Versions[FlagRow]) -> dict[str, set[str]]:
    """The subjects with a standing flag, by rule."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in versions.current():
        found[row.rule].add(row.subject)
    return found


def _ending(cursor: Cursor, item: Recorded) -> list[tuple[Any, ...]]:
    """(campaign, as_of, since, day, previous) of the campaigns that a day's end or a close concerns."""
    event, position = item.event, item.position
    row = cursor.execute(
        "SELECT position, day FROM days WHERE position < %s ORDER BY position DESC LIMIT 1", (position,)
    ).fetchone()
    since, previous = row if row is not None else (0, "2000-01-01")
    if isinstance(event, CampaignClosed):
        return [(event.campaign, position, since, item.act.statement.on, previous)]
    assert isinstance(event, DayPassed)
    cursor.execute(
        "SELECT campaign FROM terms WHERE from_position <= %s"
        " AND (to_position IS NULL OR to_position > %s) AND closed_on IS NULL ORDER BY campaign",
        (position, position),
    )
    return [(campaign, position, since, event.day, previous) for (campaign,) in cursor.fetchall()]


def _array(positions: Iterable[int]) -> str:
    """Positions in order, each once, as PostgreSQL writes an array."""
    return "{" + ",".join(map(str, sorted(set(positions)))) + "}"


class _Policies:
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


def _ask(
    cursor: Cursor, rule: FlagRule, asked: Candidates, policies: _Policies
) -> dict[tuple[str, int], Hit]:
    cursor.execute(
        f"WITH {policies.TABLE}, asked AS MATERIALIZED ("
        " SELECT s.subject, s.campaign, s.name, s.as_of::bigint AS as_of,"
        " coalesce(q.parameters, %s::jsonb) AS parameters"
        " FROM unnest(string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n'),"
        " string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n')) AS s (subject, campaign, name, as_of)"
        " LEFT JOIN parameters q ON q.campaign = s.campaign AND q.from_position <= s.as_of::bigint"
        " AND (q.to_position IS NULL OR q.to_position > s.as_of::bigint)"
        f"), hits (subject, as_of, unit, evidence, amount_fen, details) AS ({rule.query})"
        " SELECT h.*, a.parameters::text FROM hits h JOIN asked a USING (subject, as_of)",
        (*policies.values(rule), orjson.dumps(rule.parameters).decode(), *asked.arrays()),
    )
    return {
        (subject, as_of): Hit(unit, _array(evidence), int(amount_fen or 0), details, parameters)
        for subject, as_of, unit, evidence, amount_fen, details, parameters in cursor.fetchall()
    }
