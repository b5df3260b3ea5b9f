"""What a question may name: a question about what was never there is refused, not answered with nothing."""

from __future__ import annotations

from api.gate import ScopedViews
from ledger.domain.state import UNKNOWN_REFERENCE
from projections.flags.catalogue import all_rules

_ASKED = {
    "campaign": "SELECT FROM terms WHERE campaign = %(name)s LIMIT 1",
    "unit": "SELECT FROM units WHERE unit = %(name)s LIMIT 1",
    "account": "SELECT FROM accounts WHERE account = %(name)s",
}


def check_references(views: ScopedViews, **named: str | None) -> None:
    """Checks that each campaign, unit, account or rule that is named has ever been there.

    Raises:
        Refused: ``reference-unknown``.
    """
    for kind, name in named.items():
        if name is None:
            continue
        rule = kind == "rule" and any(rule.id == name for rule in all_rules())
        if not rule and (kind == "rule" or not views.rows(_ASKED[kind], name=name)):
            raise UNKNOWN_REFERENCE.refused(kind=kind, id=name)
