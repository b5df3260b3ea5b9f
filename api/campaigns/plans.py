"""The two plans as policies: Plan B of the county federation, Plan A of the city's bureau."""

from __future__ import annotations

from ledger.domain.policy.campaign_policy import (
    BudgetLine,
    Category,
    Phase,
    Policy,
    Window,
)


def plan_b(year: int) -> Policy:
    """Plan B (心系职工情、温暖进万家): 340,000.00 yuan in two lines, 500.00 a worker; B-1 to B-8."""
    window = Window(start=f"{year - 1}-12-01", end=f"{year}-02-28")
    return Policy(
        plan="union",
        locality="某县",
        year=year,
        window=window,
        phases=[
            Phase(
                code="nominate",
                title="摸底申报",
                window=Window(start=f"{year - 1}-12-01", end=f"{year - 1}-12-25"),
                events=["DossierFiled", "Nominated"],
            ),
            Phase(
                code="visit",
                title="走访慰问",
                window=Window(start=f"{year}-01-10", end=f"{year}-02-15"),
                events=["MoneyDrawn", "Disbursed", "AidDelivered"],
            ),
        ],
        categories=[
            Category(
                code="difficult-enterprise-worker",
                title="困难企业职工",
                line="workers",
                standard_fen=50_000,
                criteria=["cause-given"],
            ),
            Category(
                code="model-worker",
                title="劳动模范",
                line="model-workers",
                standard_fen=900_000,
                criteria=["model-worker"],
            ),
            Category(
                code="migrant-worker",
                title="困难农民工",
                line="workers",
                standard_fen=50_000,
                criteria=["cause-given", "employed-in-county"],
            ),
            Category(
                code="hardship-worker",
                title="困难职工",
                line="workers",
                standard_fen=50_000,
                criteria=["cause-given"],
            ),
        ],
        excluded_groups=["farmer", "urban-resident"],
        lines=[
            BudgetLine(code="workers", title="困难职工慰问金", source="county", cap_fen=25_000_000),
            BudgetLine(code="model-workers", title="劳模慰问金", source="county", cap_fen=9_000_000),
        ],
        forms=["money"],
        yearly_cap_fen=900_000,
        two_signatures_above_fen=3_000_000,
        notice_working_days=5,
        roster_deadline=f"{year - 1}-12-25",
        summary_deadline=f"{year}-03-01",
    )


def plan_a(year: int) -> Policy:
    """Plan A ("两节"送温暖): enterprises and persons, five forms, the annexes' deadlines; A-1 to A-11."""
    return Policy(
        plan="human-resources",
        locality="某市",
        year=year,
        window=Window(start=f"{year}-01-01", end=f"{year}-03-05"),
        phases=[
            Phase(
                code="prepare",
                title="准备阶段",
                window=Window(start=f"{year - 1}-12-01", end=f"{year - 1}-12-20"),
                events=["DossierFiled", "Nominated", "Confirmed"],
            ),
            Phase(
                code="publicise",
                title="宣传阶段",
                window=Window(start=f"{year - 1}-12-20", end=f"{year}-01-10"),
            ),
            Phase(
                code="visit",
                title="慰问阶段",
                window=Window(start=f"{year}-01-10", end=f"{year}-02-10"),
                events=["Disbursed", "AidDelivered"],
            ),
            Phase(
                code="sum-up",
                title="总结阶段",
                window=Window(start=f"{year}-02-25", end=f"{year}-03-05"),
                events=["SummaryFiled"],
            ),
        ],
        categories=[
            Category(
                code="stopped-enterprise",
                title="困难企业",
                recipient="enterprise",
                line="enterprises",
                standard_fen=2_000_000,
                criteria=["stopped-or-closing"],
            ),
            Category(
                code="special-hardship-worker",
                title="企业特困职工",
                line="persons",
                standard_fen=100_000,
                criteria=["income-below-line", "cause-given"],
            ),
            Category(
                code="hardship-unemployed",
                title="特困失业人员",
                line="persons",
                standard_fen=100_000,
                criteria=["income-below-line", "cause-given", "registered-unemployed"],
            ),
        ],
        lines=[
            BudgetLine(code="enterprises", title="困难企业慰问金", source="finance", cap_fen=10_000_000),
            BudgetLine(code="persons", title="困难人员慰问金", source="finance", cap_fen=5_000_000),
        ],
        forms=["policy", "job", "training", "goods", "money"],
        subsistence_line_fen=70_000,
        two_signatures_above_fen=1_500_000,
        roster_deadline=f"{year - 1}-12-25",
        county_deadline=f"{year - 1}-12-20",
        summary_deadline=f"{year}-03-01",
    )
