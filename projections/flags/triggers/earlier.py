"""Help given before the ledger began (以前年度发放), as rules count it: the rows of lists that were brought in.

Where help meets such a row, it counts beside what the ledger itself paid; a row that repeats a payout of this
ledger, by sum and day, does not count twice.
"""

from __future__ import annotations

from ledger.domain.register_kinds import EARLIER_PAYOUTS
from ledger.events.nomination import Nominated
from ledger.events.register import EarlierPayoutsListed, ReferenceErased, ReferenceWithdrawn
from projections.flags.subject import NO_CAMPAIGN, PAID
from projections.flags.trigger import Trigger

_ROWS = """
    JOIN ledger.registers g ON g.root = l.root
    JOIN ledger.register_rows r ON r.register = g.number"""
_BROUGHT_IN = f"l.kind = '{EARLIER_PAYOUTS}' AND l.year IS NOT NULL"


def earlier_help(person: str, at: str) -> str:
    """What a person was given before the ledger began, by the lists in force at a position.

    Each row has the list's ``position``, ``unit``, ``year`` and ``title``, the ``paid_on`` that it says or the end of
    its year, and the sum. A list that was erased counts for whoever was nominated before. The same row, by sum and days,
    of a list brought in earlier for a unit on the same line is not counted again.
    """
    return f"""(
    SELECT l.position, l.unit, l.year, l.title, r.fen,
        coalesce(r.until, make_date(l.year, 12, 31)) AS paid_on
    FROM registers_at({at}) l {_ROWS}
    WHERE l.in_force AND {_BROUGHT_IN} AND r.mark = {person} COLLATE "C"
        AND (l.erased_at IS NULL OR EXISTS (
            SELECT FROM cases k WHERE k.person = {person} AND k.nominated_position < l.erased_at
        ))
        AND NOT EXISTS (
        SELECT FROM payouts o
        WHERE o.person = {person} AND o.position <= {at} AND o.amount_fen = r.fen AND o.paid_on <@ daterange(
            coalesce(r.since, make_date(l.year, 1, 1)), coalesce(r.until, make_date(l.year, 12, 31)), '[]'
        )
    )
        AND NOT EXISTS (
        SELECT FROM registers_at({at}) f
        JOIN ledger.registers n ON n.root = f.root
        JOIN ledger.register_rows w ON w.register = n.number
        WHERE f.in_force AND f.erased_at IS NULL AND f.kind = '{EARLIER_PAYOUTS}' AND f.year = l.year
            AND f.position < l.position AND w.mark = {person} COLLATE "C" AND w.fen = r.fen
            AND r.until IS NOT NULL AND w.until = r.until AND w.since IS NOT DISTINCT FROM r.since
            AND {on_the_line("f.unit", "l.unit")}
    )
)"""


def on_the_line(unit: str, other: str) -> str:
    """Whether two units are one, or one lies above the other; an empty one is above all."""
    return f"""({unit} IS NULL OR {unit} = {other} OR EXISTS (
        SELECT FROM units w
        WHERE w.unit = {other} AND {unit} = ANY (w.ancestors) OR w.unit = {unit} AND {other} = ANY (w.ancestors)
    ))"""


_IN_EVERY_CAMPAIGN = """(
    SELECT campaign FROM cases WHERE person = p.person UNION SELECT campaign FROM payouts WHERE person = p.person
)"""


def _of_list(position: str) -> str:
    """Everybody whom the ledger knows on lists that began or ended with an event, in every campaign."""
    return f"""
        SELECT DISTINCT e.position, c.campaign, p.person
        FROM events e
        JOIN registers l ON l.{position} = e.position AND {_BROUGHT_IN} {_ROWS}
        CROSS JOIN LATERAL (SELECT r.mark COLLATE "default" AS person) p
        CROSS JOIN LATERAL {_IN_EVERY_CAMPAIGN} c
    """


PERSON_HELPED_BEFORE = (
    Trigger(
        (Nominated, *PAID),
        kind="person",
        query=f"""
            SELECT e.position, c.campaign, p.person
            FROM events e
            CROSS JOIN LATERAL (SELECT person FROM dossiers WHERE dossier = e.dossier LIMIT 1) p
            CROSS JOIN LATERAL (SELECT e.campaign UNION SELECT campaign FROM {_IN_EVERY_CAMPAIGN} k) c
            WHERE EXISTS (
                SELECT FROM registers l {_ROWS} AND r.mark = p.person COLLATE "C" WHERE {_BROUGHT_IN}
            )
        """,
    ),
    Trigger((EarlierPayoutsListed,), kind="person", query=_of_list("position")),
)
"""A nomination or payout of a person on a list of earlier payouts; such a list: everybody on it who is known."""

earlier_help_ended = Trigger(
    (EarlierPayoutsListed, ReferenceWithdrawn, ReferenceErased),
    kind="person",
    query=_of_list("to_position"),
)
"""A list of earlier payouts that is replaced, withdrawn or erased: everybody on it."""

same_list_ended = Trigger(
    (EarlierPayoutsListed, ReferenceWithdrawn),
    kind="event",
    query=f"""
        SELECT DISTINCT e.position, '{NO_CAMPAIGN}', m.position::text
        FROM events e
        JOIN registers l ON l.to_position = e.position AND {_BROUGHT_IN}
        JOIN registers m ON m.year = l.year AND m.rows = l.rows AND m.total_fen = l.total_fen
            AND m.unit IS NOT DISTINCT FROM l.unit
    """,
)
"""A list of earlier payouts that is replaced or withdrawn: itself, and those of the same year, rows and sum."""
