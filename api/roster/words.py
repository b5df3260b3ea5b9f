"""The words of rosters (名单用语): categories, causes, groups, kinds of document, each with what it is also called.

A word never changes a fact: 失业 is not 登记失业, 待岗 and 内退 are not 下岗, 残疾 is not 意外. What is not
known is asked, with what is known.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from api.roster.headings import plain_heading
from ledger.domain.policy.campaign_policy import Category, Policy

Words = Mapping[str, tuple[str, ...]]

CAUSES: Words = {
    "illness": (
        "因病",
        "疾病",
        "大病",
        "患病",
        "重病",
        "因病致困",
        "重大疾病",
        "患重病",
        "患大病",
        "本人患病",
        "家属患病",
    ),
    "disaster": ("因灾", "灾害", "受灾", "自然灾害", "意外灾害", "因灾致困", "遭受灾害", "火灾", "水灾"),
    "family-change": ("家庭变故", "变故", "家庭成员变故", "丧偶", "重大变故"),
    "both-laid-off": ("双下岗", "夫妻双下岗", "夫妻双方下岗"),
    "accident": ("意外", "意外事故", "事故", "意外致困", "交通事故", "意外伤害"),
    "schooling": ("子女上学", "因学", "就学", "子女就学", "因学致困", "子女教育"),
    "other": ("其他", "其它", "其他原因"),
}
SUBSISTENCE: Words = {
    "on": ("低保", "低保户", "是", "享受低保", "城市低保", "农村低保"),
    "edge": ("低保边缘", "低保边缘户", "边缘", "低保边缘家庭"),
    "none": ("否", "无", "非低保", "不是"),
}
OWNERSHIP: Words = {
    "state": ("国有", "国有企业", "全民所有制"),
    "collective": ("集体", "集体企业", "集体所有制"),
    "other": ("其他", "其它", "民营", "私营", "外资", "股份制"),
}
CLOSING: Words = {"closure": ("关闭",), "bankruptcy": ("破产",)}
GROUPS: Words = {
    "worker": ("困难职工", "职工", "企业职工", "在档困难职工"),
    "migrant-worker": ("农民工", "困难农民工", "外来务工人员", "进城务工人员"),
    "model-worker": ("劳模", "劳动模范", "劳模工匠"),
    "farmer": ("农民", "困难农民"),
    "urban-resident": ("城镇居民", "居民", "困难城镇居民"),
    "unemployed": ("失业人员", "失业", "特困失业人员"),
    "new-employment": ("新就业形态劳动者", "新业态劳动者"),
    "on-duty": ("坚守岗位职工", "一线职工", "坚守岗位"),
    "work-injured": ("工伤与职业病致残", "工伤职工", "职业病职工", "工伤致残"),
    "bereaved": ("因公牺牲家属", "因公牺牲职工家属"),
    "retired": ("困难退休职工", "退休职工"),
}
EMPLOYMENT: Words = {
    "employed": ("在业", "在职", "在岗", "就业"),
    "laid-off": ("下岗",),
    "registered-unemployed": ("登记失业", "城镇登记失业"),
    "retired": ("退休", "离退休"),
}
MODEL_WORKER: Words = {
    "national": ("全国", "全国劳模", "国家级", "全国劳动模范"),
    "provincial": ("省", "省劳模", "省级", "省部级", "省级劳模", "省级劳动模范", "省劳动模范"),
    "municipal": ("市", "市劳模", "市级", "设区市级", "市级劳模", "市级劳动模范", "市劳动模范"),
}
YES_NO: Words = {"yes": ("是", "有", "√"), "no": ("否", "无", "×")}
DOCUMENTS: Words = {
    "resident": ("居民身份证", "身份证", "二代身份证"),
    "residence-permit": (
        "港澳台居民居住证",
        "港澳居民居住证",
        "台湾居民居住证",
        "香港居民居住证",
        "澳门居民居住证",
        "居住证",
    ),
    "foreigner-residence": ("外国人永久居留身份证", "外国人永久居留证", "永久居留身份证", "永久居留证"),
    "passport": ("护照", "外国护照", "中国护照"),
    "travel-permit": (
        "港澳居民来往内地通行证",
        "台湾居民来往大陆通行证",
        "港澳通行证",
        "台胞证",
        "回乡证",
        "往来内地通行证",
        "来往大陆通行证",
    ),
    "other": ("其他", "其它", "军官证", "士兵证", "户口簿", "其他证件"),
}

WORDS: dict[str, Words] = {
    "cause": CAUSES,
    "subsistence": SUBSISTENCE,
    "ownership": OWNERSHIP,
    "closing": CLOSING,
    "group": GROUPS,
    "employment": EMPLOYMENT,
    "model_worker": MODEL_WORKER,
    "employed_in_county": YES_NO,
    "dormitory": YES_NO,
    "document": DOCUMENTS,
}
"""The fields that take few words → their codes, each with the words that are understood."""

CATEGORIES: tuple[tuple[str, ...], ...] = (
    (
        "困难职工",
        "特困职工",
        "企业特困职工",
        "在档困难职工",
        "困难企业职工",
        "困难企业特困职工",
        "深度困难职工",
        "相对困难职工",
        "意外致困职工",
        "一般困难职工",
        "建档困难职工",
    ),
    (
        "劳动模范",
        "劳模",
        "劳模工匠",
        "全国劳动模范",
        "全国劳模",
        "省级劳动模范",
        "省劳动模范",
        "省级劳模",
        "省劳模",
        "市级劳动模范",
        "市劳动模范",
        "市级劳模",
        "市劳模",
        "困难劳模",
        "困难劳动模范",
    ),
    ("困难农民工", "农民工", "外来务工人员", "进城务工人员", "特困农民工"),
    ("特困失业人员", "困难失业人员"),
    ("困难企业", "停产企业", "停产半停产企业", "特困企业"),
)
"""Titles of categories that are one kind in a plan; which category it is, the plan says."""


def coded(words: Words, text: str) -> str | None:
    """The code of a word as people write it, or None.

    >>> coded(CAUSES, "因病致困"), coded(CAUSES, "残疾"), coded(EMPLOYMENT, "失业")
    ('illness', None, None)
    """
    codes = _codes(words)
    return codes.get(text) or codes.get(plain_heading(text))


_known: dict[int, dict[str, str]] = {}


def _codes(words: Words) -> dict[str, str]:
    """Every plain word → its code; made once for each list, which never changes."""
    found = _known.get(id(words))
    if found is None:
        found = {}
        for code, synonyms in words.items():
            for word in (code, *synonyms):
                found.setdefault(plain_heading(word), code)
                found.setdefault(word, code)
        _known[id(words)] = found
    return found


def category_of(policy: Policy, text: str, recipient: str) -> str | None:
    """The code of the policy's category that a word means: by code, by title, or as the only one of its kind."""
    plain = plain_heading(text)
    for category in policy.categories:
        if plain in (plain_heading(category.code), plain_heading(category.title)):
            return category.code
    for kind in CATEGORIES:
        names = {plain_heading(name) for name in kind}
        if plain in names:
            fitting = _of_kind(policy.categories, names, recipient)
            if len(fitting) > 1:
                # Workers of enterprises in hardship are a category of their own in some plans.
                fitting = [each for each in fitting if ("企业" in each.title) == ("企业" in plain)]
            return fitting[0].code if len(fitting) == 1 else None
    return None


def category_in(policy: Policy, text: str, recipient: str) -> tuple[str, ...]:
    """The codes of the categories whose words stand in a title, 一、困难职工（12人）; none where it says who is not meant."""
    plain = "".join(unicodedata.normalize("NFKC", text).lower().split())
    if any(word in plain for word in ("不含", "除外", "以外", "不包括")):
        return ()
    words = {plain_heading(name) for kind in CATEGORIES for name in kind}
    words |= {plain_heading(category.title) for category in policy.categories}
    found = [word for word in words if word in plain]
    whole = [word for word in found if not any(word != other and word in other for other in found)]
    codes = (category_of(policy, word, recipient) for word in whole)
    return tuple(dict.fromkeys(code or "" for code in codes))


def _of_kind(categories: Iterable[Category], names: set[str], recipient: str) -> list[Category]:
    return [each for each in categories if each.recipient == recipient and plain_heading(each.title) in names]
