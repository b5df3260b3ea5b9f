"""Who may do what (办理权限表): each event's signers, and what each thing that it names asks of them.

Made from what the events declare, which is also what the admission goes by.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import ledger.events
from ledger.domain.event import ROLE_TITLES, Event
from ledger.domain.references import KIND_TITLES, Declared
from ledger.domain.who_signs import SIGNED_BY_TITLES, STATED

Words = tuple[str, str]
"""A text in Chinese and English."""

WITHIN: Words = ("签署人的角色须及于此处", "the signer's role must reach where it lies")
GATHERED: Words = (
    "同上；所写单位可为其上级或下级",
    "likewise; the unit stated may lie above or below it",
)
SPOKEN_OF: Words = ("仅提及，不要求权限", "only spoken of: no role is asked for")
CONCERNED: Words = ("本人，或管辖其全部岗位的授权管理员", "themselves, or a registrar over all they hold")
EVERYTHING: Words = ("全部单位和活动", "every unit and campaign")
LEDGERS: Words = ("由台账自己写入", "the ledger's own word")


class AuthorityRow(NamedTuple):
    """One event under one condition: who signs it, over what the role is held, what it names.

    ``where`` is the condition, ``after_the_fact = true``, or empty; ``references`` are fields, the kinds
    of things they name, and what each asks of the signer.
    """

    event: str
    title: Words
    where: str
    roles: tuple[str, ...]
    signers: Words
    held_over: Words | None
    references: tuple[tuple[str, Words, Words], ...]

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "event": self.event,
            "where": self.where or None,
            "roles": list(self.roles),
            "signed_by": self.signers[1],
            "held_over": None if self.held_over is None else self.held_over[1],
            "references": [
                {"field": field, "kind": kind[1], "asks": asks[1]} for field, kind, asks in self.references
            ],
        }


def authority_rows() -> Iterator[AuthorityRow]:
    """Every event in its newest shape, by name; once for each condition under which other roles sign."""
    assert ledger.events.__path__  # makes every event type known
    for topic, kind in sorted(Event.types.items()):
        if kind.upcast is not Event.upcast:
            continue
        references = tuple(
            (each.field, KIND_TITLES[each.names.kind], _asks(kind, each)) for each in kind.REFERENCES
        )
        ways = [(f"{where.member} = {_said(where.value)}", where.roles) for where in kind.ROLES_WHERE]
        for where, roles in (*ways, ("", kind.ROLES)):
            held = tuple(role for role in ROLE_TITLES if role in roles)
            yield AuthorityRow(
                topic,
                (kind.TITLE_ZH, kind.TITLE_EN),
                where,
                held,
                _signers(kind, held),
                _held_over(kind) if held else None,
                references,
            )


def _signers(kind: type[Event], roles: tuple[str, ...]) -> Words:
    if not roles:
        return SIGNED_BY_TITLES[kind.SIGNED_BY]
    titles = [ROLE_TITLES[role] for role in roles]
    return "、".join(zh for zh, _ in titles), ", ".join(en for _, en in titles)


def _held_over(kind: type[Event]) -> Words:
    if kind.HELD_OVER is STATED and not {"unit", "campaign"} & kind.model_fields.keys():
        return EVERYTHING
    return kind.HELD_OVER.zh, kind.HELD_OVER.en


def _asks(kind: type[Event], reference: Declared) -> Words:
    if kind.SIGNED_BY == "ledger":
        return LEDGERS
    if kind.SIGNED_BY == "officer or registrar":
        return CONCERNED
    if not reference.names.binding:
        return SPOKEN_OF
    return GATHERED if reference.names.gathered else WITHIN


def _said(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def authority_markdown() -> Iterator[str]:
    """The lines of the document's tables: who signs what, and what each thing named asks."""
    rows = list(authority_rows())
    yield "| event | where | signed by | the role is held over |\n|---|---|---|---|"
    for row in rows:
        over = "—" if row.held_over is None else row.held_over[1]
        where = f"`{row.where}`" if row.where else "—"
        yield f"| `{row.event}` {row.title[1]} | {where} | {row.signers[1]} | {over} |"
    yield ""
    yield "| event | field | names | asks |\n|---|---|---|---|"
    for event, references in {row.event: row.references for row in rows}.items():
        for field, kind, asks in references:
            yield f"| `{event}` | `{field}` | {kind[1]} | {asks[1]} |"
