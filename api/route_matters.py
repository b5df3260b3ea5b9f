"""What each route is a matter of (接口与查看权限): by which roles it is answered, and what it is cut to.

A route that is not here fails the tests. That each answers by what stands here is asked of every route
with every role.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from api.rights import MAY_READ, Matter

Cut = Literal["units and campaigns", "everything alone", "own statements", "posted", "nothing of theirs"]

CUTS: Mapping[Cut, tuple[str, str]] = {
    "units and campaigns": (
        "本人角色所及的单位（含下属）与活动",
        "the units, with all below, and campaigns of the role",
    ),
    "everything alone": ("仅限对全部单位和活动有权者", "only for a role over every unit and campaign"),
    "own statements": (
        "本人签署的；或角色所及的单位与活动",
        "what they signed; else units and campaigns of the role",
    ),
    "posted": ("已张榜公告的内容", "what a posted notice shows"),
    "nothing of theirs": ("不含任何单位的内容", "nothing of any unit's"),
}


class RouteMatters(NamedTuple):
    """Whom a route answers: the matters of its rows, or anybody signed in, or anybody."""

    matters: tuple[Matter, ...] = ()
    cut: Cut = "units and campaigns"
    signed_in: bool = True

    def roles(self, matter: Matter) -> frozenset[str]:
        """The roles that it is answered for, where it is about this matter."""
        return MAY_READ[matter]


_SESSION = RouteMatters(cut="nothing of theirs")
_PUBLIC = RouteMatters(cut="nothing of theirs", signed_in=False)
_POSTED = RouteMatters(cut="posted", signed_in=False)
_HISTORY = RouteMatters(("history",), cut="everything alone")

ROUTE_MATTERS: Mapping[str, RouteMatters] = {
    "GET /units": RouteMatters(("registry",)),
    "GET /officers": RouteMatters(("registry",)),
    "GET /campaigns": RouteMatters(("registry",)),
    "GET /roster": RouteMatters(("roster",)),
    "GET /roster/counts": RouteMatters(("roster",)),
    "GET /summary": RouteMatters(("roster",)),
    "GET /notices": RouteMatters(("roster",)),
    "GET /dossiers/{dossier}": RouteMatters(("roster",)),
    "GET /payouts": RouteMatters(("roster",)),
    "GET /reports/{name}": RouteMatters(("roster",)),
    "GET /balances": RouteMatters(("lines", "holdings")),
    "GET /postings": RouteMatters(("lines",)),
    "GET /bank/days": RouteMatters(("lines",)),
    "GET /roster/checks": RouteMatters(("flags",)),
    "GET /flags": RouteMatters(("flags",)),
    "GET /flags/by-rule": RouteMatters(("flags",)),
    "GET /flags/by-unit": RouteMatters(("flags",)),
    "GET /flags/by-week": RouteMatters(("flags",)),
    "GET /flag": RouteMatters(("flags",)),
    "GET /graph": RouteMatters(("flags",)),
    "GET /investigations": RouteMatters(("cases",)),
    "GET /objections": RouteMatters(("objections",)),
    "GET /objections/open": RouteMatters(("objections",)),
    "POST /objections/{number}/lodged": RouteMatters(("objections",)),
    "GET /timeline/{kind}": RouteMatters(("roster", "lines", "cases", "history")),
    "GET /phases": RouteMatters(("history",)),
    "GET /sample": RouteMatters(("history",)),
    "GET /access": RouteMatters(("history",)),
    "GET /statements/{statement_id}": RouteMatters(("history",), cut="own statements"),
    "POST /identities": RouteMatters(("identities",), cut="own statements"),
    "POST /rosters/read": RouteMatters(("filing",)),
    "POST /dossiers/{dossier}/read": RouteMatters(("filing",)),
    "POST /bank/read": RouteMatters(("paying",)),
    "GET /events": _HISTORY,
    "GET /events/live": _HISTORY,
    "GET /diff": _HISTORY,
    "GET /bundle": _HISTORY,
    "GET /tile/entries/{path}": _HISTORY,
    "POST /replays": _HISTORY,
    "GET /replays": _HISTORY,
    "GET /criteria": _SESSION,
    "GET /event-types": _SESSION,
    "GET /rules": _SESSION,
    "GET /policies/{plan}": _SESSION,
    "GET /rosters/columns": _SESSION,
    "DELETE /session": _SESSION,
    "GET /session": _PUBLIC,
    "POST /session": _PUBLIC,
    "POST /session/challenge": _PUBLIC,
    "POST /statements": _PUBLIC,
    "GET /notices/{notice_id}": _POSTED,
    "POST /notices/{notice_id}/objections": _POSTED,
    "GET /objections/{number}": _POSTED,
    "GET /checkpoint": _PUBLIC,
    "GET /checkpoint/key": _PUBLIC,
    "GET /tile/{level}/{path}": _PUBLIC,
    "GET /proof/{position}": _PUBLIC,
    "GET /consistency/{old}/{new}": _PUBLIC,
    "GET /healthz": _PUBLIC,
    "GET /readyz": _PUBLIC,
    "GET /metrics": _PUBLIC,
    "GET /position": _PUBLIC,
    "GET /demo/officers": _PUBLIC,
}
