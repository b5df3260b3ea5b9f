"""A reader of a higher level over HTTP: signed requests, heard once; and a whole round of following a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.federation.following import Following, mirror_of
from api.federation.rolling_up import rolled_up
from api.service.signed_requests import signed_headers
from ledger.clock import utc_now
from ledger.crypto.keys import new_key, public_hex
from ledger.domain.federation import Followed
from ledger.domain.possession import prove_possession
from ledger.errors import Refused
from ledger.events.campaign import SummaryFiled
from ledger.events.federation import CheckpointSeen, LedgerFollowed, SummaryTaken, UpperEnrolled, UpperRevoked
from ledger.federation.faults import FeedFailed
from ledger.federation.figures import Summary, differences, held_against
from tests.founding import Founded
from tests.http.serving import ORIGIN, Officer, service
from tests.http.test_access import lines
from tests.scene import Scene
from tests.waiting import wait_until

KEY = new_key()
ENTRIES = "tile/entries/000.p/5"


def enrol(founded: Founded, upper: str = "city") -> None:
    with founded.store.writer(clock=founded.clock) as writer:
        event = UpperEnrolled(
            upper=upper, name="某市", level="city", region="430100", public_key=public_hex(KEY),
            proof_of_possession=prove_possession(KEY, founded.ledger, upper),
        )  # fmt: skip
        founded.record(writer, "registrar", event)


@pytest.fixture
def county(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    """A county that enrolled the city, paid one case and says so, a fen too much."""
    enrol(founded)
    with founded.store.writer(clock=founded.clock) as writer:
        founded.paid(writer)
        said: dict[str, Any] = {
            "campaign": "b2026",
            "unit": "tea",
            "persons": 1,
            "amount_fen": 50_001,
            "text": "完成",
        }
        founded.record(writer, "tea-clerk", SummaryFiled(**said))
    with service(founded, tmp_path) as client:
        yield client


class Line:
    """The county's service as a feed, asked by signed requests."""

    def __init__(self, client: TestClient, key: Any = KEY) -> None:
        self._client = client
        self._key = key

    def read(self, name: str) -> bytes:
        url = f"{ORIGIN}/{name}"
        answer = self._client.get(url, headers=signed_headers(self._key, "GET", url, utc_now))
        if answer.status_code != 200:
            raise FeedFailed("peer-status", "", answer.json()["code"], withheld=True)
        return answer.content


class Down:
    """A line that is down."""

    def read(self, name: str) -> bytes:
        raise FeedFailed("peer-unreachable", "连接被拒绝", "connection refused")


def test_only_who_is_enrolled_reads_entries_and_each_request_is_heard_once(
    county: TestClient, founded: Founded
) -> None:
    assert county.get(f"/{ENTRIES}").status_code == 401
    assert len(Line(county).read(ENTRIES)) > 1000
    assert lines(founded.store)[-1]["officer"] == "city"
    url = f"{ORIGIN}/{ENTRIES}"
    headers = signed_headers(KEY, "GET", url, utc_now)
    assert county.get(url, headers=headers).status_code == 200
    old = signed_headers(KEY, "GET", url, lambda: utc_now() - timedelta(minutes=9))
    ahead = signed_headers(KEY, "GET", url, lambda: utc_now() + timedelta(minutes=9))
    for asked, said in (
        (url, headers),  # heard before
        (f"{ORIGIN}/tile/entries/000.p/6", headers),  # of another path
        (url, old),
        (url, ahead),
        (url, {**headers, "Signature": "sig1=:AAAA:"}),
        (url, {"Signature-Input": "sig1=()"}),
    ):
        answer = county.get(asked, headers=said)
        assert (answer.status_code, answer.json()["code"]) == (401, "request-signature-invalid")
    with pytest.raises(FeedFailed, match="reader-not-enrolled"):
        Line(county, new_key()).read(ENTRIES)
    # It opens nothing else.
    roster = f"{ORIGIN}/roster"
    assert county.get(roster, headers=signed_headers(KEY, "GET", roster, utc_now)).status_code == 401


def test_a_reader_that_was_revoked_reads_no_more(founded: Founded, tmp_path: Path) -> None:
    enrol(founded)
    with founded.store.writer(clock=founded.clock) as writer:
        founded.record(writer, "registrar", UpperRevoked(upper="city", reason="停用"))
    with service(founded, tmp_path) as client, pytest.raises(FeedFailed, match="reader-not-enrolled"):
        Line(client).read(ENTRIES)


def test_a_key_that_was_not_proved_is_not_enrolled(founded: Founded) -> None:
    event = UpperEnrolled(
        upper="city", name="某市", level="city", region="430100", public_key=public_hex(KEY),
        proof_of_possession=prove_possession(KEY, founded.ledger, "another"),
    )  # fmt: skip
    with founded.store.writer(clock=founded.clock) as writer, pytest.raises(Refused) as refusal:
        founded.record(writer, "registrar", event)
    assert refusal.value.code == "possession-wrong"


def test_a_round_over_a_line(county: TestClient, founded: Founded, scene: Scene, tmp_path: Path) -> None:
    scene.time = utc_now()
    scene.do(
        "registrar",
        LedgerFollowed(
            followed="north", ledger=founded.ledger, name="北县", level="county", region="430181",
            public_key=founded.store.ledger_public_key(), silent_after_days=2,
        ),
    )  # fmt: skip
    said: list[Any] = []

    def record(event: Any) -> None:
        said.append(event)
        scene.do("ledger", event)

    later = [timedelta()]
    following = Following(tmp_path / "up", lambda: scene.state, record, lambda: utc_now() + later[0])
    found = following.round("north", Line(county))
    assert found.error is None
    assert found.size == found.taken > 10
    seen, taken = said
    assert isinstance(seen, CheckpointSeen)
    assert isinstance(taken, SummaryTaken)
    assert (taken.declared_fen, taken.recomputed_fen, taken.recomputed_persons) == (50_001, 50_000, 1)
    assert [each.declared_fen - each.recomputed_fen for each in taken.differences] == [1]
    assert following.round("north", Line(county)).recorded == ()
    # Not reached for a day is nothing; for the days agreed it is a fault, until it is read again.
    assert following.round("north", Down()).recorded == ()
    later[0] = timedelta(days=3)
    scene.time = utc_now() + later[0]
    silent = following.round("north", Down())
    assert silent.recorded == ("MirrorFault",)
    assert following.round("north", Line(county)).recorded == ("CheckpointSeen",)
    followed = scene.state.get(Followed, "north")
    mirror_of(tmp_path / "up", followed).check()
    row = {
        "followed": "north", "of_campaign": "b2026", "of_unit": "tea", "entry": taken.position,
        "declared_persons": 1, "declared_fen": 50_001, "recomputed_fen": 50_000,
    }  # fmt: skip
    [rolled] = rolled_up(tmp_path / "up", [followed], [row])
    assert (rolled.declared_fen, rolled.paid_fen, rolled.difference_fen, rolled.helped) == (
        50_001,
        50_000,
        1,
        1,
    )
    [by_unit] = rolled_up(tmp_path / "up", [followed], [row], by="unit")
    assert (by_unit.cut, by_unit.difference_fen) == ("tea", 1)
    assert not rolled_up(tmp_path / "up", [followed], [], day="2000-01-01")[0].helped


def test_what_a_unit_declares_by_its_own_views_is_what_its_entries_come_to(
    founded: Founded, scene: Scene, tmp_path: Path
) -> None:
    enrol(founded)
    with founded.store.writer(clock=founded.clock) as writer:
        founded.paid(writer)
    with service(founded, tmp_path) as client:
        clerk = Officer(client, founded, "tea-clerk").sign_in()
        said = clerk.get("/summary/figures", campaign="b2026", unit="tea")
        assert (said["persons"], said["enterprises"], said["amount_fen"]) == (1, 0, 50_000)
        del said["position"]
        [figure] = said["figures"]
        said["figures"] = [{name: value for name, value in figure.items() if value is not None}]
        event = SummaryFiled(campaign="b2026", unit="tea", text="完成", **said)
        receipt = clerk.post(event)
        wait_until(lambda: len(client.get("/checkpoint").text) > 0 and size_of(client) >= receipt["position"])
        scene.time = utc_now()
        [taken] = read_by(scene, founded, Line(client), tmp_path)
    assert (taken.declared_fen, taken.recomputed_fen, taken.differences) == (50_000, 50_000, [])
    assert taken.as_of < taken.position
    [row] = rolled_up(tmp_path / "up", list(scene.state.records(Followed)), [taken_row(taken)], by="category")
    assert (row.cut, row.declared_fen, row.difference_fen) == ("worker", 50_000, 0)


def size_of(client: TestClient) -> int:
    return int(client.get("/checkpoint").text.split("\n")[1])


def read_by(scene: Scene, founded: Founded, line: Line, folder: Path) -> list[SummaryTaken]:
    """Follow a county for one round; answers the summaries taken."""
    scene.do(
        "registrar",
        LedgerFollowed(
            followed="north", ledger=founded.ledger, name="北县", level="county", region="430181",
            public_key=founded.store.ledger_public_key(),
        ),
    )  # fmt: skip
    said: list[Any] = []

    def record(event: Any) -> None:
        said.append(event)
        scene.do("ledger", event)

    assert Following(folder / "up", lambda: scene.state, record, utc_now).round("north", line).error is None
    return [each for each in said if isinstance(each, SummaryTaken)]


def taken_row(taken: SummaryTaken) -> dict[str, Any]:
    """A summary taken, as the view has it."""
    return {
        "followed": taken.followed, "of_campaign": taken.of_campaign, "of_unit": taken.of_unit,
        "entry": taken.position, "declared_persons": taken.declared_persons,
        "declared_fen": taken.declared_fen, "recomputed_fen": taken.recomputed_fen,
    }  # fmt: skip


def test_a_summary_of_before_is_held_against_money_or_money_with_goods() -> None:
    row = {"helped": 2, "listed": 3, "paid_fen": 500, "goods_fen": 40}
    for persons, fen, whole in ((3, 500, (3, 500)), (2, 540, (2, 540)), (1, 541, (2, 540))):
        summary = Summary(9, "2026-01-10", "b2026", "tea", 9, persons, fen, [])
        assert held_against(summary, [row]) == whole
        assert bool(differences(summary, [row])) is (whole != (persons, fen))


def test_the_service_answers_who_sees_everything(founded: Founded, county: TestClient) -> None:
    auditor = Officer(county, founded, "auditor").sign_in()
    auditor.get("/federation/rollup", 422, day="yesterday")
    assert auditor.get("/federation/rollup", day="2026-01-10")["rows"] == []
    assert auditor.get("/federation")["rows"] == []
    assert auditor.get("/federation/matches", of="north", waiting=True)["rows"] == []
