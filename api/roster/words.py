"""The words of rosters (名单用语): categories, causes, groups, kinds of document, each with what it is also called.

All but kinds of documents and yes and no stand in the vocabulary (:mod:`ledger.domain.policy.vocabulary`), to which a
campaign's policy adds its own. A word never changes a fact: 失业 is not 登记失业, 待岗 and 内退 are not 下岗, 残疾
is not 意外. What is not known is asked, with what is known.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from api.roster.headings import plain_heading
from api.wording.vocabulary import words_known
from ledger.domain.policy.campaign_policy import Category, Policy
from ledger.domain.policy.vocabulary import ListName, VocabularyWord, shipped_words


class Words(dict[str, tuple[str, ...]]):
    """Code → what people write for it, what it is called first."""

    @cached_property
    def codes(self) -> dict[str, str]:
        """Every plain word → its code; made once, for a list of words never changes."""
        found: dict[str, str] = {}
        for code, synonyms in self.items():
            for word in (code, *synonyms):
                found.setdefault(plain_heading(word), code)
                found.setdefault(word, code)
        return found


def _words(known: Mapping[str, VocabularyWord]) -> Words:
    return Words({code: word.read_as for code, word in known.items()})


FIELDS: tuple[ListName, ...] = (
    "cause",
    "subsistence",
    "ownership",
    "closing",
    "group",
    "employment",
    "model_worker",
    "purpose",
    "visit_mode",
)
"""The columns that take words of the vocabulary's list of the same name."""

YES_NO = Words({"yes": ("是", "有", "√"), "no": ("否", "无", "×")})
DOCUMENTS = Words(
    {
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
)
_FIXED: Mapping[str, Words] = {"employed_in_county": YES_NO, "dormitory": YES_NO, "document": DOCUMENTS}

WORDS: Mapping[str, Words] = {**{name: _words(shipped_words()[name]) for name in FIELDS}, **_FIXED}
"""The fields that take few words → their codes, each with the words that are understood."""

CATEGORIES: tuple[tuple[str, ...], ...] = tuple(word.read_as for word in shipped_words()["category"].values())
"""Titles of categories that are one kind in a plan; which category it is, the plan says."""


def words_under(policies: Sequence[Policy]) -> Mapping[str, Words]:
    """The words of rosters as these policies have them; where two know a word, the first says what it is called."""
    if not any(policy.vocabularies for policy in policies):
        return WORDS
    return {**{name: _words(words_known(name, policies)) for name in FIELDS}, **_FIXED}


def coded(words: Words, text: str) -> str | None:
    """The code of a word as people write it, or None.

    >>> coded(WORDS["cause"], "因病致困"), coded(WORDS["cause"], "残疾"), coded(WORDS["employment"], "失业")
    ('illness', None, None)
    """
    return words.codes.get(text) or words.codes.get(plain_heading(text))


def category_of(policy: Policy, text: str, recipient: str) -> str | None:
    """The code of the policy's category that a word means: by code, title or synonym, or as the only one of its kind.

    A word for one of a kind means the kind (特困职工 is a 困难职工); the kind's word means no one of it, nor does a word
    for another: those are asked.
    """
    plain = plain_heading(text)
    for category in policy.categories:
        if plain in map(plain_heading, (category.code, category.title, *category.synonyms)):
            return category.code
    for kind in policy.words("category").values():
        if plain in map(plain_heading, kind.read_as):
            fitting = _of_kind(policy.categories, {plain_heading(name) for name in kind.names}, recipient)
            return fitting[0].code if len(fitting) == 1 else None
    return None


def category_in(policy: Policy, text: str, recipient: str) -> tuple[str, ...]:
    """The codes of the categories whose words stand in a title, 一、困难职工（12人）; none where it says who is not meant."""
    plain = "".join(unicodedata.normalize("NFKC", text).lower().split())
    if any(word in plain for word in ("不含", "除外", "以外", "不包括")):
        return ()
    words = {plain_heading(name) for kind in policy.words("category").values() for name in kind.read_as}
    words |= {plain_heading(name) for each in policy.categories for name in (each.title, *each.synonyms)}
    found = [word for word in words if word in plain]
    whole = [word for word in found if not any(word != other and word in other for other in found)]
    codes = (category_of(policy, word, recipient) for word in whole)
    return tuple(dict.fromkeys(code or "" for code in codes))


def _of_kind(categories: Iterable[Category], names: set[str], recipient: str) -> list[Category]:
    return [each for each in categories if each.recipient == recipient and plain_heading(each.title) in names]
