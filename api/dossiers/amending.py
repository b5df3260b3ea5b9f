"""A dossier typed anew (档案变更): its facts as people write them, and its identity where that changes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from api.roster.columns import (
    FORMS,
    LATER,
    Column,
    Recipient,
)
from api.roster.reading import CellFault, Line
from api.roster.words import Words
from ledger.errors import yuan
from ledger.events.dossier import Facts
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity

_IDENTITIES: dict[Recipient, type[PersonIdentity] | type[EnterpriseIdentity]] = {
    "person": PersonIdentity,
    "enterprise": EnterpriseIdentity,
}


@dataclass(frozen=True)
class Amendment:
    """What was typed, read: all facts, the whole identity where any of it was given, what is wrong."""

    facts: Facts
    identity: PersonIdentity | EnterpriseIdentity | None
    faults: list[CellFault]


def fact_columns(recipient: Recipient) -> list[Column]:
    """The columns that are about the hardship, and not about who or how much."""
    columns = (*FORMS[recipient], *LATER[recipient])
    return [column for column in columns if column.field in Facts.model_fields]


def identity_columns(recipient: Recipient) -> list[Column]:
    """The columns that say who it is."""
    known = _IDENTITIES[recipient].model_fields
    return [column for column in FORMS[recipient] if column.field in known]


def typed_facts(recipient: Recipient, facts: Facts, words: Mapping[str, Words]) -> dict[str, str]:
    """A dossier's facts as they would be typed: field → text; those not given are left out."""
    given = facts.model_dump(exclude_none=True)
    return {
        column.field: _typed(given[column.field], column.field, words.get(column.field))
        for column in fact_columns(recipient)
        if column.field in given
    }


def _typed(value: object, field: str, words: Words | None) -> str:
    if words is not None:
        code = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        # A group is any code, a word may be another campaign's: one that is not known here is typed as it is.
        return words[code][0] if code in words else code
    return yuan(int(str(value))) if field.endswith("_fen") else str(value)


def read_amendment(
    recipient: Recipient, typed: Mapping[str, str], words: Mapping[str, Words], *, today: datetime.date
) -> Amendment:
    """Reads what was typed: field → text. Fields of no column are left out, as a roster's would be.

    An identity is given whole, for that is what the dossier promises; what is left blank is not there
    any more.
    """
    facts, identity = fact_columns(recipient), identity_columns(recipient)
    filled = {name: text for name, text in typed.items() if text.strip()}
    columns = {column.field: column for column in (*facts, *identity)}
    cells = {name: (columns[name].heading, text) for name, text in filled.items() if name in columns}
    line = Line(recipient, columns, cells, today, words=words)
    read = line.read_facts()
    if not any(column.field in cells for column in identity):
        return Amendment(read, None, line.faults)
    return Amendment(read, line.read_identity(), line.faults)
