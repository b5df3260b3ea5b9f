"""The shelf: a dict, whatever was put away."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger.domain.spill import Seen, Shelf
from ledger.domain.state import (
    Case,
    Line,
    Officer,
    Standing,
)

KEYS = st.text("abc", max_size=2)


class ShelfIsADict(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.shelf: Shelf[str] = Shelf(
            str.encode,
            lambda _, raw: raw.decode(),
            stays=lambda value: value == "stay",
            most_held=3,
        )
        self.model: dict[str, str] = {}

    @rule(key=KEYS, value=st.sampled_from(["x", "y"]))
    def put(self, key: str, value: str) -> None:
        value = "stay" if "c" in key else value
        self.shelf[key] = value
        self.model[key] = value

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        assert self.shelf.get(key) == self.model.get(key)
        assert (key in self.shelf) == (key in self.model)

    @rule(key=KEYS)
    def pop(self, key: str) -> None:
        assert self.shelf.pop(key) == self.model.pop(key, None)

    @rule()
    def ease(self) -> None:
        self.shelf.ease()
        assert len(self.shelf._held) <= 3

    @invariant()
    def the_same_values(self) -> None:
        assert sorted(self.shelf.items()) == sorted(self.model.items())
        assert sorted(self.shelf.items("a")) == sorted(i for i in self.model.items() if i[0][:1] == "a")


TestShelfIsADict = ShelfIsADict.TestCase
TestShelfIsADict.settings = settings(max_examples=100, deadline=None)


@pytest.fixture(autouse=True)
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few bits that the filter is wrong often: then the file must be right."""
    monkeypatch.setattr("ledger.domain.spill._SLOTS", 4)


@given(st.lists(st.text("abcdefgh", max_size=2)))
def test_what_was_seen_is_a_set(texts: list[str]) -> None:
    seen, model = Seen(most_held=3), set[str]()
    for text in texts:
        assert seen.add(text) == (text not in model)
        model.add(text)


def test_a_shelved_standing_decides_as_one_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.domain.spill.MOST_HELD", 4)
    plain, shelved = Standing(), Standing(shelved=True)
    shelved._records._most = shelved._claims._most = 4  # type: ignore[union-attr] # shelved
    for standing in (plain, shelved):
        standing.put(Officer("boss", "甲", None, [], []))
        for number in range(40):
            standing.put(Line(f"c/{number}", number))
            standing.put(Case(f"case{number}", "c", "tea", "d", f"c/{number}", "nominated", []))
            standing.ease()
    for standing in (plain, shelved):
        standing.get(Officer, "boss")
        case = standing.get(Case, "case3")
        standing.release(case)
        standing.put(case)
        standing.ease()
        line = standing.get(Line, "c/5")
        line.balance_fen = 500
        standing.put(line)
        standing.ease()
    for kind in (Officer, Line, Case):
        assert sorted(r.value() for r in plain.records(kind)) == sorted(
            r.value() for r in shelved.records(kind)
        )
    assert [shelved.claimant(f"c/{n}") for n in range(41)] == [plain.claimant(f"c/{n}") for n in range(41)]
    assert plain.claimant("c/3") is None
