"""Where a command records (登记途径): in the ledger's own folder, or at a running service (``--server``).

All that a command submits goes through a desk, and so does what it asks before it signs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from api.cli import server_option
from api.cli.opening import opened, signer_of, views
from api.cli.receipts import Told
from api.cli.recording import record_refusals, record_shown
from api.cli.references import number_references
from api.cli.running import note_recorded
from api.cli.saved_sessions import save, saved
from api.cli.server import NotSignedIn, Server
from api.gate import Row, ScopedViews, every_view
from api.gate.access_scope import scope_of
from api.gate.references import check_references
from api.identities.disclosing import units_of
from api.objections.queries import taken_down
from api.service.dependencies import MOST_ROWS
from ledger.domain.event import Event
from ledger.identity.vault import Disclosure, Vault
from ledger.storage.store import OpenStore
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission

Progress = Callable[[int], None]


def _unheard(recorded: int) -> None:
    pass


class Question(Protocol):
    """A question that both can answer: by a route's path, or by the views themselves."""

    @property
    def path(self) -> str:
        """Where a service answers it."""

    @property
    def is_paged(self) -> bool:
        """Whether it is answered a page at a time."""

    @property
    def is_recorded(self) -> bool:
        """Whether its answer has a line in the access log."""

    def of_views(self, views: ScopedViews, vault: Vault, **parameters: Any) -> list[Row]:
        """The rows that the route would answer."""


class Desk(Protocol):
    """What records statements and answers questions."""

    @property
    def ledger(self) -> str:
        """The ledger's id, which every statement names."""

    def position(self) -> int:
        """The last position that answers hold."""

    def rows(self, question: Question, **parameters: Any) -> list[Row]:
        """All rows of an answer, recorded as shown."""

    def record(self, submission: Submission) -> Receipt:
        """Record one statement; raises its refusal."""

    def record_all(self, submissions: Sequence[Submission], progress: Progress = _unheard) -> list[Told]:
        """Record statements in order; an outcome for each."""

    def unit_of(self, dossier: str) -> str:
        """The unit that a dossier is with; raises ``reference-unknown``."""

    def note_taken_down(self, number: str, statement: str) -> None:
        """Tell the inbox by which statement an objection was taken down."""


class FolderDesk:
    """The ledger in its own folder, of which this process is the writer for as long as it records."""

    def __init__(self, store: OpenStore) -> None:
        assert store.ledger is not None
        self.ledger = store.ledger
        self._store = store

    def position(self) -> int:
        """The last position that the views hold."""
        with views(self._store) as followers:
            return followers.position()

    def rows(self, question: Question, **parameters: Any) -> list[Row]:
        """All rows of an answer; who sits at the folder may see all of it."""
        with views(self._store), self._store.connect() as connection:
            campaign, unit = parameters.get("campaign"), parameters.get("unit")
            check_references(every_view(connection), campaign=campaign, unit=unit)
            cut = ScopedViews(connection, scope_of([(unit, campaign)]))
            found = question.of_views(cut, self._store.vault(), **parameters)
        if question.is_recorded:
            record_shown(self._store, campaign=campaign, unit=unit, rows=len(found))
        return found

    def record(self, submission: Submission) -> Receipt:
        """Record one statement; its refusal leaves its line on the way out of the folder."""
        with self._store.writer() as writer:
            return writer.record(submission)

    def record_all(self, submissions: Sequence[Submission], progress: Progress = _unheard) -> list[Told]:
        """Record statements in order; what is refused leaves its line."""
        with self._store.writer() as writer:
            outcomes = writer.record_all(submissions, progress)
        record_refusals(self._store, outcomes)
        number_references(self._store, outcomes)
        return [*outcomes]

    def unit_of(self, dossier: str) -> str:
        """The unit that a dossier is with."""
        with self._store.connect() as connection:
            return units_of(connection, [dossier])[dossier]

    def note_taken_down(self, number: str, statement: str) -> None:
        """Tell the inbox by which statement an objection was taken down."""
        with self._store.connect() as connection:
            taken_down(connection, number, statement)


class ServerDesk:
    """A running service: it records, keeps the access log, and lets its officer see what they may."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def ledger(self) -> str:
        """The ledger that its officer is signed in to."""
        if self._server.session is None:
            raise NotSignedIn(self._server.address)
        return self._server.session.ledger

    def position(self) -> int:
        """The last position that the service's views hold."""
        return int(self._server.get("/campaigns")["position"])

    def rows(self, question: Question, **parameters: Any) -> list[Row]:
        """All rows of an answer, within what the officer of the session may see."""
        limit = {"limit": MOST_ROWS} if question.is_paged else {}
        head = self._server.session.head if self._server.session is not None else 0
        seen = {"wait_for": head} if head > 0 else {}
        found = self._server.rows(question.path, **parameters, **limit, **seen)
        note_recorded()
        return found

    def record(self, submission: Submission) -> Receipt:
        """Send one statement; raises its refusal."""
        [outcome] = self.record_all([submission])
        if not isinstance(outcome, Receipt):
            raise outcome
        return outcome

    def record_all(self, submissions: Sequence[Submission], progress: Progress = _unheard) -> list[Told]:
        """Send statements, a part at a time; what is asked next is answered with them in it."""
        outcomes = self._server.send(submissions, progress)
        session, head = (
            self._server.session,
            max((each.position for each in outcomes if isinstance(each, Receipt)), default=0),
        )
        if session is not None and head > session.head:
            self._server.session = session._replace(head=head)
            save(self._server.session)
        return outcomes

    def unit_of(self, dossier: str) -> str:
        """The unit that a dossier is with, of those that its officer may see."""
        return str(self._server.get(f"/dossiers/{quote(dossier, safe='')}")["unit"])

    def note_taken_down(self, number: str, statement: str) -> None:
        """Tell the inbox by which statement an objection was taken down."""
        self._server.post(f"/objections/{number}/lodged", {"statement": statement})


@contextmanager
def at_desk(*, needs_session: bool = True) -> Iterator[Desk]:
    """The desk that the command line names; what is signed already needs no session at a service.

    Raises:
        NotSignedIn: nobody is signed in at the service.
    """
    given = server_option.given()
    if given is None:
        with opened() as store:
            yield FolderDesk(store)
        return
    address = server_option.server_address(given)
    session = saved(address)
    if session is None and needs_session:
        raise NotSignedIn(address)
    yield ServerDesk(Server(address, session))


def record(
    event: Event,
    key: Path,
    passphrase_file: Path | None,
    *,
    on: str | None = None,
    disclosure: Disclosure | None = None,
) -> Receipt:
    """Signs one event and records it; raises its refusal."""
    with at_desk() as desk:
        officer = signer_of(desk.ledger, key, passphrase_file)
        return desk.record(officer.sign(event, disclosure, on=on))
