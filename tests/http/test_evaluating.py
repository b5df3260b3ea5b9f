"""An evaluator over HTTP: only who was admitted, within the quota, each batch once; and a county that marks by it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.federation.asking import EvaluatorFailed, HttpEvaluator
from api.federation.evaluating import Evaluation, Processes, enrolled_keys, key_of_year
from api.federation.evaluator_service import create_evaluator
from api.federation.http_feed import connections
from api.federation.marking import ToMark, dossier_marked_at, mark, to_mark
from api.service.nonces import Nonces
from api.service.signed_requests import signed_headers
from ledger.clock import utc_now
from ledger.crypto.keys import new_key, public_hex
from ledger.crypto.oprf import Blinding
from ledger.domain.evaluation import Asker
from ledger.errors import Misconfigured, NotVerified
from ledger.events.dossier import DossierAmended, DossierErased, Facts
from ledger.events.evaluation import AskerAdmitted, EvaluatorKeyed, QuotaGranted
from ledger.events.marking import EvaluatorAccepted
from ledger.events.nomination import Rejected
from ledger.writing.signing import Signer, committed
from tests.founding import Founded
from tests.http.serving import ORIGIN
from tests.scene import Scene

SEED = bytes(range(32))
YEAR = utc_now().year
KEY = new_key()
PUBLIC = key_of_year(SEED, YEAR).public_key


class Served:
    """An evaluator's service in memory, and its ledger."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        scene.time = utc_now()
        scene.do("registrar", EvaluatorKeyed(version=YEAR, evaluation_key=PUBLIC))
        admitted = AskerAdmitted(
            asker="north", ledger="0194f000-0000-4000-8000-000000000001", name="北县", public_key=public_hex(KEY),
            proof_of_possession="0" * 128,
        )  # fmt: skip
        scene.do("registrar", admitted)
        scene.do("registrar", QuotaGranted(asker="north", of_campaign="b2026", dossiers=1))
        self.scene = scene
        keys = enrolled_keys({YEAR: SEED}, scene.state)
        evaluation = Evaluation(keys, lambda: scene.state, lambda event: scene.do("ledger", event))
        self.client = TestClient(create_evaluator(evaluation, Nonces(folder / "nonces")), base_url=ORIGIN)

    def ask(
        self, points: bytes, key: Any = KEY, year: int = YEAR, signed: bytes | None = None
    ) -> tuple[int, Any]:
        url = f"{ORIGIN}/evaluate?campaign=b2026&year={year}"
        headers = signed_headers(key, "POST", url, utc_now, points if signed is None else signed)
        answer = self.client.post(url, content=points, headers=headers)
        return answer.status_code, answer.content if answer.status_code == 200 else answer.json()["code"]

    @property
    def left(self) -> int:
        return self.scene.state.get(Asker, "north").left("b2026", YEAR)


@pytest.fixture
def served(scene: Scene, tmp_path: Path) -> Served:
    return Served(scene, tmp_path)


def test_who_was_admitted_is_answered_with_a_proof_and_counted(served: Served) -> None:
    blinding = Blinding([b"one", b"two"])
    status, answer = served.ask(b"".join(blinding.points))
    assert status == 200
    assert served.left == 1
    outputs = blinding.outputs(answer, PUBLIC, evaluator="city", year=YEAR)
    assert outputs == [key_of_year(SEED, YEAR).known(value) for value in (b"one", b"two")]


def test_a_batch_sent_twice_is_answered_the_same_and_counts_once(served: Served) -> None:
    points = b"".join(Blinding([b"one", b"two"]).points)
    first, second = (served.ask(points)[1] for _ in range(2))
    assert first[64:] == second[64:]
    assert served.left == 1


def test_nobody_else_is_and_nothing_beyond_the_quota(served: Served) -> None:
    point = Blinding([b"one"]).points[0]
    assert served.ask(point, key=new_key()) == (401, "reader-not-enrolled")
    assert served.ask(point, signed=b"another body") == (401, "request-signature-invalid")
    assert (
        served.client.post(f"{ORIGIN}/evaluate?campaign=b2026&year={YEAR}", content=point).status_code == 401
    )
    assert served.ask(b"".join(Blinding([b"%d" % n for n in range(4)]).points)) == (429, "quota-exceeded")
    assert served.ask(point, year=YEAR - 1) == (409, "key-year-not-valid")
    assert served.ask(bytes(32)) == (400, "points-malformed")
    assert served.ask(point[:-1]) == (400, "points-malformed")
    assert served.left == 3


def test_a_secret_that_is_not_the_enrolled_keys_serves_nobody(served: Served) -> None:
    with pytest.raises(Misconfigured):
        enrolled_keys({YEAR: bytes(32)}, served.scene.state)


def test_an_evaluator_that_is_down_is_said_to_be() -> None:
    points = Blinding([b"x"]).points
    with connections() as client:
        evaluator = HttpEvaluator("city", "http://127.0.0.1:9", {}, KEY, client, utc_now)
        for asked in (
            lambda: evaluator.check(YEAR),
            lambda: evaluator.evaluate(points, campaign="b", year=YEAR),
        ):
            with pytest.raises(EvaluatorFailed) as failed:
                asked()
            assert (failed.value.code, failed.value.reason) == ("evaluator-failed", "peer-unreachable")


def test_a_large_batch_is_evaluated_in_a_process_of_its_own(scene: Scene, tmp_path: Path) -> None:
    processes = Processes({YEAR: SEED}, 1)
    try:
        blinding = Blinding([b"one"])
        answer = processes.evaluate(YEAR, blinding.points)
        assert blinding.outputs(answer, PUBLIC, evaluator="city", year=YEAR)
        assert Served(scene, tmp_path).client.get("/keys").json() == {str(YEAR): PUBLIC}
    finally:
        processes.close()


class Evaluates:
    """An evaluator in memory that may be down, or use another key."""

    def __init__(self, code: str, seed: bytes) -> None:
        self.code = code
        self.key = key_of_year(seed, YEAR)
        self.keys = {YEAR: self.key.public_key}
        self.is_down = False
        self.asked = 0

    def check(self, year: int) -> None:
        if self.is_down:
            raise EvaluatorFailed(self.code, "peer-unreachable", "", "")

    def evaluate(self, points: Sequence[bytes], *, campaign: str, year: int) -> bytes:
        self.asked += 1
        return self.key.evaluate(points)


def test_a_county_marks_what_is_not_marked_yet_and_goes_on_where_an_evaluator_is_down(
    founded: Founded,
) -> None:
    one, two = Evaluates("city", SEED), Evaluates("audit", SEED[::-1])
    store = founded.store
    with store.writer() as writer, store.connect() as connection:
        for each in (one, two):
            accepted = EvaluatorAccepted(
                evaluator=each.code, name=each.code, version=YEAR, evaluation_key=each.key.public_key
            )
            founded.record(writer, "registrar", accepted)
        person = founded.people.person()
        _, first = founded.nominated(writer, person)

        def marked() -> int:
            own = Signer(store.ledger_key(), founded.ledger)
            return mark(connection, writer, own, store.vault(), (one, two), campaign="b2026", year=YEAR)

        two.is_down = True
        with pytest.raises(EvaluatorFailed):
            marked()
        assert one.asked == 0  # what it had counted would be lost
        case, second = founded.nominated(writer)  # the county goes on
        two.is_down, honest = False, two.key
        two.key = key_of_year(bytes(32), YEAR)
        with pytest.raises(NotVerified):
            marked()
        assert {each.dossier for each in to_mark(connection, "b2026", YEAR)} == {first, second}
        two.key = honest
        assert (marked(), marked()) == (2, 0)
        rejected = Rejected(campaign="b2026", unit="tea", case=case, reason="不符合条件")
        founded.record(writer, "approver", rejected)
        founded.record(writer, "registrar", DossierErased(unit="tea", dossier=second, reason="到期"))
        promise, disclosure = committed(
            person.model_copy(update={"account": founded.people.person().account})
        )
        amended = DossierAmended(
            unit="tea", dossier=first, facts=Facts(), identity_commitment=promise, reason="本人换卡"
        )
        version = founded.record(writer, "tea-clerk", amended, disclosure).id
        assert to_mark(connection, "b2026", YEAR) == [ToMark(first, version)]
        assert marked() == 1
        last = connection.execute("SELECT max(position) FROM ledger.entries").fetchone()
        assert last is not None
        assert dossier_marked_at(connection, last[0]) == first
        assert dossier_marked_at(connection, last[0] - 1) is None
