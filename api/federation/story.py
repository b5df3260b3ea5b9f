"""The demonstration of several levels (上下级演示): three counties, a city, an audit office, and whom they should not pay.

Two unions and a bureau pay; the city and the audit office evaluate in a chain; the city follows, rolls up, compares,
and takes the answers. All that leaves a county is kept, and searched for every identity.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import uvicorn

from api.demo.people import People
from api.federation.asking import HttpEvaluator
from api.federation.evaluating import Evaluation, enrolled_keys
from api.federation.evaluator_service import create_evaluator
from api.federation.following import Following, Round, mirror_of, recording
from api.federation.http_feed import HttpFeed, connections
from api.federation.leaving import Left
from api.federation.lines import served, wait_until_up
from api.federation.list_marking import mark_list
from api.federation.marking import accepted_keys, mark
from api.federation.matching import Outcome, compare, matches
from api.federation.story_desks import CAMPAIGN, CountyDesk, Desk
from api.federation.story_list import public_payroll
from api.service.nonces import FILE, Nonces
from api.service.server import listen
from ledger.clock import china_today, utc_now
from ledger.crypto.keys import public_hex
from ledger.domain.evaluation import valid_years
from ledger.domain.event import Role
from ledger.domain.federation import Followed
from ledger.domain.possession import prove_possession
from ledger.errors import Unavailable
from ledger.events.federation import LedgerFollowed, UpperEnrolled
from ledger.events.marking import EvaluatorAccepted
from ledger.federation.comparing import DuckDb
from ledger.federation.feeds import Feed, opened_pack, write_pack
from ledger.federation.own_log import OwnLog
from ledger.identity.documents import PersonIdentity
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.note import parse_note
from ledger.storage.store import OpenStore, Store
from projections.views.federation import LedgerMatchRow

PERSONS = 12
PUBLISHED_SECONDS = 30.0
CITYS_OFFICERS: Sequence[tuple[str, str, Role]] = (
    ("auditor", "审计 孙核", "auditor"),
    ("inspector", "纪检 韩察", "inspector"),
)


@dataclass
class Told:
    """What came of it: entries followed, dossiers and a list marked, the run, the matches with answers, what left."""

    rounds: list[Round] = field(default_factory=list)
    marked: dict[str, int] = field(default_factory=dict)
    rows_marked: int = 0
    outcome: Outcome = field(default_factory=lambda: Outcome(0, 0, 0, 0))
    matches: list[LedgerMatchRow] = field(default_factory=list)
    followed: list[Followed] = field(default_factory=list)
    planted: tuple[str, str] = ("", "")
    left_bytes: int = 0
    searched: int = 0
    identities_found: int = 0
    control_found: int = 0


class Story:
    """Tells it in a folder; ``step`` hears each chapter's title."""

    def __init__(
        self, place: Path, step: Callable[[str], None] = lambda title: None, *, lines: bool = True
    ) -> None:
        self._place = place
        self._lines = lines
        self._step = step
        self._year = valid_years(china_today())[0]
        self._people = People(20260701)
        self._persons: list[PersonIdentity] = []
        self._left = Left()
        self.told = Told()

    @contextmanager
    def telling(self) -> Iterator[tuple[Told, OpenStore]]:
        """All chapters; the city's store stays open for who looks on."""
        with ExitStack() as stack:
            self._step("建立五个台账：两个县总工会、一个县人社局、市总工会、市审计局")
            officials = People(20251202)
            stores = {
                code: OpenStore(Store(self._place / code))
                for code in ("north", "south", "bureau", "city", "audit")
            }
            self._counties = [
                CountyDesk(stores[code], code, name, officials)
                for code, name in (("north", "北县总工会"), ("south", "南县总工会"), ("bureau", "北县人社局"))
            ]
            self._city = Desk(stores["city"], "city", "市总工会", officials)
            self._audit = Desk(stores["audit"], "audit", "市审计局", officials)
            for desk in (*self._counties, self._city, self._audit):
                stack.callback(desk.close)
                desk.open()
            client = stack.enter_context(connections())
            self._city.staff("city", "city", CITYS_OFFICERS)
            self._pay()
            for desk in (*self._counties, self._city):
                desk.keep_keys()
            self._agree()
            self._mark(stack, client)
            if self._lines:
                self._open_lines(stack, client)
            self._follow("市总工会读取并核对三个台账（两个在线，一个以数据包送达）", client)
            self._compare()
            self._answer(client)
            self._follow("市总工会读取核查回复", client)
            self._look()
            yield self.told, stores["city"]

    def _pay(self) -> None:
        """Everybody is paid once, and one person by the union and by the bureau, with another account and telephone."""
        self._step("三个台账各自建档、审批、发放：一人在工会和人社局各领取一次，一人列于人社局的财政供养名单")
        twice = self._people.person(household="350623001234")
        again = twice.model_copy(
            update={"account": self._people.person().account, "phone": self._people.person().phone}
        )
        self._persons += [twice, again]
        on_payroll = self._people.person()
        self._persons.append(on_payroll)
        for county, extra in zip(self._counties, (twice, on_payroll, again), strict=True):
            persons = [self._people.person() for _ in range(PERSONS)]
            self._persons += persons
            plan = "human-resources" if county.code == "bureau" else "union"
            county.pay([*persons, extra], plan)
        self._listed = public_payroll(self._counties[-1].store, on_payroll, self._counties[-1].desk.record)

    def _agree(self) -> None:
        self._step("市总工会、市审计局各自登记评估密钥；三个台账认可公钥，并登记上级读取方")
        keys = {desk.code: desk.make_evaluator(self._year) for desk in (self._city, self._audit)}
        for county in self._counties:
            for evaluator in (self._city, self._audit):
                evaluator.admit(county)
                evaluator.grant(county, CAMPAIGN, PERSONS + 1)
                accepted = EvaluatorAccepted(
                    evaluator=evaluator.code,
                    name=evaluator.name,
                    version=self._year,
                    evaluation_key=keys[evaluator.code],
                )
                county.desk.record("registrar", accepted)
            reader = UpperEnrolled(
                upper="city",
                name=self._city.name,
                level="city",
                region="350600",
                public_key=public_hex(self._city.machine),
                proof_of_possession=prove_possession(self._city.machine, county.ledger, "city"),
            )
            county.desk.record("registrar", reader)
            followed = LedgerFollowed(
                followed=county.code,
                ledger=county.ledger,
                name=county.name,
                level="county",
                region="350623",
                public_key=county.store.ledger_public_key(),
            )
            self._city.desk.record("registrar", followed)
        for evaluator in (self._city, self._audit):
            evaluator.grant(self._counties[-1], self._listed, 1)

    def _open_lines(self, stack: ExitStack, client: httpx2.Client) -> None:
        """The unions' services, each in a process of its own; the bureau has no line."""
        self._step("两个县总工会启动台账服务")
        for county in self._counties:
            if county.code != "bureau":
                county.close()
                county.url = stack.enter_context(served(self._place / county.code))
        for county in self._counties:
            if county.url is not None:
                wait_until_up(client, county.url)

    def _mark(self, stack: ExitStack, client: httpx2.Client) -> None:
        self._step("各台账经两个评估方作联合标记（每次请求均为签名请求，证明逐一核对）")
        urls = {desk.code: stack.enter_context(_serving(desk)) for desk in (self._city, self._audit)}
        for county in self._counties:
            state = county.writer.state
            evaluators = [
                self._left.evaluator(
                    HttpEvaluator(
                        code, url, accepted_keys(state, code, self._year), county.machine, client, utc_now
                    )
                )
                for code, url in urls.items()
            ]
            with county.store.connect() as connection:
                self.told.marked[county.code] = mark(
                    connection,
                    county.writer,
                    county.own(),
                    county.store.vault(),
                    evaluators,
                    campaign=CAMPAIGN,
                    year=self._year,
                )
                if county is self._counties[-1]:
                    self.told.rows_marked = mark_list(
                        connection, county.writer, county.own(), county.store.vault(), evaluators,
                        list_id=self._listed, year=self._year,
                    )  # fmt: skip
            county.note_marked()

    def _follow(self, title: str, client: httpx2.Client) -> None:
        """Each ledger read on: the unions' over their lines, the bureau's in a pack."""
        self._step(title)
        city = self._city
        following = Following(city.store.folder, lambda: city.writer.state, recording(city.say), utc_now)
        for county in self._counties:
            if county.url is not None:
                feed = HttpFeed(county.url, city.machine, client, utc_now)
                _wait_for_checkpoint(feed, county.size)
                self._round(following, county, self._left.feed(feed))
                continue
            with county.store.connect() as connection:
                _wait_for_checkpoint(_Published(connection), county.size)
                log = OwnLog(connection)
                if county.code != "bureau":
                    self._round(following, county, self._left.feed(log))
                    continue
                size = parse_checkpoint(parse_note(log.checkpoint).text).size
                pack = self._place / "bureau.pack"
                followed = city.writer.state.get(Followed, county.code)
                after = mirror_of(city.store.folder, followed).size
                write_pack(pack, county.ledger, after, size, log.read)
            with opened_pack(pack) as carried:
                self._round(following, county, self._left.feed(carried))

    def _round(self, following: Following, county: CountyDesk, feed: Feed) -> None:
        found = following.round(county.code, feed)
        if found.error is not None:
            raise found.error
        self.told.rounds.append(found)

    def _compare(self) -> None:
        self._step("比对三个台账的标记")
        city = self._city
        self.told.followed = list(city.writer.state.records(Followed))
        self.told.outcome = compare(city.store.folder, self.told.followed, DuckDb(), city.say, china_today())

    def _answer(self, client: httpx2.Client) -> None:
        self._step("两个县各自查看自己的档案，核查后回复")
        with self._city.store.connect() as connection:
            found = matches(connection)
        answers = {
            "north": ("returned", "经核实为重复救助，款项已追回"),
            "south": ("both-due", "经核实，两次救助均符合规定"),
            "bureau": ("both-due", "属临时救助，发放符合规定"),
        }
        for match in found:
            for county in self._counties:
                if match.rule == "on-register" and county.code == match.first:
                    county.answer(client, match, "returned", "经核实属财政供养人员，款项已追回")
                elif match.rule != "on-register" and county.code in (match.first, match.second):
                    county.answer(client, match, *answers[county.code])

    def _look(self) -> None:
        """What both counties answered, and the search of all that left for every identity."""
        self._step("在离开各台账的全部字节中查找每个证件号码、银行账号、姓名、电话、户号")
        with self._city.store.connect() as connection:
            self.told.matches = matches(connection)
        left = self._left
        self.told.left_bytes = left.size
        values = left.values_of(self._persons)
        self.told.searched = len(values)
        self.told.identities_found = left.count(values)
        self.told.control_found = left.count(["送温暖"])


class _Published:
    """The checkpoint that a database shows now."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def read(self, name: str) -> bytes:
        """The checkpoint."""
        return OwnLog(self._connection).read(name)


def _wait_for_checkpoint(feed: Feed, size: int) -> None:
    """Until the checkpoint shown covers so many entries, which takes a second.

    Raises:
        Unavailable: ``checkpoint-late`` where it takes half a minute.
    """
    until = time.monotonic() + PUBLISHED_SECONDS
    while parse_checkpoint(parse_note(feed.read("checkpoint")).text).size < size:
        if time.monotonic() > until:
            raise Unavailable("checkpoint-late", "检查点迟迟未发布", "no checkpoint was published in time", 5)
        time.sleep(0.2)


@contextmanager
def _serving(desk: Desk) -> Iterator[str]:
    """An evaluator's service on loopback, while this lasts; answers its address."""
    evaluation = Evaluation(
        enrolled_keys(desk.store.evaluator_seeds(), desk.writer.state), lambda: desk.writer.state, desk.say
    )
    bound = listen("127.0.0.1", 0)
    app = create_evaluator(evaluation, Nonces(desk.store.folder / FILE))
    config = uvicorn.Config(app, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name=f"evaluator {desk.code}")
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()
