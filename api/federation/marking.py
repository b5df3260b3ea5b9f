"""Marking dossiers (档案联合标记): which are not marked yet, and their marks recorded under the ledger's own key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import psycopg

from ledger.domain.entry import act_of
from ledger.domain.evaluation import Evaluator
from ledger.domain.state import UNKNOWN_REFERENCE, State
from ledger.errors import Refused
from ledger.events.marking import EVALUATOR_NOT_ACCEPTED, DossierMarked
from ledger.federation.marks import Asked, DossierIdentity, marks_of
from ledger.identity.vault import Sealed, Vault
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

DOSSIERS_AT_ONCE = 2_000
"""How many dossiers one question to an evaluator is about."""


class ToMark(NamedTuple):
    """A dossier that is not marked yet in its version now."""

    dossier: str
    version: str


def to_mark(connection: psycopg.Connection[Any], campaign: str, year: int) -> list[ToMark]:
    """The dossiers put forward or paid in a campaign whose version now has no marks under the key of a year."""
    rows = connection.execute(
        """
        WITH named AS (
            SELECT value ->> 'dossier' AS dossier FROM ledger.standing
            WHERE key >= 'case/' AND key < 'case0' AND value ->> 'campaign' = %(campaign)s
            UNION
            SELECT v.dossier FROM ledger.standing p JOIN ledger.vault v ON v.id = p.value ->> 'version'
            WHERE p.key >= 'payout/' AND p.key < 'payout0' AND p.value ->> 'campaign' = %(campaign)s
                AND p.value ->> 'case' IS NULL
        ),
        newest AS (
            SELECT n.dossier, coalesce(nullif(d.value ->> 'version', ''), n.dossier) AS version
            FROM named n JOIN ledger.standing d ON d.key = 'dossier/' || n.dossier
            WHERE NOT coalesce((d.value ->> 'erased')::boolean, false)
                AND NOT coalesce((d.value ->> 'sealed')::boolean, false)
        )
        SELECT n.dossier, n.version FROM newest n
        LEFT JOIN ledger.standing m ON m.key = 'marked/' || n.dossier
        WHERE m.key IS NULL OR m.value ->> 'version' <> n.version
            OR NOT m.value -> 'years' @> to_jsonb(%(year)s::int)
        ORDER BY n.dossier
        """,
        {"campaign": campaign, "year": year},
    )
    return [ToMark(*row) for row in rows]


def _identities(
    connection: psycopg.Connection[Any], vault: Vault, dossiers: Sequence[ToMark]
) -> Iterator[DossierIdentity]:
    rows = connection.execute(
        "SELECT id, dossier, key_version, wrapped_key, box FROM ledger.vault WHERE id = ANY(%s) ORDER BY id",
        ([each.version for each in dossiers],),
    )
    for row_id, dossier, key_version, wrapped_key, box in rows:
        sealed = Sealed(row_id, dossier, key_version, bytes(wrapped_key), bytes(box))
        yield DossierIdentity(dossier, row_id, vault.open(sealed).identity)


def dossier_marked_at(connection: psycopg.Connection[Any], position: int) -> str | None:
    """The dossier that the entry at a position marks; None where it marks none."""
    row = connection.execute("SELECT data FROM ledger.entries WHERE position = %s", (position,)).fetchone()
    event = None if row is None else act_of(bytes(row[0])).event
    return event.dossier if isinstance(event, DossierMarked) else None


def accepted_keys(state: State, evaluator: str, year: int) -> dict[int, str]:
    """An evaluator's accepted keys by year, that of the year among them.

    Raises:
        Refused: ``reference-unknown``, ``evaluator-not-accepted``.
    """
    known = state.find(Evaluator, evaluator)
    if known is None:
        raise UNKNOWN_REFERENCE.refused(kind="evaluator", id=evaluator)
    if str(year) not in known.keys:
        raise EVALUATOR_NOT_ACCEPTED.refused(evaluator=evaluator, year=year)
    return {int(each): key for each, key in known.keys.items()}


def mark(
    connection: psycopg.Connection[Any],
    writer: Writer,
    signer: Signer,
    vault: Vault,
    evaluators: Sequence[Asked],
    *,
    campaign: str,
    year: int,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Mark what is not marked yet, some dossiers at a time, and record their marks; answers how many.

    Identities are opened to be blinded, and shown to nobody. What an evaluator did not answer is left for the next
    time; what was marked before stays.

    Raises:
        NotVerified: ``evaluation-proof-wrong``, and none of these marks is recorded.
        Unavailable: ``evaluator-failed``.
        Refused: a dossier was changed meanwhile, or a key is not accepted.
    """
    done = 0
    waiting = to_mark(connection, campaign, year)
    for start in range(0, len(waiting), DOSSIERS_AT_ONCE):
        dossiers = list(_identities(connection, vault, waiting[start : start + DOSSIERS_AT_ONCE]))
        events = [
            DossierMarked(
                dossier=marks.dossier,
                dossier_version=marks.version,
                version=year,
                evaluators=[each.code for each in evaluators],
                person=marks.person,
                account=marks.account,
                household=marks.household,
            )
            for marks in marks_of(dossiers, evaluators, campaign=campaign, year=year)
        ]
        statements = [signer.statement(event) for event in events]
        for outcome in writer.record_all(signer.sign_together(statements, [None] * len(statements))):
            if isinstance(outcome, Refused):
                raise outcome
        done += len(events)
        progress(done)
    return done
