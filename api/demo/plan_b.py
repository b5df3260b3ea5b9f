"""The story of Plan B: ten unions of a county, from their rosters to a revocation and a sanction."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Literal

from api.campaigns.plans import plan_b
from api.demo.people import People
from api.demo.telling import Teller
from api.flags import queries as flags
from api.gate import every_view
from api.roster.forms import write_form
from api.roster.importing import prepare, statements
from api.roster.roster_file import read_roster
from ledger.domain.event import Document, Event
from ledger.events.bank import BankLineMatched
from ledger.events.campaign import CampaignOpened, RosterFiled
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed, NoticePosted, Rejected, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.oversight import CaseClosed, CaseOpened, FlagKey, Measure, SanctionImposed
from ledger.events.payout import Disbursed, PayoutReturned
from ledger.identity.blind_index import Marker
from ledger.writing.signing import committed

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


class PlanB(Teller):
    """The chapters of Plan B."""

    def _open_plan_b(self) -> None:
        self.desk.record(
            "approver",
            CampaignOpened(
                campaign="b2026", unit="county", title="心系职工情、温暖进万家", policy=plan_b(2026)
            ),
        )
        document = Document(number="县财社〔2025〕88号")
        for line, amount_fen in (("workers", 25_000_000), ("model-workers", 9_000_000)):
            self.desk.record(
                "finance",
                FundAllocated(campaign="b2026", line=line, amount_fen=amount_fen, document=document),
            )

    def _nominate(self) -> None:
        self._clock.at("2025-12-10 09:00")
        self._cases.update({code: {} for code, _ in UNIONS})
        causes: tuple[str, ...] = ("illness", "disaster", "schooling", "accident", "both-laid-off")
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
            self.desk.record(
                f"{code}-clerk",
                RosterFiled(campaign="b2026", unit=code, annex="2", count=len(self._cases[code])),
            )

    def _import_roster(self) -> None:
        self._clock.at("2025-12-18 09:00")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "名单.xlsx"
            _write_roster_with_faults(path, self._people)
            policy = plan_b(2026)
            roster = read_roster(path, policy, today=date(2025, 12, 18))
        self.told.roster = roster
        self._follower.catch_up()
        with self._store.connect() as connection:
            marker: Marker = self._store.marker()
            prepared = prepare(roster.good, "b2026", "textile", marker, every_view(connection))
        signer = self.desk.signer("textile-clerk")
        made, disclosures = statements(prepared, "b2026", "textile", signer)
        self.desk.submit(signer.sign_together(made, disclosures))
        for statement in made:
            if statement.type == "Nominated.v1":
                body = statement.body
                self._cases["textile"][statement.id] = (body["dossier"], body["category"])
        self.desk.record(
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
            self.desk.record(
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
        objection = self.desk.record(
            "port-confirmer",
            ObjectionLodged(
                campaign="b2026",
                unit="port",
                case=self._objected,
                text="群众反映该同志配偶经营商铺，家庭收入不低。",
            ),
        )
        self._clock.at("2025-12-29 15:00")
        self.desk.record(
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
            self._clock.later(minutes=20)
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
        self.desk.record(
            "approver",
            Rejected(campaign="b2026", unit="port", case=self._objected, reason="异议成立，不符合条件"),
        )
        self._approved.update(
            {code: [case for case in self._cases[code] if case != self._objected] for code, _ in UNIONS}
        )

    def _pay(self) -> None:
        self._clock.at("2026-01-12 09:00")
        for code, _ in UNIONS:
            workers = [c for c in self._approved[code] if self._cases[code][c][1] != "model-worker"]
            sums = {case: 80_000 if code == "tea" and case == workers[0] else 50_000 for case in workers}
            self.desk.record(
                f"{code}-payer",
                MoneyDrawn(campaign="b2026", unit=code, line="workers", amount_fen=sum(sums.values())),
            )
            handed_out = workers if code != "bus" else workers[:-3]
            self._disburse(f"{code}-payer", code, handed_out, sums, "drawn", "cash")
        models = [c for c in self._approved["school"] if self._cases["school"][c][1] == "model-worker"]
        self._disburse("finance", "school", models, dict.fromkeys(models, 900_000), "line", "bank")
        self._clock.at("2026-01-15 10:00")
        for case in models:
            self.desk.record(
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
        self.desk.record(
            "approver",
            Revoked(
                campaign="b2026",
                unit="cement",
                case=case,
                target="nomination",
                reason="本人已于年前调离，不在本县就业",
            ),
        )
        self.desk.record(
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
            second="finance",
        )
        self.desk.record(
            "finance",
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
        dossier = self.desk.record(
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
        self.desk.record(
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
            second="finance2",
        )
        self._clock.at("2026-02-20 09:00")
        opened = self.desk.record(
            "inspector",
            CaseOpened(
                unit="cannery",
                campaign="b2026",
                title="同一人在两个工会重复领取",
                flags=self._duplicates(),
                text="同一身份证号在糖厂工会、罐头厂工会各领取一次。",
            ),
        )
        self.desk.record(
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
        self.desk.record(
            "inspector",
            SanctionImposed(
                unit="cannery",
                year=2027,
                investigation=opened.id,
                reason="私自扩大慰问对象，取消次年补助资格（方案甲 二、四）",
            ),
        )

    def _duplicates(self) -> list[FlagKey]:
        """The flags of persons paid twice, as the inspector sees them by now."""
        self._follower.catch_up()
        with self._store.connect() as connection:
            found = flags.flags(every_view(connection), flags.FlagFilter(rule="duplicate-identity"))
        return [
            FlagKey(rule=row["rule"], subject=row["subject"], raised_at=row["raised_at"]) for row in found
        ]


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
