"""What each operation over HTTP shows, to whom, cut to what (接口登记): one declaration for each.

The gate, the access log, ``songnuan show access`` and the tests go by it. An operation that is not here
answers nobody, and fails the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from api.service.access import MAY_READ, Resource
from ledger.writing.access_log import AccessKind

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
    "posted": ("已公示的内容", "what a posted notice shows"),
    "nothing of theirs": ("不含任何单位的内容", "nothing of any unit's"),
}


class Operation(NamedTuple):
    """What one operation shows to whom.

    ``kind`` is what the access log says of it; where that is None, ``because`` says why it has no line.
    ``matters`` are those of its rows, each answered to the roles that may read it; without any it
    answers anybody, or anybody who is ``signed_in``. ``streamed`` is recorded as it begins, when nobody
    knows yet how many rows it will have.
    """

    kind: AccessKind | None
    because: str
    matters: tuple[Resource, ...]
    cut: Cut
    signed_in: bool
    streamed: bool

    def roles(self, resource: Resource) -> frozenset[str]:
        """The roles that it is answered for, where it is about this resource."""
        return MAY_READ[resource]


def recorded(
    kind: AccessKind,
    *matters: Resource,
    cut: Cut | None = None,
    signed_in: bool = True,
    streamed: bool = False,
) -> Operation:
    """One that leaves a line of this kind whenever it answers."""
    return Operation(kind, "", matters, cut or _usual(matters), signed_in, streamed)


def unrecorded(because: str, *matters: Resource, cut: Cut | None = None, signed_in: bool = True) -> Operation:
    """One that leaves no line when it answers, and why."""
    return Operation(None, because, matters, cut or _usual(matters), signed_in, False)


def _usual(matters: tuple[Resource, ...]) -> Cut:
    return "units and campaigns" if matters else "nothing of theirs"


OF_TABLES: tuple[Resource, ...] = (
    "roster",
    "lines",
    "holdings",
    "flags",
    "lists",
    "cases",
    "objections",
    "history",
    "registry",
    "slips",
)
"""What the tables of :mod:`api.tables.catalogue` are matters of, each of one."""

OPERATIONS: Mapping[str, Operation] = {
    "GET /units": unrecorded("the registry", "registry"),
    "GET /officers": unrecorded("the registry", "registry"),
    "GET /campaigns": unrecorded("the registry", "registry"),
    "GET /vocabulary": unrecorded("the registry", "registry"),
    "GET /roster": recorded("persons", "roster"),
    "GET /roster/counts": unrecorded("sums", "roster"),
    "GET /summary": unrecorded("sums", "roster"),
    "GET /summary/figures": unrecorded("sums", "roster"),
    "GET /notices": unrecorded("posted for everybody", "roster"),
    "GET /dossiers": recorded("persons", "roster"),
    "GET /dossiers/{dossier}": recorded("persons", "roster"),
    "GET /households/{dossier}": recorded("persons", "roster"),
    "GET /payouts": recorded("persons", "roster"),
    "GET /steps": recorded("persons", "roster"),
    "GET /desk": unrecorded(
        "sums", "roster", "holdings", "objections", "flags", "cases", "history", "registry"
    ),
    "GET /tray": unrecorded(
        "statements that wait for the officer's own signature, or carry it", cut="own statements"
    ),
    "POST /tray": unrecorded("shows nothing", cut="own statements"),
    "DELETE /tray/{statement_id}": unrecorded("shows nothing", cut="own statements"),
    "POST /tray/{statement_id}/declined": unrecorded("shows nothing", cut="own statements"),
    "GET /tables": unrecorded("words"),
    "GET /tables/{table}": recorded("persons", *OF_TABLES),
    "GET /tables/{table}/totals": unrecorded("sums", *OF_TABLES),
    "POST /tables/{table}/exports": recorded("export", *OF_TABLES),
    "GET /table-views": unrecorded("what the officer keeps for themselves"),
    "POST /table-views/{table}": unrecorded("shows nothing"),
    "DELETE /table-views/{table}": unrecorded("shows nothing"),
    "GET /exports/{export}": unrecorded("how far one's own export is"),
    "GET /exports/{export}/file": recorded("export", cut="units and campaigns"),
    "GET /reports/{name}": recorded("export", "roster"),
    "GET /papers/working-paper": recorded("export", "history"),
    "GET /papers/working-paper/{sample}": recorded("export", "history"),
    "GET /papers/case/{investigation}": recorded("export", "cases"),
    "GET /papers/reports/{name}": recorded("export", "roster"),
    "GET /papers/notices/{notice_id}": recorded("export", "roster"),
    "GET /papers/receipts/{statement_id}": recorded("export", "history", cut="own statements"),
    "GET /papers/reconciliation": recorded("export", "lines"),
    "GET /papers/payment-form": recorded("export", "roster"),
    "GET /papers/cash-receipts": recorded("export", "roster"),
    "GET /papers/signing-list": recorded("export", "roster"),
    "GET /papers/evidence-sheet/{sample}": recorded("export", "history"),
    "GET /papers/rectifications/{name}": recorded("export", "cases"),
    "GET /papers/handovers/{handover}": recorded("export", "cases"),
    "GET /balances": unrecorded("sums", "lines", "holdings"),
    "GET /accounts": unrecorded("sums", "lines"),
    "GET /collective-help": unrecorded("sums", "holdings"),
    "GET /postings": recorded("search", "lines"),
    "GET /vouchers": recorded("export", "lines"),
    "GET /bank/days": unrecorded("sums", "lines"),
    "GET /bank/unsent": recorded("persons", "paying"),
    "GET /bank/files": unrecorded("sums", "lines"),
    "GET /bank/statements": unrecorded("sums", "lines"),
    "GET /bank/outflows": unrecorded("sums", "lines"),
    "GET /roster/checks": recorded("persons", "flags"),
    "GET /flags": recorded("persons", "flags"),
    "GET /flags/by-rule": unrecorded("sums", "flags"),
    "GET /flags/by-unit": unrecorded("sums", "flags"),
    "GET /flags/by-week": unrecorded("sums", "flags"),
    "GET /flag": recorded("persons", "flags"),
    "GET /graph": recorded("search", "flags"),
    "GET /graph/among": recorded("search", "flags"),
    "GET /graph/path": recorded("search", "flags"),
    "GET /investigations": recorded("persons", "cases"),
    "GET /samples": recorded("search", "history"),
    "GET /rectifications": recorded("search", "cases"),
    "GET /handovers": recorded("search", "cases"),
    "GET /outside-cases": recorded("search", "cases"),
    "GET /objections": recorded("persons", "objections"),
    "GET /objections/open": recorded("persons", "objections"),
    "GET /slips": recorded("persons", "slips"),
    "GET /callbacks/drawn": recorded("persons", "history"),
    "GET /callbacks": recorded("persons", "history"),
    "POST /objections/{number}/lodged": unrecorded("shows nothing", "objections"),
    "GET /timeline/{kind}": recorded("search", "roster", "lines", "cases", "history"),
    "GET /phases": unrecorded("sums", "history"),
    "GET /draws": unrecorded("by which seed a draw is drawn, and as of which entry", "history"),
    "GET /sample": recorded("persons", "history"),
    "GET /access": recorded("access-log", "history"),
    "GET /statements/{statement_id}": recorded("search", "history", cut="own statements"),
    "POST /identities": recorded("identities", "identities", cut="own statements"),
    "POST /rosters/read": recorded("look-up", "filing"),
    "POST /campaigns/{campaign}/try": recorded("persons", "roster"),
    "POST /dossiers/{dossier}/read": recorded("look-up", "filing"),
    "GET /registers": unrecorded("sums", "lists"),
    "GET /registers/kinds": unrecorded("words"),
    "GET /registers/{list_id}/matches": recorded("persons", "lists"),
    "POST /registers/read": recorded("look-up", "lists"),
    "POST /registers/revealed": recorded("identities", "lists", cut="own statements"),
    "POST /bank/read": recorded("look-up", "paying"),
    "POST /bank/columns": recorded("look-up", "paying"),
    "POST /bank/statement": recorded("look-up", "paying", "lines"),
    "POST /bank/file": recorded("identities", "paying", "identities", cut="own statements"),
    "GET /events": recorded("export", "history", cut="everything alone", streamed=True),
    "GET /events/live": recorded("export", "history", cut="everything alone", streamed=True),
    "GET /diff": recorded("export", "history", cut="everything alone"),
    "GET /bundle": recorded("export", "history", cut="everything alone", streamed=True),
    "GET /tile/entries/{path}": recorded("export", "history", cut="everything alone", streamed=True),
    "GET /federation": unrecorded("sums", "history", cut="everything alone"),
    "GET /federation/matches": unrecorded(
        "positions in other ledgers, which open nothing", "history", cut="everything alone"
    ),
    "GET /federation/matches/counts": unrecorded("sums", "history", cut="everything alone"),
    "GET /federation/{origin}/checkpoint": unrecorded("the public log", signed_in=False),
    "GET /federation/levels": unrecorded("sums", "history", cut="everything alone"),
    "GET /federation/ledgers": unrecorded("sums", "history", cut="everything alone"),
    "GET /federation/{followed}/cases": recorded("persons", "history", cut="everything alone"),
    "GET /federation/{followed}/entries/{position}": recorded("search", "history", cut="everything alone"),
    "GET /federation/rollup": unrecorded("sums", "history", cut="everything alone"),
    "GET /linkage/pairs": recorded("persons", "history"),
    "GET /linkage/offer": unrecorded("how many persons a run would compare", "history"),
    "POST /linkage/runs/{run_id}": recorded("identities", "history", cut="own statements"),
    "GET /linkage/runs/{run_id}": unrecorded(
        "how a run stands; of pairs the dossiers' ids alone", "history", cut="own statements"
    ),
    "POST /replays": unrecorded("differences of the views by key", "history", cut="everything alone"),
    "GET /replays": unrecorded("differences of the views by key", "history", cut="everything alone"),
    "GET /criteria": unrecorded("words"),
    "GET /event-types": unrecorded("words"),
    "GET /rules": unrecorded("words"),
    "GET /policies/{plan}": unrecorded("a form"),
    "GET /policy-fields": unrecorded("words"),
    "GET /policy-shape": unrecorded("words"),
    "GET /rosters/columns": unrecorded("a form", "registry"),
    "GET /bank/profiles": unrecorded("words"),
    "DELETE /session": recorded("sign-out"),
    "GET /session": unrecorded("who asks, to themselves", signed_in=False),
    "POST /session": recorded("sign-in", signed_in=False),
    "POST /session/challenge": unrecorded("nothing is shown, and nobody is known yet", signed_in=False),
    "POST /statements": unrecorded(
        "what is recorded stands in the ledger itself; what is refused has a line", signed_in=False
    ),
    "GET /notices/{notice_id}": unrecorded("posted for everybody", cut="posted", signed_in=False),
    "POST /notices/{notice_id}/objections": unrecorded(
        "the public's, who are not recorded", cut="posted", signed_in=False
    ),
    "GET /objections/{number}": unrecorded(
        "the public's, by a number that only they have", cut="posted", signed_in=False
    ),
    "POST /slips/read": unrecorded(
        "the recipient's, by a number that only they have", cut="posted", signed_in=False
    ),
    "POST /slips/answers": unrecorded(
        "the recipient's, by a number that only they have", cut="posted", signed_in=False
    ),
    "GET /checkpoint": unrecorded("the public log", signed_in=False),
    "GET /checkpoint/key": unrecorded("the public log", signed_in=False),
    "GET /tile/{level}/{path}": unrecorded("the public log", signed_in=False),
    "GET /proof/{position}": unrecorded("the public log", signed_in=False),
    "GET /consistency/{old}/{new}": unrecorded("the public log", signed_in=False),
    "GET /healthz": unrecorded("how the service is", signed_in=False),
    "GET /readyz": unrecorded("how the service is", signed_in=False),
    "GET /metrics": unrecorded("how the service is", signed_in=False),
    "GET /position": unrecorded("how the service is", signed_in=False),
    "GET /demo/officers": unrecorded("made-up officers of a demonstration", signed_in=False),
    "GET /": unrecorded("the pages themselves", signed_in=False),
    "GET /app/{path}": unrecorded("the pages themselves", signed_in=False),
    "GET /openapi.json": unrecorded("the description of the service", signed_in=False),
    "HEAD /openapi.json": unrecorded("the description of the service", signed_in=False),
}


def operation(name: str) -> Operation:
    """What stands here of an operation, ``GET /roster``.

    Raises:
        RuntimeError: nothing does.
    """
    if name not in OPERATIONS:
        raise RuntimeError(f"{name} does not say what it shows: add it to api/service/operations.py")
    return OPERATIONS[name]
