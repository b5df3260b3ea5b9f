"""Every route × every role × own unit, another, the one above, another campaign, no role, no key.

Each unit and campaign holds values that stand nowhere else; an answer that has another's anywhere in its
bytes fails. What an answer may say of an id that was asked for is that id.
"""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from fastapi.testclient import TestClient
from starlette.routing import Route

from api.app import ROUTERS, create_app
from api.service.access import MAY_READ
from api.service.operations import OPERATIONS, operation
from api.service.settings import Settings
from ledger.crypto.keys import key_id_of
from ledger.domain.event import Grant
from ledger.domain.policy.campaign_policy import Category
from ledger.events.dossier import IdentityRevealed
from ledger.events.registry import KeyRevoked, RolesChanged
from ledger.storage.store import OpenStore, Store
from tests.founding import prepare
from tests.http.planting import (
    CAMPAIGNS,
    READERS,
    UNITS,
    Field,
    Planted,
    Principal,
    object_to_all,
    plant,
    signed_in,
)
from tests.http.serving import Officer, service
from tests.scene import policy

NOBODY = "019bf000-0000-7000-8000-000000000000"

FOR_ANYBODY = [
    "/units", "/officers", "/campaigns", "/vocabulary", "/roster?limit=500", "/roster/counts", "/notices",
    "/balances", "/balances?by=source", "/balances?by=unit", "/balances?by=campaign",
    "/flags?limit=500", "/flags?limit=500&cleared=true", "/flags/by-rule", "/flags/by-unit", "/flags/by-week",
    "/investigations", "/rectifications", "/handovers", "/outside-cases", "/objections", "/objections/open", "/sample?seed=1&size=500", "/samples", "/access?limit=500",
    "/graph?node=unit:tea", "/graph?node=officer:approver", "/graph?node=officer:finance",
    "/timeline/officer?name=approver", "/timeline/officer?name=finance", "/timeline/officer?name=inspector",
    "/criteria", "/registers", "/registers/kinds", "/bank/profiles", "/event-types", "/rules", "/policies/b?year=2027", "/policy-fields", "/policy-shape", "/rosters/columns", "/session",
    "/events", "/events/live", "/diff?what=roster&since=1", "/bundle", "/tile/entries/000.p/1", "/replays",
    "/federation", "/federation/rollup", "/linkage/pairs", "/federation/levels", "/federation/ledgers", "/federation/matches", "/federation/matches?waiting=true", "/federation/matches/counts",
    "/desk", "/tray", "/tables", "/tables/cases?limit=500", "/tables/dossiers?limit=500",
    "/tables/payouts?limit=500", "/tables/flags?limit=500", "/tables/events?limit=500", "/tables/cases?search=*",
    "/tables/cases/totals?by=unit", "/tables/payouts/totals?by=campaign", "/tables/flags/totals?by=rule",
    "/tables/events/totals?by=officer", "/table-views",
    "/tables/postings?limit=500", "/tables/holdings?limit=500", "/tables/bank-lines?limit=500",
    "/tables/statement-entries?limit=500", "/tables/lists?limit=500", "/tables/list-hits?limit=500",
    "/tables/investigations?limit=500", "/tables/rectifications?limit=500", "/tables/handovers?limit=500",
    "/tables/outside-cases?limit=500", "/tables/objections?limit=500", "/tables/pairs?limit=500", "/tables/collective-help?limit=500", "/tables/changes?since=1&limit=500",
    "/tables/access?limit=500", "/tables/officers?limit=500", "/tables/keys?limit=500",
]  # fmt: skip

FOR_A_CAMPAIGN = [
    "/desk?campaign={campaign}",
    "/roster?campaign={campaign}", "/roster/counts?campaign={campaign}", "/summary?campaign={campaign}",
    "/collective-help?campaign={campaign}", "/accounts?campaign={campaign}", "/balances?campaign={campaign}", "/balances?by=unit&campaign={campaign}", "/bank/days?campaign={campaign}",
    "/bank/unsent?campaign={campaign}", "/bank/files?campaign={campaign}",
    "/bank/statements?campaign={campaign}", "/bank/outflows?campaign={campaign}",
    "/flags?campaign={campaign}", "/flags/by-rule?campaign={campaign}", "/flags/by-unit?campaign={campaign}",
    "/flags/by-week?campaign={campaign}", "/investigations?campaign={campaign}",
    "/rectifications?campaign={campaign}", "/handovers?campaign={campaign}", "/outside-cases?campaign={campaign}",
    "/objections?campaign={campaign}", "/slips?campaign={campaign}&limit=500", "/callbacks?campaign={campaign}",
    "/callbacks/drawn?seed=1&size=500&campaign={campaign}", "/objections/open?campaign={campaign}", "/phases?campaign={campaign}",
    "/vouchers?campaign={campaign}&month=2020-01", "/tables/vouchers?campaign={campaign}&month=2020-01",
    "/postings?account=line/{campaign}/workers", "/timeline/line?name={campaign}/workers",
    "/sample?seed=1&campaign={campaign}", "/reports/annex-1?campaign={campaign}",
    "/reports/annex-2?campaign={campaign}", "/reports/annex-3?campaign={campaign}",
    "/reports/summary?campaign={campaign}", "/reports/annex-2?campaign={campaign}&form=xlsx",
    "/reports/annex-3?campaign={campaign}&form=xlsx", "/reports/summary?campaign={campaign}&form=xlsx",
    "/papers/reports/annex-2?campaign={campaign}", "/papers/reports/annex-3?campaign={campaign}",
    "/papers/signing-list?campaign={campaign}",
    "/papers/rectifications/problem-list?campaign={campaign}", "/papers/rectifications/rectification-list?campaign={campaign}",
    "/draws?campaign={campaign}", "/papers/reports/summary?campaign={campaign}", "/papers/working-paper?campaign={campaign}&seed=1&size=500",
]  # fmt: skip

FOR_A_CELL = [
    "/roster?unit={unit}", "/roster?unit={unit}&campaign={campaign}",
    "/summary?campaign={campaign}&unit={unit}", "/summary/figures?campaign={campaign}&unit={unit}", "/flags?unit={unit}", "/graph?node=unit:{unit}",
    "/timeline/unit?name={unit}", "/sample?seed=1&unit={unit}",
    "/reports/annex-2?campaign={campaign}&unit={unit}", "/reports/annex-3?campaign={campaign}&unit={unit}",
    "/reports/summary?campaign={campaign}&unit={unit}",
    "/postings?account=paid/{campaign}/workers@{unit}", "/postings?account=held/{campaign}/workers@{unit}",
    "/roster/checks?campaign={campaign}&cases={case},{waiting}",
    "/dossiers?unit={unit}", "/dossiers/{dossier}", "/households/{dossier}", "/payouts?case={case}", "/steps?case={case}", "/statements/{case}", "/statements/{payout}",
    "/timeline/case?name={case}", "/timeline/dossier?name={dossier}", "/timeline/payout?name={payout}",
    "/timeline/investigation?name={investigation}", "/graph?node=dossier:{dossier}", "/graph?node=payout:{payout}", "/graph/among?node=dossier:{dossier}&node=unit:{unit}", "/graph/path?node=dossier:{dossier}&to=unit:{unit}",
    "/timeline/officer?name={unit}-hand", "/graph?node=officer:{unit}-hand",
    "/flag?flag=no-public-notice|case:{campaign}/{case}", "/registers/{listed}/matches", "/linkage/offer?unit={unit}",
    "/papers/case/{investigation}", "/papers/notices/{notice}", "/papers/receipts/{payout}",
    "/papers/working-paper/{sample}", "/papers/evidence-sheet/{sample}", "/papers/handovers/{handover}",
    "/papers/signing-list?campaign={campaign}&unit={unit}",
    "/tables/cases?unit={unit}&campaign={campaign}", "/tables/flags?filter=unit={unit}", "/tables/events?filter=case_id={case}",
    "/tables/events?search={payout}",
]  # fmt: skip

NOT_READ = {
    "GET /", "GET /app/{path}", "GET /openapi.json", "HEAD /openapi.json",
    "POST /statements", "POST /session", "POST /session/challenge", "DELETE /session", "GET /notices/{notice_id}",
    "POST /notices/{notice_id}/objections", "POST /slips/read", "POST /slips/answers", "GET /objections/{number}", "GET /checkpoint", "GET /checkpoint/key", "GET /federation/{origin}/checkpoint",
    "GET /tile/{level}/{path}", "GET /proof/{position}", "GET /consistency/{old}/{new}", "GET /healthz",
    "GET /readyz", "GET /metrics", "GET /position", "GET /demo/officers",
}  # fmt: skip
"""What needs no session, and says nothing of any unit; the session itself."""

ASKED_BELOW = {
    "POST /identities", "POST /rosters/read", "POST /dossiers/{dossier}/read", "POST /bank/read", "POST /bank/columns", "POST /bank/file", "POST /bank/statement",
    "POST /objections/{number}/lodged", "POST /replays", "POST /registers/read", "POST /registers/revealed",
    "POST /campaigns/{campaign}/try", "GET /federation/{followed}/cases", "GET /federation/{followed}/entries/{position}",
    "GET /papers/reconciliation", "GET /papers/payment-form", "GET /papers/cash-receipts",  # in test_office_papers
    "POST /linkage/runs/{run_id}", "GET /linkage/runs/{run_id}",
    "GET /linkage/offer",  # for who may read the whole unit
    "POST /tray", "DELETE /tray/{statement_id}", "POST /tray/{statement_id}/declined",
    "POST /tables/{table}/exports", "GET /exports/{export}", "GET /exports/{export}/file",
    "POST /table-views/{table}", "DELETE /table-views/{table}",
}  # fmt: skip
"""What is asked with a body, or of a ledger below, in tests of its own; of a ledger with statements of account, in test_papers."""


@pytest.fixture(scope="module")
def field(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Field, TestClient]]:
    """The planted ledger behind one service, for all that only reads."""
    import psycopg

    folder = tmp_path_factory.mktemp("field")
    name = f"field_{time.time_ns()}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.url.replace("/songnuan?", f"/{name}?")
    with OpenStore(Store(folder / "data", url)) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            planted = plant(founded, writer)
            for former in ("without-roles", "without-a-key"):
                founded.enrol(writer, former, "county", [Grant(role="auditor", unit="county")])
            # Registrars last: who approves, pays or oversees takes two as soon as there are two.
            for reader in sorted(READERS, key=lambda each: each.role == "registrar"):
                grants = [Grant(role=reader.role, unit=unit, campaign=of) for unit, of in reader.grants]
                founded.enrol(writer, reader.name, "tea", grants)
            founded.let_pass(writer, 0)
        # What would be typeset stands in the paper's data, and is compared there.
        data = patch("api.papers.routes.typeset", lambda paper: paper.model_dump_json().encode())
        with data, service(founded, folder) as client:
            object_to_all(client, planted)
            yield planted, client
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def filled(path: str, cell: Planted) -> str:
    names = {name: getattr(cell, name) for name in Planted.__dataclass_fields__}
    return path.format(**names)


def paths(planted: Field) -> list[str]:
    found = list(FOR_ANYBODY)
    for campaign in CAMPAIGNS:
        found += [path.format(campaign=campaign) for path in FOR_A_CAMPAIGN]
    for cell in (("tea", "b2026"), ("tea", "c2026"), ("sugar", "c2026"), ("county", "b2026")):
        found += [filled(path, planted.planted[cell]) for path in FOR_A_CELL]
    # Some are the same for two campaigns of a unit.
    return list(dict.fromkeys(found))


def ask(client: TestClient, officer: Officer, path: str) -> tuple[int, str]:
    """An answer's status and text; a workbook's is that of its parts."""
    answer = client.get(path, headers={"cookie": f"songnuan_session={officer.cookie}"})
    if answer.headers.get("content-type", "").startswith("application/vnd."):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
            return answer.status_code, "".join(parts.read(name).decode() for name in parts.namelist())
    return answer.status_code, answer.text


def shows(text: str, mark: str) -> bool:
    """Whether a text has a mark as a word of its own: an amount is not found within an id."""
    if not mark.isascii():
        return mark in text
    return mark in text and re.search(rf"(?<![\w.]){re.escape(mark)}(?![\w])", text) is not None


class TestTheTable:
    def test_it_has_every_route(self) -> None:
        app = create_app(Settings())
        described = app.openapi()["paths"]
        operations = {f"{method.upper()} {path}" for path, found in described.items() for method in found}
        # The pages, and the description itself, are in no description.
        operations |= {
            f"{method} {route.path_format}"
            # What is included from a router stands in that alone.
            for route in [*app.routes, *(route for router in ROUTERS for route in router.routes)]
            if isinstance(route, Route) and not route.include_in_schema
            for method in route.methods or ()
        }
        assert OPERATIONS.keys() == operations

    def test_a_new_one_answers_nobody_before_it_is_here(self) -> None:
        with pytest.raises(RuntimeError, match=r"operations\.py"):
            operation("GET /everything")

    def test_every_route_with_a_matter_is_asked_below(self) -> None:
        asked = [path.partition("?")[0] for path in (*FOR_ANYBODY, *FOR_A_CAMPAIGN, *FOR_A_CELL)]
        for name in OPERATIONS.keys() - NOT_READ - ASKED_BELOW:
            template = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(name.removeprefix("GET ")))
            if name == "GET /tile/entries/{path}":
                template = "/tile/entries/.+"
            assert any(re.fullmatch(template, path) for path in asked), name
        assert OPERATIONS.keys() >= NOT_READ | ASKED_BELOW


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_no_answer_shows_what_lies_outside_and_who_may_read_is_answered(
    field: tuple[Field, TestClient], reader: Principal
) -> None:
    """Both of the same answers: a reader asks each path once."""
    planted, client = field
    officer = signed_in(client, planted, reader)
    forbidden = planted.foreign(reader.cells)
    answered = 0
    statuses = {}
    for path in paths(planted):
        status, text = ask(client, officer, path)
        statuses[path] = status
        assert status in (200, 403, 404) or '"paper-without-' in text, (path, text)
        answered += status == 200
        if path.startswith(("/access", "/tables/access")) and status == 200:
            # What their own officers asked for is theirs to know; it came from them.
            text = orjson.dumps([{**row, "subject": None} for row in orjson.loads(text)["rows"]]).decode()
        found = sorted(mark for mark in forbidden if mark not in path and shows(text, mark))
        assert found == [], f"{path} shows {found}: {text[:2_000]}"
    assert answered >= 8
    may_be_read(statuses, planted.planted["tea", "b2026"], reader)


def may_be_read(statuses: dict[str, int], own: Planted, reader: Principal) -> None:
    """Who may read a matter was answered of what is their own, and nobody else."""
    held = 0
    for name, said in OPERATIONS.items():
        if name in NOT_READ | ASKED_BELOW or len(said.matters) != 1:
            continue
        template = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(name.removeprefix("GET ")))
        for path in (*FOR_ANYBODY, *FOR_A_CAMPAIGN, *FOR_A_CELL):
            if not re.fullmatch(template, path.partition("?")[0]):
                continue
            asked = filled(path, own)
            if "officer:" in path or "held/" in path or "/statements" in path or "=line/" in path:
                continue  # what not everybody has who may read the matter
            may = reader.role in MAY_READ[said.matters[0]] and said.cut != "everything alone"
            assert (statuses[asked] == 200) == may, asked
            held += 1
    assert held >= 60


class TestWhatIsAnswered:
    """The answers are not empty: own values stand in them, and sums are sums of these alone."""

    @pytest.mark.parametrize("name", ["auditor-own-unit", "auditor-one-campaign", "auditor-pairs"])
    def test_own_values_are_shown(self, field: tuple[Field, TestClient], name: str) -> None:
        planted, client = field
        reader = next(each for each in READERS if each.name == name)
        officer = signed_in(client, planted, reader)
        for cell in reader.cells:
            own = planted.planted[cell]
            for path, mark in (
                ("/roster?limit=500", own.case),
                ("/timeline/case?name={case}", own.payout),
                ("/timeline/unit?name={unit}", own.dossier),
                ("/flags?limit=500", own.case),
                ("/flag?flag=no-public-notice|case:{campaign}/{case}", own.case),
                ("/investigations", own.investigation),
                ("/rectifications", own.words),
                ("/handovers", own.words),
                ("/outside-cases", own.words),
                ("/registers", own.listed),
                ("/notices", own.notice),
                ("/sample?seed=1&size=500", own.case),
                ("/papers/case/{investigation}", own.words),
                ("/papers/working-paper/{sample}", own.words),
                ("/papers/receipts/{payout}", own.payout),
                ("/papers/evidence-sheet/{sample}", own.words),
                ("/papers/handovers/{handover}", own.words),
                ("/papers/rectifications/problem-list?campaign={campaign}", own.words),
                ("/postings?account=paid/{campaign}/workers@{unit}", str(own.amount_fen)),
                ("/balances?by=unit", str(own.amount_fen)),
                ("/bank/days?campaign={campaign}", str(own.campaign)),
                ("/graph?node=dossier:{dossier}", own.dossier),
                ("/dossiers?limit=500", own.dossier),
                ("/dossiers/{dossier}", own.dossier),
                ("/households/{dossier}", own.dossier),
                ("/payouts?case={case}", own.payout),
                ("/steps?case={case}", "nominate"),
                ("/officers", "tea-hand"),
                ("/campaigns", own.campaign),
            ):
                status, text = ask(client, officer, filled(path, own))
                assert status == 200, (path, text)
                assert shows(text, mark) or path.startswith("/bank/"), f"{path} lacks {mark}: {text[:1_000]}"

    @pytest.mark.parametrize("reader", [r for r in READERS if r.role == "auditor"], ids=lambda r: r.name)
    def test_counts_and_sums_are_those_of_the_own_cells(
        self, field: tuple[Field, TestClient], reader: Principal
    ) -> None:
        planted, client = field
        officer = signed_in(client, planted, reader)
        own = [planted.planted[cell] for cell in reader.cells]
        paid = sum(each.amount_fen for each in own)
        counts = officer.rows("/roster/counts")
        assert sum(row["cases"] for row in counts) == 2 * len(own)
        assert sum(row["kept_fen"] for row in counts) == paid
        for by in ("line", "source", "unit", "campaign"):
            rows = officer.rows("/balances", by=by)
            assert sum(row["paid_fen"] for row in rows) == paid, by
            assert {row["allocated_fen"] for row in rows} == {None}, by
        for campaign in {each.campaign for each in own}:
            here = [each for each in own if each.campaign == campaign]
            summary = officer.rows("/summary", campaign=campaign)
            assert sum(row["paid_fen"] for row in summary) == sum(each.amount_fen for each in here)
            assert sum(row["persons"] for row in summary) == 2 * len(here)
        assert len(officer.rows("/notices")) == len(own)
        assert officer.get("/sample", seed="1", size=500)["of"] == 2 * len(own)
        by_rule = officer.rows("/flags/by-rule")
        flags = officer.rows("/flags", limit=500)
        assert (
            sum(row["flags"] for row in by_rule)
            == len(flags)
            == sum(row["flags"] for row in officer.rows("/flags/by-unit"))
        )
        assert sum(row["flags"] for row in officer.rows("/flags/by-week")) == len(flags)

    def test_who_sees_the_sponsor_sees_all(self, field: tuple[Field, TestClient]) -> None:
        planted, client = field
        auditor = Officer(client, planted.founded, "auditor").sign_in()
        paid = sum(each.amount_fen for each in planted.planted.values())
        lines = auditor.rows("/balances")
        assert sum(row["paid_fen"] for row in lines) == paid
        assert sum(row["allocated_fen"] for row in lines) == 50_000_000
        assert {row["unit"] for row in auditor.rows("/roster", limit=500)} == set(UNITS)
        assert len(auditor.rows("/units")) == 3
        assert len(auditor.rows("/investigations")) == len(planted.planted)


@pytest.mark.parametrize("reader", [r for r in READERS if r.role != "registrar"], ids=lambda r: r.name)
def test_what_is_not_there_and_what_is_not_theirs_are_answered_alike(
    field: tuple[Field, TestClient], reader: Principal
) -> None:
    planted, client = field
    officer = signed_in(client, planted, reader)
    names = ("case", "dossier", "payout", "waiting", "investigation")
    outside = next(
        found for cell, found in planted.planted.items() if cell[0] not in {u for u, _ in reader.cells}
    )
    for path in FOR_A_CELL:
        if not any(f"{{{name}}}" in path for name in names):
            continue
        own = next(iter(sorted(reader.cells)))
        asked = {name: getattr(outside, name) for name in names}
        never = dict.fromkeys(names, NOBODY)
        place = {"unit": own[0], "campaign": own[1]}
        theirs = ask(client, officer, path.format(**asked, **place))
        nothing = ask(client, officer, path.format(**never, **place))
        told = theirs[1]
        for name in names:
            told = told.replace(asked[name], NOBODY)
        assert (theirs[0], without_requests(told)) == (nothing[0], without_requests(nothing[1])), path
    for path in ("/roster?unit={name}", "/flags?unit={name}", "/graph?node=unit:{name}"):
        theirs, nothing = (ask(client, officer, path.format(name=name)) for name in ("county", "noplace"))
        assert (theirs[0], without_requests(theirs[1].replace("county", "noplace"))) == (
            nothing[0],
            without_requests(nothing[1]),
        ), path


def without_requests(text: str) -> str:
    """An answer without the id of the request, and without the head, which the ledger's own entries move on."""
    return re.sub(r'"request_id":\s*"[^"]*"|^\{"position":\d+', "", text)


class TestWhoHasLostIt:
    def test_whose_roles_were_taken_away_reads_nothing(self, field: tuple[Field, TestClient]) -> None:
        planted, client = field
        former = Officer(client, planted.founded, "without-roles").sign_in()
        assert former.rows("/roster", limit=500)
        registrar = Officer(client, planted.founded, "registrar").sign_in()
        ended = RolesChanged(officer="without-roles", grants=[], reason="离任")
        registrar.post(ended, second="registrar-own-unit")
        everyones = {
            "/bank/profiles",
            "/registers/kinds",
            "/criteria",
            "/event-types",
            "/rules",
            "/policies/b?year=2027",
            "/policy-fields",
            "/policy-shape",
            "/session",
            "/tables",
            "/table-views",
            "/tray",
        }
        for path in paths(planted):
            status, text = ask(client, former, path)
            assert (status == 200) == (path in everyones), (path, text)
            assert status in (200, 403), (path, text)

    def test_whose_key_was_revoked_is_signed_out(self, field: tuple[Field, TestClient]) -> None:
        planted, client = field
        former = Officer(client, planted.founded, "without-a-key").sign_in()
        assert former.rows("/roster", limit=500)
        registrar = Officer(client, planted.founded, "registrar").sign_in()
        key = key_id_of(planted.founded.signer("without-a-key").key)
        registrar.post(
            KeyRevoked(key=key, revoked_from="2026-01-01T00:00:00+08:00", compromised=False, reason="离任")
        )
        for path in paths(planted):
            status, text = ask(client, former, path)
            assert status == 401, (path, text)


def test_an_answer_is_kept_by_its_reader_and_their_grants(field: tuple[Field, TestClient]) -> None:
    planted, client = field
    first, second = (Officer(client, planted.founded, name).sign_in() for name in ("auditor", "inspector"))
    for path in ("/roster", "/flags", "/units", "/balances"):
        tags = []
        for officer in (first, second):
            answer = client.get(path, headers={"cookie": f"songnuan_session={officer.cookie}"})
            tags.append(answer.headers["etag"])
            assert answer.headers["cache-control"] == "private, no-cache"
            assert answer.headers["vary"] == "Cookie"
        assert tags[0] != tags[1], path
        headers = {"cookie": f"songnuan_session={second.cookie}", "if-none-match": tags[0]}
        assert client.get(path, headers=headers).status_code == 200, path


class TestSigningOut:
    def test_the_browser_forgets_its_answers_and_keeps_its_keys(
        self, field: tuple[Field, TestClient]
    ) -> None:
        planted, client = field
        officer = Officer(client, planted.founded, "auditor").sign_in()
        headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
        gone = client.delete("/session", headers=headers)
        assert (gone.status_code, gone.headers["clear-site-data"]) == (204, '"cache"')
        # A session that is over leaves nothing behind either.
        over = client.get("/session", headers={"cookie": f"songnuan_session={officer.cookie}"})
        assert (over.json(), over.headers["clear-site-data"]) == (None, '"cache"')
        assert "songnuan_session" in over.headers["set-cookie"]
        assert "clear-site-data" not in client.get("/session").headers


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_policy_is_tried_over_what_its_reader_sees(
    field: tuple[Field, TestClient], reader: Principal
) -> None:
    planted, client = field
    officer = signed_in(client, planted, reader)
    headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
    # No category is left, so that every case that is seen would change and is listed.
    other = policy(categories=[Category(code="none", title="无", line="workers")])
    body = {"policy": other.model_dump(mode="json", exclude_defaults=True)}
    forbidden = planted.foreign(reader.cells)
    for campaign in {name for _, name in planted.planted}:
        answer = client.post(f"/campaigns/{campaign}/try", json=body, headers=headers)
        assert answer.status_code in (200, 403, 404), answer.text
        shown = [mark for mark in forbidden if mark != campaign and shows(answer.text, mark)]
        assert shown == [], f"{campaign} shows {shown}"


def test_a_revealed_identity_is_not_fetched_once_the_role_is_gone(field: tuple[Field, TestClient]) -> None:
    planted, client = field
    reader = next(each for each in READERS if each.name == "inspector-own-unit")
    officer, registrar = signed_in(client, planted, reader), Officer(client, planted.founded, "registrar")
    own = planted.planted["tea", "b2026"]
    revealed = officer.post(IdentityRevealed(unit="tea", dossier=own.dossier, purpose="核查"))
    asked = {"statements": [revealed["id"]]}
    headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
    assert client.post("/identities", headers=headers, json=asked).json()[0]["dossier"] == own.dossier
    ended = RolesChanged(officer=reader.name, grants=[], reason="离任")
    registrar.sign_in().post(ended, second="registrar-own-unit")
    refused = client.post("/identities", headers=headers, json=asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "reading-not-allowed")
