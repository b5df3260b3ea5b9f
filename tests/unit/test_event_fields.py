"""Every field of every event has a title and a form, and no title is left over."""

from __future__ import annotations

import json

import pytest

import ledger.events  # noqa: F401 # every type is known
from api.cli import main
from api.wording.event_fields import fields_of, titles
from ledger.domain.event import Event


@pytest.mark.parametrize("topic", sorted(Event.types))
def test_every_field_has_a_title_and_a_form(topic: str) -> None:
    found = fields_of(Event.types[topic])
    assert [each.name for each in found] == list(Event.types[topic].model_fields)
    assert all(each.zh and each.shape_zh and each.shape_en for each in found)


def test_no_title_is_left_over() -> None:
    used = {name for kind in Event.types.values() for name in kind.model_fields}
    own = {f"{kind.NAME}.{name}" for kind in Event.types.values() for name in kind.model_fields}
    assert [each for each in titles() if each not in used | own] == []


def test_a_type_is_shown_with_its_fields(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["songnuan", "show", "type", "Disbursed", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = json.loads(capsys.readouterr().out)
    assert not ended.value.code
    assert shown["type"] == "Disbursed.v1" and shown["roles"] == ["cashier", "clerk", "finance"]
    [amount] = [each for each in shown["fields"] if each["name"] == "amount_fen"]
    assert (amount["zh"], amount["shape_zh"], amount["required"]) == ("金额", "整数，单位为分", True)
    assert "document" in [each["name"] for each in shown["fields"]]
