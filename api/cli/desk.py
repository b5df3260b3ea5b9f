"""Where a command records (登记途径): in the ledger's own folder, or at a running service (``--server``).

All that a command submits goes through a desk, and so does what it asks before it signs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from pydantic import TypeAdapter

from api.cli import server_option
from api.cli.naming import CodeNames, rows_in
from api.cli.opening import opened, signer_of, views
from api.cli.question import Asked, AskedOfFile, M
from api.cli.receipts import Told
from api.cli.recording import record_refusals, record_shown
from api.cli.references import number_references
from api.cli.running import at_work, note_recorded
from api.cli.saved_sessions import save, saved
from api.cli.server import NotSignedIn, Server
from api.gate import Row, ScopedViews, every_view
from api.gate.access_scope import scope_of
from api.gate.moments import position_at
from api.gate.references import check_references
from api.identities.disclosing import members_opened, newest, units_of
from api.objections.queries import taken_down
from api.service.dependencies import MOST_ROWS
from ledger.domain.event import Event
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.identity.documents import EnterpriseIdentity, Identity, PersonIdentity
from ledger.identity.vault import Disclosure, Vault
from ledger.storage.store import OpenStore
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.signing import Signer

Progress = Callable[[int], None]
Moment = int | str | None
"""A position, a day or a time; None is now."""


_IDENTITY: TypeAdapter[PersonIdentity | EnterpriseIdentity] = TypeAdapter(Identity)


def _unheard(recorded: int) -> None:
    pass


def filled(path: str, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A path with those parameters in it that it names, and the others.

    >>> filled("/timeline/{kind}", {"kind": "unit", "name": "tea"})
    ('/timeline/unit', {'name': 'tea'})
    """
    named = set(re.findall(r"\{(\w+)\}", path))
    told = path.format(**{name: quote(str(parameters[name]), safe="") for name in named})
    return told, {name: value for name, value in parameters.items() if name not in named}


class Question(Protocol):
    """A question that both can answer: by a route's path, or by the views themselves."""

    @property
    def path(self) -> str:
        """Where a service answers it; ``{name}`` stands for a parameter."""

    @property
    def is_recorded(self) -> bool:
        """Whether its answer has a line in the access log."""

    @property
    def is_cut(self) -> bool:
        """Whether a campaign and a unit that are named cut the views."""

    def subject(self, parameters: Mapping[str, Any]) -> str | None:
        """What that line says it is about, besides campaign and unit."""


class PagedQuestion(Protocol):
    """One that a service answers with rows."""

    @property
    def path(self) -> str:
        """Where a service answers it; ``{name}`` stands for a parameter."""

    @property
    def is_paged(self) -> bool:
        """Whether it is answered a page at a time."""

    @property
    def cursor(self) -> str:
        """The parameter that takes the cursor of the page before."""


class ListQuestion(Question, PagedQuestion, Protocol):
    """One that both answer with rows."""

    def of_views(self, views: ScopedViews, vault: Vault, **parameters: Any) -> list[Row]:
        """The rows that the route would answer."""


class WholeQuestion(Question, Protocol):
    """One that is answered with an object."""

    def of_views(self, views: ScopedViews, vault: Vault, **parameters: Any) -> dict[str, Any]:
        """The object that the route would answer."""


class Desk(Protocol):
    """What records statements and answers questions."""

    @property
    def ledger(self) -> str:
        """The ledger's id, which every statement names."""

    def position(self) -> int:
        """The last position that answers hold."""

    def rows(
        self, question: ListQuestion, *, as_of: Moment = None, most: int | None = None, **parameters: Any
    ) -> list[Row]:
        """The rows of an answer, ``most`` of them or all, as things stood or stand; recorded as shown.

        Each says beside its codes what they are called.
        """

    def whole(self, question: WholeQuestion, *, as_of: Moment = None, **parameters: Any) -> dict[str, Any]:
        """An answer that is one object, recorded as shown."""

    def names(self) -> CodeNames:
        """What codes are called, as far as whoever sits at the desk may know."""

    def read(self, question: AskedOfFile[M], file: Path, **parameters: Any) -> M:
        """What is read of a file, recorded as shown; parameters are what a route takes."""

    def record(self, submission: Submission) -> Receipt:
        """Record one statement; raises its refusal."""

    def record_all(self, submissions: Sequence[Submission], progress: Progress = _unheard) -> list[Told]:
        """Record statements in order; an outcome for each."""

    def record_every(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Record statements that belong together, in order; the first refusal is raised."""

    def identities(
        self, shown: Mapping[str, str], *, campaign: str | None = None, unit: str | None = None
    ) -> dict[str, PersonIdentity | EnterpriseIdentity]:
        """The identities of dossiers, each with the statement by which it was recorded a moment ago as shown."""

    def member(self, member: str, shown: str, *, unit: str) -> PersonIdentity:
        """The identity of a household's member, by the statement by which it was recorded as shown; raises
        ``reference-unknown``.
        """

    def unit_of(self, dossier: str) -> str:
        """The unit that a dossier is with; raises ``reference-unknown``."""

    def note_taken_down(self, number: str, statement: str) -> None:
        """Tell the inbox by which statement an objection was taken down."""


class FolderDesk:
    """The ledger in its own folder, of which this process is the writer for as long as it records."""

    def __init__(self, store: OpenStore) -> None:
        assert store.ledger is not None
        self.ledger = store.ledger
        self.store = store
        self._names = CodeNames(self._registered)

    def position(self) -> int:
        """The last position that the views hold."""
        with views(self.store) as followers:
            return followers.position()

    def rows(
        self, question: ListQuestion, *, as_of: Moment = None, most: int | None = None, **parameters: Any
    ) -> list[Row]:
        """The rows of an answer; who sits at the folder may see all of it."""
        cut = {} if most is None else {"limit": most}
        found: list[Row] = self._answer(question, as_of, {**parameters, **cut})
        self._record_shown(question, parameters, len(found))
        self._names.add_to(found)
        return found

    def names(self) -> CodeNames:
        """What the ledger calls its codes."""
        return self._names

    def _registered(self, question: Asked) -> list[Row]:
        """The ledger's own units, officers or campaigns, by views that may have to be made first."""
        with views(self.store), self.store.connect() as connection:
            return question.of_views(every_view(connection), self.store.vault())

    def whole(self, question: WholeQuestion, *, as_of: Moment = None, **parameters: Any) -> dict[str, Any]:
        """An answer that is one object."""
        found: dict[str, Any] = self._answer(question, as_of, parameters)
        self._record_shown(question, parameters, len(found["rows"]) if "rows" in found else 1)
        self._names.add_to(rows_in(found))
        return found

    def read(self, question: AskedOfFile[M], file: Path, **parameters: Any) -> M:
        """What is read of a file, beside the ledger."""
        campaign, unit = parameters.get("campaign"), parameters.get("unit")
        with views(self.store), self.store.connect() as connection:
            whole = every_view(connection)
            check_references(whole, campaign=campaign, unit=unit)
            found = question.of_file(self.store, whole, file, **parameters)
        record_shown(self.store, campaign=campaign, unit=unit, rows=question.lines(found))
        return found

    def _answer(
        self, question: ListQuestion | WholeQuestion, as_of: Moment, parameters: Mapping[str, Any]
    ) -> Any:
        with views(self.store), self.store.connect() as connection:
            campaign, unit = parameters.get("campaign"), parameters.get("unit")
            whole = every_view(connection)
            check_references(whole, campaign=campaign, unit=unit)
            at = {} if as_of is None else {"as_of": position_at(whole, str(as_of))}
            cut = ScopedViews(connection, scope_of([(unit, campaign)])) if question.is_cut else whole
            return question.of_views(cut, self.store.vault(), **parameters, **at)

    def _record_shown(self, question: Question, parameters: Mapping[str, Any], rows: int) -> None:
        # A command that shows nothing asks in order to fill its statement.
        if question.is_recorded and at_work().declared.kind is not None:
            record_shown(
                self.store,
                campaign=parameters.get("campaign"),
                unit=parameters.get("unit"),
                subject=question.subject(parameters),
                rows=rows,
            )

    def record(self, submission: Submission) -> Receipt:
        """Record one statement; its refusal leaves its line on the way out of the folder."""
        with self.store.writer() as writer:
            return writer.record(submission)

    def record_all(self, submissions: Sequence[Submission], progress: Progress = _unheard) -> list[Told]:
        """Record statements in order; what is refused leaves its line."""
        with self.store.writer() as writer:
            outcomes = writer.record_all(submissions, progress)
        record_refusals(self.store, outcomes)
        number_references(self.store, outcomes)
        return [*outcomes]

    def record_every(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Record statements that belong together; the first refusal leaves its line on the way out."""
        with self.store.writer() as writer:
            return _every(writer.record_all(submissions))

    def identities(
        self, shown: Mapping[str, str], *, campaign: str | None = None, unit: str | None = None
    ) -> dict[str, PersonIdentity | EnterpriseIdentity]:
        """The identities of dossiers, out of the vault."""
        with self.store.connect() as connection:
            found = newest(every_view(connection), self.store.vault(), list(shown))
        record_shown(self.store, kind="identities", campaign=campaign, unit=unit, rows=len(found))
        return found

    def member(self, member: str, shown: str, *, unit: str) -> PersonIdentity:
        """The identity of a household's member, out of the vault."""
        with self.store.connect() as connection:
            found = members_opened(every_view(connection), self.store.vault(), [member])
        if member not in found:
            raise UNKNOWN_REFERENCE.refused(kind="member", id=member)
        record_shown(self.store, unit=unit, rows=1)
        return found[member]

    def unit_of(self, dossier: str) -> str:
        """The unit that a dossier is with."""
        with self.store.connect() as connection:
            return units_of(connection, [dossier])[dossier]

    def note_taken_down(self, number: str, statement: str) -> None:
        """Tell the inbox by which statement an objection was taken down."""
        with self.store.connect() as connection:
            taken_down(connection, number, statement)


class ServerDesk:
    """A running service: it records, keeps the access log, and lets its officer see what they may."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._names = CodeNames(self._registered)

    @property
    def ledger(self) -> str:
        """The ledger that its officer is signed in to, or that the service says it has."""
        session = self._server.session
        return self._server.ledger() if session is None else session.ledger

    def position(self) -> int:
        """The last position that the service's views hold."""
        return int(self._server.get("/campaigns")["position"])

    @property
    def server(self) -> Server:
        """The service itself, for what is no question to views: files."""
        return self._server

    def rows(
        self, question: PagedQuestion, *, as_of: Moment = None, most: int | None = None, **parameters: Any
    ) -> list[Row]:
        """The rows of an answer, within what the officer of the session may see."""
        path, left = filled(question.path, parameters)
        page = {"limit": min(MOST_ROWS, most or MOST_ROWS)} if question.is_paged else {}
        found = self._server.rows(
            path, cursor=question.cursor, most=most, **left, **page, **self._moment(as_of)
        )
        note_recorded()
        self._names.add_to(found)
        return found

    def names(self) -> CodeNames:
        """What the service lets its officer know the names of."""
        return self._names

    def _registered(self, question: Asked) -> list[Row]:
        """The units, officers or campaigns that the service shows to its officer."""
        return self._server.rows(question.path, cursor=question.cursor)

    def whole(self, question: WholeQuestion, *, as_of: Moment = None, **parameters: Any) -> dict[str, Any]:
        """An answer that is one object, within what the officer of the session may see."""
        path, left = filled(question.path, parameters)
        found: dict[str, Any] = self._server.get(path, **left, **self._moment(as_of))
        note_recorded()
        self._names.add_to(rows_in(found))
        return found

    def read(self, question: AskedOfFile[M], file: Path, **parameters: Any) -> M:
        """What the service reads of a file that is sent to it; it keeps none of it."""
        told = self._server.sent(question.path, file.read_bytes(), name=file.name, **parameters)
        note_recorded()
        return question.model.model_validate(told)

    def file(self, path: str, *, as_of: Moment = None, **parameters: Any) -> bytes:
        """The bytes of a file that the service makes, within what the officer of the session may see."""
        told, left = filled(path, parameters)
        found = self._server.taken(told, **left, **self._moment(as_of))
        note_recorded()
        return found

    def told(self, path: str, content: Any, *, as_of: Moment = None, **parameters: Any) -> Any:
        """What the service answers to something that it was told, and does not keep."""
        found = self._server.told(path, content, **parameters, **self._moment(as_of))
        note_recorded()
        return found

    def _moment(self, as_of: Moment) -> dict[str, Any]:
        """As of when, and that what this session recorded is in the answer."""
        head = self._server.session.head if self._server.session is not None else 0
        return {"as_of": as_of, "wait_for": head if head > 0 else None}

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

    def record_every(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Send statements that belong together; the first refusal is raised."""
        return _every(self.record_all(submissions))

    def identities(
        self, shown: Mapping[str, str], *, campaign: str | None = None, unit: str | None = None
    ) -> dict[str, PersonIdentity | EnterpriseIdentity]:
        """The identities of dossiers, as the service shows them to whom they were recorded as shown."""
        found: dict[str, PersonIdentity | EnterpriseIdentity] = {}
        statements = list(shown.values())
        for start in range(0, len(statements), MOST_ROWS):
            told = self._server.told("/identities", {"statements": statements[start : start + MOST_ROWS]})
            found |= {each["dossier"]: _IDENTITY.validate_python(each["identity"]) for each in told}
        note_recorded()
        return found

    def member(self, member: str, shown: str, *, unit: str) -> PersonIdentity:
        """The identity of a household's member, as the service shows it to whom it was recorded as shown."""
        told = self._server.told("/identities", {"statements": [shown]})
        note_recorded()
        if not told:
            raise UNKNOWN_REFERENCE.refused(kind="member", id=member)
        return PersonIdentity.model_validate(told[0]["identity"])

    def unit_of(self, dossier: str) -> str:
        """The unit that a dossier is with, of those that its officer may see."""
        return str(self._server.get(f"/dossiers/{quote(dossier, safe='')}")["unit"])

    def note_taken_down(self, number: str, statement: str) -> None:
        """Tell the inbox by which statement an objection was taken down."""
        self._server.post(f"/objections/{number}/lodged", {"statement": statement})


@contextmanager
def at_service() -> Iterator[ServerDesk | None]:
    """The service that the command line names, where it works otherwise than beside the ledger; None beside it.

    Raises:
        NotSignedIn: nobody is signed in at the service.
    """
    if server_option.given() is None:
        yield None
        return
    with at_desk() as desk:
        assert isinstance(desk, ServerDesk)
        yield desk


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


def record_together(desk: Desk, officer: Signer, events: Sequence[Event]) -> int:
    """Sign all events together and record them; the first refusal is raised. Answers how many there were."""
    if not events:
        return 0
    signed = officer.sign_together([officer.statement(event) for event in events], [None] * len(events))
    return len(desk.record_every(signed))


def _every(outcomes: Sequence[Told]) -> list[Receipt]:
    receipts = []
    for outcome in outcomes:
        if not isinstance(outcome, Receipt):
            raise outcome
        receipts.append(outcome)
    return receipts


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
