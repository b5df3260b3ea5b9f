"""The spill: a dict, whatever was put away."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger.domain.spill import Seen, Spill
from ledger.domain.state import (
    Case,
    Line,
    Officer,
    State,
)

KEYS = st.text("abc", max_size=2)


class ShelfIsADict(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.spill: Spill[str] = Spill(
            str.encode,
            lambda _, raw: raw.decode(),
            stays=lambda value: value == "stay",
            most_held=3,
        )
        self.model: dict[str, str] = {}

    @rule(key=KEYS, value=st.sampled_from(["x", "y"]))
    def put(self, key: str, value: str) -> None:
        value = "stay" if "c" in key else value
        self.spill[key] = value
        self.model[key] = value

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        assert self.spill.get(key) == self.model.get(key)
        assert (key in self.spill) == (key in self.model)

    @rule(key=KEYS)
    def pop(self, key: str) -> None:
        assert self.spill.pop(key) == self.model.pop(key, None)

    @rule()
    def ease(self) -> None:
        self.spill.ease()
        assert len(self.spill._held) <= 3

    @invariant()
    def stored(self) -> None:
        assert dict(self.spill.stored()) == {key: value.encode() for key, value in self.model.items()}

    @invariant()
    def the_same_values(self) -> None:
        assert sorted(self.spill.items()) == sorted(self.model.items())
        assert sorted(self.spill.items("a")) == sorted(i for i in self.model.items() if i[0][:1] == "a")


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


def test_a_spilled_state_decides_as_one_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.domain.spill.MOST_HELD", 4)
    plain, spilled = State(), State(spilled=True)
    spilled._records._most = spilled._claims._most = 4  # type: ignore[union-attr] # spilled
    for state in (plain, spilled):
        state.put(Officer("boss", "甲", None, [], []))
        for number in range(40):
            state.put(Line(f"c/{number}", number))
            state.put(Case(f"case{number}", "c", "tea", "d", f"c/{number}", "nominated", []))
            state.ease()
    for state in (plain, spilled):
        state.get(Officer, "boss")
        case = state.get(Case, "case3")
        state.release(case)
        state.put(case)
        state.ease()
        line = state.get(Line, "c/5")
        line.balance_fen = 500
        state.put(line)
        state.ease()
    for kind in (Officer, Line, Case):
        assert sorted(r.value() for r in plain.records(kind)) == sorted(
            r.value() for r in spilled.records(kind)
        )
    assert [spilled.claimant(f"c/{n}") for n in range(41)] == [plain.claimant(f"c/{n}") for n in range(41)]
    assert plain.claimant("c/3") is None
