"""A world for the table of authority: units, campaigns, and in each cell one of everything that can be named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from ledger.domain.evaluation import Asker, Evaluator, EvaluatorKey
from ledger.domain.event import ROLE_TITLES
from ledger.domain.federation import Followed, UpperReader
from ledger.domain.matches import Match
from ledger.domain.policy.collective import CollectiveRules
from ledger.domain.policy.steps import Procedure, Step, StepRole
from ledger.domain.references import UNSAID, Scope
from ledger.domain.state import Campaign, Case, Key, Officer
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.campaign import CampaignOpened
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.dossier_life import PlacedOnFile
from ledger.events.drawing import MoneyDrawn
from ledger.events.draws import Draw, DrawOrdered, OutstandingDraw
from ledger.events.funds import FundAllocated
from ledger.events.handover import MatterHandedOver
from ledger.events.household import ConsentRecorded, MemberRecorded
from ledger.events.inbox import ObjectionReceived
from ledger.events.linkage import LinkageStarted
from ledger.events.nomination import Approved, Confirmed, Nominated, NoticePosted
from ledger.events.objection import ObjectionLodged
from ledger.events.opening import Opening
from ledger.events.oversight import CaseOpened, SanctionImposed
from ledger.events.payout import Disbursed
from ledger.events.rectification import RectificationOrdered
from ledger.events.register import EarlierPayoutsListed, ReferenceListed, Register
from ledger.events.registry import UnitRegistered
from ledger.events.slip import IssuedSlip, SlipsIssued
from tests.scene import Scene, key_of, policy, public_key, records_of

SINCE = "2026-01-01T00:00:00+08:00"


OPENING = Opening(salt="0" * 32, received_at=SINCE)


class Cell(NamedTuple):
    """A unit in a campaign."""

    unit: str
    campaign: str


OWN = Cell("tea", "b2026")


FOREIGN = {
    "foreign unit": Cell("sugar", "b2026"),
    "foreign campaign": Cell("tea", "c2026"),
    "outside": Cell("harbour", "d2026"),
}


GRANTED = [
    Scope(None, None), Scope("county", None), Scope("county", "b2026"), Scope("tea", None), Scope("tea", "b2026"),
    Scope("sugar", None), Scope("sugar", "b2026"), Scope("tea", "c2026"), Scope("harbour", None),
    Scope(None, "b2026"), Scope(None, "d2026"),
]  # fmt: skip
"""What a signer's one role is held over."""


MONEY: dict[str, Any] = {"line": "workers", "amount_fen": 100}


OWN_STEPS: list[tuple[str, StepRole]] = [
    ("prepare", "clerk"), ("check", "confirmer"), ("discuss", "approver"), ("review", "finance"),
    ("book", "accountant"), ("count", "cashier"),
]  # fmt: skip


PROCEDURE = Procedure(
    source="测试",
    steps=[
        Step(code="nominate", title="申报", role="clerk", act="nominate"),
        Step(code="confirm", title="确认", role="confirmer", act="confirm"),
        *(Step(code=code, title=code, role=role) for code, role in OWN_STEPS),
        Step(code="approve", title="审批", role="approver", act="approve"),
        Step(code="pay", title="支付", role="finance", act="pay"),
    ],
)
"""A step of the policy's own for each role that can take one."""


@dataclass
class Things:
    """What was planted in one cell: by kind, and cases by their state."""

    cell: Cell
    ids: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)


def listed(unit: str, number: int, **changes: Any) -> dict[str, Any]:
    """A list of that unit, with rows of its own."""
    return {
        "unit": unit, "kind": "deaths", "title": "死亡人口", "source": "民政局", "data_on": "2025-12-31",
        "keep_until": "2026-12-31", "digest": "0" * 64, "root": f"{number:064x}", "rows": 1, **changes,
    }  # fmt: skip


def brought_in(unit: str, number: int, **changes: Any) -> dict[str, Any]:
    """An earlier year's payouts of that unit, from a file of their own."""
    said = {"kind": "earlier-payouts", "digest": f"{number:064x}", "year": 2025, "total_fen": 100 + number}
    return listed(unit, number, **said, **changes)


SITES = CollectiveRules(per_visit_cap_fen=1_000, source="方案")


class World:
    """Units, campaigns, and in each cell one of everything that can be named."""

    def __init__(self) -> None:
        self.scene = Scene(collective=SITES)
        do = self.scene.do
        do("registrar", UnitRegistered(unit="harbour", name="港口", level="grass-roots"))
        for role in ROLE_TITLES.keys() - {"registrar"}:
            self._hold(f"any-{role}", "county", role, Scope(None, None))
        self._hold("another-finance", "county", "finance", Scope(None, None))
        for campaign, sponsor in (("c2026", "county"), ("d2026", "harbour")):
            terms = policy(collective=SITES)
            do(
                "any-approver",
                CampaignOpened(campaign=campaign, unit=sponsor, title="又一活动", policy=terms),
            )
        self.places: dict[str, Scope] = {}
        self.things = {cell: self._planted(cell) for cell in (OWN, *FOREIGN.values())}
        self._ask_for_steps()
        self.signers = [
            self._hold(f"{role}-{number}", "county", role, scope)
            for role in ROLE_TITLES
            for number, scope in enumerate(GRANTED)
        ]
        self._hold("tea-nobody", "tea", "clerk").person = None
        self.places["tea-nobody"] = Scope("tea", UNSAID)
        # Of the own unit, and with a role far from it.
        self._hold("straddling", "tea", "clerk", Scope("tea", None), Scope("harbour", None))
        self.places[key_of("straddling")] = self.places["straddling"] = Scope("tea", UNSAID)

    def _hold(self, name: str, unit: str, role: str, *scopes: Scope) -> Officer:
        """An officer with that role over these scopes, without anybody who granted it."""
        grants = [{"role": role, "unit": scope.unit, "campaign": scope.campaign} for scope in scopes]
        keyid = key_of(name)
        given: list[Sequence[Any]] = [[[], "2026-01-01T00:00:00.000000Z"] for _ in grants]
        officer = Officer(name, name, unit, grants, [keyid], person=f"1:{name}", given=given)
        self.scene.state.put(Key(keyid, name, "ed25519", public_key(name), "2026-01-01T00:00:00.000000Z"))
        self.scene.state.put(officer)
        return officer

    def _ask_for_steps(self) -> None:
        """From here on every campaign has a procedure, and what was planted went by it."""
        state = self.scene.state
        for campaign in list(state.records(Campaign)):
            terms = policy(procedure=PROCEDURE, collective=SITES).model_dump(
                mode="json", exclude_defaults=True
            )
            state.put(replace(campaign, policy=terms, _terms=None))
        for things in self.things.values():
            for name, case_id in things.cases.items():
                reached = OWN_STEPS if name in ("confirmed", "approved", "paid") else []
                for number, (code, _) in enumerate(OWN_STEPS):
                    if name == f"before {code}":
                        reached = OWN_STEPS[:number]
                state.get(Case, case_id).steps = [
                    [code, [], [], "2026-01-09T00:00:00.000000Z", False] for code, _ in reached
                ]

    def _planted(self, cell: Cell) -> Things:
        things = Things(cell)
        do, on = self.scene.do, cell._asdict()
        here, unit_alone = Scope(*cell), Scope(cell.unit, UNSAID)
        ids, places = things.ids, self.places
        do("any-finance", FundAllocated(campaign=cell.campaign, line="workers", amount_fen=90_000_000))
        do("any-finance", MoneyDrawn(**on, line="workers", amount_fen=9_000_000))

        def case(state: str) -> tuple[str, str]:
            dossier = do(
                "any-clerk",
                DossierFiled(unit=cell.unit, identity_commitment="0" * 64, facts=Facts()),
                person=f"{cell} {state}",
            )
            places[dossier] = unit_alone
            if state == "dossier":
                return dossier, ""
            made = do("any-clerk", Nominated(**on, dossier=dossier, category="worker"))
            places[made] = here
            if state != "nominated":
                do("any-confirmer", Confirmed(**on, case=made))
            if state in ("approved", "paid"):
                do(
                    "any-approver",
                    Approved(**on, case=made, **MONEY, forms=["money", "goods"], goods_fen=100),
                )
            things.cases[state] = made
            return dossier, made

        ids["dossier"], _ = case("dossier")
        for state in ("nominated", "confirmed"):
            ids[f"{state} dossier"], _ = case(state)
        ids["approved dossier"], _ = case("approved")
        paid_dossier, paid = case("paid")
        ids["member"] = do(
            "any-clerk",
            MemberRecorded(
                unit=cell.unit, dossier=ids["dossier"], relation="spouse", identity_commitment="0" * 64
            ),
            person=f"{cell} spouse",
        )
        places[ids["member"]] = unit_alone
        do("any-confirmer", PlacedOnFile(unit=cell.unit, dossier=ids["approved dossier"]))
        consent = {"unit": cell.unit, "dossier": ids["dossier"], "document": {"number": "1"}}
        do("any-clerk", ConsentRecorded.model_validate(consent))
        for code, _ in OWN_STEPS:
            case(f"before {code}")
        ids["case"], ids["paid case"], ids["paid dossier"] = things.cases["nominated"], paid, paid_dossier
        ids["payout"] = do(
            "any-finance",
            Disbursed(**on, dossier=paid_dossier, case=paid, line="workers", amount_fen=100),
        )
        unexplained = {
            "bank_reference": "f" * 64,
            "booked_on": "2026-01-09",
            "direction": "debit",
            "amount_fen": 5,
        }
        ids["account-statement"] = do(
            "any-finance",
            AccountStatementRecorded.model_validate({
                "campaign": cell.campaign, "account": f"a-{cell.unit}", "lines": ["models"],
                "file": f"{len(places):064x}",
                "from_day": "2026-01-01", "to_day": "2026-01-09", "opening_fen": 5, "closing_fen": 0,
                "entries": [unexplained],
            }),
            second="another-finance",
        )  # fmt: skip
        sponsor = self.scene.state.get(Campaign, cell.campaign).sponsor
        places[ids["account-statement"]] = Scope(sponsor, cell.campaign)
        site = {"line": "workers", "amount_fen": 100, "site": "一车间", "headcount": 2, "reason": "坚守岗位"}
        ids["collective-help"] = do("any-approver", CollectiveHelpApproved.model_validate({**on, **site}))
        places[ids["collective-help"]] = here
        given = {
            "line": "workers",
            "amount_fen": 50,
            "help": ids["collective-help"],
            "document": {"number": "1"},
        }
        do("any-finance", CollectiveHelpGiven.model_validate({**on, **given}))
        ids["notice"] = do(
            "any-confirmer",
            NoticePosted(
                **on, cases=[things.cases["nominated"]], start="2026-01-10", end="2026-01-17", place="门口"
            ),
        )
        number = f"{'ABCD'[len(self.places) % 4]}{len(self.places):0>11}".replace("0", "2").replace("1", "3")
        do("ledger", ObjectionReceived(
            **on, case=ids["case"], notice=ids["notice"], number=number, digest=OPENING.digest_of("不实")
        ))  # fmt: skip
        ids["received"] = number
        ids["slip"] = f"{len(places):064x}"
        do("any-finance", SlipsIssued(**on, slips=[IssuedSlip(payout=ids["payout"], digest=ids["slip"])]))
        ids["objection"] = do("any-inspector", ObjectionLodged(**on, case=ids["case"], text="不实"))
        ids["investigation"] = do("any-inspector", CaseOpened(**on, title="核查", text="核查"))
        ordered = {
            "document": {"number": "1"},
            "items": [{"what": "补件", "unit": cell.unit, "due": "2027-01-10"}],
        }
        ids["rectification"] = do("any-inspector", RectificationOrdered.model_validate({**on, **ordered}))
        handed_over = {
            "organ": "监委",
            "letter": {"number": "1"},
            "handed_over_on": "2026-01-10",
            "what": "线索",
        }
        ids["handover"] = do("any-inspector", MatterHandedOver.model_validate({**on, **handed_over}))
        ids["linkage"] = do("any-inspector", LinkageStarted(**on, purpose="查重", model="m-1"))
        for of, name, who in (
            ("sample", "draw", "any-auditor"),
            ("call-back", "draw of payouts", "any-inspector"),
        ):
            order = {"campaign": cell.campaign, "unit": cell.unit, "of": of, "size": 1}
            ids[name] = do(who, DrawOrdered.model_validate(order))
            ids[f"seed of {name}"] = self.scene.state.get(Draw, ids[name]).seed
            person = self.scene.state.person_of(who)
            self.scene.state.put(OutstandingDraw(f"{cell.campaign}/{of}/{person}"))
            places[ids[name]] = here
        ids["subject"] = f"case:{cell.campaign}/{ids['case']}"
        for kind in (
            "payout",
            "notice",
            "objection",
            "investigation",
            "linkage",
            "subject",
            "received",
            "rectification",
            "handover",
        ):
            places[ids[kind]] = here
        ids["register"] = do("any-inspector", ReferenceListed(**listed(cell.unit, len(places))))
        # Its time is over, so that it can be erased as it is.
        self.scene.state.get(Register, ids["register"]).keep_until = "2025-12-31"
        places[ids["register"]] = unit_alone
        earlier = EarlierPayoutsListed(**brought_in(cell.unit, len(places)))
        ids["brought-in"] = do("any-inspector", earlier)
        places[ids["brought-in"]] = unit_alone
        self._plant_ledgers(things)
        if cell.campaign == OWN.campaign or cell.unit == "harbour":
            ids["sanction"] = do("any-inspector", SanctionImposed(unit=cell.unit, year=2031, reason="违规"))
        else:
            ids["sanction"] = self.things_of_own_unit("sanction")
        places[ids["sanction"]] = unit_alone
        name = f"{cell.unit}-{cell.campaign}-hand"
        self._hold(name, cell.unit, "clerk", Scope(*cell))
        ids["officer"], ids["key"] = name, key_of(name)
        places[name] = places[ids["key"]] = unit_alone
        ids["unit"], ids["campaign"] = cell
        places[cell.unit], places[cell.campaign] = unit_alone, Scope(UNSAID, cell.campaign)
        return things

    def _plant_ledgers(self, things: Things) -> None:
        """A reader above and a ledger below, which are no unit's."""
        number = len(self.places)
        above, below = f"above-{number}", f"below-{number}"
        key, ledger = public_key(above), f"00000000-0000-4000-8000-{number:012x}"
        self.scene.state.put(UpperReader(above, "上级", "city", "430100", key, key))
        for code in (below, "other-below"):
            followed = Followed(
                code, ledger, "下级", "county", "430181", public_key(code), True, 3, "2026-01-01"
            )
            self.scene.state.put(followed)
        asker, evaluator = f"asker-{number}", f"evaluator-{number}"
        self.scene.state.put(EvaluatorKey("2026", public_key("own key of evaluation")))
        key = public_key(asker)
        self.scene.state.put(Asker(asker, ledger, "受评", key, key, dossiers={"granted": 9}))
        for code in (evaluator, "audit-office"):
            self.scene.state.put(Evaluator(code, "评估", {"2026": public_key(code)}))
        match = sha256(below.encode()).hexdigest()
        self.scene.state.put(Match(match, "account-shared", below, 1, "other-below", 2, 2026, "2026-01-10"))
        things.ids["match"] = match
        things.ids["upper"], things.ids["followed"] = above, below
        things.ids["asker"], things.ids["evaluator"] = asker, evaluator
        for name in (above, below, asker, evaluator, "other-below", "audit-office"):
            self.places[name] = Scope(UNSAID, UNSAID)

    def things_of_own_unit(self, kind: str) -> str:
        """A thing of the own unit, which can have but one."""
        return next(
            record.id for record in records_of(self.scene.state)
            if kind == record.KIND and getattr(record, "unit", None) == OWN.unit
        )  # fmt: skip

    def named_at(self, kind: str, where: str) -> Iterator[str]:
        """The things of a kind that can be named in a place; an officer may also straddle two."""
        yield self.things[FOREIGN[where]].ids[kind]
        if where == "outside" and kind in ("officer", "key"):
            yield "straddling" if kind == "officer" else key_of("straddling")


@cache
def world() -> World:
    return World()
