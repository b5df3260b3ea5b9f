"""History over HTTP (历史): the timeline of anything, and what changed between two moments."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.gate import LATEST
from api.gate.moments import position_at
from api.history import difference, timeline
from api.history.in_words import say_changes
from api.history.rows import Change, EventType
from api.history.whom import EventOf, name_whom
from api.service.access import Resource
from api.service.answers import InBoth, Page, PageByKey, answered
from api.service.dependencies import After, Asks, Limit, SignedIn, counted, page
from api.service.problems import documented
from ledger.domain.event import Event
from ledger.domain.state import UNKNOWN_REFERENCE

router = APIRouter(tags=["views"])


_MATTERS: dict[str, Resource] = {
    **dict.fromkeys(("case", "dossier", "payout", "unit"), "roster"),
    "line": "lines",
    "investigation": "cases",
}
"""What the timeline of a kind is a matter of, where it is not the history."""


@router.get("/event-types", responses=documented(401))
def get_event_types(reader: SignedIn) -> list[EventType]:
    """What each type of event is called, by its name without version, as timelines name it."""
    return [EventType(kind.NAME, InBoth(kind.TITLE_ZH, kind.TITLE_EN)) for kind in Event.types.values()]


@router.get("/timeline/{kind}", responses=answered(Page[EventOf]))
def get_timeline(
    asked: Asks,
    after: After,
    kind: timeline.Kind,
    name: Annotated[str, Query(max_length=200)],
    limit: Limit = 200,
) -> Response:
    """What touched a thing, in order, within the officer's units and campaigns.

    What inspectors did is left out for those who may not see flags: they are whom it is about.
    """
    if kind == "event" and not name.isdigit():
        raise UNKNOWN_REFERENCE.refused(kind="event", id=name)
    views = asked.views(_MATTERS.get(kind, "history"))
    found = timeline.timeline(views, kind, name, as_of=asked.as_of, after=after, limit=limit + 1)
    count = counted(
        views, after, lambda seen: timeline.timeline(seen, kind, name, as_of=asked.as_of, limit=LATEST)
    )
    answer = page(found, limit, "position", count)
    name_whom(answer["rows"], views, asked.vault)
    return asked.answer(answer)


@router.get("/diff", responses=answered(PageByKey[Change]))
def get_difference(
    asked: Asks,
    what: difference.What,
    since: Annotated[str, Query(max_length=40, description="The earlier moment")],
    after_key: Annotated[
        str | None, Query(max_length=300, description="The cursor of the page before")
    ] = None,
    limit: Limit = 500,
) -> Response:
    """What was added, changed and removed since an earlier moment, by key.

    ``next`` asks for the page after this one as ``after_key``, and is null on the last.
    """
    views = asked.everything().views
    span = (position_at(views, since), asked.position)
    found = difference.difference(views, what, *span, after=after_key, limit=limit)
    say_changes(found.rows, what, views, asked.vault)
    return asked.answer({"rows": found.rows, "next": found.next})
