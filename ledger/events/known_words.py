"""Words in a body (用语核对): each must stand in the release's vocabulary or in a policy's.

A nomination is held to its campaign's policy. A dossier belongs to a unit and no campaign: it may be said in the
words of any campaign that reaches the unit, also of one that is over, so that it can still be amended as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.vocabulary import LIST_TITLES, ListName, VocabularyWord, Words, shipped_words
from ledger.domain.state import Campaign, State, Unit
from ledger.errors import Refused, Rule

WORD_UNKNOWN = Rule(
    "word-unknown",
    zh="{list_zh}中没有“{found}”。可用：{expected}。需要其他用语的，请在活动方案的词表中增加",
    en="{found} is none of the {list}; known are: {codes}. Let the campaign's policy add the word where another is needed",
)


def check_words(body: object, lists: Iterable[ListName], unit: Unit, state: State) -> None:
    """Refuses a word that neither the release nor a campaign over the unit knows.

    Raises:
        Refused: ``word-unknown``.
    """
    for name in lists:
        found = getattr(body, name)
        if found is None or found in shipped_words()[name]:
            continue
        over = {unit.id, *unit.ancestors}
        policies = [each.terms for each in state.records(Campaign) if each.sponsor in over]
        known = [policy.words(name) for policy in policies]
        if not any(found in words for words in known):
            raise _unknown(name, found, [shipped_words()[name], *known])


def check_policys_words(body: object, lists: Iterable[ListName], policy: Policy) -> None:
    """Refuses a word that the campaign's policy does not know.

    Raises:
        Refused: ``word-unknown``.
    """
    for name in lists:
        found = getattr(body, name)
        if found is not None and found not in policy.words(name):
            raise _unknown(name, found, [policy.words(name)])


def _unknown(name: ListName, found: str, known: Iterable[Words]) -> Refused:
    words: dict[str, VocabularyWord] = {
        word.code: word for word in chain.from_iterable(each.values() for each in known)
    }
    zh, en = LIST_TITLES[name]
    return WORD_UNKNOWN.refused(
        list=en,
        list_zh=zh,
        found=found,
        expected="、".join(word.title for word in words.values()),
        codes=", ".join(words),
    )
