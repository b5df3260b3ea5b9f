"""The flag engine: asks each rule for the subjects that a batch triggered, event by event.

A hit keeps the position that raised it; when its evidence changes it gets a new version, and when
it is gone its last version ends. What stood on a day is therefore a query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import orjson
from pydantic import JsonValue

from ledger.domain.event import Event
from ledger.events.calendar import DayPassed
from ledger.events.campaign import CampaignClosed
from projections.flags.asking import Candidates, Hit, Policies, ask
from projections.flags.catalogue import all_rules
from projections.flags.rule import FlagRule, Severity
from projections.flags.subject import Subject
from projections.flags.trigger import Found, Trigger
from projections.frame.column import Fen, Number, Positions, Title, json_of
from projections.frame.recorded import Recorded, by_type, of_types
from projections.frame.view import (
    Cursor,
    Row,
    TemporalTable,
    Versions,
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
    raised_at: Annotated[int, Title("发现于", "raised at")]
    evidence: Annotated[Positions, Title("证据（登记序号）", "evidence", only="command")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    parameters: Annotated[str, json_of(dict[str, int])]
    details: Annotated[str, json_of(dict[str, JsonValue])]


FLAGS = TemporalTable("flags", FlagRow)


class Flags:
    """The view of flags, raised and cleared by all rules."""

    name: ClassVar[str] = "flags"
    title: ClassVar[tuple[str, str]] = ("疑点", "flags")
    needs: ClassVar[tuple[str, ...]] = (
        "registry",
        "roster",
        "notices",
        "balances",
        "bank",
        "timeline",
        "oversight",
        "rectifications",
        "links",
        "registers",
        "households",
        "voices",
        "federation",
    )
    tables: ClassVar[str] = f"""
        {FLAGS.create}
        CREATE INDEX flags_list ON flags (campaign, severity, raised_at, flag);
        CREATE INDEX flags_subject ON flags (subject) WHERE to_position IS NULL;
    """

    def __init__(self, rules: Sequence[FlagRule] | None = None) -> None:
        self._rules = all_rules() if rules is None else rules
        self._version = f"{ENGINE_VERSION}+" + "+".join(f"{rule.id}.{rule.version}" for rule in self._rules)

    @property
    def version(self) -> str:
        """The engine's own, with every rule's: a rule that is new or changed is asked of all history."""
        return self._version

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Raise and clear flags, as of each event's position."""
        # However many are asked for, the way is by index: a plan made once does for every batch, until the
        # tables have grown and are analysed.
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        policies = Policies(cursor)
        batch = by_type(events)
        triggered = _Triggered(cursor, batch)
        asked_by_rule = {rule.id: triggered.by(rule.raised_by) for rule in self._rules}
        for _, item in of_types(events, DayPassed, CampaignClosed):
            self._ask_what_is_due(cursor, item, policies, asked_by_rule)
        for of_flags in (False, True):
            rules = [rule for rule in self._rules if rule.of_flags is of_flags]
            self._ask_rules(cursor, rules, triggered, asked_by_rule, policies)

    def _ask_rules(
        self,
        cursor: Cursor,
        rules: Sequence[FlagRule],
        triggered: _Triggered,
        asked_by_rule: Mapping[str, Candidates],
        policies: Policies,
    ) -> None:
        """Ask these rules, and keep their hits."""
        all_asked = {triggered.by(rule.affected_by) for rule in rules} | {
            asked_by_rule[rule.id] for rule in rules
        }
        subjects = set().union(*(asked.texts for asked in all_asked))
        if not subjects:
            return
        versions = FLAGS.load_by(cursor, "subject", subjects)
        flagged = _flagged(versions)
        for rule in rules:
            asked = asked_by_rule[rule.id]
            hits = ask(cursor, rule, asked, policies) if asked else {}
            concerned = {text for text, _ in hits} | flagged[rule.id]
            later = triggered.by(rule.affected_by).of(concerned) if concerned else Candidates()
            if later:
                hits.update(ask(cursor, rule, later, policies))
            self._take(rule, asked.of(concerned).joined(later), hits, versions)
        FLAGS.save(cursor, versions.finish())

    def _ask_what_is_due(
        self, cursor: Cursor, item: Recorded, policies: Policies, asked_by_rule: dict[str, Candidates]
    ) -> None:
        """Ask the scheduled rules too, at a day's end or a campaign's close."""
        ending = _ending(cursor, item)
        for rule in self._rules:
            if rule.on_schedule is None or not ending:
                continue
            cursor.execute(
                f"WITH {policies.TABLE}, ending AS MATERIALIZED ("
                " SELECT e.*, q.parameters FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::date[],"
                " %s::date[]) AS e (campaign, as_of, since, day, previous)"
                " JOIN parameters q ON q.campaign = e.campaign"
                f" AND stood_at(q.from_position, q.to_position, e.as_of)) {rule.on_schedule}",
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
        """Take the hits in the order of their positions: raise, change, clear."""
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


class _Triggered:
    """The subjects that a batch triggers; each trigger is asked once, however many rules share it."""

    def __init__(self, cursor: Cursor, batch: Mapping[type[Event], Sequence[Recorded]]) -> None:
        self._cursor = cursor
        self._batch = batch
        self._found: dict[Trigger, Found] = {}
        self._candidates: dict[tuple[Trigger, ...], Candidates] = {}

    def by(self, triggers: tuple[Trigger, ...]) -> Candidates:
        """Return the subjects that these triggers find."""
        if triggers not in self._candidates:
            found = [self._find(trigger) for trigger in triggers]
            self._candidates[triggers] = Candidates(*filter(None, found))
        return self._candidates[triggers]

    def _find(self, trigger: Trigger) -> Found:
        if trigger not in self._found:
            self._found[trigger] = trigger.find(self._cursor, self._batch)
        return self._found[trigger]


def _says_the_same(row: FlagRow, hit: Hit) -> bool:
    return (row.evidence, row.amount_fen, row.unit) == (
        hit.evidence,
        hit.amount_fen,
        hit.unit,
    ) and orjson.loads(row.details) == hit.details


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
    cursor.execute("SELECT campaign FROM terms_at(%s) WHERE closed_on IS NULL ORDER BY campaign", (position,))
    return [(campaign, position, since, event.day, previous) for (campaign,) in cursor.fetchall()]
