"""What each route shows (查阅类别), so that the access log has a line of it.

A route that stands in neither table fails the tests, and answers nobody: it is not known whether what
it shows is to be recorded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ledger.access_log import AccessKind
from ledger.identity import identity_in_text

RECORDED: Mapping[str, AccessKind] = {
    "POST /session": "sign-in",
    "DELETE /session": "sign-out",
    "GET /access": "access-log",
    "POST /identities": "identities",
    "GET /roster": "persons",
    "GET /roster/checks": "persons",
    "GET /dossiers/{dossier}": "persons",
    "GET /payouts": "persons",
    "GET /flags": "persons",
    "GET /flag": "persons",
    "GET /investigations": "persons",
    "GET /objections": "persons",
    "GET /objections/open": "persons",
    "GET /sample": "persons",
    "GET /statements/{statement_id}": "search",
    "GET /timeline/{kind}": "search",
    "GET /graph": "search",
    "GET /postings": "search",
    "POST /rosters/read": "look-up",
    "POST /dossiers/{dossier}/read": "look-up",
    "POST /bank/read": "look-up",
    "GET /reports/{name}": "export",
    "GET /events": "export",
    "GET /events/live": "export",
    "GET /bundle": "export",
    "GET /diff": "export",
    "GET /tile/entries/{path}": "export",
}
"""Rows of persons, identities in clear, searches, exports, look-ups, and who comes and goes."""

STREAMED = frozenset({"GET /events", "GET /events/live", "GET /bundle", "GET /tile/entries/{path}"})
"""What is recorded as it begins, when nobody knows yet how many rows it will have."""

UNRECORDED: Mapping[str, str] = {
    "GET /": "the pages themselves",
    "GET /app/{path}": "the pages themselves",
    "GET /openapi.json": "the description of the service",
    "HEAD /openapi.json": "the description of the service",
    "POST /session/challenge": "nothing is shown, and nobody is known yet",
    "GET /session": "who asks, to themselves",
    "POST /statements": "a statement is recorded in the ledger itself",
    "POST /notices/{notice_id}/objections": "the public's, who are not recorded",
    "GET /notices/{notice_id}": "posted for everybody",
    "GET /objections/{number}": "the public's, by a number that only they have",
    "POST /objections/{number}/lodged": "shows nothing",
    "GET /units": "the registry",
    "GET /officers": "the registry",
    "GET /campaigns": "the registry",
    "GET /policies/{plan}": "a form",
    "GET /criteria": "words",
    "GET /event-types": "words",
    "GET /rules": "words",
    "GET /rosters/columns": "a form",
    "GET /roster/counts": "sums",
    "GET /balances": "sums",
    "GET /summary": "sums",
    "GET /flags/by-rule": "sums",
    "GET /flags/by-unit": "sums",
    "GET /flags/by-week": "sums",
    "GET /bank/days": "sums",
    "GET /phases": "sums",
    "GET /notices": "posted for everybody",
    "POST /replays": "differences of the views by key",
    "GET /replays": "differences of the views by key",
    "GET /checkpoint": "the public log",
    "GET /checkpoint/key": "the public log",
    "GET /tile/{level}/{path}": "the public log",
    "GET /proof/{position}": "the public log",
    "GET /consistency/{old}/{new}": "the public log",
    "GET /demo/officers": "made-up officers of a demonstration",
    "GET /healthz": "how the service is",
    "GET /readyz": "how the service is",
    "GET /metrics": "how the service is",
    "GET /position": "how the service is",
}
"""What is not recorded, each with its reason."""


def access_kind(operation: str) -> AccessKind | None:
    """What an operation shows; None where it is not recorded.

    Raises:
        RuntimeError: for an operation that stands in neither table.
    """
    kind = RECORDED.get(operation)
    if kind is None and operation not in UNRECORDED:
        raise RuntimeError(f"{operation} does not say what it shows: add it to api/access_kinds.py")
    return kind


RECORDED_COMMANDS: Mapping[str, AccessKind] = {
    "roster": "persons",
    "flags": "persons",
    "flag show": "persons",
    "timeline": "search",
    "balance --account": "search",
    "diff": "export",
    "events": "export",
    "export bundle": "export",
    "import": "look-up",
    "identity show": "identities",
    "access": "access-log",
}
"""What the command line shows of the same: its questions are recorded as those over HTTP are."""

MOST_NAME = 80
_NAME = re.compile(r"[0-9A-Za-z._:/@+=-]+")


def safe_name(text: str) -> str:
    """A name or id as it was asked for; anything that may be a person's is not written down."""
    if len(text) > MOST_NAME or not _NAME.fullmatch(text) or identity_in_text(text) is not None:
        return "…"
    return text
