"""Clients of the service under seeded load: each sends the same bytes again until it has an answer.

They are officers, and the public, who object to what is on notice.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import orjson

from api.statements.submissions import write_submission
from ledger.domain.event import Event
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.objection import ObjectionLodged
from ledger.events.payout import Disbursed, PayoutReturned
from ledger.writing.intake import Submission
from ledger.writing.signing import committed
from tests.founding import Founded

ANSWER_SECONDS = 90.0
"""How long a client asks again before it gives up; to give up is a failure of the run."""
REFUSED = (400, 401, 403, 404, 409, 413, 422)
LATER = 429
"""A case and a campaign take so many letters an hour: who wrote is told to come again, and was promised nothing."""
NOT_TODAY = "lookups-too-many"
"""What is refused for the rest of the day, and asked again in vain."""
REQUEST_SECONDS = 20.0
PAUSE_SECONDS = 0.15
SHARED_PERSONS = 0.15
"""How often a nomination is of one of the few persons who may stand on another list."""
LARGE_ROSTER = 130
"""More than the writer hands over in one part."""


class OnNotice(NamedTuple):
    """A notice, and the cases on it."""

    notice: str
    cases: list[str]


class Objection(NamedTuple):
    """What one of the public wrote about whom, and the number and position that were given for it."""

    case: str
    text: str
    number: str
    committed_at: int


@dataclass
class Told:
    """All that clients were told: receipts and refusals, each by the submission's bytes; objections' numbers."""

    receipts: list[tuple[bytes, dict[str, Any]]] = field(default_factory=list)
    refusals: list[tuple[bytes, str]] = field(default_factory=list)
    unanswered: list[bytes] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def statements(self) -> int:
        return len(self.receipts) + len(self.refusals) + len(self.unanswered)


def ask(
    port: int, method: str, path: str, body: bytes | None = None, address: str = "127.0.0.1"
) -> tuple[int, Any]:
    """One request, of who has that address; raises what a client sees where none is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
    try:
        headers = {"content-type": "application/json", "x-forwarded-for": address}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, orjson.loads(answer.read())
    finally:
        connection.close()


def ask_until_answered(
    port: int, method: str, path: str, body: bytes | None = None, address: str = "127.0.0.1"
) -> tuple[int, Any]:
    """The same request again, as a client does, until it is answered by more than "try again later"."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            status, answer = ask(port, method, path, body, address)
            if status != 503 or time.monotonic() > deadline:
                return status, answer
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError):
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)


def ready(port: int) -> bool:
    """Whether the service says that it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 204
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Client(threading.Thread):
    """One client: rosters, chains from dossier to payout, returns, objections, in an order from the seed.

    ``large`` is the share of rosters that are more than the writer hands over in one part.
    """

    def __init__(
        self,
        founded: Founded,
        on_notice: Sequence[OnNotice],
        port: int,
        told: Told,
        seed: int,
        stop: threading.Event,
        *,
        large: float,
    ) -> None:
        super().__init__(name=f"client-{seed}", daemon=True)
        self._founded = founded
        self._port = port
        self._told = told
        self._on_notice = on_notice
        self._large = large
        self._random = Random(seed)
        self._stop_asked = stop
        self._persons = [founded.people.person() for _ in range(8)]
        self._cases: list[tuple[str, str, str]] = []

    def run(self) -> None:
        acts: list[Callable[[], None]] = [
            self._roster,
            self._chain,
            self._chain,
            self._object,
            self._object_as_public,
            self._fund,
        ]
        while not self._stop_asked.is_set():
            self._random.choice(acts)()

    def deliver(self, submissions: Sequence[Submission]) -> list[str | None]:
        """Send until each is answered; the ids of those with a receipt, None for the others."""
        waiting = {number: orjson.dumps(write_submission(each)) for number, each in enumerate(submissions)}
        ids: list[str | None] = [None] * len(submissions)
        deadline = time.monotonic() + ANSWER_SECONDS
        while waiting and time.monotonic() < deadline:
            for number, outcome in self._ask(waiting):
                body = waiting[number]
                if "position" in outcome:
                    ids[number] = outcome["id"]
                    with self._told.lock:
                        self._told.receipts.append((body, outcome))
                elif outcome.get("status", 500) in REFUSED or outcome.get("code") == NOT_TODAY:
                    with self._told.lock:
                        self._told.refusals.append((body, outcome.get("code", "?")))
                else:
                    continue
                del waiting[number]
            if waiting:
                time.sleep(PAUSE_SECONDS)
        with self._told.lock:
            self._told.unanswered += waiting.values()
        return ids

    def _ask(self, waiting: dict[int, bytes]) -> list[tuple[int, dict[str, Any]]]:
        numbers = list(waiting)
        try:
            if len(numbers) == 1:
                status, answer = ask(self._port, "POST", "/statements", waiting[numbers[0]])
                return [(numbers[0], answer | {"status": status})]
            status, answer = ask(self._port, "POST", "/statements", b"[" + b",".join(waiting.values()) + b"]")
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError):
            return []
        return list(zip(numbers, answer["outcomes"], strict=True)) if status == 200 else []

    def _do(self, officer: str, event: Event, **options: Any) -> str | None:
        return self.deliver([self._founded.sign(officer, event, **options)])[0]

    def _roster(self) -> None:
        unit = self._random.choice(("tea", "sugar"))
        count = LARGE_ROSTER if self._random.random() < self._large else self._random.randint(2, 20)
        dossiers = self.deliver(self._founded.dossiers(count, unit))
        nominations = [
            self._founded.sign(
                f"{unit}-clerk", Nominated(campaign="b2026", unit=unit, dossier=dossier, category="worker")
            )
            for dossier in dossiers[:10]
            if dossier is not None
        ]
        if nominations:
            self.deliver(nominations)

    def _chain(self) -> None:
        """From a dossier to a payout, of a person who may stand elsewhere, sometimes above the standard."""
        unit = self._random.choice(("tea", "sugar"))
        amount_fen = self._random.choice((30_000, 50_000, 60_000))
        # Mostly somebody new: who is told too often that a person stands elsewhere is told nothing more that day.
        shared = self._random.random() < SHARED_PERSONS
        person = self._random.choice(self._persons) if shared else self._founded.people.person()
        promise, disclosure = committed(person)
        of: dict[str, Any] = {"campaign": "b2026", "unit": unit}
        filed = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(cause="illness"))
        dossier = self._do(f"{unit}-clerk", filed, disclosure=disclosure)
        if dossier is None:
            return
        case = self._do(f"{unit}-clerk", Nominated(**of, dossier=dossier, category="worker"))
        if case is None:
            return
        self._cases.append((unit, case, dossier))
        self._do(f"{unit}-confirmer", Confirmed(**of, case=case))
        self._do("approver", Approved(**of, case=case, line="workers", amount_fen=amount_fen))
        money: dict[str, Any] = {"case": case, "line": "workers", "amount_fen": amount_fen}
        payout = self._do("finance", Disbursed(**of, dossier=dossier, **money))
        if payout is not None and self._random.random() < 0.4:
            returned = PayoutReturned(**of, payout=payout, **money, kind="bounced", reason="账号不符")
            self._do("finance2", returned)

    def _object(self) -> None:
        if self._cases:
            unit, case, _ = self._random.choice(self._cases)
            of: dict[str, Any] = {"campaign": "b2026", "unit": unit, "case": case}
            self._do("inspector", ObjectionLodged(**of, text="公示期间有人反映情况不符"))

    def _object_as_public(self) -> None:
        """Somebody writes to a notice until there is a number; who gets none may write again."""
        posted = self._random.choice(self._on_notice)
        case = self._random.choice(posted.cases)
        text = f"第 {self._random.getrandbits(40)} 件：此户情况与公示不符"
        address = f"192.0.2.{self._random.randint(1, 254)}"
        body = orjson.dumps({"case": case, "text": text})
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            try:
                status, answer = ask(
                    self._port, "POST", f"/notices/{posted.notice}/objections", body, address
                )
            except (OSError, http.client.HTTPException, orjson.JSONDecodeError):
                status = 0
            if status == 201:
                with self._told.lock:
                    self._told.objections.append(
                        Objection(case, text, answer["number"], answer["committed_at"])
                    )
                return
            if status in (*REFUSED, LATER):
                return
            time.sleep(PAUSE_SECONDS)
        with self._told.lock:
            self._told.unanswered.append(body)

    def _fund(self) -> None:
        self._do("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1))
