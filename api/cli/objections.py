"""``songnuan objection``: what became of what somebody wrote to a notice, by the number given for it."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.language import say, titled
from api.cli.opening import opened, views
from api.cli.output import AsJson, console, print_json
from api.cli.recording import record_shown
from api.objections import queries as inbox
from ledger.domain.state import UNKNOWN_REFERENCE

STATES = {
    "waiting": ("已收到，等待登记", "received, not taken down yet"),
    "lodged": ("已登记，正在核查", "taken down, being looked into"),
    "upheld": ("核查属实，异议成立", "looked into and upheld"),
    "dismissed": ("已核查，异议不成立", "looked into and dismissed"),
}


def objection(
    number: Annotated[str, typer.Argument(help=say("提交时给出的编号", "the number that was given for it"))],
    as_json: AsJson = False,
) -> None:
    """Says that an objection stands, since which entry, and how it was answered."""
    wanted = number.strip().upper()
    with opened() as store, views(store), store.connect() as connection:
        found = inbox.followed_up(connection, wanted)
        if found is None:
            raise UNKNOWN_REFERENCE.refused(kind="objection", id=wanted)
        settled_at = found["settled_at"]
        answer = None if settled_at is None else inbox.answered(connection, settled_at)
        record_shown(store, rows=1)  # the number is only theirs to whom it was given
    received_on = found["received_at"].date().isoformat()
    if as_json:
        print_json(
            {
                "number": found["number"],
                "received_on": received_on,
                "state": found["state"],
                "committed_at": found["committed_at"],
                "answer": None if answer is None else answer._asdict(),
            }
        )
        return
    stands = found["committed_at"] or "—"
    console.print(titled(STATES[found["state"]]))
    console.print(
        say(f"{received_on} 收到，记入台账第 {stands} 号", f"received on {received_on}, entry {stands}")
    )
    if answer is not None:
        console.print(
            say(
                f"{answer.by} {answer.on} 答复：{answer.text}（台账第 {answer.position} 号）",
                f"{answer.by} answered on {answer.on}: {answer.text} (entry {answer.position})",
            ),
            soft_wrap=True,
        )
