"""The story of money by today's practice: a second typed source, what last year left (结转下年), help to a site (集体慰问)."""

from __future__ import annotations

from api.campaigns.plans import template
from api.demo.telling import Teller
from ledger.domain.event import Document
from ledger.domain.policy.campaign_policy import Window
from ledger.events.campaign import CampaignOpened
from ledger.events.carry_over import FundsCarriedOver
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven
from ledger.events.funds import FundAllocated
from ledger.events.payout import AidItem

LAST_YEAR = "c2025"
_GIVEN_LAST_YEAR_FEN, _CARRIED_FEN, _OWN_FEN = 350_000, 50_000, 100_000


class MoneyToday(Teller):
    """The chapters of the federation's own funds, beside the earmarked money that the households get."""

    def _close_to_new_year(self) -> None:
        """Last year's campaign has a last site to visit, and does not spend all that its line was given."""
        self._clock.at("2025-12-02 09:00")
        self._open_for_sites(
            LAST_YEAR, 2025, "送温暖与常态化帮扶（2025年度）", _GIVEN_LAST_YEAR_FEN, "县工财〔2025〕31号"
        )
        self._clock.at("2025-12-03 09:00")
        self._visit_site(
            LAST_YEAR, "machinery", "总装车间一线班组", headcount=20, amount_fen=300_000, receipt="县工慰〔2025〕12号"
        )  # fmt: skip

    def _fund_sites(self, campaign: str) -> None:
        """The line for sites: what last year left of the same source, and this year's own funds; two sign the first."""
        carried = FundsCarriedOver(
            campaign=LAST_YEAR,
            from_line="sites",
            to_campaign=campaign,
            to_line="sites",
            amount_fen=_CARRIED_FEN,
            document=Document(number="县工财〔2026〕1号"),
            reason="上年集体慰问结余，按规定结转本年使用。",
        )
        self.desk.record("accountant", carried, second="finance")
        self._allocate_own(campaign, _OWN_FEN, "县工财〔2026〕2号")

    def _visit_site_today(self, campaign: str) -> None:
        """A site that works through the holiday is visited; nobody there is named."""
        self._visit_site(
            campaign, "bus", "春运一线调度站", headcount=8, amount_fen=120_000, receipt="县工慰〔2026〕1号"
        )

    def _open_for_sites(self, campaign: str, year: int, title: str, amount_fen: int, document: str) -> None:
        policy = template("union-today", year).policy
        # Sites are visited all through last year, not in its season alone.
        policy = policy.model_copy(update={"window": Window(start=policy.window.start, end=f"{year}-12-31")})
        opened = CampaignOpened(campaign=campaign, unit="county", title=title, policy=policy)
        self.desk.record("approver", opened)
        self._allocate_own(campaign, amount_fen, document)

    def _allocate_own(self, campaign: str, amount_fen: int, document: str) -> None:
        allocated = FundAllocated(
            campaign=campaign, line="sites", amount_fen=amount_fen, document=Document(number=document)
        )
        self.desk.record("accountant", allocated)

    def _visit_site(
        self, campaign: str, unit: str, site: str, *, headcount: int, amount_fen: int, receipt: str
    ) -> None:
        """Approved within the policy's sums, then paid for by the cashier and handed over as goods."""
        on = {"campaign": campaign, "unit": unit, "line": "sites", "amount_fen": amount_fen}
        why = {"site": site, "headcount": headcount, "reason": "节日期间坚守岗位，集体慰问。"}
        approved = self.desk.record("approver", CollectiveHelpApproved.model_validate({**on, **why})).id
        self._clock.later(minutes=30)
        goods = AidItem(name="慰问品（米、油）", quantity=headcount, measure="份", value_fen=amount_fen)
        given = {"help": approved, "items": [goods], "document": Document(number=receipt)}
        self.desk.record("cashier", CollectiveHelpGiven.model_validate({**on, **given}))
