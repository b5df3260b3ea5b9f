"""On a list from outside (名单比对命中): one rule for each kind of list, and one for those that a county added."""

from ledger.domain.register_kinds import KINDS
from projections.flags.register_rules import absent_from_dossiers, on_list

RULES = (
    *(
        absent_from_dossiers(kind) if kind.relation == "absent" else on_list(kind)
        for kind in KINDS.values()
        if kind.relation != "given"
    ),
    on_list(None),
)
