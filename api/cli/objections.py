"""``songnuan objection``: what became of what somebody wrote to a notice, by the number given for it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli.desk import Desk, FolderDesk, ServerDesk, at_desk
from api.cli.language import say, titled
from api.cli.opening import views
from api.cli.output import AsJson, console, print_json
from api.cli.recording import record_shown
from api.cli.running import note_recorded
from api.objections import queries as inbox
from ledger.domain.state import UNKNOWN_REFERENCE

STATES = {
    "waiting": ("已收到，等待登记", "received, not taken down yet"),
    "lodged": ("已登记，正在核查", "taken down, being looked into"),
    "upheld": ("核查属实，异议成立", "looked into and upheld"),
    "dismissed": ("已核查，异议不成立", "looked into and dismissed"),
}


def _followed_up(desk: Desk, number: str) -> dict[str, Any]:
    if isinstance(desk, ServerDesk):
        there: dict[str, Any] = desk.server.get(f"/objections/{quote(number, safe='')}")
        note_recorded()
        return there
    assert isinstance(desk, FolderDesk)
    with views(desk.store), desk.store.connect() as connection:
        found = inbox.followed_up(connection, number)
        if found is None:
            raise UNKNOWN_REFERENCE.refused(kind="objection", id=number)
        settled_at = found["settled_at"]
        said = None if settled_at is None else inbox.answered(connection, settled_at)
    record_shown(desk.store, rows=1)  # the number is only theirs to whom it was given
    return {
        "number": found["number"],
        "received_on": found["received_at"].date().isoformat(),
        "state": found["state"],
        "committed_at": found["committed_at"],
        "answer": None if said is None else said._asdict(),
    }


def objection(
    number: Annotated[str, typer.Argument(help=say("提交时给出的编号", "the number that was given for it"))],
    as_json: AsJson = False,
) -> None:
    """Says that an objection stands, since which entry, and how it was answered."""
    wanted = number.strip().upper()
    # Whoever has the number may ask: a service wants no session for it.
    with at_desk(needs_session=False) as desk:
        found = _followed_up(desk, wanted)
    if as_json:
        print_json(found)
        return
    received_on, stands, said = found["received_on"], found["committed_at"] or "—", found["answer"]
    console.print(titled(STATES[found["state"]]))
    console.print(
        say(f"{received_on} 收到，记入台账第 {stands} 号", f"received on {received_on}, entry {stands}")
    )
    if said is not None:
        console.print(
            say(
                f"{said['by']} {said['on']} 答复：{said['text']}（台账第 {said['position']} 号）",
                f"{said['by']} answered on {said['on']}: {said['text']} (entry {said['position']})",
            ),
            soft_wrap=True,
        )
