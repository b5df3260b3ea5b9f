"""Vocabularies (词表): the words in which causes, groups, work, visits and the like are said, each with its source.

The words of this release stand in ``vocabulary.toml``. A policy adds words of its own to a list, or replaces the
list; what a decision tests by name (the criteria of a category, the forms of support) is no word but code. Words that
were recorded stay known for good, so that every old ledger reads as before.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from ledger.domain.fields import Code, Text
from ledger.domain.policy.part import Part
from ledger.validation_words import ValueProblem

ListName = Literal[
    "cause", "subsistence", "group", "employment", "model_worker", "ownership", "closing",
    "purpose", "visit_mode", "relation", "studies", "illness", "work", "category",
]  # fmt: skip
"""The lists, by the field that holds a word of theirs; ``category`` has what kinds of categories are called."""

LISTS: tuple[ListName, ...] = get_args(ListName)

LIST_TITLES: Mapping[ListName, tuple[str, str]] = {
    "cause": ("致困原因", "causes of hardship"),
    "subsistence": ("低保状况", "minimum living allowance"),
    "group": ("人员身份", "groups"),
    "employment": ("就业状况", "employment"),
    "model_worker": ("劳模层级", "levels of honours"),
    "ownership": ("企业性质", "kinds of enterprises"),
    "closing": ("关闭破产", "how an enterprise ends"),
    "purpose": ("帮扶用途", "purposes of relief"),
    "visit_mode": ("走访方式", "modes of visits"),
    "relation": ("与申请人关系", "relations to the applicant"),
    "studies": ("就学状况", "studies"),
    "illness": ("健康状况", "health"),
    "work": ("家庭成员就业状况", "work of a member"),
    "category": ("对象类别用语", "kinds of categories"),
}
"""What each list is called."""


class VocabularyWord(Part):
    """A word (词): its code on the wire, what it is called, how else people write it, and where it comes from."""

    code: Code
    title: Text
    title_en: Text | None = None
    synonyms: Annotated[list[Text], Field(max_length=60)] = []
    narrower: Annotated[list[Text], Field(max_length=60)] = []
    """Words of which each is one of the kind, and the kind is more (下位词): 特困职工 is a 困难职工."""
    source: Text

    @property
    def names(self) -> tuple[str, ...]:
        """All that people write for the same, what it is called first."""
        return (self.title, *self.synonyms)

    @property
    def read_as(self) -> tuple[str, ...]:
        """All that a roster may say where the word is meant: the same, and what is one of the kind."""
        return (*self.names, *self.narrower)


class Vocabulary(Part):
    """A policy's words for one list: beside the release's, or with ``replaces`` instead of them."""

    of: ListName
    words: Annotated[list[VocabularyWord], Field(min_length=1, max_length=200)]
    replaces: bool = False
    source: Text

    @model_validator(mode="after")
    def _words_differ(self) -> Vocabulary:
        codes = [word.code for word in self.words]
        if len(set(codes)) != len(codes):
            raise ValueProblem("词表中有代码重复", "a word stands twice in a vocabulary")
        said: dict[str, str] = {}
        for word in self.words:
            for name in word.read_as:
                if said.setdefault(name, word.code) != word.code:
                    raise ValueProblem(
                        f"用语“{name}”在词表中有两个含义", f"the word {name} means two things in a vocabulary"
                    )
        return self


Words = Mapping[str, VocabularyWord]
"""Code → word, in the order in which they are shown."""


def read_vocabulary(text: str) -> dict[ListName, Words]:
    """The words of a file's text by list.

    Raises:
        ValueError: A list or word is not what it should be.
    """
    found = tomllib.loads(text)
    unknown = found.keys() - set(LISTS)
    if unknown:
        raise ValueError(f"unknown lists: {', '.join(sorted(unknown))}")
    return {
        name: {code: VocabularyWord(code=code, **said) for code, said in found.get(name, {}).items()}
        for name in LISTS
    }


@cache
def shipped_words() -> Mapping[ListName, Words]:
    """The words of this release, by list."""
    text = resources.files("ledger.domain.policy").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return read_vocabulary(text)


def words_of(name: ListName, vocabularies: Iterable[Vocabulary]) -> Words:
    """The words of a list under a policy's vocabularies: the release's with the policy's own, or those alone.

    A policy's word takes the place of the release's word of the same code, with its title and synonyms; what one
    of its words is also called, no other word of the list is called any more.
    """
    own = next((each for each in vocabularies if each.of == name), None)
    if own is None:
        return shipped_words()[name]
    mine = {word.code: word for word in own.words}
    if own.replaces:
        return mine
    taken = {said for word in own.words for said in word.read_as}
    kept = {
        code: word.model_copy(
            update={
                "synonyms": [each for each in word.synonyms if each not in taken],
                "narrower": [each for each in word.narrower if each not in taken],
            }
        )
        for code, word in shipped_words()[name].items()
        if code not in mine
    }
    return {**kept, **mine}
