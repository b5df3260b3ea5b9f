"""What a list says of somebody (名单内容查阅): recorded first, with officer and purpose, and only then opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from api.gate import ScopedViews
from api.identities.disclosing import own_lately
from api.registers.queries import boxes
from ledger.events.register import ReferenceRevealed, ReferenceRowRevealed
from ledger.identity.vault import Vault
from ledger.writing.registers import boxes_of
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

Reveal = ReferenceRevealed | ReferenceRowRevealed
"""What must be on record before a row is opened."""


class RowShown(NamedTuple):
    """A row's line in its file, and what it says."""

    line: int
    said: dict[str, Any]


def reveal_row(
    views: ScopedViews, writer: Writer, officer: Signer, vault: Vault, event: Reveal
) -> tuple[int, list[RowShown]]:
    """Record that an officer is shown what a list says, then open it; the entry's position, and the rows.

    Raises:
        Refused: ``reference-unknown``, ``register-ended``, ``role-not-held``, ``reveals-too-many`` ….
    """
    receipt = writer.record(officer.sign(event))
    return receipt.position, rows_of(views, vault, event)


def recorded_lately(views: ScopedViews, statements: Sequence[str]) -> dict[str, Reveal]:
    """The reader's own statements of the last quarter of an hour that a list's rows are shown to them.

    Raises:
        Refused: ``reveal-not-recorded``.
    """
    kinds: tuple[type[Reveal], ...] = (ReferenceRevealed, ReferenceRowRevealed)
    return {each: event for each, (_, event) in own_lately(views, statements, kinds).items()}


def rows_of(views: ScopedViews, vault: Vault, event: Reveal) -> list[RowShown]:
    """What the list says of that dossier's person, or on that line; nothing where it was erased since."""
    dossier = event.dossier if isinstance(event, ReferenceRevealed) else None
    line = event.line if isinstance(event, ReferenceRowRevealed) else None
    return [
        RowShown(
            row["line"],
            boxes_of(vault, row["number"], row["key_version"], row["wrapped_key"]).open(
                row["line"], bytes(row["box"])
            ),
        )
        for row in boxes(views, event.reference, dossier=dossier, line=line)
    ]
