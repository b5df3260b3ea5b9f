"""References: every field of every body says what it names, or that it names nothing."""

from __future__ import annotations

from typing import Annotated, ClassVar

import pytest
from pydantic import BaseModel, Field

import ledger.events  # noqa: F401 # makes every event type known
from ledger.domain.event import Event
from ledger.domain.fields import (
    CaseId,
    Code,
    Names,
    Reference,
    Text,
    UnitCode,
)
from ledger.domain.references import declared, keys_named
from ledger.domain.state import State


class Part(BaseModel):
    case: CaseId
    unit: UnitCode | None = None


class Body(BaseModel):
    unit: UnitCode | None = None
    note: Text | None = None
    parts: Annotated[list[Part], Field(max_length=5)] = []


def test_references_are_found_in_parts_and_lists() -> None:
    fields = declared(Body)
    assert [(each.field, each.names.kind) for each in fields] == [
        ("unit", "unit"),
        ("parts.case", "case"),
        ("parts.unit", "unit"),
    ]
    body = Body(unit="tea", parts=[Part(case=f"019bf000-0000-7000-8000-00000000000{n}") for n in (1, 2)])
    assert keys_named(fields, body, State()) == [
        f"case/019bf000-0000-7000-8000-00000000000{n}" for n in (1, 2)
    ]


@pytest.mark.parametrize("undeclared", [Code, Reference, str, Code | None, list[Reference]])
def test_an_event_with_an_undeclared_field_does_not_load(undeclared: object) -> None:
    with pytest.raises(RuntimeError, match=r"Lost\.where is declared neither"):
        type(
            "Lost",
            (Event,),
            {
                "TITLE_ZH": "遗失",
                "TITLE_EN": "Lost",
                "__annotations__": {
                    "where": undeclared,
                    "TITLE_ZH": ClassVar[str],
                    "TITLE_EN": ClassVar[str],
                },
                "__module__": __name__,
            },
        )
    assert "Lost.v1" not in Event.types


def test_a_kind_that_is_not_known_does_not_load() -> None:
    class Strange(BaseModel):
        ship: Annotated[Code, Names("ship")]

    with pytest.raises(RuntimeError, match="unknown kind: ship"):
        declared(Strange)


ABOUT = {
    "upper", "followed", "asker", "evaluators",
    "rectification", "handover", "sample", "draw","to_campaign",
    "unit", "campaign", "officer", "officers", "dossier", "case", "cases", "payout", "notice", "objection",
    "investigation", "sanction", "run", "key", "replaces", "parent", "first", "second", "subject", "received",
    "payouts", "account_statement", "help", "list",
    "reference", "since", "member",
    "members",
}  # fmt: skip
"""What fields that name something are called."""
NEW = {
    ("UpperEnrolled", "upper"),
    ("AskerAdmitted", "asker"),
    ("LedgerFollowed", "followed"),
    ("LedgerFounded", "officer"),
    ("OfficerEnrolled", "officer"),
    ("UnitRegistered", "unit"),
    ("CampaignOpened", "campaign"),
    ("PaymentFileMade", "replaces"),
    ("HouseholdDeclared", "members"),
    ("ReferenceMarked", "first"),
    ("ReferenceMarked", "rows.since"),
}
"""Fields that name what the event itself registers, or are parts that name something each, or a count or a day."""
LEVELS = ("pairs.unit", "differences.unit")
"""How well two dossiers agree in their units, a number; and a unit of a ledger below, which is not of this one."""


@pytest.mark.parametrize("kind", Event.types.values(), ids=lambda kind: kind.topic())
def test_no_field_that_is_called_like_a_reference_is_missing(kind: type[Event]) -> None:
    found = {each.field for each in kind.REFERENCES}
    expected = {
        path
        for path in paths(kind)
        if path.rpartition(".")[2] in ABOUT and (kind.NAME, path) not in NEW and path not in LEVELS
    }
    assert found >= expected
    assert {path.rpartition(".")[2] for path in found} <= ABOUT


def paths(model: type[BaseModel]) -> list[str]:
    """Every field of a body, those of its parts included; a policy's words are its own."""
    found = []
    for name, field in model.model_fields.items():
        parts = [part for part in models_in(field.annotation) if part.__name__ != "Policy"]
        found.append(name)
        found += [f"{name}.{path}" for part in parts for path in paths(part)]
    return found


def models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in models_in(part)]
