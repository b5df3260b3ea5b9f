"""A ledger with recognisable values in every unit and campaign, and readers with grants over some of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fastapi.testclient import TestClient

from ledger.clock import china_today
from ledger.domain.event import Grant, Role
from ledger.domain.register_kinds import KINDS
from ledger.events.campaign import CampaignOpened
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.draws import DrawOrdered, seed_of
from ledger.events.funds import FundAllocated
from ledger.events.handover import MatterHandedOver, OutsideCaseRecorded
from ledger.events.nomination import Approved, Confirmed, Nominated, NoticePosted
from ledger.events.oversight import CaseOpened, FlagKey, SampleExamined, SampleException
from ledger.events.payout import Disbursed
from ledger.events.rectification import RectificationOrdered
from ledger.events.register import ReferenceListed
from ledger.identity.documents import PersonIdentity
from ledger.identity.register_rows import Listed
from ledger.writing.registers import prepare
from ledger.writing.signing import committed
from ledger.writing.writer import Writer
from tests.browser.working import END, START
from tests.founding import Founded
from tests.http.serving import Officer
from tests.scene import policy

UNITS = ("tea", "sugar", "county")
"""The readers' own unit, another beside it, and the one above."""
CAMPAIGNS = ("b2026", "c2026")
Cell = tuple[str, str]

ROLES: tuple[Role, ...] = ("clerk", "confirmer", "approver", "finance", "auditor", "inspector", "registrar")


@dataclass(frozen=True)
class Planted:
    """What one unit has in one campaign: a paid case, and one that is posted and objected to."""

    unit: str
    campaign: str
    amount_fen: int
    case: str
    dossier: str
    payout: str
    payment: str
    waiting: str
    waiting_dossier: str
    notice: str
    investigation: str
    words: str
    number: str
    listed: str = ""
    sample: str = ""
    handover: str = ""

    @property
    def marks(self) -> set[str]:
        """What tells that an answer shows something of it."""
        yuan = f"{self.amount_fen // 100}.{self.amount_fen % 100:02d}"
        return {
            self.case, self.dossier, self.payout, self.payment, self.waiting, self.waiting_dossier,
            self.notice, self.investigation, self.sample, self.words, str(self.amount_fen), yuan,
            f"{self.amount_fen // 100:,}.{self.amount_fen % 100:02d}",
        }  # fmt: skip


@dataclass
class Field:
    """The planted ledger."""

    founded: Founded
    planted: dict[Cell, Planted] = field(default_factory=dict)
    objections: dict[Cell, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    browsers: dict[tuple[int, str], Officer] = field(default_factory=dict)

    def foreign(self, cells: set[Cell]) -> set[str]:
        """What no answer may show to who sees these cells: the others' values, units, campaigns, officers."""
        marks = {mark for cell, found in self.planted.items() if cell not in cells for mark in found.marks}
        marks |= {number for cell, number in self.objections.items() if cell not in cells}
        units, campaigns = {unit for unit, _ in cells}, {campaign for _, campaign in cells}
        # The unit above is named, since the own units' rows name it; its officers are not.
        marks |= {unit for unit in UNITS if unit not in units and unit != "county"}
        marks |= {campaign for campaign in CAMPAIGNS if campaign not in campaigns}
        marks |= {title(campaign) for campaign in CAMPAIGNS if campaign not in campaigns}
        marks |= {
            mark
            for unit, listed in self.lists.items()
            if unit not in units
            for mark in (listed, of_list(unit))
        }
        return marks | {f"{unit}-hand" for unit in UNITS if unit not in units}


def title(campaign: str) -> str:
    """A campaign's title, which no other has."""
    return f"活动{campaign}之名"


def of_list(unit: str) -> str:
    """The title of a unit's list, which no other has."""
    return f"名单{unit}之名"


def plant(founded: Founded, writer: Writer) -> Field:
    """A paid and a posted case for each unit and campaign, with sums, words and officers of their own."""
    planted = Field(founded)
    opened = CampaignOpened(campaign="c2026", unit="county", title=title("c2026"), policy=policy())
    founded.record(writer, "approver", opened)
    founded.record(writer, "finance", FundAllocated(campaign="c2026", line="workers", amount_fen=25_000_000))
    for unit in UNITS:
        # One who acts in this unit alone, so that the code is seen where its acts are.
        founded.enrol(writer, f"{unit}-hand", unit, [Grant(role="clerk", unit=unit)])
        for campaign in CAMPAIGNS:
            planted.planted[unit, campaign] = _cell(founded, writer, unit, campaign)
        planted.lists[unit] = _list(founded, writer, planted.planted[unit, CAMPAIGNS[0]])
        for campaign in CAMPAIGNS:
            own = planted.planted[unit, campaign]
            planted.planted[unit, campaign] = replace(own, listed=planted.lists[unit])
    return planted


def _list(founded: Founded, writer: Writer, cell: Planted) -> str:
    """A list of the dead of one unit, with whom it paid in a campaign."""
    store, kind = founded.store, KINDS["deaths"]
    with store.connect() as connection:
        rows = [Listed(cell.number, 2, {"died_on": "2025-12-01"})]
        prepared = prepare(connection, rows, kind, (None, None), marker=store.marker(), vault=store.vault())
    today = china_today()
    listed = ReferenceListed(
        unit=cell.unit, kind=kind.code, title=of_list(cell.unit), source="民政局", data_on=today, keep_until=today,
        digest="0" * 64, root=prepared.root, rows=prepared.rows,
    )  # fmt: skip
    return founded.record(writer, "auditor", listed).id


def _cell(founded: Founded, writer: Writer, unit: str, campaign: str) -> Planted:
    number = 1 + UNITS.index(unit) * len(CAMPAIGNS) + CAMPAIGNS.index(campaign)
    amount_fen = 30_713 + number * 1_010
    clerk, words = f"{unit}-hand", f"第{number}处之言"

    person = founded.people.person()

    def nominated(who: PersonIdentity) -> tuple[str, str]:
        promise, disclosure = committed(who)
        filed = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(cause="illness"))
        dossier = founded.record(writer, clerk, filed, disclosure).id
        event = Nominated(campaign=campaign, unit=unit, dossier=dossier, category="worker")
        return founded.record(writer, clerk, event).id, dossier

    case, dossier = nominated(person)
    confirmer = "many-hats" if unit == "county" else f"{unit}-confirmer"
    founded.record(writer, confirmer, Confirmed(campaign=campaign, unit=unit, case=case))
    approved = Approved(campaign=campaign, unit=unit, case=case, line="workers", amount_fen=amount_fen)
    founded.record(writer, "approver", approved)
    paid = Disbursed(
        campaign=campaign, unit=unit, dossier=dossier, case=case, line="workers", amount_fen=amount_fen
    )
    payout = founded.record(writer, "finance", paid)
    waiting, waiting_dossier = nominated(founded.people.person())
    posted = NoticePosted(
        campaign=campaign, unit=unit, cases=[waiting], start=START, end=END, place="厂门口公示栏"
    )
    notice = founded.record(writer, confirmer, posted).id
    flag = FlagKey(rule="no-public-notice", subject=f"case:{campaign}/{case}", raised_at=payout.position)
    investigated = CaseOpened(unit=unit, campaign=campaign, title=words, text="群众反映", flags=[flag])
    investigation = founded.record(writer, "inspector", investigated).id
    on = {"unit": unit, "campaign": campaign}
    item = {
        "what": words,
        "unit": unit,
        "due": "2099-12-31",
        "flag": flag.model_dump(),
        "investigation": investigation,
    }
    ordered = {**on, "document": {"number": words}, "items": [item]}
    founded.record(writer, "inspector", RectificationOrdered.model_validate(ordered))
    handed = {
        **on,
        "organ": "监委",
        "letter": {"number": words},
        "handed_over_on": "2026-01-05",
        "what": words,
    }
    matter = founded.record(writer, "inspector", MatterHandedOver.model_validate(handed)).id
    filed = {**on, "organ": "监委", "file_number": words, "filed_on": "2026-01-06", "what": words}
    founded.record(writer, "inspector", OutsideCaseRecorded.model_validate({**filed, "handover": matter}))
    order = founded.record(writer, "auditor", DrawOrdered(campaign=campaign, unit=unit, of="sample", size=2))
    examined = SampleExamined(
        campaign=campaign, unit=unit, method="random", seed=seed_of(order.id, order.recorded_at), size=2,
        drawn_at=order.position, draw=order.id, examined=1,
        exceptions=[SampleException(case=case, finding=words)], conclusion=words,
    )  # fmt: skip
    sample = founded.record(writer, "auditor", examined).id
    return Planted(
        unit, campaign, amount_fen, case, dossier, payout.id, payout.id, waiting, waiting_dossier, notice,
        investigation, words, person.number, sample=sample, handover=matter,
    )  # fmt: skip


@dataclass(frozen=True)
class Principal:
    """An officer with one role over some cells."""

    name: str
    role: Role
    grants: tuple[tuple[str, str | None], ...]

    @property
    def cells(self) -> set[Cell]:
        """The cells that the grants are over, each as a pair."""
        return {
            (unit, campaign)
            for unit, granted in self.grants
            for campaign in CAMPAIGNS
            if granted in (None, campaign)
        }


READERS = [
    Principal(f"{role}-{name}", role, grants)
    for role in ROLES
    for name, grants in (
        ("own-unit", (("tea", None),)),
        ("one-campaign", (("tea", "b2026"),)),
        ("pairs", (("tea", "b2026"), ("sugar", "c2026"))),
    )
    if name == "own-unit" or role in ("clerk", "approver", "auditor")
]
"""Every role over the own unit; some over it for one campaign, and over two units for a campaign each."""


def object_to_all(client: TestClient, planted: Field) -> None:
    """An objection of the public to each posted case, in words of its own."""
    for cell, found in planted.planted.items():
        written = {"case": found.waiting, "text": f"{found.words}：家庭并不困难"}
        answer = client.post(f"/notices/{found.notice}/objections", json=written)
        assert answer.status_code == 201, answer.text
        planted.objections[cell] = answer.json()["number"]


def signed_in(client: TestClient, planted: Field, reader: Principal) -> Officer:
    """The reader's browser, signed in once: an address signs in so often in a minute and no more."""
    known = planted.browsers.get((id(client), reader.name))
    if known is None:
        known = Officer(client, planted.founded, reader.name).sign_in()
        planted.browsers[id(client), reader.name] = known
    return known
