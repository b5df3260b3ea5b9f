"""The lines of reports (报表的行): Annexes 1 to 3 and the summary's table, as clauses A-9 and A-10 have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from projections.frame.column import Fen, Number, Title


@dataclass
class EnterpriseLine:
    """An enterprise (附件1)."""

    number: Annotated[str, Title("序号", "no.")]
    name: Annotated[str, Title("企业名称", "name")]
    category: Annotated[str, Title("对象类别", "category")]
    ownership: Annotated[str | None, Title("企业性质", "ownership")]
    months_stopped: Annotated[str | None, Title("停产月数", "months stopped")]
    closing: Annotated[str | None, Title("关闭破产", "closing")]
    staff: Annotated[Number | None, Title("职工人数", "staff")]
    approved_fen: Annotated[Fen, Title("批准金额（元）", "approved")]
    kept_fen: Annotated[Fen, Title("实发金额（元）", "kept")]
    goods_fen: Annotated[Fen, Title("物资折款（元）", "goods")]
    state: Annotated[str, Title("状态", "state")]


@dataclass
class PersonLine:
    """A person (附件2)."""

    number: Annotated[str, Title("序号", "no.")]
    name: Annotated[str, Title("姓名", "name")]
    unit: Annotated[str, Title("上报单位", "unit")]
    employer: Annotated[str | None, Title("工作单位", "employer")]
    workshop: Annotated[str | None, Title("车间或部门", "workshop")]
    category: Annotated[str, Title("对象类别", "category")]
    group: Annotated[str | None, Title("人员身份", "group")]
    household: Annotated[str | None, Title("家庭人口", "household")]
    income: Annotated[str | None, Title("人均月收入（元）", "income a head")]
    subsistence: Annotated[str | None, Title("低保情况", "subsistence")]
    cause: Annotated[str | None, Title("致困原因", "cause")]
    approved_fen: Annotated[Fen, Title("批准金额（元）", "approved")]
    kept_fen: Annotated[Fen, Title("实发金额（元）", "kept")]
    goods_fen: Annotated[Fen, Title("物资折款（元）", "goods")]
    state: Annotated[str, Title("状态", "state")]


@dataclass
class UnitLine:
    """A unit with all below it (附件3)."""

    unit: Annotated[str, Title("单位", "unit")]
    level: Annotated[str, Title("级别", "level")]
    persons: Annotated[Number, Title("困难人员（人）", "persons")]
    enterprises: Annotated[Number, Title("困难企业（户）", "enterprises")]
    helped: Annotated[Number, Title("已慰问（人、户）", "helped")]
    approved_fen: Annotated[Fen, Title("批准金额（元）", "approved")]
    kept_fen: Annotated[Fen, Title("实发金额（元）", "kept")]
    goods_fen: Annotated[Fen, Title("物资折款（元）", "goods")]


@dataclass
class CategoryLine:
    """A category of the summary (工作总结)."""

    category: Annotated[str, Title("对象类别", "category")]
    nominated: Annotated[Number, Title("申报", "nominated")]
    approved: Annotated[Number, Title("获批", "approved")]
    helped: Annotated[Number, Title("已慰问", "helped")]
    approved_fen: Annotated[Fen, Title("批准金额（元）", "approved")]
    kept_fen: Annotated[Fen, Title("实发金额（元）", "kept")]
    goods_fen: Annotated[Fen, Title("物资折款（元）", "goods")]
