"""Whether a dossier is what a policy asks for a nomination (档案是否具备申报条件): the views' rows, decided as statements are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from api.gate import Row, ScopedViews
from ledger.domain.household import DossierLife, Household
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.record import Record
from ledger.domain.state import Dossier, State
from ledger.errors import Refused
from ledger.events.dossier_life import check_dossier
from projections.frame.view import AS_OF

COLUMNS = """h.declared, c.members AS consented, c.until::text AS consent_until,
    l.state AS life_state, l.visited_on::text AS visited_on, l.discussed_on::text AS discussed_on,
    l.on_file_on::text AS on_file_on, l.reviewed_on::text AS reviewed_on"""
"""What is read of a dossier's household and life, from :data:`JOINS`."""

JOINS = f"""LEFT JOIN (SELECT * FROM households h WHERE {AS_OF}) h ON h.dossier = d.dossier
    LEFT JOIN (SELECT * FROM consents c WHERE {AS_OF}) c ON c.dossier = d.dossier
    LEFT JOIN (SELECT * FROM dossier_lives l WHERE {AS_OF}) l ON l.dossier = d.dossier"""


def records_of(dossier: str, row: Row) -> list[Record]:
    """The household and the life of a dossier as decisions know them; none where nothing was recorded."""
    found: list[Record] = []
    declared = row["declared"]
    if declared is not None or row["consented"] is not None:
        found.append(
            Household(
                dossier,
                declared=None if declared is None else [each["exclusion"] for each in declared["exclusions"]],
                consented=row["consented"],
                consent_until=row["consent_until"],
            )
        )
    if row["life_state"] is not None:
        found.append(
            DossierLife(
                dossier,
                state=row["life_state"],
                visited_on=row["visited_on"],
                discussed_on=row["discussed_on"],
                on_file_on=row["on_file_on"],
                reviewed_on=row["reviewed_on"],
            )
        )
    return found


def refusal(
    dossier: Dossier, category: str, policy: Policy, today: str, records: Iterable[Record]
) -> Refused | None:
    """Why a nomination of the dossier in that category would be refused on a day, or None."""
    state = State()
    for record in records:
        state.put(record)
    try:
        check_dossier(dossier, category, policy, today, state)
    except Refused as refused:
        return refused
    return None


def asks_dossiers(policy: Policy) -> bool:
    """Whether the policy asks anything of a dossier before a nomination."""
    return any(part is not None for part in (policy.dossier_life, policy.exclusions, policy.hardship))


def kept_records(views: ScopedViews, dossiers: Iterable[str], as_of: int) -> Mapping[str, list[Record]]:
    """The households and lives of dossiers, by dossier."""
    rows = views.rows(
        f"SELECT d.dossier, {COLUMNS} FROM (SELECT * FROM dossiers d"  # our own names
        f" WHERE d.dossier = ANY(%(dossiers)s) AND {AS_OF}) d {JOINS}",
        dossiers=list(dossiers),
        as_of=as_of,
    )
    return {row["dossier"]: records_of(row["dossier"], row) for row in rows}
