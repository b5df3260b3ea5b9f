"""What a list says of somebody (名单内容查阅): recorded first, with officer and purpose, and only then opened."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from ledger.events.register import ReferenceRevealed, ReferenceRowRevealed
from ledger.identity.vault import Vault
from ledger.writing.registers import said_of
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer


class RowShown(NamedTuple):
    """A row's line in its file, and what it says."""

    line: int
    said: dict[str, Any]


def reveal_row(
    connection: psycopg.Connection[Any],
    writer: Writer,
    officer: Signer,
    vault: Vault,
    event: ReferenceRevealed | ReferenceRowRevealed,
) -> tuple[int, list[RowShown]]:
    """Record that an officer is shown what a list says, then open it; the entry's position, and the rows.

    Raises:
        Refused: ``reference-unknown``, ``register-ended``, ``role-not-held``, ``reveals-too-many`` ….
    """
    receipt = writer.record(officer.sign(event))
    if isinstance(event, ReferenceRevealed):
        found = said_of(connection, event.reference, vault, dossier=event.dossier)
    else:
        found = said_of(connection, event.reference, vault, line=event.line)
    return receipt.position, [RowShown(*each) for each in found]
