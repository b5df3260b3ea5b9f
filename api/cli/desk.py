"""Where a command records (登记途径): in the ledger's own folder, or at a running service (``--server``).

All that a command submits goes through a desk, and so does what it asks before it signs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from api.cli import server_option
from api.cli.opening import opened, signer_of, views
from api.cli.receipts import Told
from api.cli.recording import record_refusals, record_shown
from api.cli.references import number_references
from api.cli.running import note_recorded
from api.cli.saved_sessions import saved
from api.cli.server import NotSignedIn, Server
from api.gate import Row, ScopedViews, every_view
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

    path: str

    def of_views(self, views: ScopedViews, vault: Vault, **parameters: Any) -> list[Row]:
        """The rows that the route would answer."""


class Desk(Protocol):
    """What records statements and answers questions."""

    @property
    def ledger(self) -> str:
        """The ledger's id, which every statement names."""

    def rows(self, question: Question, **parameters: Any) -> list[Row]:
        """All rows of an answer, recorded as shown."""

    def record(self, submission: Submission) -> Receipt:
        """Record one statement; raises its refusal."""

    def record_all(self, submissions: Sequence[Submission], progress: Progress = _unheard) -> list[Told]:
        """Record statements in order; an outcome for each."""


class FolderDesk:
    """The ledger in its own folder, of which this process is the writer for as long as it records."""

    def __init__(self, store: OpenStore) -> None:
        assert store.ledger is not None
        self.ledger = store.ledger
        self._store = store

    def rows(self, question: Question, **parameters: Any) -> list[Row]:
        """All rows of an answer; who sits at the folder may see all of it."""
        with views(self._store), self._store.connect() as connection:
            found = question.of_views(every_view(connection), self._store.vault(), **parameters)
        record_shown(
            self._store,
            campaign=parameters.get("campaign"),
            unit=parameters.get("unit"),
            rows=len(found),
        )
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

    def rows(self, question: Question, **parameters: Any) -> list[Row]:
        """All rows of an answer, within what the officer of the session may see."""
        found = self._server.rows(question.path, **parameters)
        note_recorded()
        return found

    def record(self, submission: Submission) -> Receipt:
        """Send one statement; raises its refusal."""
        [outcome] = self._server.send([submission])
        if not isinstance(outcome, Receipt):
            raise outcome
        return outcome

    def record_all(self, submissions: Sequence[Submission], progress: Progress = _unheard) -> list[Told]:
        """Send statements, a part at a time."""
        return self._server.send(submissions, progress)


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
