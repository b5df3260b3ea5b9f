"""Ledgers below: one that declares a fen too much, one that agrees; faults that end as it is read, and by a registrar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.crypto.keys import new_key, public_hex
from ledger.domain.event import Event
from ledger.events.federation import CheckpointSeen, Discrepancy, LedgerFollowed, MirrorFault, SummaryTaken
from ledger.events.matching import MatchAnswered, MatchFound
from ledger.writing.signing import Signer
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import days_ago, subjects


def follow(views: Views, code: str, ledger: int, public_key: str) -> None:
    event = LedgerFollowed(
        followed=code, ledger=f"0194f000-0000-4000-8000-{ledger:012}", name=code, level="county",
        region="430181", public_key=public_key,
    )  # fmt: skip
    views.founded.record(views.writer, "registrar", event)


def say(views: Views, event: Event) -> str:
    """What this ledger's own key says; answers the entry as a flag's subject."""
    f = views.founded
    signer = Signer(f.store.ledger_key(), f.ledger, f.clock)
    return f"event:-/{views.writer.record(signer.sign(event)).position}"


def summary(views: Views, code: str, position: int, declared_fen: int) -> SummaryTaken:
    today = views.founded.day()
    said: dict[str, Any] = {
        "declared_persons": 1, "declared_fen": declared_fen, "recomputed_persons": 1, "recomputed_fen": 500,
    }  # fmt: skip
    return SummaryTaken(
        followed=code, day=today, of_campaign="b", of_unit="tea", filed_on=today, position=position, as_of=position,
        differences=[Discrepancy(**said)] if declared_fen != 500 else [], **said,
    )  # fmt: skip


class TestSummaryDiffers:
    def test_f_says_a_fen_too_much_and_the_other_agrees(self, views: Views) -> None:
        for number, code in enumerate(("north", "south"), 1):
            follow(views, code, number, public_hex(new_key()))
        wrong = say(views, summary(views, "north", 5, 501))
        say(views, summary(views, "south", 5, 500))
        [(subject, _, _, amount_fen)] = views.flags("summary-differs")
        assert (subject, amount_fen) == (wrong, 1)
        # Put right by a later one of the same unit and campaign.
        say(views, summary(views, "north", 9, 500))
        assert subjects(views, "summary-differs") == []


class TestMirrorFault:
    def test_silence_ends_as_it_is_read_and_a_fork_by_a_registrar(self, views: Views) -> None:
        key, today = public_hex(new_key()), views.founded.day()
        follow(views, "north", 1, key)
        silent = say(views, MirrorFault(followed="north", day=today, fault="silent", size=0))
        assert subjects(views, "mirror-fault") == [silent]
        say(views, CheckpointSeen(followed="north", day=today, size=2, root="0" * 64))
        assert subjects(views, "mirror-fault") == []
        forked = say(views, MirrorFault(followed="north", day=today, fault="fork", size=2))
        assert subjects(views, "mirror-fault") == [forked]
        follow(views, "north", 1, key)
        assert subjects(views, "mirror-fault") == []


@pytest.fixture
def found(views: Views) -> Callable[[str, str], str]:
    """A match of two counties, by its number and the day on which it was found; answers its entry."""
    for number, code in enumerate(("north", "south"), 1):
        follow(views, code, number, public_hex(new_key()))
    between: dict[str, Any] = {
        "first": "north", "first_position": 1, "second": "south", "second_position": 2, "year": 2026,
        "rule": "person-paid-twice",
    }  # fmt: skip
    return lambda match, day: say(views, MatchFound(match=match * 64, day=day, **between))


def answered(views: Views, match: str, position: int, **answers: Any) -> None:
    for followed, answer in answers.items():
        said: dict[str, Any] = {"day": views.founded.day(), "match": match * 64, "position": position}
        say(views, MatchAnswered(**said, followed=followed, answer=answer))


class TestMatchUnanswered:
    def test_one_that_nobody_settles_within_thirty_days(self, views: Views, found: Any) -> None:
        late = found("1", days_ago(32))
        found("2", days_ago(20))
        answered(views, "1", 3, north="both-due", south="inquiring")
        views.founded.let_pass(views.writer, 1)
        assert subjects(views, "match-unanswered") == [late]
        # Two answers that contradict one another settle nothing.
        answered(views, "1", 4, south="another-person")
        assert subjects(views, "match-unanswered") == [late]
        answered(views, "1", 5, south="both-due")
        assert subjects(views, "match-unanswered") == []


class TestMatchConfirmed:
    def test_one_that_a_county_confirms_and_takes_back(self, views: Views, found: Any) -> None:
        match = found("1", views.founded.day())
        answered(views, "1", 3, north="inquiring")
        assert subjects(views, "match-confirmed") == []
        answered(views, "1", 4, north="returned")
        assert subjects(views, "match-confirmed") == [match]
        answered(views, "1", 5, north="another-person", south="another-person")
        assert subjects(views, "match-confirmed") == []
