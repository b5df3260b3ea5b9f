"""The rules of lists from outside (名单规则): one of a kind each, all of one form, made from the kinds' table.

Help meets a row where a nomination that is live, or a payout that stands, counts from a day between the row's
two days. A hit says on which list of which day, and nothing of what the list says. It is asked for in both
directions: at each nomination and payout, and over all of history when a list comes, is withdrawn or replaced.
"""

from __future__ import annotations

from ledger.domain.register_kinds import COUNTYS_RULE, KINDS, RegisterKind
from ledger.events.nomination import Nominated
from ledger.events.register import ReferenceErased, ReferenceListed, ReferenceWithdrawn
from projections.flags.as_of import counted_on
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN, PAID
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE

CLAUSE = "A-6"

_ROWS = """
    JOIN ledger.registers g ON g.root = l.root
    JOIN ledger.register_rows r ON r.register = g.number"""
"""From lists ``l`` to their rows ``r``."""

_IN_ITS_UNIT = """(l.unit IS NULL OR k.unit = l.unit OR EXISTS (
        SELECT FROM units w WHERE w.unit = k.unit AND l.unit = ANY (w.ancestors)
    ))"""
"""Whether a case ``k`` lies in the unit of a list ``l`` or below it."""


def _of_kind(kind: str | None) -> str:
    """The condition that a list ``l`` is of that kind; for None, of a county's own."""
    if kind is not None:
        return f"l.kind = '{kind}'"
    return f"l.kind NOT IN ({', '.join(repr(code) for code in KINDS)})"


def on_list(kind: RegisterKind | None) -> FlagRule:
    """The rule of a kind; for None, the one of all kinds that a county added."""
    of_kind = _of_kind(None if kind is None else kind.code)
    at_help = Trigger(
        (Nominated, *PAID),
        kind="case",
        query=f"""
            SELECT e.position, e.campaign, e.case_id FROM events e
            WHERE e.case_id IS NOT NULL AND EXISTS (
                SELECT FROM registers l {_ROWS}
                JOIN dossiers d ON d.dossier = e.dossier AND d.person COLLATE "C" = r.mark
                WHERE {of_kind}
            )
        """,
    )
    when_listed = Trigger(
        (ReferenceListed,),
        kind="case",
        query=f"""
            SELECT DISTINCT e.position, k.campaign, k.case_id
            FROM events e JOIN registers l ON l.position = e.position AND {of_kind} {_ROWS}
            JOIN cases k ON k.person = r.mark COLLATE "default"
        """,
    )
    when_ended = Trigger(
        (ReferenceListed, ReferenceWithdrawn, ReferenceErased),
        kind="case",
        query=f"""
            SELECT DISTINCT e.position, k.campaign, k.case_id
            FROM events e JOIN registers l ON l.to_position = e.position AND {of_kind} {_ROWS}
            JOIN cases k ON k.person = r.mark COLLATE "default"
        """,
    )
    return FlagRule(
        id=COUNTYS_RULE if kind is None else kind.rule,
        version=1,
        title_zh="名单比对命中" if kind is None else f"名单比对：{kind.title_zh}",
        title_en="On a list of a kind of the county's own" if kind is None else f"On a list: {kind.title_en}",
        clause=CLAUSE,
        severity="medium" if kind is None else kind.severity,
        subject="case",
        raised_by=(at_help, when_listed),
        affected_by=(when_ended, *LATER_ON_CASE),
        query=f"""
            SELECT a.subject, a.as_of, k.unit,
                array[k.nominated_position] || m.positions || coalesce(p.positions, '{{}}'),
                p.kept_fen,
                jsonb_build_object('lists', m.lists)
            FROM asked a
            JOIN cases_at(a.as_of) k ON k.case_id = a.name
            CROSS JOIN LATERAL (
                SELECT array_agg(DISTINCT l.position) AS positions,
                    jsonb_agg(DISTINCT l.title || ' ' || l.data_on) AS lists,
                    array_agg(DISTINCT daterange(r.since, r.until, '[]')) AS days
                FROM registers_at(a.as_of) l {_ROWS}
                WHERE l.in_force AND {of_kind} AND r.mark = k.person COLLATE "C" AND {_IN_ITS_UNIT}
                    AND (l.erased_at IS NULL OR k.nominated_position < l.erased_at)
            ) m
            LEFT JOIN LATERAL (
                SELECT array_agg(o.position) AS positions, sum(o.kept_fen) AS kept_fen
                FROM kept_payouts(a.as_of) o
                WHERE o.campaign = a.campaign AND o.case_id = k.case_id
                    AND {counted_on("o.position")} <@ ANY (m.days)
            ) p ON true
            WHERE m.positions IS NOT NULL AND (
                p.positions IS NOT NULL
                OR is_live(k.step) AND {counted_on("k.nominated_position")} <@ ANY (m.days)
            )
        """,
    )


def absent_from_dossiers(kind: RegisterKind) -> FlagRule:
    """The rule of a kind whose persons should be helped: how many on its newest lists have no dossier.

    It is asked when a list comes or ends, and on Mondays while a campaign is open. The subject is the list's unit; whoever it
    is about is not known to the ledger, so that there is nobody to name.
    """
    listed = Trigger(
        (ReferenceListed, ReferenceWithdrawn, ReferenceErased),
        kind="unit",
        query=f"""
            SELECT DISTINCT e.position, '{NO_CAMPAIGN}', l.unit
            FROM events e
            JOIN registers l ON (l.position = e.position OR l.to_position = e.position)
                AND {_of_kind(kind.code)}
            WHERE l.unit IS NOT NULL
        """,
    )
    return FlagRule(
        id=kind.rule,
        version=1,
        title_zh="应助未助",
        title_en="Should be helped, and has no dossier",
        clause="A-1",
        severity=kind.severity,
        subject="unit",
        raised_by=(listed,),
        on_schedule=f"""
            SELECT DISTINCT '{NO_CAMPAIGN}', l.unit
            FROM ending e
            JOIN registers_at(e.as_of) l ON l.in_force AND {_of_kind(kind.code)}
            WHERE l.unit IS NOT NULL AND date_trunc('week', e.day)::date > e.previous
        """,
        query=f"""
            SELECT a.subject, a.as_of, a.name, array_agg(DISTINCT l.position), 0,
                jsonb_build_object(
                    'lists', jsonb_agg(DISTINCT l.title || ' ' || l.data_on), 'not_reached', sum(n.persons)
                )
            FROM asked a
            JOIN registers_at(a.as_of) l ON l.unit = a.name AND l.in_force AND l.erased_at IS NULL
                AND {_of_kind(kind.code)}
            CROSS JOIN LATERAL (
                SELECT count(DISTINCT r.mark) AS persons
                FROM ledger.registers g
                JOIN ledger.register_rows r ON r.register = g.number
                WHERE g.root = l.root AND NOT EXISTS (
                    SELECT FROM dossiers d WHERE d.person = r.mark COLLATE "default"
                        AND d.filed_position <= a.as_of
                )
            ) n
            WHERE n.persons > 0
            GROUP BY a.subject, a.as_of, a.name
        """,
    )
