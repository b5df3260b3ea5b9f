"""Whom a campaign is handed, compared by the ledger itself: what waits, what is found, what is written of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from stdnum.cn import ric

from api.linkage.at_filing import (
    ComparisonDuty,
    FilingComparison,
    Waiting,
    asking,
    by_the_ledger,
    waiting,
)
from api.linkage.running import LinkageRuns
from ledger.events.filing_comparison import FilingsCompared
from ledger.identity.documents import PersonIdentity
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import set_policy, subjects


class Desk:
    """The ledger's duty over a ledger that is written here, and what it noted of identities read."""

    def __init__(self, views: Views) -> None:
        f, self.views = views.founded, views
        self.noted: list[tuple[str, int]] = []
        comparison = FilingComparison(f.store.vault(), by_the_ledger(f.store, views.writer), self.note)
        self.runs = LinkageRuns(f.store, self.position, threading.Event())
        self.duty = ComparisonDuty(f.store, comparison, self.position, self.runs)

    def note(self, filed: Waiting, persons: int) -> None:
        self.noted.append((filed.campaign, persons))

    def position(self) -> int:
        ((head,),) = self.views.rows("SELECT max(position) FROM ledger.entries")
        return int(head)

    def looks(self, times: int = 2) -> None:
        for _ in range(times):
            self.duty.look()


def nominated(views: Views, people: Sequence[PersonIdentity]) -> list[str]:
    """Each filed on its unit, and put forward."""
    found = []
    for person, unit in zip(people, ("tea", "sugar"), strict=False):
        found.append(views.founded.nominated(views.writer, person, unit)[1])
    return found


def one_digit_apart(person: PersonIdentity) -> PersonIdentity:
    """The same name under a number of which one digit is other."""
    digits = person.number[:13] + str((int(person.number[13]) + 1) % 10) + person.number[14:17]
    return person.model_copy(update={"number": digits + ric.calc_check_digit(digits + "0")})


def test_who_is_handed_in_is_compared_where_the_policy_says_so(views: Views) -> None:
    f = views.founded
    desk, one = Desk(views), f.people.person()
    first, second = nominated(views, [one, one_digit_apart(one)])
    desk.looks()
    assert desk.noted == []  # the policy does not ask for it
    set_policy(views, compare_at_filing=True)
    desk.looks(1)
    assert desk.noted == []  # more may be handed in
    desk.looks(1)
    assert desk.noted == [("b2026", 2)]
    assert subjects(views, "identity-one-edit") == [f"pair:-/{'+'.join(sorted((first, second)))}"]
    desk.looks(3)
    assert len(desk.noted) == 1  # nothing came since


def test_each_time_only_whom_it_was_handed_since(views: Views) -> None:
    f = views.founded
    set_policy(views, compare_at_filing=True)
    desk, one = Desk(views), f.people.person()
    alone = f.dossier(views.writer, one, "sugar")
    desk.looks()
    assert desk.noted == []  # a dossier on file is no filing for the campaign
    (other,) = nominated(views, [one_digit_apart(one)])
    desk.position()
    with f.store.connect() as connection:
        (asks,) = asking(connection)
        filed = waiting(connection, asks, desk.position())
        assert filed is not None
        assert (asks.unit, filed.dossiers) == ("county", frozenset({other}))
        assert waiting(connection, asks, filed.through - 2) is None  # the views do not hold it yet
    desk.looks()
    assert subjects(views, "identity-one-edit") == [f"pair:-/{'+'.join(sorted((alone, other)))}"]
    entries = views.rows("SELECT data FROM ledger.entries WHERE type = %s", FilingsCompared.topic())
    assert len(entries) == 1
