"""The flag engine: asks each rule for the subjects that a batch touched, event by event.

A hit keeps the position that raised it; when its evidence changes it gets a new version, and when
it is gone its last version ends. What stood on a day is therefore a query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended
from ledger.events.nomination import Approved, Rejected, Revoked
from ledger.events.payout import PayoutReturned
from projections.flags.rule import FlagRule, Lookup, Subject, all_rules, parameters_in
from projections.recorded import Recorded
from projections.view import Cursor, Row, TemporalTable


@dataclass
class FlagRow(Row):
    """A flag as it stood; ``flag`` is ``rule|subject``."""

    flag: str
    rule: str
    rule_version: int
    severity: str
    campaign: str
    subject: str
    unit: str | None
    raised_at: int
    evidence: list[int]
    amount_fen: int
    parameters: str
    details: str


class Flags:
    """Keeps the flags of all rules."""

    name: ClassVar[str] = "flags"
    tables: ClassVar[str] = """
        CREATE TABLE flags (
            flag text NOT NULL, rule text NOT NULL, rule_version integer NOT NULL,
            severity text NOT NULL, campaign text NOT NULL, subject text NOT NULL, unit text,
            raised_at bigint NOT NULL, evidence bigint[] NOT NULL, amount_fen bigint NOT NULL,
            parameters jsonb NOT NULL, details jsonb NOT NULL,
            from_position bigint NOT NULL, to_position bigint,
            PRIMARY KEY (flag, from_position)
        );
        CREATE INDEX flags_list ON flags (campaign, rule, raised_at);
    """

    _flags = TemporalTable("flags", FlagRow)

    def __init__(self, rules: Sequence[FlagRule] | None = None) -> None:
        self._rules = all_rules() if rules is None else rules

    @property
    def version(self) -> str:
        """The engine's own, with every rule's: a rule that is new or changed is asked of all history."""
        return "1+" + "+".join(f"{rule.id}.{rule.version}" for rule in self._rules)

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Raises and clears, as of each event's position."""
        look = _look_up(cursor, events)
        for rule in self._rules:
            touched: dict[Subject, list[int]] = defaultdict(list)
            for item in events:
                for subject in rule.touched(item, look):
                    touched[subject].append(item.position)
            if touched:
                self._evaluate(cursor, rule, touched)

    def _evaluate(self, cursor: Cursor, rule: FlagRule, touched: dict[Subject, list[int]]) -> None:
        policies = _policies(cursor, {subject.campaign for subject in touched})
        parameters = {
            campaign: orjson.dumps(parameters_in(rule, policy)).decode()
            for campaign, policy in policies.items()
        }
        asked = [(subject, as_of) for subject, positions in touched.items() for as_of in positions]
        hits = _ask(cursor, rule, asked, parameters)
        versions = self._flags.load(cursor, [f"{rule.id}|{s.text}" for s in touched])
        for subject, as_of in asked:
            flag = f"{rule.id}|{subject.text}"
            hit = hits.get((subject.text, as_of))
            standing = versions.get(flag)
            if hit is None:
                if standing is not None:
                    versions.remove(flag, as_of)
                continue
            unit, evidence, amount_fen, details = hit
            said = orjson.dumps(details).decode()
            if standing is not None and (
                (standing.evidence, standing.amount_fen, standing.unit, orjson.loads(standing.details))
                == (evidence, amount_fen, unit, details)
            ):
                continue
            versions.put(
                FlagRow(
                    flag,
                    rule.id,
                    rule.version,
                    rule.severity,
                    subject.campaign,
                    subject.text,
                    unit,
                    standing.raised_at if standing else as_of,
                    evidence,
                    amount_fen,
                    parameters.get(subject.campaign, "{}"),
                    said,
                ),
                as_of,
            )
        self._flags.save(cursor, versions.finish())


def _ask(
    cursor: Cursor, rule: FlagRule, asked: list[tuple[Subject, int]], parameters: dict[str, str]
) -> dict[tuple[str, int], tuple[str | None, list[int], int, dict[str, Any]]]:
    cursor.execute(
        "WITH asked AS MATERIALIZED (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[],"  # noqa: S608 # our own rules
        " %s::bigint[], %s::jsonb[]) AS a (subject, campaign, name, as_of, parameters)) " + rule.query,
        (
            [subject.text for subject, _ in asked],
            [subject.campaign for subject, _ in asked],
            [subject.name for subject, _ in asked],
            [as_of for _, as_of in asked],
            [parameters.get(subject.campaign, "{}") for subject, _ in asked],
        ),
    )
    return {
        (subject, as_of): (unit, sorted(evidence), int(amount_fen or 0), details)
        for subject, as_of, unit, evidence, amount_fen, details in cursor.fetchall()
    }


def _policies(cursor: Cursor, campaigns: set[str]) -> dict[str, dict[str, Any]]:
    cursor.execute(
        "SELECT campaign, policy FROM terms WHERE campaign = ANY(%s) AND to_position IS NULL",
        (sorted(campaigns),),
    )
    return dict(cursor.fetchall())


def _look_up(cursor: Cursor, events: Sequence[Recorded]) -> Lookup:
    """What the batch's events refer to, from the views, which hold the batch already."""
    payouts = {item.event.payout for item in events if isinstance(item.event, PayoutReturned)}
    cursor.execute("SELECT payout, campaign, dossier FROM payouts WHERE payout = ANY(%s)", (sorted(payouts),))
    paid = {payout: (campaign, dossier) for payout, campaign, dossier in cursor.fetchall()}
    dossiers = {
        dossier for item in events if (dossier := getattr(item.event, "dossier", None)) is not None
    } | {dossier for _, dossier in paid.values()}
    cursor.execute(
        "SELECT dossier, person FROM dossiers WHERE dossier = ANY(%s) AND to_position IS NULL",
        (sorted(dossiers),),
    )
    persons: dict[str, str] = dict(cursor.fetchall())
    look = Lookup(person_of_dossier=persons, payout=paid)
    _look_up_cases(cursor, events, look)
    amended = {item.event.dossier for item in events if isinstance(item.event, DossierAmended)}
    if amended:
        cursor.execute(
            "SELECT DISTINCT dossier, campaign, case_id FROM cases WHERE dossier = ANY(%s)",
            (sorted(amended),),
        )
        for dossier, campaign, case in cursor.fetchall():
            look.cases_of_dossier.setdefault(dossier, []).append((campaign, case))
    for campaign in {e.event.campaign for e in events if isinstance(e.event, PolicyAmended)}:
        cursor.execute("SELECT DISTINCT case_id FROM cases WHERE campaign = %s", (campaign,))
        look.cases_of_campaign[campaign] = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT person, payout FROM payouts WHERE campaign = %s", (campaign,))
        rows = cursor.fetchall()
        look.persons_of_campaign[campaign] = sorted({person for person, _ in rows})
        look.payouts_of_campaign[campaign] = [payout for _, payout in rows]
    return look


def _look_up_cases(cursor: Cursor, events: Sequence[Recorded], look: Lookup) -> None:
    ended = sorted({e.event.case for e in events if isinstance(e.event, Rejected | Revoked)})
    if ended:
        cursor.execute("SELECT DISTINCT case_id, dossier FROM cases WHERE case_id = ANY(%s)", (ended,))
        look.dossier_of_case.update(cursor.fetchall())
    approved = sorted({e.event.case for e in events if isinstance(e.event, Approved)})
    if approved:
        cursor.execute("SELECT case_id, payout FROM payouts WHERE case_id = ANY(%s)", (approved,))
        for case, payout in cursor.fetchall():
            look.payouts_of_case.setdefault(case, []).append(payout)
