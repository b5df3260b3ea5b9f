"""The relations that a question can name, and which of their rows lie within an access scope.

One declaration a relation. A table that is not declared here cannot be asked for at all; a column
that would name what lies outside is declared with how it is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import ledger.events
from api.gate.access_scope import AccessScope, Area
from ledger.domain.claims import OVER
from ledger.domain.event import Event
from ledger.events.calendar import ClockAccepted
from ledger.events.dossier import IdentityRevealed
from projections.views.unsound import unsound_at

SPONSOR = "(SELECT s.sponsor FROM views.terms s WHERE s.campaign = {campaign} LIMIT 1)"


@cache
def oversight_types() -> tuple[str, ...]:
    """Events that only auditors and inspectors sign, and the reading of identities."""
    assert ledger.events.__path__
    return tuple(
        sorted(
            {
                kind.NAME
                for kind in Event.types.values()
                if kind is IdentityRevealed or (kind.ROLES and {"auditor", "inspector"} >= kind.ROLES)
            }
        )
    )


SAY_WHAT_WAS_ANSWERED = ("recipient-disagrees", "taken-back")
"""The rules whose flags say what recipients answered."""

TAKEN_DOWN_BY = (
    "coalesce(i.statement, (SELECT t.statement_id FROM ledger.entries t"
    " WHERE t.tags @> array['received:' || i.number] AND starts_with(t.type, 'ObjectionLodged.') LIMIT 1))"
)
"""The statement by which an objection ``i`` of the inbox was taken down, whether or not the inbox heard of it."""


_ABOVE_IT = "coalesce((SELECT u.parent FROM views.units u WHERE u.unit = r.unit), r.unit)"
"""The unit above a row's, or its own where there is none above."""


class Within:
    """Writes conditions for the areas of one scope; their values are the parameters ``{prefix}_…``."""

    def __init__(self, prefix: str, scope: AccessScope) -> None:
        self.prefix = prefix
        self.areas = scope.areas

    def parameters(self) -> dict[str, list[str]]:
        """The values that the conditions name."""
        found = {}
        for index, area in enumerate(self.areas):
            found[f"{self.prefix}_campaigns_{index}"] = list(area.campaigns or ())
            found[f"{self.prefix}_units_{index}"] = list(area.units or ())
        return found

    def _any(self, condition: Callable[[int, Area], list[str]]) -> str:
        """One of the areas, whose conditions all hold."""
        areas = [" AND ".join(condition(i, area)) or "true" for i, area in enumerate(self.areas)]
        return "(" + " OR ".join(f"({area})" for area in areas) + ")" if areas else "false"

    def _units(self, index: int, area: Area, unit: str) -> list[str]:
        if area.units is None:
            return []
        roots = f"%({self.prefix}_units_{index})s"
        return [
            f"{unit} IN (SELECT w.unit FROM views.units w WHERE w.unit = ANY({roots})"
            f" OR w.ancestors && {roots})"
        ]

    def _campaigns(self, index: int, area: Area, condition: str) -> list[str]:
        if area.campaigns is None:
            return []
        return [condition.format(campaigns=f"ANY(%({self.prefix}_campaigns_{index})s)")]

    def pair(self, campaign: str, unit: str) -> str:
        """Campaign and unit lie in one area."""
        return self._any(
            lambda i, area: [
                *self._campaigns(i, area, f"{campaign} = {{campaigns}}"),
                *self._units(i, area, unit),
            ]
        )

    def sponsored(self, campaign: str, unit: str) -> str:
        """The same; what has no unit is the campaign's sponsor's."""
        return self.pair(campaign, f"coalesce({unit}, {SPONSOR.format(campaign=campaign)})")

    def unit(self, unit: str) -> str:
        """The unit lies in an area, whatever its campaigns."""
        return self._any(lambda i, area: self._units(i, area, unit))

    def granted(self, campaign: str, unit: str) -> str:
        """A grant says nothing of what lies outside: its unit and campaign are within, or are all."""
        return self._any(
            lambda i, area: [
                *self._campaigns(i, area, f"({campaign} IS NULL OR {campaign} = {{campaigns}})"),
                *(f"({unit} IS NULL OR {each})" for each in self._units(i, area, unit)),
            ]
        )

    def above(self, unit: str) -> str:
        """The unit is one of those above an area's."""
        return self._any(
            lambda i, area: (
                []
                if area.units is None
                else [
                    f"EXISTS (SELECT FROM views.units w WHERE w.unit = ANY(%({self.prefix}_units_{i})s)"
                    f" AND w.ancestors @> array[{unit}])"
                ]
            )
        )

    def dossier(self, dossier: str, unit: str) -> str:
        """A dossier belongs to its unit; for one campaign it is seen where it has a case in it."""
        in_campaign = (
            f"EXISTS (SELECT FROM views.cases h WHERE h.dossier = {dossier} AND h.campaign = {{campaigns}})"
        )
        return self._any(
            lambda i, area: [*self._campaigns(i, area, in_campaign), *self._units(i, area, unit)]
        )

    def of_dossier(self, dossier: str) -> str:
        """A dossier by its name alone."""
        return (
            f"EXISTS (SELECT FROM views.dossiers d WHERE d.dossier = {dossier}"
            f" AND {self.dossier('d.dossier', 'd.unit')})"
        )

    def of_officer(self, officer: str) -> str:
        """An officer by name alone: theirs is the scope of the unit that they belong to."""
        return f"EXISTS (SELECT FROM views.officers o WHERE o.officer = {officer} AND {self.unit('o.unit')})"

    def of_payout(self, payout: str) -> str:
        """A payout by its name alone."""
        return (
            f"EXISTS (SELECT FROM views.payouts p WHERE p.payout = {payout}"
            f" AND {self.pair('p.campaign', 'p.unit')})"
        )

    def event(self, t: str) -> str:
        """An entry of the timeline: by campaign and unit; a dossier's has no campaign."""
        found = self.sponsored(f"{t}.campaign", f"{t}.unit")
        if any(area.campaigns is not None for area in self.areas):
            of_dossier = self.dossier(f"{t}.dossier", f"{t}.unit")
            found = f"({found} OR {t}.campaign IS NULL AND {t}.dossier IS NOT NULL AND {of_dossier})"
        return found

    def campaign(self, t: str) -> str:
        """A campaign that runs over an area's units: its sponsor's is among them or above, or cases are."""

        def runs(index: int, area: Area) -> list[str]:
            named = self._campaigns(index, area, f"{t}.campaign = {{campaigns}}")
            if area.units is None:
                return named
            (among,) = self._units(index, area, f"{t}.sponsor")
            cases = " AND ".join([f"h.campaign = {t}.campaign", *self._units(index, area, "h.unit")])
            above = (
                f"EXISTS (SELECT FROM views.units a WHERE a.unit = ANY(%({self.prefix}_units_{index})s)"
                f" AND a.ancestors @> array[{t}.sponsor])"
            )
            return [*named, f"({among} OR {above} OR EXISTS (SELECT FROM views.cases h WHERE {cases}))"]

        return self._any(runs)

    def flag(self, f: str) -> str:
        """A flag's scope is that of all units and campaigns that its subject and evidence lie in.

        What concerns a whole campaign, as its opening, is evidence for every unit's flags.
        """
        outside = (
            f"e.unit IS NOT NULL AND NOT coalesce({self.event('e')}, false) AND NOT"
            f" (e.dossier IS NULL AND e.case_id IS NULL AND e.payout IS NULL AND {self.above('e.unit')})"
        )
        return (
            f"{self.sponsored(f'{f}.campaign', f'{f}.unit')}"
            f" AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof({f}.details -> 'units')"
            f" WHEN 'array' THEN {f}.details -> 'units' ELSE '[]' END) AS u (unit)"
            f" WHERE NOT {self.unit('u.unit')})"
            f" AND NOT EXISTS (SELECT FROM views.timeline e WHERE e.position = ANY({f}.evidence) AND {outside})"
        )

    def candid_flag(self, f: str) -> str:
        """A flag that says what a recipient answered: within these areas, elsewhere once it was reviewed."""
        return (
            f"({f}.rule NOT IN {SAY_WHAT_WAS_ANSWERED} OR {self.flag(f)}"
            f" OR EXISTS (SELECT FROM views.reviews v WHERE v.flag = {f}.flag AND v.raised_at = {f}.raised_at))"
        )

    def access_line(self, line: str) -> str:
        """A line of the access log: its officer's unit; one for certain campaigns is seen with these."""
        return self._any(
            lambda i, area: [
                *(
                    []
                    if area.campaigns is None
                    else [f"{line} -> 'campaigns' <@ to_jsonb(%({self.prefix}_campaigns_{i})s::text[])"]
                ),
                *self._units(i, area, f"({line} ->> 'unit')"),
            ]
        )

    def of_flag(self, t: str) -> str:
        """What was said of a flag: by the flag."""
        return (
            f"EXISTS (SELECT FROM views.flags f WHERE f.flag = {t}.flag AND f.raised_at = {t}.raised_at"
            f" AND {self.flag('f')})"
        )


@dataclass(frozen=True)
class Relation:
    """What a question reads under one name.

    ``held`` gives the condition for rows ``r`` within a scope, ``public`` the one for rows that a
    posted notice shows to everybody. Of ``oversight`` a reader sees only what they may see flags of. ``candid`` holds
    rows back that say what recipients answered, within where the reader may hear them.
    ``cut`` are the columns for who does not see everything, where a row names what lies outside.
    """

    source: str
    held: Callable[[Within], str]
    public: str = "false"
    oversight: bool = False
    candid: Callable[[Within], str] | None = None
    columns: str = "r.*"
    cut: Callable[[Within], str] | None = None


def _everyone(within: Within) -> str:
    return "true"


_POLICY = """CASE WHEN jsonb_array_length(coalesce(r.policy -> 'unit_windows', '[]')) = 0 THEN r.policy
    ELSE jsonb_set(r.policy, '{{unit_windows}}', (SELECT coalesce(jsonb_agg(x), '[]')
        FROM jsonb_array_elements(r.policy -> 'unit_windows') x WHERE {within})) END AS policy"""


def _terms(within: Within) -> str:
    policy = _POLICY.format(within=within.unit("x ->> 'unit'"))
    return f"r.campaign, r.sponsor, r.title, r.year, {policy}, r.closed_on, r.from_position, r.to_position"


def _grants(within: Within) -> str:
    seen = within.granted("g ->> 'campaign'", "g ->> 'unit'")
    return (
        "r.officer, (SELECT coalesce(jsonb_agg(g), '[]') FROM jsonb_array_elements(r.grants) g"
        f" WHERE {seen}) AS grants, r.from_position, r.to_position"
    )


def _named_units(within: Within) -> str:
    return (
        "r.unit, r.name, r.level, r.parent, r.ancestors,"
        f" CASE WHEN {within.unit('r.unit')} THEN r.staff_count END AS staff_count, r.position"
    )


def _access_line(within: Within) -> str:
    """A line without the units elsewhere that its officer asked for, or holds roles over."""
    outside = (
        "SELECT FROM jsonb_array_elements_text(coalesce(r.line -> 'units', '[]')) u (unit)"
        f" WHERE NOT {within.unit('u.unit')}"
    )
    cut = "jsonb_set(r.line - 'subject', '{units}', '[\"…\"]')"
    return (
        f"r.number, r.at, r.kind, r.officer, CASE WHEN EXISTS ({outside}) THEN {cut} ELSE r.line END AS line"
    )


def _table(name: str, held: Callable[[Within], str], **more: object) -> Relation:
    return Relation(f"views.{name} r", held, **more)  # type: ignore[arg-type] # a Relation's own fields


def _pair(within: Within) -> str:
    return within.pair("r.campaign", "r.unit")


def _sponsored(within: Within) -> str:
    return within.sponsored("r.campaign", "r.unit")


def _rectifications(within: Within) -> str:
    """An item without the flag that gave rise to it, where that lies outside too."""
    of_flag = f"CASE WHEN {within.of_flag('r')} THEN "
    return (
        "r.item, r.rectification, r.document, r.number, r.campaign, r.unit, r.what, r.due, r.ordered_by, r.ordered_at,"
        f" {of_flag}r.flag END AS flag, {of_flag}r.raised_at END AS raised_at, r.investigation, r.struck_off_at,"
        " r.struck_off_on, r.evidence, r.from_position, r.to_position"
    )


def _of_owner(within: Within) -> str:
    held = within.sponsored("o.campaign", "o.unit")
    return f"EXISTS (SELECT FROM views.owners o WHERE o.owner = r.owner AND {held})"


def _of_statement(within: Within) -> str:
    held = within.sponsored("s.campaign", "NULL::text")
    return (
        "EXISTS (SELECT FROM views.account_statements s"
        f" WHERE s.account_statement = r.account_statement AND {held})"
    )


def _of_case(within: Within) -> str:
    held = within.pair("k.campaign", "k.unit")
    return f"EXISTS (SELECT FROM views.cases k WHERE k.case_id = r.case_id AND {held})"


_SEALED = (
    "coalesce((SELECT (s.value ->> 'sealed')::boolean FROM ledger.standing s"
    " WHERE s.key = 'dossier/' || r.dossier), false) AS sealed"
)
"""Whether the dossier of a row ``r`` of the vault is sealed."""

_OF_MEMBER = "EXISTS (SELECT FROM ledger.standing m WHERE m.key = 'member/' || v.id)"
"""Whether a row ``v`` of the vault is a member's, and not the one whom a dossier is about."""

_CASE_CAMPAIGN, _CASE_UNIT = "(r.value ->> 'campaign')", "(r.value ->> 'unit')"


def _unsound_at(position: str) -> str:
    return f"{unsound_at(position, 'inspector', schema='views.')} AS unsound_at"


RELATIONS: Mapping[str, Relation] = {
    "units": _table(
        "units",
        lambda w: w.unit("r.unit"),
        public="EXISTS (SELECT FROM views.notices n WHERE n.unit = r.unit)",
    ),
    # A unit's row names those above it: they are named, and nothing else is said of them.
    "named_units": _table(
        "units", lambda w: f"({w.unit('r.unit')} OR {w.above('r.unit')})", cut=_named_units
    ),
    "officers": _table("officers", lambda w: w.unit("r.unit")),
    "keys": _table("keys", lambda w: w.of_officer("r.officer")),
    "grants": _table("grants", lambda w: w.of_officer("r.officer"), cut=_grants),
    "concerned": _table("concerned", lambda w: w.of_officer("r.officer")),
    "terms": _table(
        "terms",
        lambda w: w.campaign("r"),
        public="EXISTS (SELECT FROM views.notices n WHERE n.campaign = r.campaign)",
        cut=_terms,
    ),
    "dossiers": _table("dossiers", lambda w: w.dossier("r.dossier", "r.unit")),
    "cases": _table(
        "cases", _pair, public="EXISTS (SELECT FROM views.notices n WHERE n.case_id = r.case_id)"
    ),
    "payouts": _table("payouts", _pair),
    "case_steps": _table("case_steps", _pair),
    "collective_help": _table("collective_help", _pair),
    # Ledgers below are no unit's of this one: who sees everything sees them.
    **{
        name: _table(name, lambda w: w.unit("NULL::text"))
        for name in ("followed", "summaries_taken", "mirror_faults", "ledger_matches")
    },
    "returns": _table("returns", lambda w: w.of_payout("r.payout")),
    "bank_lines": _table("bank_lines", lambda w: w.of_payout("r.payout")),
    # A file of payouts is its unit's, which may have gathered those of units below.
    "payment_files": _table("payment_files", _pair),
    "payment_lines": _table("payment_lines", lambda w: w.of_payout("r.payout")),
    "account_statements": _table("account_statements", lambda w: w.sponsored("r.campaign", "NULL::text")),
    "statement_entries": _table("statement_entries", lambda w: w.sponsored("r.campaign", "NULL::text")),
    "statement_payouts": _table("statement_payouts", lambda w: w.of_payout("r.payout")),
    "explanations": _table("explanations", _of_statement),
    "statements_taken_back": _table("statements_taken_back", _of_statement),
    "moves": _table("moves", lambda w: w.sponsored("r.campaign", "NULL::text")),
    # A day is closed for a whole line, which is the campaign's sponsor's.
    "closings": _table("closings", lambda w: w.sponsored("r.campaign", "NULL::text")),
    "notices": _table("notices", _pair, public="true"),
    "objections": _table("objections", _of_case),
    "filings": _table("filings", _pair),
    "postings": _table("postings", _sponsored),
    "accounts": _table("accounts", _sponsored),
    "owners": _table("owners", _sponsored),
    "totals": _table("totals", _of_owner),
    "timeline": _table("timeline", lambda w: w.event("r")),
    "links": _table("links", lambda w: f"{w.of_dossier('r.first')} AND {w.of_dossier('r.second')}"),
    # Households go with the dossiers that they are of.
    **{
        name: _table(name, lambda w: w.of_dossier("r.dossier"))
        for name in ("households", "household_members", "consents", "dossier_lives")
    },
    "assessments": _table("assessments", _pair),
    "registers": _table("registers", lambda w: w.unit("r.unit"), oversight=True),
    "flags": _table("flags", lambda w: w.flag("r"), oversight=True, candid=lambda w: w.candid_flag("r")),
    # With where a flag's next version begins, whoever may see that: an old one is not the last.
    "flag_spans": _table(
        "flags",
        lambda w: w.flag("r"),
        oversight=True,
        candid=lambda w: w.candid_flag("r"),
        columns="r.*, (SELECT min(x.from_position) FROM views.flags x"
        " WHERE x.flag = r.flag AND x.from_position > r.from_position) AS next_position",
    ),
    "reviews": _table(
        "reviews", lambda w: w.of_flag("r"), oversight=True, columns=f"r.*, {_unsound_at('r.position')}"
    ),
    "investigations": _table("investigations", _sponsored, oversight=True),
    # With how each was closed, where it was.
    "findings": _table(
        "investigations",
        lambda w: f"r.finding IS NOT NULL AND {_sponsored(w)}",
        oversight=True,
        columns=f"r.investigation, r.finding, r.from_position, {_unsound_at('r.from_position')}",
    ),
    "investigation_flags": _table("investigation_flags", lambda w: w.of_flag("r"), oversight=True),
    "samples": _table("samples", _sponsored, oversight=True),
    "slips": _table("slips", _pair),
    "voices": _table("voices", _pair, oversight=True, candid=lambda w: w.pair("r.campaign", "r.unit")),
    "rectifications": _table("rectifications", _pair, oversight=True, cut=_rectifications),
    "handovers": _table("handovers", _sponsored, oversight=True),
    "outside_cases": _table("outside_cases", _sponsored, oversight=True),
    "sanctions": _table("sanctions", lambda w: w.unit("r.unit"), oversight=True),
    # When which position was recorded is nobody's.
    "moments": Relation(
        "views.timeline r",
        _everyone,
        public="true",
        columns=f"r.position, r.recorded_at, r.type = '{ClockAccepted.NAME}' AS restarts",
    ),
    # Identities as the vault seals them; neither erased nor sealed for good.
    "vault": Relation(
        f"(SELECT * FROM ledger.vault v WHERE NOT {_OF_MEMBER}) r",
        lambda w: w.of_dossier("r.dossier"),
        public="EXISTS (SELECT FROM views.notices n JOIN views.cases k USING (case_id)"
        " WHERE k.dossier = r.dossier)",
        columns="r.id, r.dossier, r.key_version, r.wrapped_key, r.box, " + _SEALED + ","
        " (SELECT e.position FROM ledger.entries e WHERE e.statement_id = r.id::uuid) AS position",
    ),
    # Those of members of a household, which no notice shows.
    "member_vault": Relation(
        f"(SELECT * FROM ledger.vault v WHERE {_OF_MEMBER}) r",
        lambda w: w.of_dossier("r.dossier"),
        columns=f"r.id, r.dossier, r.key_version, r.wrapped_key, r.box, {_SEALED}",
    ),
    # What a list says, row by row in its boxes, and by which mark a dossier's person is met there. From what stands
    # and not from the views, so that it is answered as soon as it is recorded that it is shown.
    "register_boxes": Relation(
        "(SELECT s.key, s.value ->> 'unit' AS unit, b.line, b.mark, b.box, g.number,"
        " g.key_version, g.wrapped_key FROM ledger.standing s JOIN ledger.registers g ON g.root = s.value ->> 'root'"
        " JOIN ledger.register_rows b ON b.register = g.number"
        " WHERE g.wrapped_key IS NOT NULL) r",
        lambda w: w.unit("r.unit"),
        oversight=True,
    ),
    "dossier_marks": Relation(
        "(SELECT s.key, substr(s.key, 9) AS dossier, s.value ->> 'person' AS person FROM ledger.standing s) r",
        lambda w: w.of_dossier("r.dossier"),
    ),
    # Who is on any list at all is answered to the clerk who files one; which case, of their own alone.
    "claims": Relation(
        # A case that is over keeps its claim where it counts for the next nomination; nobody is on a list by it.
        f"(SELECT s.claim, s.value FROM ledger.standing s WHERE s.value ->> 'state' <> ALL ('{{{','.join(OVER)}}}')) r",
        _everyone,
        columns="r.claim, r.value ->> 'id' AS case_id",
        cut=lambda w: (
            f"r.claim, CASE WHEN {w.pair(_CASE_CAMPAIGN, _CASE_UNIT)} THEN r.value ->> 'id' END AS case_id"
        ),
    ),
    "access_log": Relation("ledger.access_log r", lambda w: w.access_line("r.line"), cut=_access_line),
    # What is committed to, or is older than that: nobody was given the number of anything else.
    "inbox": Relation(
        "(SELECT i.number, i.received_at, i.notice, i.case_id, i.campaign, i.unit, i.text, i.salt,"
        f" {TAKEN_DOWN_BY} AS statement FROM ledger.inbox i WHERE i.receipt IS NULL"
        " OR EXISTS (SELECT FROM ledger.entries e WHERE e.statement_id = i.receipt)) r",
        # The unit that it concerns does not read who wrote what before somebody above has taken it down.
        lambda w: w.pair("r.campaign", _ABOVE_IT),
    ),
}
