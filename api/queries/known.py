"""What a question may name: a question about what was never there is refused, not answered with nothing."""

from __future__ import annotations

import psycopg

from api.queries import rows
from ledger.standing import UNKNOWN_REFERENCE
from projections.flags.rule import all_rules

_ASKED = {
    "campaign": "SELECT FROM views.terms WHERE campaign = %(name)s LIMIT 1",
    "unit": "SELECT FROM views.units WHERE unit = %(name)s LIMIT 1",
    "account": "SELECT FROM views.accounts WHERE account = %(name)s",
}


def known(connection: psycopg.Connection, **named: str | None) -> None:
    """Checks that each campaign, unit, account or rule that is named has ever been there.

    Raises:
        Refused: ``reference-unknown``.
    """
    for kind, name in named.items():
        if name is None:
            continue
        if kind == "rule":
            found = any(rule.id == name for rule in all_rules())
        else:
            found = bool(rows(connection, _ASKED[kind], name=name))
        if not found:
            raise UNKNOWN_REFERENCE.refused(kind=kind, id=name)
