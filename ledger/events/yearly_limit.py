"""What a person or a household was given in a year (年度累计), and where a policy's limit ends it.

A payout names its dossier; from there the cases of its person, and of the household's members on record, in every
campaign of the year that sets a limit are read. What each kept counts, money and goods.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.domain.claims import CLAIM_PREFIX, claim_of, claimants_key
from ledger.domain.event import VerifiedEvent
from ledger.domain.household import Household
from ledger.domain.policy.funding import YearlyLimit
from ledger.domain.state import Campaign, Case, Dossier, State
from ledger.errors import Rule
from ledger.events.separation import Titles, check_two_persons
from ledger.events.unfinished import kept_fen

ABOVE_YEARLY_LIMIT = Rule(
    "above-yearly-limit",
    zh="{of!w}在 {year} 年度已获 {found!y} 元，本次 {asked!y} 元，超过方案规定的年度限额 {expected!y} 元，超出 {above!y} 元",
    en="the {of} was given {found!y} yuan in {year}, {asked!y} yuan more are above the policy's limit of {expected!y} yuan"
    " a year by {above!y} yuan",
)
PAYING_ABOVE_THE_LIMIT: Titles = ("发放超过年度限额的款物", "giving more than the policy's limit for a year")


def limit_of(campaign: Campaign | None) -> YearlyLimit | None:
    """The limit that a campaign's policy sets, or None."""
    if campaign is None or campaign.terms.funding is None:
        return None
    return campaign.terms.funding.yearly_limit


def reads_of_year(campaign: str, dossier: str, state: State) -> list[str]:
    """The keys of what counts against the limit; none where the policy sets none."""
    asked = state.find(Campaign, campaign)
    if asked is None or limit_of(asked) is None:
        return []
    counted = list(_of_that_year(asked, state))
    keys = [claimants_key(each.id, dossier) for each in counted]
    filed = state.expect(Dossier, dossier)
    if filed is not None:
        # It is filed in the same batch, and its person may have claims by another dossier.
        keys += [CLAIM_PREFIX + claim_of(each.id, filed.person) for each in counted]
    return keys


def check_yearly_limit(
    act: VerifiedEvent, campaign: Campaign, dossier: Dossier, amount_fen: int, state: State
) -> None:
    """Refuses to give a person or household more in the year than the policy allows, or takes two persons for it.

    Raises:
        Refused: ``above-yearly-limit``, ``second-person-missing``.
    """
    limit = limit_of(campaign)
    if limit is None:
        return
    given_fen = sum(kept_fen(case) for case in _cases(campaign, limit, dossier, state))
    above_fen = given_fen + amount_fen - limit.amount_fen
    if above_fen <= 0:
        return
    if limit.above == "two-persons":
        check_two_persons(act, state, PAYING_ABOVE_THE_LIMIT)
        return
    raise ABOVE_YEARLY_LIMIT.refused(
        of=limit.of,
        year=campaign.terms.year,
        found=given_fen,
        asked=amount_fen,
        expected=limit.amount_fen,
        above=above_fen,
    )


def _cases(campaign: Campaign, limit: YearlyLimit, dossier: Dossier, state: State) -> Iterator[Case]:
    persons = [dossier.person]
    if limit.of == "household":
        household = state.find(Household, dossier.id)
        persons += [] if household is None else household.members.values()
    for each in _of_that_year(campaign, state):
        for person in dict.fromkeys(persons):
            claimant = state.claimant(claim_of(each.id, person))
            if claimant is not None:
                yield state.get(Case, claimant)


def _of_that_year(campaign: Campaign, state: State) -> Iterator[Campaign]:
    """The campaigns of its year whose policies set a limit, its own among them."""
    year = campaign.terms.year
    return (
        each for each in state.records(Campaign) if each.terms.year == year and limit_of(each) is not None
    )
