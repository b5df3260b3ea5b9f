"""The columns of the rosters' forms, and the headings under which people write them.

Annex 1 (附件1) lists enterprises, Annex 2 (附件2) persons; clause A-9.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Recipient = Literal["person", "enterprise"]


@dataclass(frozen=True)
class Column:
    """A column: its field, its heading on the form, other headings met, and what goes in."""

    field: str
    heading: str
    synonyms: tuple[str, ...]
    meaning: str
    required: bool = False
    width: int = 14


CAUSES: dict[str, tuple[str, ...]] = {
    "illness": ("因病", "疾病", "大病", "患病", "重病"),
    "disaster": ("因灾", "灾害", "受灾", "自然灾害"),
    "family-change": ("家庭变故", "变故", "家庭成员变故", "丧偶"),
    "both-laid-off": ("双下岗", "夫妻双下岗", "下岗"),
    "accident": ("意外", "意外事故", "事故", "因残", "残疾"),
    "schooling": ("子女上学", "因学", "就学", "子女就学"),
    "other": ("其他", "其它"),
}
SUBSISTENCE: dict[str, tuple[str, ...]] = {
    "on": ("低保", "低保户", "是"),
    "edge": ("低保边缘", "低保边缘户", "边缘"),
    "none": ("否", "无", "非低保"),
}
OWNERSHIP: dict[str, tuple[str, ...]] = {
    "state": ("国有",),
    "collective": ("集体",),
    "other": ("其他", "其它", "民营", "私营"),
}
CLOSING: dict[str, tuple[str, ...]] = {"closure": ("关闭",), "bankruptcy": ("破产",)}
GROUPS: dict[str, tuple[str, ...]] = {
    "worker": ("困难职工", "职工", "企业职工"),
    "migrant-worker": ("农民工", "困难农民工", "外来务工人员"),
    "model-worker": ("劳模", "劳动模范"),
    "farmer": ("农民", "困难农民"),
    "urban-resident": ("城镇居民", "居民", "困难城镇居民"),
    "unemployed": ("失业人员", "失业", "特困失业人员"),
}

EMPLOYMENT: dict[str, tuple[str, ...]] = {
    "employed": ("在业", "在职", "在岗", "就业"),
    "laid-off": ("下岗", "待岗", "内退"),
    "registered-unemployed": ("登记失业", "失业"),
    "retired": ("退休", "离退休"),
}
MODEL_WORKER: dict[str, tuple[str, ...]] = {
    "national": ("全国", "全国劳模", "国家级"),
    "provincial": ("省", "省劳模", "省级", "省部级"),
    "municipal": ("市", "市劳模", "市级", "设区市级"),
}
YES_NO: dict[str, tuple[str, ...]] = {"yes": ("是", "有", "√"), "no": ("否", "无", "×")}

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "cause": CAUSES,
    "subsistence": SUBSISTENCE,
    "ownership": OWNERSHIP,
    "closing": CLOSING,
    "group": GROUPS,
    "employment": EMPLOYMENT,
    "model_worker": MODEL_WORKER,
    "employed_in_county": YES_NO,
    "dormitory": YES_NO,
}
"""The fields that take few words → their codes, each with the words that are understood."""

PERSONS = (
    Column(
        "number",
        "公民身份号码",
        ("身份证号", "身份证号码", "身份证", "身份号码", "证件号码"),
        "18 位，旧证 15 位；请设为文本格式",
        True,
        22,
    ),
    Column("name", "姓名", ("名字", "职工姓名", "慰问对象", "慰问对象姓名"), "本人姓名", True, 10),
    Column("category", "对象类别", ("类别", "慰问对象类别", "人员类别"), "活动方案中的类别代码或名称"),
    Column(
        "group", "人员身份", ("身份", "身份类别", "群体"), "困难职工、农民工、劳模、农民、城镇居民、失业人员"
    ),
    Column("shop", "工作单位", ("单位", "所在单位", "车间", "部门", "所在部门"), "单位内的车间或部门"),
    Column(
        "phone", "联系电话", ("电话", "手机", "手机号", "手机号码", "联系方式"), "11 位手机或带区号的固话"
    ),
    Column("address", "家庭住址", ("住址", "地址", "家庭地址", "现住址"), "现住地址", False, 28),
    Column("household", "户号", ("户口簿号", "户籍编号", "家庭编号"), "户口簿户号，同户填同号"),
    Column("household_size", "家庭人口", ("人口", "家庭人口数", "家庭成员数"), "人数"),
    Column(
        "income_per_head_fen",
        "家庭人均月收入（元）",
        ("家庭人均月收入", "人均月收入", "月人均收入", "人均收入", "家庭月人均收入"),
        "元；可写 元、万元",
    ),
    Column("subsistence", "低保情况", ("低保", "是否低保", "低保户"), "低保、低保边缘、否"),
    Column(
        "cause",
        "致困原因",
        ("困难原因", "主要致困原因", "原因"),
        "因病、因灾、家庭变故、双下岗、意外、子女上学、其他",
    ),
    Column(
        "employment",
        "就业状况",
        ("就业情况", "就业状态", "工作状态"),
        "在业、下岗、登记失业、退休",
    ),
    Column("employed_in_county", "是否在本县就业", ("在本县就业", "本县就业", "在本县务工"), "是、否"),
    Column("model_worker", "劳模级别", ("劳模", "劳动模范", "劳模等级"), "全国、省、市；不是劳模则留空"),
    Column("dormitory", "是否住集体宿舍", ("集体宿舍", "住集体宿舍"), "是、否"),
    Column(
        "account", "银行卡号", ("卡号", "银行账号", "账号", "银行卡", "开户账号"), "请设为文本格式", False, 22
    ),
    Column("account_holder", "户名", ("开户名", "账户名", "银行卡户名"), "不填即为本人"),
    Column(
        "amount_fen",
        "慰问金额（元）",
        ("慰问金额", "金额", "慰问金", "发放金额", "补助金额", "标准"),
        "元；可写 500元、0.05万元、1,000.00",
    ),
    Column("on", "建档日期", ("档案日期", "建档时间", "申报日期"), "2026-01-15 等通用写法"),
    Column("note", "备注", ("说明",), "不得写入身份信息；不导入"),
)

ENTERPRISES = (
    Column("credit_code", "统一社会信用代码", ("信用代码", "社会信用代码", "企业代码"), "18 位", True, 22),
    Column("name", "企业名称", ("单位名称", "名称", "困难企业名称"), "全称", True, 28),
    Column("category", "对象类别", ("类别", "企业类别"), "活动方案中的类别代码或名称"),
    Column("ownership", "企业性质", ("性质", "所有制", "经济性质"), "国有、集体、其他"),
    Column("stopped_months", "停产月数", ("停产时间（月）", "停产时间", "停产"), "月数"),
    Column("closing", "关闭破产", ("是否关闭破产", "关闭或破产"), "关闭、破产，否则留空"),
    Column("staff_count", "职工人数", ("职工数", "在册职工", "人数"), "人数"),
    Column("phone", "联系电话", ("电话", "联系方式"), "联系人电话"),
    Column("address", "地址", ("企业地址", "单位地址"), "注册地址", False, 28),
    Column("account", "对公账号", ("银行账号", "账号", "开户账号"), "请设为文本格式", False, 22),
    Column("account_holder", "户名", ("开户名", "账户名"), "不填即为企业名称", False, 28),
    Column("amount_fen", "慰问金额（元）", ("慰问金额", "金额", "慰问金", "补助金额"), "元；可写 元、万元"),
    Column("on", "建档日期", ("档案日期", "建档时间", "申报日期"), "2026-01-15 等通用写法"),
    Column("note", "备注", ("说明",), "不得写入身份信息；不导入"),
)

LATER: dict[Recipient, tuple[Column, ...]] = {
    "person": (Column("died_on", "死亡日期", (), "2026-01-15 等通用写法；健在则留空"),),
    "enterprise": (),
}
"""What a dossier may come to say when it is amended, and no form of a roster asks."""

FORMS: dict[Recipient, tuple[Column, ...]] = {"person": PERSONS, "enterprise": ENTERPRISES}
ANNEX: dict[Recipient, str] = {"enterprise": "1", "person": "2"}

_BRACKETS = re.compile(r"[（(].*?[)）]")
_NOT_LETTERS = re.compile(r"[\s:：*＊、,，./\\_\-]+")


def plain_heading(text: str) -> str:
    """A heading without spaces, brackets' content, stars and punctuation."""
    folded = unicodedata.normalize("NFKC", text)
    return _NOT_LETTERS.sub("", _BRACKETS.sub("", folded)).lower()


def heading_fields(recipient: Recipient) -> dict[str, Column]:
    """Every heading that is understood → its column."""
    known: dict[str, Column] = {}
    for column in FORMS[recipient]:
        for heading in (column.heading, column.field, *column.synonyms):
            known.setdefault(plain_heading(heading), column)
    return known


def coded(words: dict[str, tuple[str, ...]], text: str) -> str | None:
    """The code of a word as people write it, or None."""
    plain = plain_heading(text)
    for code, synonyms in words.items():
        if plain == plain_heading(code) or plain in (plain_heading(word) for word in synonyms):
            return code
    return None
