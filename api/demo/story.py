"""The demonstration's story: founds a ledger and runs both plans from signed statements.

Everything here goes the way that an officer's statement goes: signed with that officer's key,
verified, decided, appended. The clock is the story's own, so that the days fit the plans.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.demo.people import People
from api.demo.plans import plan_a, plan_b
from api.rosters.forms import write_form
from api.rosters.importing import prepare, statements
from api.rosters.reading import Roster, read_roster
from ledger.batch import Receipt
from ledger.errors import Refused
from ledger.event import Document, Event, Grant, Role
from ledger.events.campaign import CampaignOpened, RosterFiled, SummaryFiled
from ledger.events.dossier import DossierFiled, Facts, Ownership
from ledger.events.funds import FundAllocated, FundReturned
from ledger.events.nomination import (
    Approved,
    Confirmed,
    Nominated,
    NoticePosted,
    ObjectionLodged,
    ObjectionSettled,
    Rejected,
    Revoked,
)
from ledger.events.oversight import CaseClosed, CaseOpened, Measure, SanctionImposed
from ledger.events.payout import (
    AidDelivered,
    AidItem,
    BankLineMatched,
    Disbursed,
    DrawnReturned,
    MoneyDrawn,
    PayoutReturned,
)
from ledger.events.registry import KeyRevoked, LedgerFounded, Level, OfficerEnrolled, UnitRegistered
from ledger.identity import EnterpriseIdentity, PersonIdentity
from ledger.intake import Submission
from ledger.keys import new_key, public_hex
from ledger.marks import Marker
from ledger.policy import Cause, Form
from ledger.signing import Signer, committed
from ledger.store import OpenStore
from ledger.vault import Disclosure
from ledger.writer import Writer
from projections.runner import Followers

CHINA = timezone(timedelta(hours=8))
UNIONS = (
    ("textile", "纺织厂工会"),
    ("machinery", "机械厂工会"),
    ("sugar", "糖厂工会"),
    ("port", "港务公司工会"),
    ("tea", "茶厂工会"),
    ("cannery", "罐头厂工会"),
    ("cement", "水泥厂工会"),
    ("bus", "公交公司工会"),
    ("school", "教育工会"),
    ("market", "商贸联合工会"),
)


@dataclass(frozen=True)
class Refusal:
    """A refused attempt of the story: what was tried, and the ledger's answer."""

    attempt: str
    refusal: Refused


@dataclass
class Told:
    """What the story leaves behind, for the demonstration to show."""

    ledger: str = ""
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    roster: Roster | None = None
    recorded: int = 0


class StoryClock:
    """A clock that the story sets; it moves on by a second with every look."""

    def __init__(self) -> None:
        self._now = datetime(2025, 12, 1, 9, 0, tzinfo=CHINA)

    def at(self, text: str) -> None:
        """Goes on to a moment, like ``2026-01-15 09:30``."""
        self._now = max(datetime.fromisoformat(text).replace(tzinfo=CHINA), self._now)

    def __call__(self) -> datetime:
        """The story's time now."""
        self._now += timedelta(milliseconds=20)
        return self._now


class Story:
    """Tells the story on an open, empty store."""

    def __init__(self, store: OpenStore, follower: Followers, clock: StoryClock) -> None:
        self._store = store
        self._follower = follower
        self._clock = clock
        self._people = People(20260101)
        self._signers: dict[str, Signer] = {}
        self._writer: Writer | None = None
        self.told = Told()

    def tell(self, step: Callable[[str], None] = lambda title: None) -> Told:
        """Runs all chapters; ``step`` hears each one's title."""
        self.told.ledger = str(uuid4())
        self._store.create_secrets(self.told.ledger)
        with self._store.writer(clock=self._clock) as writer:
            self._writer = writer
            for title, chapter in (
                ("建账，登记单位和人员", self._found),
                ("方案乙：启动活动，拨入资金", self._open_plan_b),
                ("方案乙：十个基层工会申报名单", self._nominate),
                ("方案乙：读取 Excel 名单并导入", self._import_roster),
                ("方案乙：确认、公示、异议", self._confirm),
                ("方案乙：审批", self._approve),
                ("方案乙：领取、发放", self._pay),
                ("方案乙：撤销、退回、事后补录", self._revoke),
                ("方案甲：企业与特困人员，五种形式", self._plan_a),
                ("试图作假：逐一被拒绝", self._attempts),
            ):
                step(title)
                chapter()
        return self.told

    # --- Recording ------------------------------------------------------------------------------

    def _as(self, officer: str) -> Signer:
        if officer not in self._signers:
            key = self.told.keys.setdefault(officer, new_key())
            self._signers[officer] = Signer(key, self.told.ledger, self._clock)
        return self._signers[officer]

    def _record(
        self,
        officer: str,
        event: Event,
        disclosure: Disclosure | None = None,
        second: str | None = None,
    ) -> Receipt:
        assert self._writer is not None
        other = self._as(second).key if second else None
        receipt = self._writer.record(self._as(officer).sign(event, disclosure, second=other))
        self.told.recorded = receipt.position
        return receipt

    def _together(self, officer: str, events: list[Event]) -> list[str]:
        """Records many events under one batch signature; returns their ids."""
        signer = self._as(officer)
        made = [signer.statement(event) for event in events]
        self._submit(signer.sign_together(made, [None] * len(made)))
        return [statement.id for statement in made]

    def _submit(self, submissions: list[Submission]) -> None:
        assert self._writer is not None
        for outcome in self._writer.record_all(submissions):
            if isinstance(outcome, Refused):
                raise outcome
            self.told.recorded = outcome.position

    def _refused(self, attempt: str, submission: Submission) -> None:
        assert self._writer is not None
        try:
            self._writer.record(submission)
        except Refused as refusal:
            self.told.refusals.append(Refusal(attempt, refusal))
        else:
            raise RuntimeError(f"the ledger should have refused: {attempt}")

    # --- Chapters -------------------------------------------------------------------------------

    def _found(self) -> None:
        key = self._as("registrar").key
        self._record(
            "registrar",
            LedgerFounded(
                name="某县送温暖账本（演示）",
                officer="registrar",
                officer_name="登记员 许登",
                public_key=public_hex(key),
                ledger_key=self._store.ledger_public_key(),
            ),
        )
        self._unit("city", "某市人社局", "city", None)
        self._unit("county", "某县总工会", "county", "city")
        for code, name in UNIONS:
            self._unit(code, name, "grass-roots", "county", staff_count=150)
        self._unit("bureau", "某县人社局", "department", "city")
        officers: tuple[tuple[str, str, str, list[Role]], ...] = (
            ("approver", "审核人 沈明", "county", ["approver"]),
            ("approver2", "审核人 顾全", "county", ["approver"]),
            ("finance", "财务 钱清", "county", ["finance"]),
            ("finance2", "财务 金算", "county", ["finance"]),
            ("auditor", "审计 查正", "city", ["auditor"]),
            ("inspector", "纪检 严肃", "city", ["inspector"]),
            ("bureau-clerk", "经办人 方办", "bureau", ["clerk"]),
            ("bureau-confirmer", "确认人 任实", "bureau", ["confirmer"]),
            ("city-approver", "审核人 市批", "city", ["approver"]),
            ("city-finance", "财务 市付", "city", ["finance"]),
            ("city-finance2", "财务 市核", "city", ["finance"]),
        )
        for officer, name, unit, roles in officers:
            self._enrol(officer, name, unit, roles)
        for code, _ in UNIONS:
            self._enrol(f"{code}-clerk", f"经办人 {code}", code, ["clerk"])
            self._enrol(f"{code}-payer", f"发放人 {code}", code, ["clerk"])
            self._enrol(f"{code}-confirmer", f"确认人 {code}", code, ["confirmer"])

    def _unit(
        self, code: str, name: str, level: Level, parent: str | None, staff_count: int | None = None
    ) -> None:
        self._record(
            "registrar",
            UnitRegistered(
                unit=code,
                name=name,
                level=level,
                parent=parent,
                staff_count=staff_count,
            ),
        )

    def _enrol(self, officer: str, name: str, unit: str, roles: list[Role]) -> None:
        self._record(
            "registrar",
            OfficerEnrolled(
                officer=officer,
                name=name,
                unit=unit,
                public_key=public_hex(self._as(officer).key),
                valid_from="2025-12-01T00:00:00+08:00",
                grants=[Grant(role=role, unit=unit) for role in roles],
            ),
        )

    def _open_plan_b(self) -> None:
        self._record(
            "approver",
            CampaignOpened(
                campaign="b2026", unit="county", title="心系职工情、温暖进万家", policy=plan_b(2026)
            ),
        )
        document = Document(number="县财社〔2025〕88号")
        for line, amount_fen in (("workers", 25_000_000), ("model-workers", 9_000_000)):
            self._record(
                "finance",
                FundAllocated(campaign="b2026", line=line, amount_fen=amount_fen, document=document),
            )

    def _nominate(self) -> None:
        self._clock.at("2025-12-10 09:00")
        self._cases: dict[str, dict[str, tuple[str, str]]] = {code: {} for code, _ in UNIONS}
        self._persons: dict[str, PersonIdentity | EnterpriseIdentity] = {}
        causes: tuple[Cause, ...] = ("illness", "disaster", "schooling", "accident", "both-laid-off")
        for number, (code, _) in enumerate(UNIONS[1:]):
            people = [self._people.person() for _ in range(20 + number)]
            rows = [
                (
                    person,
                    Facts(
                        cause=causes[i % 5],
                        group="worker" if i % 4 else "migrant-worker",
                        employed_in_county=None if i % 4 else True,
                        income_per_head_fen=50_000 + 700 * i,
                        household_size=3,
                    ),
                    "hardship-worker" if i % 4 else "migrant-worker",
                    50_000,
                )
                for i, person in enumerate(people)
            ]
            if code == "school":
                rows += [
                    (
                        self._people.person(),
                        Facts(group="model-worker", model_worker="provincial"),
                        "model-worker",
                        900_000,
                    )
                    for _ in range(9)
                ]
            if code == "market":
                rows.append(
                    (self._people.person(), Facts(cause="illness", group="farmer"), "hardship-worker", 50_000)
                )
            self._file(code, "b2026", rows)
        for code, _ in UNIONS[1:]:
            self._record(
                f"{code}-clerk",
                RosterFiled(campaign="b2026", unit=code, annex="2", count=len(self._cases[code])),
            )

    def _file(
        self,
        unit: str,
        campaign: str,
        rows: Sequence[tuple[PersonIdentity | EnterpriseIdentity, Facts, str, int | None]],
        forms: list[Form] | None = None,
    ) -> None:
        """Files dossiers and nominates, under one batch signature of the unit's clerk."""
        signer = self._as(f"{unit}-clerk")
        made, disclosures = [], []
        for identity, facts, category, amount_fen in rows:
            promise, disclosure = committed(identity)
            filed = signer.statement(
                DossierFiled(unit=unit, recipient=identity.kind, identity_commitment=promise, facts=facts)
            )
            nominated = signer.statement(
                Nominated(
                    campaign=campaign,
                    unit=unit,
                    dossier=filed.id,
                    category=category,
                    amount_fen=amount_fen,
                    forms=forms or ["money"],
                )
            )
            made += [filed, nominated]
            disclosures += [disclosure, None]
            self._cases.setdefault(unit, {})[nominated.id] = (filed.id, category)
            self._persons[filed.id] = identity
        self._submit(signer.sign_together(made, disclosures))

    def _import_roster(self) -> None:
        self._clock.at("2025-12-18 09:00")
        assert self._writer is not None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "名单.xlsx"
            _write_roster_with_faults(path, self._people)
            policy = plan_b(2026)
            roster = read_roster(path, policy, today=date(2025, 12, 18))
        self.told.roster = roster
        self._follower.catch_up()
        with self._store.connect() as connection:
            marker: Marker = self._store.marker()
            prepared = prepare(roster.good, "b2026", "textile", marker, connection)
        signer = self._as("textile-clerk")
        made, disclosures = statements(prepared, "b2026", "textile", signer)
        self._submit(signer.sign_together(made, disclosures))
        for statement in made:
            if statement.type == "Nominated.v1":
                body = statement.body
                self._cases["textile"][statement.id] = (body["dossier"], body["category"])
        self._record(
            "textile-clerk",
            RosterFiled(campaign="b2026", unit="textile", annex="2", count=len(roster.good)),
        )

    def _confirm(self) -> None:
        self._clock.at("2025-12-22 09:00")
        for code, _ in UNIONS:
            cases = list(self._cases[code])
            officer = f"{code}-confirmer"
            confirmed: list[Event] = [Confirmed(campaign="b2026", unit=code, case=case) for case in cases]
            self._together(officer, confirmed)
            self._record(
                officer,
                NoticePosted(
                    campaign="b2026",
                    unit=code,
                    cases=cases,
                    start="2025-12-22",
                    end="2025-12-29",
                    place="厂务公开栏",
                ),
            )
        self._clock.at("2025-12-26 15:00")
        self._objected = next(iter(self._cases["port"]))
        objection = self._record(
            "port-confirmer",
            ObjectionLodged(
                campaign="b2026",
                unit="port",
                case=self._objected,
                text="群众反映该同志配偶经营商铺，家庭收入不低。",
            ),
        )
        self._clock.at("2025-12-29 15:00")
        self._record(
            "inspector",
            ObjectionSettled(
                campaign="b2026",
                unit="port",
                case=self._objected,
                objection=objection.id,
                upheld=True,
                reason="经核实，家庭收入超过困难标准，异议成立。",
            ),
        )

    def _approve(self) -> None:
        self._clock.at("2025-12-31 09:00")
        for code, _ in UNIONS:
            events: list[Event] = []
            for case, (_, category) in self._cases[code].items():
                if case == self._objected:
                    continue
                model = category == "model-worker"
                events.append(
                    Approved(
                        campaign="b2026",
                        unit=code,
                        case=case,
                        line="model-workers" if model else "workers",
                        amount_fen=900_000 if model else 50_000,
                    )
                )
            if code == "tea":
                # Above the standard: admitted, since it is what was decided, and flagged when paid.
                first = events[0]
                assert isinstance(first, Approved)
                events[0] = first.model_copy(update={"amount_fen": 80_000})
            self._together("approver", events)
        self._record(
            "approver",
            Rejected(campaign="b2026", unit="port", case=self._objected, reason="异议成立，不符合条件"),
        )
        self._approved = {
            code: [case for case in self._cases[code] if case != self._objected] for code, _ in UNIONS
        }

    def _pay(self) -> None:
        self._clock.at("2026-01-12 09:00")
        self._payouts: dict[str, str] = {}
        for code, _ in UNIONS:
            workers = [c for c in self._approved[code] if self._cases[code][c][1] != "model-worker"]
            sums = {case: 80_000 if code == "tea" and case == workers[0] else 50_000 for case in workers}
            self._record(
                f"{code}-payer",
                MoneyDrawn(campaign="b2026", unit=code, line="workers", amount_fen=sum(sums.values())),
            )
            handed_out = workers if code != "bus" else workers[:-3]
            self._disburse(f"{code}-payer", code, handed_out, sums, "drawn", "cash")
        models = [c for c in self._approved["school"] if self._cases["school"][c][1] == "model-worker"]
        self._disburse("finance", "school", models, dict.fromkeys(models, 900_000), "line", "bank")
        self._clock.at("2026-01-15 10:00")
        for case in models:
            self._record(
                "finance2",
                BankLineMatched(
                    campaign="b2026",
                    unit="school",
                    payout=self._payouts[case],
                    bank_reference=f"{int(case[-8:], 16):064x}",
                    amount_fen=900_000,
                    booked_on="2026-01-13",
                    result="paid",
                ),
            )

    def _disburse(
        self,
        officer: str,
        unit: str,
        cases: list[str],
        sums: dict[str, int],
        source: Literal["line", "drawn"],
        method: Literal["bank", "cash"],
        campaign: str = "b2026",
    ) -> None:
        events: list[Event] = [
            Disbursed(
                campaign=campaign,
                unit=unit,
                dossier=self._cases[unit][case][0],
                case=case,
                line="model-workers"
                if source == "line" and campaign == "b2026"
                else ("workers" if campaign == "b2026" else "persons"),
                amount_fen=sums[case],
                source=source,
                method=method,
            )
            for case in cases
        ]
        for case, payout in zip(cases, self._together(officer, events), strict=True):
            self._payouts[case] = payout

    def _revoke(self) -> None:
        self._clock.at("2026-01-20 09:00")
        case = self._approved["cement"][0]
        self._record(
            "approver",
            Revoked(
                campaign="b2026",
                unit="cement",
                case=case,
                target="nomination",
                reason="本人已于年前调离，不在本县就业",
            ),
        )
        self._record(
            "cement-payer",
            PayoutReturned(
                campaign="b2026",
                unit="cement",
                payout=self._payouts[case],
                case=case,
                line="workers",
                amount_fen=50_000,
                kind="clawed-back",
                to="drawn",
                reason="撤销后追回",
            ),
        )
        self._record(
            "cement-payer",
            DrawnReturned(
                campaign="b2026",
                unit="cement",
                line="workers",
                amount_fen=50_000,
                reason="追回款交回县总工会",
            ),
        )
        self._clock.at("2026-02-03 09:00")
        # An auditor finds a paper receipt: the same person had money from another union too.
        paid = self._approved["sugar"][0]
        identity = self._persons[self._cases["sugar"][paid][0]]
        promise, disclosure = committed(identity)
        dossier = self._record(
            "auditor",
            DossierFiled(
                unit="cannery",
                identity_commitment=promise,
                facts=Facts(cause="illness"),
                after_the_fact=True,
                after_the_fact_reason="审计发现纸质签收单，补建档案",
            ),
            disclosure,
        )
        self._record(
            "auditor",
            Disbursed(
                campaign="b2026",
                unit="cannery",
                dossier=dossier.id,
                line="workers",
                amount_fen=50_000,
                method="cash",
                after_the_fact=True,
                after_the_fact_reason="审计发现一月十四日纸质签收单",
            ),
        )
        self._clock.at("2026-02-20 09:00")
        opened = self._record(
            "inspector",
            CaseOpened(
                unit="cannery",
                campaign="b2026",
                title="同一人在两个工会重复领取",
                text="同一身份证号在糖厂工会、罐头厂工会各领取一次。",
            ),
        )
        self._record(
            "inspector",
            CaseClosed(
                unit="cannery",
                campaign="b2026",
                investigation=opened.id,
                finding="substantiated",
                amount_fen=50_000,
                measures=[
                    Measure(kind="return", unit="cannery", amount_fen=50_000, text="限期退回"),
                    Measure(kind="sanction", unit="cannery", text="取消次年补助资格"),
                ],
                text="罐头厂工会未经申报自行发放，查实。",
            ),
        )
        self._record(
            "inspector",
            SanctionImposed(
                unit="cannery",
                year=2027,
                investigation=opened.id,
                reason="私自扩大慰问对象，取消次年补助资格（方案甲 二、四）",
            ),
        )

    def _plan_a(self) -> None:
        self._record(
            "city-approver",
            CampaignOpened(
                campaign="a2026", unit="city", title="元旦春节送温暖慰问活动", policy=plan_a(2026)
            ),
        )
        for line, amount_fen in (("enterprises", 6_000_000), ("persons", 2_000_000)):
            self._record("city-finance", FundAllocated(campaign="a2026", line=line, amount_fen=amount_fen))
        stopped: tuple[tuple[str, Ownership, int, int], ...] = (
            ("某县第二轻工机械厂", "state", 14, 210),
            ("某县红旗罐头有限公司", "collective", 8, 96),
        )
        firms = [
            (
                self._people.enterprise(name),
                Facts(ownership=ownership, stopped_months=months, staff_count=staff),
                "stopped-enterprise",
                2_000_000,
            )
            for name, ownership, months, staff in stopped
        ]
        people = [
            (
                self._people.person(),
                Facts(cause="illness", income_per_head_fen=52_000, group="worker"),
                "special-hardship-worker",
                100_000,
            )
            for _ in range(8)
        ]
        self._file("bureau", "a2026", [*firms, *people], ["money", "goods"])
        cases = list(self._cases["bureau"])
        self._record("bureau-clerk", RosterFiled(campaign="a2026", unit="bureau", annex="1", count=2))
        self._together(
            "bureau-confirmer",
            [Confirmed(campaign="a2026", unit="bureau", case=case) for case in cases],
        )
        self._record(
            "bureau-confirmer",
            NoticePosted(
                campaign="a2026",
                unit="bureau",
                cases=cases,
                start="2026-02-20",
                end="2026-02-27",
                place="县人社局公告栏",
            ),
        )
        self._clock.at("2026-02-28 09:00")
        for case in cases:
            firm = self._cases["bureau"][case][1] == "stopped-enterprise"
            self._record(
                "city-approver",
                Approved(
                    campaign="a2026",
                    unit="bureau",
                    case=case,
                    forms=["money", "goods"],
                    line="enterprises" if firm else "persons",
                    amount_fen=1_500_000 if firm else 100_000,
                ),
            )
        for case in cases:
            dossier, category = self._cases["bureau"][case]
            firm = category == "stopped-enterprise"
            self._record(
                "city-finance",
                Disbursed(
                    campaign="a2026",
                    unit="bureau",
                    dossier=dossier,
                    case=case,
                    line="enterprises" if firm else "persons",
                    amount_fen=1_500_000 if firm else 100_000,
                ),
            )
        self._record(
            "city-finance",
            AidDelivered(
                campaign="a2026",
                unit="bureau",
                dossier=self._cases["bureau"][cases[2]][0],
                case=cases[2],
                form="goods",
                items=[
                    AidItem(name="大米", quantity=2, measure="袋", value_fen=12_000),
                    AidItem(name="食用油", quantity=1, measure="桶", value_fen=8_500),
                ],
            ),
        )
        self._record(
            "city-finance",
            FundReturned(campaign="a2026", line="enterprises", amount_fen=1_000_000, reason="结余交回财政"),
        )
        self._clock.at("2026-03-01 16:00")
        self._record(
            "bureau-clerk",
            SummaryFiled(
                campaign="a2026",
                unit="bureau",
                persons=8,
                enterprises=2,
                amount_fen=3_800_000,
                text="慰问困难企业两家、特困职工八名，资金和物资全部发放到位。",
            ),
        )

    def _attempts(self) -> None:
        """What must not pass: each with its own reason."""
        self._clock.at("2026-03-03 09:00")
        tea, sugar = self._approved["tea"][1], self._approved["sugar"][1]
        dossier = self._cases["sugar"][sugar][0]
        clerk, approver, finance = self._as("tea-clerk"), self._as("approver"), self._as("finance")
        again = self._as("sugar-clerk").sign(
            Nominated(campaign="b2026", unit="sugar", dossier=dossier, category="hardship-worker")
        )
        self._refused("同一人在同一活动中再次提名", again)
        self._refused(
            "经办人审批自己提名的对象",
            clerk.sign(Approved(campaign="b2026", unit="tea", case=tea, line="workers", amount_fen=1)),
        )
        pay = Disbursed(
            campaign="b2026",
            unit="sugar",
            dossier=dossier,
            case=sugar,
            line="workers",
            amount_fen=50_000,
        )
        self._refused("已发足额后再发一次", finance.sign(pay))
        held_back = self._approved["bus"][-1]
        self._refused(
            "审核人自己发放",
            self._as("bus-clerk").sign(
                Disbursed(
                    campaign="b2026",
                    unit="bus",
                    dossier=self._cases["bus"][held_back][0],
                    case=held_back,
                    line="workers",
                    amount_fen=50_000,
                    source="drawn",
                    method="cash",
                )
            ),
        )
        revoked = self._approved["cement"][0]
        self._refused(
            "向已撤销的对象发放",
            finance.sign(
                Disbursed(
                    campaign="b2026",
                    unit="cement",
                    dossier=self._cases["cement"][revoked][0],
                    case=revoked,
                    line="workers",
                    amount_fen=50_000,
                )
            ),
        )
        self._refused(
            "领取超过科目余额",
            self._as("tea-payer").sign(
                MoneyDrawn(campaign="b2026", unit="tea", line="model-workers", amount_fen=2_900_000)
            ),
        )
        self._refused(
            "大额领取只有一人签署",
            finance.sign(MoneyDrawn(campaign="b2026", unit="county", line="workers", amount_fen=3_000_100)),
        )
        honest = finance.sign(FundAllocated(campaign="b2026", line="workers", amount_fen=100)).envelope
        changed = honest.replace(b'"sig":"', b'"sig":"A', 1)[: len(honest)]
        self._refused("签名被改动", Submission(_one_bit(honest)))
        self._refused("信封被截断", Submission(changed))
        stranger = Signer(new_key(), self.told.ledger, self._clock)
        self._refused(
            "未登记的密钥签署", stranger.sign(FundAllocated(campaign="b2026", line="workers", amount_fen=100))
        )
        elsewhere = Signer(approver.key, str(uuid4()), self._clock)
        self._refused(
            "为另一账本签署的陈述",
            elsewhere.sign(Rejected(campaign="b2026", unit="tea", case=tea, reason="不符合条件")),
        )
        self._record(
            "registrar",
            KeyRevoked(
                key=self._key_id("finance2"),
                revoked_from="2026-03-03T09:00:00+08:00",
                compromised=True,
                reason="密钥介质遗失",
            ),
        )
        self._refused(
            "已注销的密钥签署",
            self._as("finance2").sign(FundAllocated(campaign="b2026", line="workers", amount_fen=100)),
        )

    def _key_id(self, officer: str) -> str:
        from ledger.keys import key_id_of

        return key_id_of(self.told.keys[officer])


def _one_bit(envelope: bytes) -> bytes:
    """The envelope with one bit of the signature changed, still well-formed."""
    place = envelope.index(b'"sig":"') + 12
    letter = envelope[place : place + 1]
    other = b"B" if letter != b"B" else b"C"
    return envelope[:place] + other + envelope[place + 1 :]


def _write_roster_with_faults(path: Path, people: People) -> None:
    """A roster as it comes: good lines, and the faults that spreadsheets and people make."""
    rows: list[dict[str, str | int | float | None]] = []
    for index in range(18):
        person = people.person()
        rows.append(
            {
                "number": person.number,
                "name": person.name,
                "category": "困难职工",
                "group": "困难职工",
                "shop": "一车间",
                "phone": person.phone,
                "address": person.address,
                "household_size": f"{index % 4 + 2}人",
                "income_per_head_fen": f"{600 + index * 10}元",
                "cause": "因病",
                "account": person.account,
                "amount_fen": "0.05万元" if index % 2 else 500,
                "on": "2025年12月15日",
            }
        )
    faulty = [people.person() for _ in range(4)]
    base = {"category": "困难职工", "cause": "因病", "amount_fen": "500"}
    rows.append({**base, "number": float(faulty[0].number[:15] + "000"), "name": faulty[0].name})
    wrong = faulty[1].number[:-1] + ("0" if faulty[1].number[-1] != "0" else "1")
    rows.append({**base, "number": wrong, "name": faulty[1].name})
    rows.append({**base, "number": faulty[2].number, "name": faulty[2].name, "amount_fen": "五百"})
    rows.append({**base, "number": rows[0]["number"], "name": rows[0]["name"]})
    full_width = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in faulty[3].number)
    rows.append({**base, "number": full_width, "name": faulty[3].name})
    write_form(path, "person", rows, heading="填报单位：纺织厂工会    填报日期：2025年12月18日")
