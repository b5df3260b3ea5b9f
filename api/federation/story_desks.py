"""The desks of the demonstration of several levels (演示各方): a ledger of one's own, its officers and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.demo.officer_keys import keep_keys
from api.demo.people import People
from api.demo.recording import Recording
from api.federation.evaluating import key_of_year
from api.federation.lines import handed_in
from api.federation.marking import dossier_marked_at
from api.service.settings import DEMO_MARK
from ledger.clock import CHINA, china_today, utc_now
from ledger.crypto.keys import new_key, public_hex
from ledger.domain.event import Event, Grant, Role
from ledger.domain.level import Level
from ledger.domain.policy.campaign_policy import BudgetLine, Category, Policy, Window
from ledger.domain.possession import prove_possession
from ledger.domain.rules_version import NEWEST
from ledger.events.campaign import CampaignOpened, SummaryFiled
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.evaluation import AskerAdmitted, EvaluatorKeyed, QuotaGranted
from ledger.events.funds import FundAllocated
from ledger.events.marking import DossierMarked, MatchAnswerFiled
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.payout import Disbursed
from ledger.events.registry import LedgerFounded, OfficerEnrolled, UnitRegistered
from ledger.identity.documents import PersonIdentity
from ledger.log.proofs import head
from ledger.storage.store import OpenStore
from ledger.writing.signing import Signer, committed, possessed
from ledger.writing.writer import Writer
from projections.views.federation import LedgerMatchRow

CAMPAIGN = "warm"
PAID_FEN = 50_000
OFFICERS: Sequence[tuple[str, str, Role]] = (
    ("clerk", "经办人 周办", "clerk"),
    ("confirmer", "确认人 吴确", "confirmer"),
    ("approver", "审批人 郑批", "approver"),
    ("finance", "财务 王付", "finance"),
    ("inspector", "纪检 冯检", "inspector"),
)


class Desk:
    """A ledger of the story: its store, its writer, its officers, its machine's key."""

    def __init__(self, store: OpenStore, code: str, name: str, officials: People) -> None:
        self.store = store
        self.code = code
        self.name = name
        self.ledger = str(uuid4())
        self.machine: Ed25519PrivateKey = new_key()
        self._officials = officials
        self._stack = ExitStack()
        self.desk: Recording
        self.writer: Writer

    def close(self) -> None:
        """End its writer and its server."""
        self._stack.close()

    def open(self) -> None:
        """Found the ledger, with a registrar."""
        self._stack.enter_context(self.store)
        self.store.create_secrets(self.ledger)
        self.writer = self._stack.enter_context(self.store.writer())
        self.desk = Recording(self.writer, utc_now, self.ledger)
        promise, disclosure = committed(self._officials.person())
        founded = LedgerFounded(
            name=f"{self.name}台账（演示）",
            officer="registrar",
            officer_name="授权管理员 许登",
            public_key=public_hex(self.desk.signer("registrar").key),
            ledger_key=self.store.ledger_public_key(),
            rules=NEWEST,
            identity_commitment=promise,
        )
        self.desk.record("registrar", founded, disclosure)

    def staff(self, unit: str, level: Level, officers: Sequence[tuple[str, str, Role]]) -> None:
        """Register the one unit, and enrol who works there."""
        self.desk.record("registrar", UnitRegistered(unit=unit, name=self.name, level=level, parent=None))
        for code, name, role in officers:
            promise, disclosure = committed(self._officials.person())
            enrolled = OfficerEnrolled(
                officer=code,
                name=name,
                unit=unit,
                **possessed(self.desk.signer(code).key, self.ledger, code),
                valid_from="2025-12-01T00:00:00+08:00",
                grants=[Grant(role=role, unit=unit)],
                identity_commitment=promise,
            )
            self.desk.record("registrar", enrolled, disclosure)

    def keep_keys(self) -> None:
        """Let anybody who opens this ledger's pages sign in as one of its officers."""
        (self.store.folder / DEMO_MARK).write_text("a demonstration ledger of several levels\n")
        keep_keys(self.store.folder, self.desk.keys)

    def own(self) -> Signer:
        """The ledger's own key at work."""
        return Signer(self.store.ledger_key(), self.ledger)

    def say(self, event: Event) -> object:
        """Record what the ledger's own key says."""
        return self.writer.record(self.own().sign(event, on=china_today()))

    def make_evaluator(self, year: int) -> str:
        """Enrol a key of evaluation; answers its public part."""
        self.store.make_evaluator_seed(year)
        public_key = key_of_year(self.store.evaluator_seeds()[year], year).public_key
        self.desk.record("registrar", EvaluatorKeyed(version=year, evaluation_key=public_key))
        return public_key

    def grant(self, county: Desk, campaign: str, dossiers: int) -> None:
        """Let a county have points for so many dossiers of a campaign, or for three times as many rows of a list."""
        granted = QuotaGranted(asker=county.code, of_campaign=campaign, dossiers=dossiers)
        self.desk.record("registrar", granted)

    def admit(self, county: Desk) -> None:
        """Let a county ask."""
        key = county.machine
        admitted = AskerAdmitted(
            asker=county.code,
            ledger=county.ledger,
            name=county.name,
            public_key=public_hex(key),
            proof_of_possession=prove_possession(key, self.ledger, county.code),
        )
        self.desk.record("registrar", admitted)


class CountyDesk(Desk):
    """A county's ledger: one unit, one campaign, and who is paid.

    Once it is marked, it knows which dossier each position marks; ``url`` is its service's, where it has a line, and
    ``size`` how many entries it has.
    """

    url: str | None = None
    size: int = 0

    def note_marked(self) -> None:
        """Keep which dossier each position marks, and how long the log is."""
        with self.store.connect() as connection:
            rows = connection.execute(
                "SELECT position FROM ledger.entries WHERE type = %s", (DossierMarked.topic(),)
            ).fetchall()
            self.marked = {position: dossier_marked_at(connection, position) for (position,) in rows}
            self.size = head(connection)

    def pay(self, persons: Sequence[PersonIdentity], plan: str) -> None:
        """Dossiers, nominations, approvals, payouts, and a summary that says what was paid."""
        self._prepare(plan)
        unit: dict[str, Any] = {"campaign": CAMPAIGN, "unit": "union"}
        promises = [committed(person) for person in persons]
        filed = [
            DossierFiled(unit="union", identity_commitment=promise, facts=Facts()) for promise, _ in promises
        ]
        dossiers = self.desk.together(
            "clerk", [(event, kept, None) for event, (_, kept) in zip(filed, promises, strict=True)]
        )
        cases = self._all("clerk", [Nominated(**unit, dossier=each, category="worker") for each in dossiers])
        self._all("confirmer", [Confirmed(**unit, case=each) for each in cases])
        self._all(
            "approver", [Approved(**unit, case=each, line="money", amount_fen=PAID_FEN) for each in cases]
        )
        paid = [
            Disbursed(**unit, dossier=dossier, case=case, line="money", amount_fen=PAID_FEN)
            for dossier, case in zip(dossiers, cases, strict=True)
        ]
        self._all("finance", paid)
        said = SummaryFiled(
            **unit, persons=len(persons), amount_fen=PAID_FEN * len(persons), text="已全部发放"
        )
        self.desk.record("clerk", said)

    def _prepare(self, plan: str) -> None:
        self.staff("union", "county", OFFICERS)
        opened = CampaignOpened(campaign=CAMPAIGN, unit="union", title="送温暖", policy=_policy(plan))
        self.desk.record("approver", opened)
        self.desk.record("finance", FundAllocated(campaign=CAMPAIGN, line="money", amount_fen=10_000_000))

    def _all(self, officer: str, events: Sequence[Event]) -> list[str]:
        return self.desk.together(officer, [(event, None, None) for event in events])

    def answer(self, client: httpx2.Client, match: LedgerMatchRow, answer: str, text: str) -> None:
        """What the county's inspector found about its own dossier, signed and handed in."""
        position = match.first_position if match.first == self.code else match.second_position
        event = MatchAnswerFiled.model_validate(
            {
                "unit": "union",
                "dossier": self.marked[position],
                "upper": "city",
                "match": match.match,
                "rule": match.rule,
                "answer": answer,
                "text": text,
            }
        )
        if self.url is None:
            self.size = self.desk.record("inspector", event).position
        else:
            self.size = handed_in(client, self.url, self.desk.signer("inspector").sign(event))


def _policy(plan: str) -> Policy:
    today = utc_now().astimezone(CHINA).date()
    return Policy.model_validate(
        {
            "plan": plan,
            "locality": "某县",
            "year": today.year,
            "window": Window(
                start=(today - timedelta(days=30)).isoformat(), end=(today + timedelta(days=30)).isoformat()
            ),
            "categories": [Category(code="worker", title="困难职工", line="money", standard_fen=PAID_FEN)],
            "lines": [BudgetLine(code="money", title="慰问金", source="county")],
            "notice_working_days": 0,
        }
    )
