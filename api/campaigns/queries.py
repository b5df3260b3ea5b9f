"""Past cases with what their dossiers say, for trying a changed policy over them (方案试算)."""

from __future__ import annotations

from collections.abc import Iterator

from api.campaigns.left_out import left_out
from api.campaigns.trial import PastCase, TrialCounts, TriedCase, count, loosened, tried
from api.gate import Row, ScopedViews
from api.roster.readiness import COLUMNS, JOINS, records_of
from api.wording.masked_names import masked_names
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import Rule
from ledger.events.household import HouseholdDeclared
from ledger.identity.vault import Vault
from projections.frame.view import AS_OF

MOST_CASES = 20_000
"""So many cases are tried at once; a county's campaign has fewer, and who asks for more can ask unit by unit."""

MOST_LISTED = 500
"""So many changed cases are listed; all are counted."""

AT_ONCE = 1_000

TRIAL_TOO_LONG = Rule(
    "trial-too-long",
    zh="试算最多 {expected} 个对象，请按单位分别试算",
    en="a policy is tried over at most {expected} cases at once: ask for it unit by unit",
)


def standing_policy(views: ScopedViews, campaign: str, as_of: int) -> Policy:
    """The policy of a campaign as it stood.

    Raises:
        Refused: ``reference-unknown``.
    """
    rows = views.rows(
        f"SELECT policy FROM terms t WHERE campaign = %(campaign)s AND {AS_OF}",  # our own names
        campaign=campaign,
        as_of=as_of,
    )
    if not rows:
        raise UNKNOWN_REFERENCE.refused(kind="campaign", id=campaign)
    return Policy.model_validate(rows[0]["policy"])


def past_cases(views: ScopedViews, campaign: str, as_of: int, unit: str | None = None) -> Iterator[PastCase]:
    """The campaign's cases in the order of their nomination, those that were revoked left out; of a unit with all below.

    Raises:
        Refused: ``trial-too-long``.
    """
    after = seen = 0
    while True:
        rows = views.rows(
            f"""SELECT k.case_id, k.dossier, k.unit, k.person, k.recipient, k.category, k.state,
                k.nominated_on::text AS nominated_on, k.nominated_position,
                CASE WHEN k.approved_fen > 0 THEN k.approved_fen ELSE coalesce(k.asked_fen, 0) END AS sum_fen,
                d.facts, {COLUMNS}
            FROM (SELECT * FROM cases k WHERE k.campaign = %(campaign)s AND k.nominated_position > %(after)s
                AND k.step <> 'revoked' AND {AS_OF} AND (%(unit)s::text IS NULL OR k.unit IN (
                    SELECT u.unit FROM units u WHERE u.unit = %(unit)s OR %(unit)s = ANY(u.ancestors)
                )) ORDER BY k.nominated_position LIMIT %(most)s) k
            JOIN (SELECT * FROM dossiers d WHERE {AS_OF}) d ON d.dossier = k.dossier
            {JOINS}
            ORDER BY k.nominated_position""",  # our own names
            campaign=campaign,
            after=after,
            as_of=as_of,
            unit=unit,
            most=AT_ONCE,
        )
        seen += len(rows)
        if seen > MOST_CASES:
            raise TRIAL_TOO_LONG.refused(expected=MOST_CASES)
        yield from map(_case, rows)
        if len(rows) < AT_ONCE:
            return
        after = rows[-1]["nominated_position"]


def _case(row: Row) -> PastCase:
    said = row["declared"]
    return PastCase(
        case_id=row["case_id"],
        dossier=row["dossier"],
        unit=row["unit"],
        person=row["person"],
        recipient=row["recipient"],
        category=row["category"],
        nominated_on=row["nominated_on"],
        state=row["state"],
        sum_fen=row["sum_fen"],
        facts=row["facts"],
        declared=None if said is None else HouseholdDeclared.model_validate(said),
        records=tuple(records_of(row["dossier"], row)),
    )


def trial(
    views: ScopedViews,
    vault: Vault,
    campaign: str,
    after: Policy,
    as_of: int,
    unit: str | None = None,
    *,
    with_flags: bool = True,
) -> Row:
    """What a changed policy would change over the campaign's cases that the reader sees: counts, and each case.

    Raises:
        Refused: ``reference-unknown``, ``trial-too-long``.
    """
    before = standing_policy(views, campaign, as_of)
    counts, listed = TrialCounts(), list[TriedCase]()
    for case in tried(past_cases(views, campaign, as_of, unit), before, after, with_flags=with_flags):
        count(counts, case)
        if case.changes and len(listed) < MOST_LISTED:
            listed.append(case)
    names = masked_names(views, vault, [case.dossier for case in listed])
    return {
        "loosened": [each.model_dump() for each in loosened(before, after)],
        "left_out": [each.model_dump() for each in left_out(before, after)],
        "counts": counts.model_dump(),
        "rows": [{**case.model_dump(), "masked_name": names.get(case.dossier, "—")} for case in listed],
        "position": as_of,
    }
