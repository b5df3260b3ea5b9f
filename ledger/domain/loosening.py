"""What an amendment of the policy makes looser (放宽): a limit, a period, a category, an exclusion, a tie.

Pure, over two policies. Every member of a policy says here when another value of it is looser; where
that cannot be told, any change is. A member that is missing here fails the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ledger.domain.policy.campaign_policy import (
    BudgetLine,
    Category,
    Phase,
    Policy,
    Window,
)
from ledger.domain.policy.collective import CollectiveRules
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.policy.funding import Funding, YearlyLimit
from ledger.domain.policy.part import OfCategories
from ledger.domain.policy.public_notice import NoticeRules
from ledger.domain.policy.steps import Procedure, Step
from ledger.domain.policy.vocabulary import LISTS, Vocabulary, words_of
from ledger.domain.rules_version import NEWEST
from ledger.errors import Rule

LOOSENING_TAKES_TWO = Rule(
    "loosening-takes-two",
    zh="放宽方案须两名审批人签署：{what}",
    en="loosening the policy takes two approvers' signatures: {what_en}",
)


class Loosening(NamedTuple):
    """One member of the policy that becomes looser, in Chinese and English."""

    member: str
    zh: str
    en: str


Looser = Callable[[Any, Any], bool]
"""Whether the second value is looser than the first."""


def _never(old: object, new: object) -> bool:
    return False


def _changed(old: object, new: object) -> bool:
    return old != new


def _changed_once_set(old: object, new: object) -> bool:
    return old is not None and old != new


def _higher(old: Any, new: Any) -> bool:
    """A limit that goes up, or ends; a day that comes later."""
    return old is not None and (new is None or new > old)


def _lower(old: int, new: int) -> bool:
    return new < old


def _untied(old: bool, new: bool) -> bool:
    return old and not new


def _gained(old: bool, new: bool) -> bool:
    return new and not old


def _fewer(old: Sequence[object], new: Sequence[object]) -> bool:
    return any(each not in new for each in old)


def _more(old: Sequence[object], new: Sequence[object]) -> bool:
    return _fewer(new, old)


def _wider(old: Window, new: Window) -> bool:
    return new.start < old.start or new.end > old.end


CATEGORY: Mapping[str, Looser] = {
    "code": _never,
    "title": _never,
    "recipient": _changed,
    "synonyms": _never,
    "line": _changed,
    "standard_fen": _higher,
    "criteria": _fewer,
    "source": _never,
}
LINE: Mapping[str, Looser] = {
    "code": _never,
    "title": _never,
    "source": _changed,
    "cap_fen": _higher,
    "note": _never,
}
PHASE: Mapping[str, Looser] = {"code": _never, "title": _never, "window": _wider, "events": _fewer}


def _members(looser: Mapping[str, Looser], old: object, new: object) -> bool:
    return any(check(getattr(old, name), getattr(new, name)) for name, check in looser.items())


def _categories(old: Iterable[Category], new: Iterable[Category]) -> bool:
    """One that is new, or whose standard, criteria, recipients or line change to its favour."""
    before = {each.code: each for each in old}
    return any(each.code not in before or _members(CATEGORY, before[each.code], each) for each in new)


def _lines(old: Iterable[BudgetLine], new: Iterable[BudgetLine]) -> bool:
    before = {each.code: each for each in old}
    return any(each.code not in before or _members(LINE, before[each.code], each) for each in new)


def _phases(old: Iterable[Phase], new: Iterable[Phase]) -> bool:
    """One that no longer binds, or binds to more days or to fewer kinds of acts."""
    after = {each.code: each for each in new}
    return any(each.code not in after or _members(PHASE, each, after[each.code]) for each in old)


def _exclusions(old: ExclusionRules | None, new: ExclusionRules | None) -> bool:
    """An exclusion that goes or is compared with another list, or the consent that is asked for no more."""
    if old is None or new is None:
        return old is not None
    after = {each.code: each.register_kind for each in new.exclusions}
    gone = any(
        each.code not in after or each.register_kind not in (None, after[each.code])
        for each in old.exclusions
    )
    return gone or _narrowed(old, new) or (old.consent_required and not new.consent_required)


def _dossier_life(old: DossierLifeRules | None, new: DossierLifeRules | None) -> bool:
    """A step that is asked for no more, or a review that may be longer ago."""
    if old is None or new is None:
        return old is not None
    steps = ("on_file_required", "visit_required", "discussion_required")
    untied = any(_untied(getattr(old, step), getattr(new, step)) for step in steps)
    return untied or _narrowed(old, new) or _higher(old.review_months, new.review_months)


def _narrowed(old: OfCategories, new: OfCategories) -> bool:
    """A part that holds for some category no more."""
    return bool(new.categories) and (not old.categories or _fewer(old.categories, new.categories))


STEP: Mapping[str, Looser] = {
    "code": _never,
    "title": _never,
    "source": _never,
    "role": _changed,
    "act": _changed,
    "level": _changed_once_set,
    "signatures": _lower,
    "papers": _fewer,
    "minutes_required": _untied,
}


SOURCE: Mapping[str, Looser] = {
    "code": _never,
    "title": _never,
    "kind": _changed,
    "earmarked": _untied,
    "carries_over": _gained,
    "source": _never,
}


def _funding(old: Funding | None, new: Funding | None) -> bool:
    """A source that is tied to less, or may be kept longer; a cap that goes up. Which lines a source has is a line's."""
    if old is None or new is None:
        return old is not None
    before = {each.code: each for each in old.sources}
    return (
        _higher(old.per_time_cap_fen, new.per_time_cap_fen)
        or _yearly(old.yearly_limit, new.yearly_limit)
        or any(each.code in before and _members(SOURCE, before[each.code], each) for each in new.sources)
    )


YEARLY: Mapping[str, Looser] = {
    "of": _changed,
    "amount_fen": _higher,
    "above": lambda old, new: (old, new) == ("refuse", "two-persons"),
    "source": _never,
}


def _yearly(old: YearlyLimit | None, new: YearlyLimit | None) -> bool:
    """A limit that goes or goes up, counts others, or lets two persons pay where nobody could."""
    if old is None or new is None:
        return old is not None
    return _members(YEARLY, old, new)


def _collective(old: CollectiveRules | None, new: CollectiveRules | None) -> bool:
    """Sites that may be helped from now on, by more, or with a larger share."""
    if new is None or old is None:
        return new is not None
    return (
        _higher(old.per_visit_cap_fen, new.per_visit_cap_fen)
        or _higher(old.share_permille, new.share_permille)
        or _higher(old.per_head_cap_fen, new.per_head_cap_fen)
    )


def _notice(old: NoticeRules | None, new: NoticeRules | None) -> bool:
    """A notice that need no longer say whom to turn to."""
    return old is not None and old.contacts_required and (new is None or not new.contacts_required)


def _vocabularies(old: Sequence[Vocabulary], new: Sequence[Vocabulary]) -> bool:
    """A word that could not be said before; what it is called loosens nothing."""
    return any(words_of(name, new).keys() - words_of(name, old).keys() for name in LISTS)


def _procedure(old: Procedure | None, new: Procedure | None) -> bool:
    """A step or a pair held apart that goes, steps in another order, or one that asks for less."""
    if old is None or new is None:
        return old is not None
    before: dict[str, Step] = {each.code: each for each in old.steps}
    kept = [each for each in new.steps if each.code in before]
    if [each.code for each in kept] != list(before):
        return True
    held = {frozenset({each.step, each.other}) for each in new.apart}
    return any(_members(STEP, before[each.code], each) for each in kept) or any(
        frozenset({each.step, each.other}) not in held for each in old.apart
    )


MEMBERS: Mapping[str, tuple[str, str, Looser]] = {
    "plan": ("方案类别", "the plan", _changed),
    "locality": ("地区", "the locality", _never),
    "year": ("年度", "the year", _changed),
    "window": ("活动期间", "the window", _wider),
    "phases": ("阶段", "phases", _phases),
    "categories": ("慰问对象类别", "categories", _categories),
    "excluded_groups": ("排除人群", "excluded groups", _fewer),
    "lines": ("资金项目", "budget lines", _lines),
    "forms": ("慰问形式", "forms of support", _more),
    "subsistence_line_fen": ("低保线", "the subsistence line", _higher),
    "yearly_cap_fen": ("年度封顶", "the yearly cap", _higher),
    "confirmation_required": ("须经确认", "confirmation", _untied),
    "notice_working_days": ("公示工作日", "the notice period", _lower),
    "two_signatures_above_fen": ("两人签署的限额", "the limit for two signatures", _higher),
    "bank_transfer_required": ("须转账", "bank transfer", _untied),
    "roster_deadline": ("名单报送期限", "the roster's deadline", _higher),
    "county_deadline": ("县级汇总期限", "the county's deadline", _higher),
    "summary_deadline": ("总结报送期限", "the summary's deadline", _higher),
    "prior_campaign": ("上年活动", "the prior campaign", _changed_once_set),
    "retention_years": ("保存年限", "the years of retention", _lower),
    "parameters": ("疑点参数", "the flags' parameters", _changed),
    "hardship": ("困难认定标准", "the classes of hardship", _changed_once_set),
    "exclusions": ("不予认定情形", "exclusions of families", _exclusions),
    "dossier_life": ("建档管理要求", "what is asked of a dossier's life", _dossier_life),
    "collective": ("集体慰问标准", "help to sites", _collective),
    "funding": ("资金来源与限额", "sources and caps", _funding),
    "compare_at_filing": ("申报时比对", "the comparison at filing", _untied),
    "accounting": ("会计科目", "account codes", _never),
    "procedure": ("办理程序", "the procedure", _procedure),
    "vocabularies": ("词表", "vocabularies", _vocabularies),
    "sources": ("依据", "where fields come from", _never),
    "said_of_persons": ("申报必填", "what a nomination must say", _fewer),
    "notice": ("公示要求", "what a notice must say", _notice),
    "calendar": ("工作日历", "the calendar of working days", _changed_once_set),
    "sources_complete": ("依据齐备", "that all fields have sources", _untied),
}
"""When each member of a policy is looser; ``unit_windows`` go with ``window``, below."""

UNIT_WINDOWS = ("unit_windows", "单位期间", "units' own windows")


def _unit_windows(old: Policy, new: Policy) -> bool:
    """A unit that may act on more days than before, by its own window or for want of one."""

    def of(policy: Policy) -> dict[str, Window]:
        """Where a unit is named twice, it may act by either."""
        found: dict[str, Window] = {}
        for each in policy.unit_windows:
            known = found.get(each.unit, each.window)
            start, end = min(known.start, each.window.start), max(known.end, each.window.end)
            found[each.unit] = Window(start=start, end=end)
        return found

    before, after = of(old), of(new)
    return any(
        _wider(before.get(unit, old.window), after.get(unit, new.window))
        for unit in before.keys() | after.keys()
    )


def loosenings(old: Policy, new: Policy, rules: int = NEWEST) -> list[Loosening]:
    """What the new policy makes looser than the old, in the order of the policy's members.

    What phases open for an act, whatever they are called, counts by the third version of the rules; by the eighth
    also a word that people write and that comes to mean something else.
    """
    found = [
        Loosening(member, zh, en)
        for member, (zh, en, looser) in MEMBERS.items()
        if looser(getattr(old, member), getattr(new, member))
    ]
    if rules >= 3 and _opens_days(old, new):
        phases = Loosening("phases", *MEMBERS["phases"][:2])
        found += [] if phases in found else [phases]
    if rules >= 8:
        for member, means in (("vocabularies", _words_mean), ("categories", _categories_mean)):
            loosening = Loosening(member, *MEMBERS[member][:2])
            if loosening not in found and _means_another(means(old), means(new)):
                found.append(loosening)
    if _unit_windows(old, new):
        found.append(Loosening(*UNIT_WINDOWS))
    return found


def _words_mean(policy: Policy) -> dict[tuple[str, str], str]:
    """What each name of each list stands for."""
    return {
        (of, name): word.code
        for of in LISTS
        for word in words_of(of, policy.vocabularies).values()
        for name in word.read_as
    }


def _categories_mean(policy: Policy) -> dict[tuple[str, str], str]:
    """Which category each name stands for."""
    return {
        ("category", name): each.code for each in policy.categories for name in (each.title, *each.synonyms)
    }


def _means_another(old: Mapping[tuple[str, str], str], new: Mapping[tuple[str, str], str]) -> bool:
    """Whether a name that people write is taken for another code than before: a farmer's for a worker's."""
    return any(new.get(name, code) != code for name, code in old.items())


def _opens_days(old: Policy, new: Policy) -> bool:
    """An act that may be on days on which no phase, or where there is none the policy's window, let it be."""

    def windows(policy: Policy, event: str) -> list[Window]:
        return [each.window for each in policy.phases if event in each.events] or [policy.window]

    return any(
        all(_wider(before, after) for before in windows(old, event))
        for event in {event for policy in (old, new) for each in policy.phases for event in each.events}
        for after in windows(new, event)
    )


def removals(old: Policy, new: Policy) -> list[Loosening]:
    """Categories and lines that go, and their standards and caps with them.

    What was put forward under one is bound by none from then on. By the third version of the rules that takes
    two approvers as well; nothing uses it, so that no flag is raised for it.
    """
    return [
        Loosening(member, *MEMBERS[member][:2])
        for member in ("categories", "lines")
        if {each.code for each in getattr(old, member)} - {each.code for each in getattr(new, member)}
    ]


def is_loosened(old: Policy, new: Policy) -> bool:
    """Whether the new policy is looser than the old in anything, or lacks a category or line that bound before."""
    return bool(loosenings(old, new) or removals(old, new))


def check_two_approvers(old: Policy, new: Policy, persons: int, rules: int = NEWEST) -> None:
    """Refuses one person's signature under what loosens the policy.

    Raises:
        Refused: ``loosening-takes-two``.
    """
    found = loosenings(old, new, rules)
    if rules >= 3:
        found += [each for each in removals(old, new) if each not in found]
    if found and persons < 2:
        raise LOOSENING_TAKES_TWO.refused(
            what="、".join(each.zh for each in found), what_en=", ".join(each.en for each in found)
        )
