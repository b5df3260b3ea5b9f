"""The story of a federation today: households on file, steps with minutes, a cashier and an accountant, rectification."""

from __future__ import annotations

from typing import NamedTuple

from api.campaigns.plans import template
from api.demo.money_today import MoneyToday
from api.demo.oversight_today import OversightToday
from api.demo.plan_b import UNIONS
from ledger.domain.event import Document
from ledger.domain.policy.public_notice import NoticeContacts
from ledger.events.bank import BankLineMatched
from ledger.events.campaign import CampaignOpened, RosterFiled
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.dossier_life import DossierDiscussed, DossierReviewed, HouseholdVisited, PlacedOnFile
from ledger.events.funds import FundAllocated
from ledger.events.household import (
    ConsentRecorded,
    DeclaredExclusion,
    HouseholdDeclared,
    MemberRecorded,
    MemberSituation,
    Outlay,
    Situation,
)
from ledger.events.nomination import Approved, Confirmed, Nominated, NoticePosted
from ledger.events.payout import Disbursed
from ledger.events.steps import Minutes, StepPaper, StepTaken
from ledger.writing.signing import committed

CAMPAIGN = "c2026"


class Family(NamedTuple):
    """A household of the story: its union, its yearly income and outlays in fen, and what it is granted."""

    union: str
    category: str
    hardship_class: str
    cause: str
    income_fen: tuple[int, ...]
    """The applicant's, then the spouse's and the child's."""

    medical_fen: int
    amount_fen: int


# The third is called what the clerk thinks: by the formula its class is another, and that is flagged.
FAMILIES = (
    Family("machinery", "on-file-deep", "deep", "illness", (1_860_000, 600_000, 0), 480_000, 200_000),
    Family("machinery", "on-file-relative", "relative", "schooling", (2_700_000, 960_000, 0), 0, 150_000),
    Family(
        "school", "on-file-accident", "accident", "accident", (3_600_000, 1_200_000, 0), 4_200_000, 200_000
    ),
)


class UnionToday(MoneyToday, OversightToday):
    """The chapters of the campaign by today's rules."""

    def _open_today(self) -> None:
        self._clock.at("2026-01-04 09:00")
        policy = template("union-today", 2026).policy
        opened = CampaignOpened(
            campaign=CAMPAIGN, unit="county", title="送温暖与常态化帮扶（现行）", policy=policy
        )
        self.desk.record("approver", opened)
        self.desk.record(
            "accountant",
            FundAllocated(
                campaign=CAMPAIGN,
                line="relief",
                amount_fen=1_000_000,
                document=Document(number="县财社〔2025〕102号"),
            ),
        )
        self._fund_sites(CAMPAIGN)

    def _apply_today(self) -> None:
        """Each family on file, from its members to the class; then nominated, reviewed and posted."""
        self._clock.at("2026-01-05 09:00")
        self._households = [self._placed_on_file(number, family) for number, family in enumerate(FAMILIES, 1)]
        self._nominations: list[str] = []
        for family, dossier in zip(FAMILIES, self._households, strict=True):
            nominated = Nominated(
                campaign=CAMPAIGN,
                unit=family.union,
                dossier=dossier,
                category=family.category,
                amount_fen=family.amount_fen,
                purpose="living",
                visit_mode="union-county-funds",
            )
            case = self.desk.record(f"{family.union}-clerk", nominated).id
            self._nominations.append(case)
            self._step(case, family, f"{family.union}-confirmer", "first-review", "confirmer")
            self.desk.record("county-confirmer", Confirmed(campaign=CAMPAIGN, unit=family.union, case=case))
        for union in dict.fromkeys(family.union for family in FAMILIES):
            cases = [
                case
                for family, case in zip(FAMILIES, self._nominations, strict=True)
                if family.union == union
            ]
            self.desk.record(
                f"{union}-clerk", RosterFiled(campaign=CAMPAIGN, unit=union, annex="2", count=len(cases))
            )
            posted = NoticePosted(
                campaign=CAMPAIGN,
                unit=union,
                cases=cases,
                start="2026-01-05",
                end="2026-01-12",
                place="县总工会公告栏",
                contacts=NoticeContacts(
                    issuer=dict(UNIONS)[union],
                    objections_to="县总工会经费审查委员会",
                    phone="0596-3211001",
                    supervising_phone="0596-3211002",
                ),
            )
            self.desk.record(f"{union}-confirmer", posted)

    def _placed_on_file(self, number: int, family: Family) -> str:
        unit, clerk = family.union, f"{family.union}-clerk"
        person = self._people.person()
        promise, disclosure = committed(person)
        facts = Facts(
            cause=family.cause,
            group="worker",
            household_size=3,
            income_per_head_fen=sum(family.income_fen) // 36,
        )
        dossier = self.desk.record(
            clerk, DossierFiled(unit=unit, identity_commitment=promise, facts=facts), disclosure
        ).id
        self._persons[dossier], self._facts[dossier] = person, facts
        members = []
        for relation in ("spouse", "child"):
            promise, disclosure = committed(self._people.person())
            member = MemberRecorded(
                unit=unit, dossier=dossier, relation=relation, identity_commitment=promise
            )
            members.append(self.desk.record(clerk, member, disclosure).id)
        consent = ConsentRecorded(
            unit=unit,
            dossier=dossier,
            document=Document(number=f"核对授权〔2026〕{number}号"),
            members=members,
        )
        self.desk.record(clerk, consent)
        declared = _declaration(number, family, dossier, members)
        self.desk.record(clerk, declared)
        visited = HouseholdVisited(
            unit=unit,
            dossier=dossier,
            visitors=["工会主席", "工会委员"],
            found="家庭情况与申报相符。",
            agrees=True,
        )
        self.desk.record(clerk, visited)
        discussed = DossierDiscussed(
            unit=unit,
            dossier=dossier,
            minutes=Document(number=f"工会委员会纪要〔2026〕{number}号"),
            agreed=True,
        )
        self.desk.record(clerk, discussed)
        placed = PlacedOnFile(unit=unit, dossier=dossier, hardship_class=family.hardship_class)
        self.desk.record(f"{unit}-confirmer", placed)
        return dossier

    def _step(self, case: str, family: Family, officer: str, step: str, role: str, **more: object) -> None:
        said = {"campaign": CAMPAIGN, "unit": family.union, "case": case, "step": step, "role": role, **more}
        self.desk.record(officer, StepTaken.model_validate(said))

    def _decide_today(self) -> None:
        """Discussed with minutes, approved, let down by a note, the payment reviewed by the accountant, made by the cashier."""
        self._clock.at("2026-01-16 09:00")
        minutes = Minutes(document=Document(number="县总党组纪要〔2026〕3号"), held_on="2026-01-15")
        allotted = StepPaper(title="拨款通知", document=Document(number="县工财〔2026〕5号"))
        paper = StepPaper(title="付款审批单", document=Document(number="付审〔2026〕1号"))
        payouts = []
        for family, dossier, case in zip(FAMILIES, self._households, self._nominations, strict=True):
            self._step(case, family, "approver2", "discuss", "approver", minutes=minutes)
            of = {"campaign": CAMPAIGN, "unit": family.union, "case": case}
            money = {"line": "relief", "amount_fen": family.amount_fen}
            self.desk.record("approver", Approved.model_validate({**of, **money}))
            self._step(case, family, "accountant", "disburse", "accountant", papers=[allotted])
            self._step(case, family, "accountant", "payment-review", "accountant", papers=[paper])
            paid = Disbursed.model_validate({**of, **money, "dossier": dossier})
            payouts.append(self.desk.record("cashier", paid).id)
        self._visit_site_today(CAMPAIGN)
        self._clock.at("2026-01-19 10:00")
        for number, (family, payout) in enumerate(zip(FAMILIES, payouts, strict=True), 1):
            matched = BankLineMatched(
                campaign=CAMPAIGN,
                unit=family.union,
                payout=payout,
                bank_reference=f"{number:064x}",
                amount_fen=family.amount_fen,
                booked_on="2026-01-16",
                result="paid",
            )
            self.desk.record("accountant", matched)

    def _oversee_today(self) -> None:
        """A household is reviewed; auditor and inspector look at the campaign, and what they find is put right."""
        self._clock.at("2026-02-24 09:00")
        family, dossier = FAMILIES[1], self._households[1]
        reviewed = DossierReviewed(
            unit=family.union,
            dossier=dossier,
            outcome="unchanged",
            hardship_class=family.hardship_class,
            found="子女仍在就学，收入无变化。",
        )
        self.desk.record(f"{family.union}-confirmer", reviewed)
        self._audit_today(CAMPAIGN, self._nominations[0])
        self._put_right_today(CAMPAIGN)
        self._inspect_today(CAMPAIGN)


def _declaration(number: int, family: Family, dossier: str, members: list[str]) -> HouseholdDeclared:
    """What the family declares: each one's income, outlays with papers, no exclusion, and the class it thinks it is."""
    applicant, *others = family.income_fen
    policy = template("union-today", 2026).policy
    assert policy.exclusions is not None
    return HouseholdDeclared(
        unit=family.union,
        dossier=dossier,
        locality=policy.locality,
        year=policy.year - 1,
        applicant=Situation(income_fen=applicant),
        members=[
            MemberSituation(member=member, income_fen=income)
            for member, income in zip(members, others, strict=True)
        ],
        outlays=[
            Outlay(
                kind="medical",
                amount_fen=family.medical_fen,
                document=Document(number=f"医疗费结算单{number}号"),
            )
        ]
        if family.medical_fen
        else [],
        exclusions=[
            DeclaredExclusion(exclusion=each.code, applies=False) for each in policy.exclusions.exclusions
        ],
        stated_class=family.hardship_class,
    )
