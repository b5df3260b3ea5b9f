"""The files with which a flag rule begins (规则的起始文件): it runs as it is written, and is then made one's own.

They are those of a whole rule, about nominations for one cause, with its triggers, its query and what is
planted for it, so that a rule is changed step by step and never without its test.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

RULE = Template('''"""$title_en ($title_zh), clause $clause.

A live nomination is for an accident. Cleared when the nomination is rejected or revoked.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.cases import CASE_DISCLOSED, LATER_ON_CASE

RULE = FlagRule(
    id="$id",
    version=1,
    title_zh="$title_zh",
    title_en="$title_en",
    clause="$clause",
    severity="$severity",
    subject="case",
    raised_by=CASE_DISCLOSED,
    affected_by=LATER_ON_CASE,
    query="""
        SELECT a.subject, a.as_of, k.unit, array[k.nominated_position, d.from_position],
            k.paid_fen - k.returned_fen, jsonb_build_object('category', k.category)
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN dossiers_at(a.as_of) d ON d.dossier = k.dossier
        WHERE is_live(k.step) AND d.facts ->> 'cause' = 'accident'
    """,
)
''')

PAGE = Template("""# $id · $title_zh

Clause $clause. Severity: $severity. Subject: a nomination.

**Method.** A nomination that is neither rejected nor revoked, as of the position, whose dossier gives an accident as its cause.

**Worked example.** A worker is nominated after an accident: flagged, with the nomination and the dossier as evidence.

**Why it is a flag.** It is where an inspector begins to look; by itself it proves nothing.

**What clears it.** The nomination is rejected or revoked, or the dossier is put right.

**Parameters.** None.

**False alarms.** Whoever did have an accident.
""")

TEST = Template('''"""$title_en: who is found, who looks alike and is not, and what clears it."""

from __future__ import annotations

from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import revoke, subjects


class Test$name:
    def test_f_is_found_and_cleared(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, _ = f.nominated(w, cause="accident")
        f.nominated(w, cause="illness")
        assert subjects(views, "$id") == [f"case:b2026/{case}"]
        revoke(views, case)
        assert subjects(views, "$id") == []
''')

PLANTED = Template('''"""$title_en ($title_zh), as it is planted in simulated ledgers."""

from __future__ import annotations

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan


@planted(2)
def $module(p: Planting, plans: list[Plan]) -> None:
    """One nomination for an accident; beside it one for schooling, which is none."""
    guilty, decoy = plans
    guilty.facts = {**guilty.facts, "cause": "accident"}
    decoy.facts = {**decoy.facts, "cause": "schooling"}
    p.case("$id", guilty)
''')


def files(rule_id: str, **told: str) -> dict[Path, str]:
    """Each file of a new rule, by its place in the source."""
    module = rule_id.replace("-", "_")
    name = "".join(word.capitalize() for word in rule_id.split("-"))
    values = {"id": rule_id, "module": module, "name": name, **told}
    return {
        Path(f"projections/flags/rules/{module}.py"): RULE.substitute(values),
        Path(f"docs/flags/{rule_id}.md"): PAGE.substitute(values),
        Path(f"tests/database/projections/flags/test_{module}.py"): TEST.substitute(values),
        Path(f"api/simulation/planted/{module}.py"): PLANTED.substitute(values),
    }
