"""The words that a reader's campaigns know (词表): the release's and those of the policies that the reader sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from api.gate import LATEST, ScopedViews
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.vocabulary import LIST_TITLES, LISTS, ListName, Words, shipped_words
from projections.frame.view import AS_OF


class KnownWord(BaseModel):
    """A word of a list, and where it comes from; ``own`` where a policy brought it."""

    of: str
    of_zh: str
    of_en: str
    code: str
    title: str
    title_en: str | None
    synonyms: list[str]
    source: str
    own: bool


def policies_seen(views: ScopedViews, as_of: int = LATEST, campaign: str | None = None) -> list[Policy]:
    """The policies of the campaigns that the reader sees, or of one of them."""
    rows = views.rows(
        f"SELECT policy FROM terms t WHERE {AS_OF} AND (%(campaign)s::text IS NULL OR campaign = %(campaign)s)"  # our own names
        " ORDER BY year DESC, campaign",
        as_of=as_of,
        campaign=campaign,
    )
    return [Policy.model_validate(row["policy"]) for row in rows]


def words_known(name: ListName, policies: Sequence[Policy]) -> Words:
    """A list's words under these policies, the release's where there is none; of two words of a code, the first."""
    found = {} if policies else dict(shipped_words()[name])
    for policy in policies:
        for code, word in policy.words(name).items():
            found.setdefault(code, word)
    return found


def title_of(words: Words, code: str) -> dict[str, str]:
    """What a word is called in Chinese and English; one that is not known stays as it is."""
    word = words.get(code)
    if word is None:
        return {"zh": code, "en": code}
    return {"zh": word.title, "en": word.title_en or word.title}


def known_words(policies: Sequence[Policy]) -> Iterator[KnownWord]:
    """Every list's words under these policies."""
    for name in LISTS:
        zh, en = LIST_TITLES[name]
        for code, word in words_known(name, policies).items():
            shipped = shipped_words()[name].get(code)
            yield KnownWord(
                of=name,
                of_zh=zh,
                of_en=en,
                code=code,
                title=word.title,
                title_en=word.title_en,
                synonyms=word.synonyms,
                source=word.source,
                own=shipped is None or word.source != shipped.source,
            )
