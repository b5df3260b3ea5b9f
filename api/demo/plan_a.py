"""The story of Plan A: enterprises and workers in special hardship, money and goods."""

from __future__ import annotations

from api.campaigns.plans import plan_a
from api.demo.telling import Teller
from ledger.events.campaign import CampaignOpened, RosterFiled, SummaryFiled
from ledger.events.dossier import Facts
from ledger.events.funds import FundAllocated, FundReturned
from ledger.events.nomination import (
    Approved,
    Confirmed,
    NoticePosted,
)
from ledger.events.payout import (
    AidDelivered,
    AidItem,
    Disbursed,
)


class PlanA(Teller):
    """The chapters of Plan A."""

    def _list_for_plan_a(self) -> None:
        self._clock.at("2025-12-15 09:00")
        self.desk.record(
            "bureau-approver",
            CampaignOpened(
                campaign="a2026", unit="city-bureau", title="元旦春节送温暖慰问活动", policy=plan_a(2026)
            ),
        )
        for line, amount_fen in (("enterprises", 6_000_000), ("persons", 2_000_000)):
            self.desk.record(
                "bureau-finance", FundAllocated(campaign="a2026", line=line, amount_fen=amount_fen)
            )
        stopped: tuple[tuple[str, str, int, int], ...] = (
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
        self.desk.record("bureau-clerk", RosterFiled(campaign="a2026", unit="bureau", annex="1", count=2))
        self.desk.record("bureau-clerk", RosterFiled(campaign="a2026", unit="bureau", annex="2", count=8))
        self._together(
            "bureau-confirmer",
            [Confirmed(campaign="a2026", unit="bureau", case=case) for case in cases],
        )
        self.desk.record(
            "bureau-confirmer",
            NoticePosted(
                campaign="a2026",
                unit="bureau",
                cases=cases,
                start="2025-12-16",
                end="2025-12-24",
                place="县人社局公告栏",
            ),
        )

    def _visit_for_plan_a(self) -> None:
        cases = list(self._cases["bureau"])
        self._clock.at("2026-01-08 09:00")
        for case in cases:
            self._clock.later(minutes=3)
            firm = self._cases["bureau"][case][1] == "stopped-enterprise"
            self.desk.record(
                "bureau-approver",
                Approved(
                    campaign="a2026",
                    unit="bureau",
                    case=case,
                    forms=["money"] if firm else ["money", "goods"],
                    line="enterprises" if firm else "persons",
                    amount_fen=1_500_000 if firm else 100_000,
                    goods_fen=None if firm else 30_000,
                ),
            )
        self._clock.at("2026-01-13 09:00")
        for case in cases:
            dossier, category = self._cases["bureau"][case]
            firm = category == "stopped-enterprise"
            self.desk.record(
                "bureau-finance",
                Disbursed(
                    campaign="a2026",
                    unit="bureau",
                    dossier=dossier,
                    case=case,
                    line="enterprises" if firm else "persons",
                    amount_fen=1_500_000 if firm else 100_000,
                ),
            )
        self.desk.record(
            "bureau-finance",
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

    def _sum_up_plan_a(self) -> None:
        self._clock.at("2026-02-26 09:00")
        self.desk.record(
            "bureau-finance",
            FundReturned(campaign="a2026", line="enterprises", amount_fen=1_000_000, reason="结余交回财政"),
        )
        self._clock.at("2026-03-01 16:00")
        self.desk.record(
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
