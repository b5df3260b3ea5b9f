"""Policy loosened (放宽方案), clauses A-8, B-4.

An amendment made a limit, a period, a category, an exclusion or a tie of the policy looser, or a campaign was
opened with a policy looser than that of its sponsor's campaign of the year before. Raised with that entry; as
days end and at the campaign's close it names the acts that would not have been within the earlier policy, as
long as the policy is looser: see ``_USED``. Nothing clears it.
"""

from ledger.events.campaign import CampaignOpened, PolicyAmended
from projections.flags.as_of import STOPPED_MONTHS, counted_on, unmet_criteria
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.entries import entry

_UNMET_BEFORE = f"""EXISTS (
    SELECT FROM unnest({unmet_criteria("l.before", "k.category", "d", STOPPED_MONTHS)}) AS c
    WHERE c <> ALL (coalesce({unmet_criteria("n.policy", "k.category", "d", STOPPED_MONTHS)}, '{{}}'))
)"""
_PUT_FORWARD = "e.type IN ('Nominated', 'Approved')"
_OUT_OF_FUNDS = "e.type IN ('Disbursed', 'AidDelivered', 'MoneyDrawn')"


def _outside(window: str) -> str:
    """The act is dated or recorded outside a window, given as JSON."""
    bounds = f"({window} ->> 'start')::date AND ({window} ->> 'end')::date"
    return f"(e.happened_on NOT BETWEEN {bounds} OR {counted_on('e.position')} NOT BETWEEN {bounds})"


def _after(deadline: str, *kinds: str) -> str:
    """A list or summary of these kinds is dated or recorded after a deadline of the earlier policy."""
    of_kinds = ", ".join(f"'{kind}'" for kind in kinds)
    return f"f.kind IN ({of_kinds}) AND {counted_on('e.position')} > (l.before ->> '{deadline}')::date"


_WINDOW, _PHASE = "l.before -> 'window'", "h -> 'window'"
_OWN_WINDOW = """coalesce((
            SELECT u -> 'window' FROM jsonb_array_elements(l.before -> 'unit_windows') AS u
            WHERE u ->> 'unit' = e.unit LIMIT 1
        ), l.before -> 'window')"""
_USED = {
    "two_signatures_above_fen": """e.type IN ('Approved', 'Disbursed', 'MoneyDrawn') AND e.seconds IS NULL
        AND e.amount_fen > (l.before ->> 'two_signatures_above_fen')::bigint""",
    "categories": f"""{_PUT_FORWARD} AND (
            b.category IS NULL OR b.category ->> 'recipient' <> k.recipient OR {_UNMET_BEFORE}
        )
        OR e.type = 'Approved' AND e.amount_fen > (b.category ->> 'standard_fen')::bigint
        OR p.line <> b.category ->> 'line'""",
    "subsistence_line_fen": f"{_PUT_FORWARD} AND {_UNMET_BEFORE}",
    "excluded_groups": f"{_PUT_FORWARD} AND l.before -> 'excluded_groups' ? (d.facts ->> 'group')",
    "notice_working_days": "e.type = 'Approved'",
    "confirmation_required": "e.type = 'Approved' AND NOT k.confirmed",
    "window": f"{_OUT_OF_FUNDS} AND {_outside(_WINDOW)}",
    "unit_windows": f"{_OUT_OF_FUNDS} AND {_outside(_OWN_WINDOW)}",
    "phases": f"""(
        SELECT bool_and({_outside(_PHASE)}) FROM jsonb_array_elements(l.before -> 'phases') AS h
        WHERE h -> 'events' ? e.type
    )""",
    "bank_transfer_required": "p.method = 'cash'",
    "lines": """EXISTS (
            SELECT FROM jsonb_array_elements(n.policy -> 'lines') AS y
            LEFT JOIN LATERAL (
                SELECT x FROM jsonb_array_elements(l.before -> 'lines') AS x WHERE x ->> 'code' = y ->> 'code'
            ) o ON true
            WHERE e.line = l.campaign || '/' || (y ->> 'code') AND (
                o.x IS NULL OR o.x ->> 'source' <> y ->> 'source'
                OR e.type = 'FundAllocated' AND (o.x ->> 'cap_fen') IS DISTINCT FROM (y ->> 'cap_fen')
            )
        )""",
    "forms": "NOT l.before -> 'forms' ? p.form",
    "yearly_cap_fen": """p.form = 'money' AND (
            SELECT sum(o.amount_fen) FROM payouts o
            WHERE o.person = p.person AND o.year = p.year AND o.form = 'money' AND o.position <= p.position
        ) > (l.before ->> 'yearly_cap_fen')::bigint""",
    "roster_deadline": _after("roster_deadline", "annex-1", "annex-2"),
    "county_deadline": _after("county_deadline", "annex-3"),
    "summary_deadline": _after("summary_deadline", "summary"),
}
"""member of the policy → which acts used that it became looser; of the others no act can be told"""

_MEMBERS_USED = ", ".join(
    f"CASE WHEN '{member}' = ANY (l.members) AND ({condition}) THEN '{member}' END"
    for member, condition in _USED.items()
)

policy_set = Trigger((CampaignOpened, PolicyAmended), entry)
"""The entry that opens a campaign with a policy, or amends it."""

RULE = FlagRule(
    id="policy-loosened",
    version=3,
    title_zh="放宽方案",
    title_en="Policy loosened",
    clause="A-8",
    severity="medium",
    subject="event",
    raised_by=(policy_set,),
    on_schedule="""
        SELECT DISTINCT e.campaign, x.position::text FROM ending e
        JOIN loosenings x ON x.campaign = e.campaign AND x.from_position <= e.as_of
            AND coalesce(x.to_position > e.since, true)
    """,
    query=f"""
        WITH loosened AS (
            SELECT a.subject, a.as_of, x.*, least(a.as_of, coalesce(x.to_position, a.as_of)) AS until
            FROM asked a
            JOIN loosenings x ON x.position = a.name::bigint AND x.from_position <= a.as_of
        ), acts AS (
            SELECT l.subject, l.as_of, e.position, e.amount_fen, m.member
            FROM loosened l
            JOIN timeline e ON e.campaign = l.campaign AND e.position > l.from_position
                AND e.position <= l.until AND NOT e.after_the_fact
            JOIN terms_at(e.position) n ON n.campaign = l.campaign
            LEFT JOIN cases k ON k.case_id = e.case_id AND k.from_position = e.position
            LEFT JOIN payouts p ON p.position = e.position
            LEFT JOIN filings f ON f.position = e.position
            LEFT JOIN dossiers_at(e.position) d ON d.dossier = k.dossier
            LEFT JOIN LATERAL (
                SELECT w AS category FROM jsonb_array_elements(l.before -> 'categories') AS w
                WHERE w ->> 'code' = k.category
            ) b ON true
            CROSS JOIN LATERAL unnest(array_remove(array[{_MEMBERS_USED}], NULL)) AS m (member)
        ), used AS (
            SELECT subject, as_of, array_agg(DISTINCT position) AS positions,
                to_jsonb(array_agg(DISTINCT member)) AS members
            FROM acts GROUP BY subject, as_of
        ), first AS (
            SELECT l.subject, l.as_of, l.campaign, l.position, to_jsonb(array_agg(DISTINCT m)) AS members,
                string_agg(DISTINCT l.compared_with, ',') AS compared_with
            FROM loosened l CROSS JOIN unnest(l.members) AS m
            WHERE l.from_position = l.position
            GROUP BY l.subject, l.as_of, l.campaign, l.position
        )
        SELECT l.subject, l.as_of, t.sponsor, l.position || coalesce(u.positions[1:500], '{{}}'),
            (SELECT sum(e.amount_fen) FROM timeline e WHERE e.position = ANY (u.positions)),
            jsonb_strip_nulls(jsonb_build_object(
                'loosened', l.members, 'prior_campaign', l.compared_with,
                'acts', cardinality(coalesce(u.positions, '{{}}')), 'used', u.members
            ))
        FROM first l
        JOIN terms t ON t.campaign = l.campaign AND t.from_position = l.position
        LEFT JOIN used u ON u.subject = l.subject AND u.as_of = l.as_of
    """,
)
