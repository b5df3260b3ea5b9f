"""The OpenAPI's examples, asked of a small ledger: ``python -m tests.http.examples`` writes them."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from fastapi.testclient import TestClient

from api.gate import every_view
from api.identities.disclosing import newest
from api.service.examples import FILE
from api.statements.submissions import write_submission
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import IdentityRevealed
from ledger.events.draws import DrawOrdered, seed_of
from ledger.events.handover import MatterHandedOver, OutsideCaseRecorded
from ledger.events.linkage import LinkageStarted, PersonsLinked
from ledger.events.nomination import NoticePosted
from ledger.events.objection import ObjectionLodged
from ledger.events.opening import Opening
from ledger.events.oversight import CaseOpened, SampleExamined, SampleException
from ledger.events.rectification import RectificationOrdered
from ledger.events.register import ReferenceListed, ReferenceRevealed
from ledger.events.slip import IssuedSlip, SlipsIssued, slip_digest
from ledger.identity.documents import PersonIdentity
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from tests.browser.working import END, START
from tests.founding import Founded, prepare
from tests.http.serving import Officer, service
from tests.http.test_paying import answer_file
from tests.scene import policy

MOST_ITEMS = 2
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
LONGEST_TEXT = 1_500


class Asking:
    """Asks every operation once, by an officer who may."""

    def __init__(self, client: TestClient, founded: Founded) -> None:
        self._client = client
        self._founded = founded
        self._officers = {
            name: Officer(client, founded, name).sign_in()
            for name in (
                "auditor",
                "inspector",
                "finance",
                "approver",
                "approver2",
                "tea-clerk",
                "tea-confirmer",
            )
        }
        self.found: dict[str, dict[str, Any]] = {}

    def ask(
        self,
        method: str,
        path: str,
        officer: str | None = "auditor",
        body: Any = None,
        content: bytes | None = None,
        **names: str,
    ) -> Any:
        """One operation; ``path`` is the OpenAPI's with a query, ``names`` fill it in."""
        headers = {}
        if officer is not None:
            signed_in = self._officers[officer]
            headers = {"cookie": f"songnuan_session={signed_in.cookie}", "x-csrf-token": signed_in.csrf}
        sent: dict[str, Any] = {"json": body} if body is not None else {"content": content}
        if content is not None:
            headers["content-type"] = "application/octet-stream"
        asked = path
        for name, value in names.items():
            asked = asked.replace(f"{{{name}}}", value)
        answer = self._client.request(method, asked, headers=headers, **sent)
        assert answer.status_code < 300, (asked, answer.text)
        media = answer.headers.get("content-type", "").split(";")[0]
        said: Any = None
        if media == "application/json":
            said = shortened(answer.json())
        elif media.startswith("text/") or media.endswith("ndjson"):
            said = answer.text[:LONGEST_TEXT]
        example = {"status": str(answer.status_code), "media": media, "answer": said}
        if body is not None:
            example["body"] = shortened(body)
        self.found[f"{method.lower()} {path.partition('?')[0]}"] = example
        return answer.json() if media == "application/json" else answer.text


def shortened(value: Any) -> Any:
    """The same with lists of a few items."""
    if isinstance(value, list):
        return [shortened(each) for each in value[:MOST_ITEMS]]
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    return value


def shape(value: Any) -> Any:
    """What members a value has, all the way down, whatever they say."""
    if isinstance(value, dict):
        return {"an id" if ID(name) else name: shape(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def _ask_bank(asking: Asking) -> None:
    """What the bank gets and says: a payment file of what waits, a statement of the account."""
    ask = asking.ask
    for what in ("days", "files", "statements", "outflows"):
        ask("GET", f"/bank/{what}?campaign=b2026", "finance")
    ask("GET", "/bank/profiles", "finance")
    waiting = ask("GET", "/bank/unsent?campaign=b2026", "finance")
    [row] = waiting["rows"]
    shown = IdentityRevealed(unit="tea", dossier=row["dossier"], purpose="银行代发")
    order = {
        "campaign": "b2026",
        "unit": "county",
        "batch": waiting["batch"],
        "profile": "ccb-batch",
        "payouts": [row["payout"]],
        "statements": [asking._officers["finance"].post(shown)["id"]],
    }
    ask("POST", "/bank/file", "finance", body=order)
    statement = "日期,借方,贷方,余额,摘要\n2026-01-20,300.00,,700.00,手续费\n".encode()
    asked = "/bank/statement?campaign=b2026&name=s.csv&account=icbc&lines=workers"
    ask("POST", asked, "finance", content=statement)


def _ask_tray(asking: Asking) -> None:
    """What takes two signatures waits for the second, who declines; the first takes it back."""
    ask = asking.ask
    terms = policy().model_copy(update={"forms": ["money", "goods"]})
    event = PolicyAmended(campaign="b2026", policy=terms, reason="增加物资慰问")
    signed = asking._founded.sign("approver", event)
    ask("POST", "/tray", "approver", body={"envelopes": [orjson.loads(signed.envelope)]})
    [row] = ask("GET", "/tray", "approver2")["rows"]
    name = {"statement_id": row["statement"]}
    ask("POST", "/tray/{statement_id}/declined", "approver2", body={"reason": "金额有误"}, **name)
    ask("DELETE", "/tray/{statement_id}", "approver", **name)


def _ask_slips(asking: Asking) -> None:
    """A slip is issued, answered by, and heard of."""
    ask = asking.ask
    payout = ask("GET", "/slips?campaign=b2026&limit=2", "finance")["rows"][0]
    number = "ABCDEFGHJK23456789AB"
    issued = SlipsIssued(
        campaign="b2026",
        unit=payout["unit"],
        slips=[IssuedSlip(payout=payout["payout"], digest=slip_digest(number))],
    )
    asking._officers["finance"].post(issued)
    said = ask("POST", "/slips/answers", None, body={"slip": number, "answer": "received"})
    ask("POST", "/slips/read", None, body={"slip": number})
    ask("GET", f"/callbacks?wait_for={said['committed_at']}", "inspector")
    ask("GET", "/callbacks/drawn?campaign=b2026&seed=20260110&size=2", "inspector")


def _ask_registers(asking: Asking, founded: Founded, dossier: str) -> None:
    """A list that somebody is on: read, signed, what it met and what it says."""
    ask = asking.ask
    with founded.store.connect() as connection:
        who = newest(every_view(connection), founded.store.vault(), [dossier])[dossier]
    assert isinstance(who, PersonIdentity)
    raw = f"姓名,身份证号,死亡日期\n{who.name},{who.number},2025-12-01\n无名,123,2025-12-01\n".encode()
    said = "kind=deaths&title=死亡人口&source=民政局&data_on=2026-01-05&unit=county&name=list.csv"
    read = ask("POST", "/registers/read?" + said, content=raw)
    listed = asking._officers["auditor"].post(ReferenceListed.model_validate(read["event"]))
    ask("GET", f"/registers?wait_for={listed['position']}")
    ask("GET", "/registers/kinds")
    ask("GET", "/registers/{list_id}/matches", list_id=listed["id"])
    reveal = ReferenceRevealed(unit="county", reference=listed["id"], dossier=dossier, purpose="核实死亡日期")
    signed = asking._officers["inspector"].post(reveal)
    ask("POST", "/registers/revealed", "inspector", body={"statements": [signed["id"]]})


def _ask_linkage(asking: Asking, first: str) -> None:
    """A run offered, computed and signed, and a pair that stands."""
    ask, inspector = asking.ask, asking._officers["inspector"]
    offer = ask("GET", "/linkage/offer?unit=county", "inspector")
    run = inspector.post(LinkageStarted(unit="county", purpose="查重", model=offer["model"]))["id"]
    ask("POST", "/linkage/runs/{run_id}", "inspector", run_id=run)
    while (done := ask("GET", "/linkage/runs/{run_id}", "inspector", run_id=run))["state"] == "running":
        time.sleep(0.05)
    dossiers = (row["dossier"] for row in ask("GET", "/dossiers?limit=500", "inspector")["rows"])
    second = next(dossier for dossier in dossiers if dossier != first)
    levels = {"name": 3, "number": 2, "phone": -1, "account": -1, "home": -1, "unit": 1}
    pair = {
        "first": first, "second": second, "weight_milli": 7_500, "guarded": True, "one_edit": False, **levels
    }  # fmt: skip
    signed = inspector.post(PersonsLinked.model_validate({**done["bodies"][0], "pairs": [pair]}))
    ask("GET", f"/linkage/pairs?wait_for={signed['position']}", "inspector")


def _ask_rectifications(asking: Asking) -> None:
    """A unit that is to put something right, a matter handed over, and the case that came of it."""
    inspector = asking._officers["inspector"]
    on = {"campaign": "b2026", "unit": "tea"}
    item = {"what": "补齐签收单", "unit": "tea", "due": "2027-06-30"}
    ordered = {**on, "document": {"number": "整改〔2026〕1号"}, "items": [item]}
    inspector.post(RectificationOrdered.model_validate(ordered))
    letter = {"letter": {"number": "移送〔2026〕1号"}, "handed_over_on": "2026-01-10", "what": "疑似利益关联"}
    matter = inspector.post(MatterHandedOver.model_validate({**on, "organ": "县监委", **letter}))
    filed = {"file_number": "立〔2026〕1号", "filed_on": "2026-01-12", "what": "违反廉洁纪律"}
    case = inspector.post(
        OutsideCaseRecorded.model_validate({**on, "organ": "县监委", **filed, "handover": matter["id"]})
    )
    asking.ask("GET", f"/rectifications?campaign=b2026&wait_for={case['position']}")
    for path in ("/handovers", "/outside-cases"):
        asking.ask("GET", path)


def _ask_papers(asking: Asking, case: str, notice: str) -> None:
    """Each paper once: over a sample and a discipline case that are recorded for it, and a statement of account."""
    ask = asking.ask
    on: dict[str, Any] = {"campaign": "b2026", "unit": "tea"}
    opened = asking._officers["inspector"].post(CaseOpened(**on, title="签收不全", text="群众反映"))
    finding = SampleException(case=case, finding="签收单缺失")
    order = asking._officers["auditor"].post(DrawOrdered(**on, of="sample", size=2))
    examined = SampleExamined(
        **on, method="random", seed=seed_of(order["id"], order["recorded_at"]), size=2, drawn_at=order["position"],
        draw=order["id"], examined=2, exceptions=[finding],
        conclusion="总体合规",
    )  # fmt: skip
    sample = asking._officers["auditor"].post(examined)
    ask("GET", f"/samples?wait_for={sample['position']}")
    ask("GET", "/draws?campaign=b2026&limit=2")
    day = asking._founded.day()
    statement = AccountStatementRecorded(
        campaign="b2026", account="icbc", lines=["workers"], from_day=day, to_day=day, opening_fen=0, closing_fen=0,
        file="e" * 64, entries=[],
    )  # fmt: skip
    recorded = asking._founded.sign("finance", statement, second="finance2")
    answer = asking._client.post("/statements", json=write_submission(recorded)).json()
    wait = f"wait_for={answer['position']}"
    while int(asking._client.get("/checkpoint").text.split("\n")[1]) < answer["position"]:
        time.sleep(0.05)
    ask("GET", "/papers/working-paper?campaign=b2026&seed=2026&size=2")
    ask("GET", f"/papers/working-paper/{{sample}}?{wait}", sample=sample["id"])
    ask("GET", f"/papers/case/{{investigation}}?{wait}", "inspector", investigation=opened["id"])
    ask("GET", "/papers/reports/{name}?campaign=b2026", "finance", name="annex-3")
    ask("GET", "/papers/notices/{notice_id}", "tea-clerk", notice_id=notice)
    ask("GET", f"/papers/receipts/{{statement_id}}?{wait}", statement_id=sample["id"])
    ask("GET", f"/papers/reconciliation?campaign=b2026&account=icbc&month={day[:7]}&{wait}", "finance")
    ask("GET", "/papers/signing-list?campaign=b2026", "tea-clerk")
    ask("GET", f"/papers/evidence-sheet/{{sample}}?{wait}", sample=sample["id"])
    ask("GET", "/papers/rectifications/{name}?campaign=b2026", "inspector", name="problem-list")
    [matter] = asking._officers["inspector"].rows("/handovers")
    ask("GET", "/papers/handovers/{handover}", "inspector", handover=matter["handover"])


def ask_all(
    client: TestClient, founded: Founded, paid: str, case: str, dossier: str
) -> dict[str, dict[str, Any]]:
    """Every operation that has an answer to show."""
    asking = Asking(client, founded)
    ask = asking.ask
    notice = asking._officers["tea-confirmer"].post(
        NoticePosted(campaign="b2026", unit="tea", cases=[case], start=START, end=END, place="厂门口公示栏")
    )
    asking._officers["finance"].get("/notices", 200, wait_for=notice["position"])
    ask("POST", "/session/challenge", None)
    ask("GET", "/session")
    statement = write_submission(founded.dossiers(1)[0])
    ask("POST", "/statements", None, body=statement)
    ask("GET", "/statements/{statement_id}", statement_id=notice["id"])
    for path in (
        "/units",
        "/officers",
        "/campaigns",
        "/vocabulary?campaign=b2026",
        "/criteria",
        "/roster/counts",
        "/event-types",
        "/rules",
    ):
        ask("GET", path)
    ask("GET", "/policies/{plan}?year=2027", plan="b")
    ask("GET", "/policy-fields")
    ask("GET", "/policy-shape")
    tried = {"policy": policy(excluded_groups=["farmer"]).model_dump(mode="json", exclude_defaults=True)}
    ask("POST", "/campaigns/{campaign}/try", "approver", body=tried, campaign="b2026")
    ask("GET", "/roster?campaign=b2026&limit=2")
    ask("GET", "/roster/checks?campaign=b2026&cases=" + case, "approver")
    ask("GET", "/dossiers?limit=2", "tea-clerk")
    ask("GET", "/dossiers/{dossier}", "tea-clerk", dossier=dossier)
    ask("GET", "/households/{dossier}?campaign=b2026", "tea-clerk", dossier=dossier)
    amended = {"typed": {"household_size": "4人", "cause": "因病"}}
    ask("POST", "/dossiers/{dossier}/read", "tea-clerk", body=amended, dossier=dossier)
    ask("GET", "/payouts?case=" + paid, "finance")
    ask("GET", "/steps?case=" + paid, "finance")
    ask("GET", "/balances?campaign=b2026")
    ask("GET", "/postings?account=line/b2026/workers")
    ask("GET", "/vouchers?campaign=b2026&month=2020-01")
    ask("GET", "/collective-help?campaign=b2026")
    ask("GET", "/accounts?campaign=b2026")
    ask("GET", "/federation")
    ask("GET", "/federation/rollup")
    ask("GET", "/federation/matches")
    ask("GET", "/federation/matches/counts")
    ask("GET", "/desk?campaign=b2026", "tea-clerk")
    ask("GET", "/tables")
    ask("GET", "/tables/{table}?campaign=b2026&filter=state=paid&sort=-approved_fen&limit=2", table="cases")
    ask("GET", "/tables/{table}/totals?by=unit", table="payouts")
    kept = {"name": "已批准", "state": {"filters": ["state=approved"], "sort": "-approved_fen", "by": "unit"}}
    ask("POST", "/table-views/{table}", body=kept, table="cases")
    ask("GET", "/table-views")
    ask("DELETE", "/table-views/{table}?name=已批准", table="cases")
    made = ask("POST", "/tables/{table}/exports?campaign=b2026", table="cases")
    ask("GET", "/exports/{export}", export=made["export"])
    ask("GET", "/federation/levels")
    ask("GET", "/federation/ledgers")
    ask("GET", "/summary?campaign=b2026")
    ask("GET", "/summary/figures?campaign=b2026&unit=tea")
    ask("GET", "/timeline/{kind}?name=tea", kind="unit")
    ask("GET", "/diff?what=roster&since=20")
    ask("GET", "/notices")
    flags = ask("GET", "/flags?limit=2")
    for path in ("/flags/by-rule", "/flags/by-unit", "/flags/by-week", "/investigations"):
        ask("GET", path)
    _ask_rectifications(asking)
    ask("GET", f"/flag?flag={flags['rows'][0]['flag']}", "inspector")
    ask("GET", "/graph?node=dossier:" + dossier, "inspector")
    ask("GET", f"/graph/among?node=dossier:{dossier}&node=unit:tea", "inspector")
    ask("GET", f"/graph/path?node=dossier:{dossier}&to=unit:tea", "inspector")
    ask("GET", "/reports/{name}?campaign=b2026", name="annex-2")
    revealed = asking._officers["finance"].post(
        IdentityRevealed(unit="tea", dossier=dossier, purpose="银行代发")
    )
    ask("POST", "/identities", "finance", body={"statements": [revealed["id"]]})
    bank = answer_file([[1, "", "6222021234567890128", 500, "成功", "2026-01-20", "A1", "", ""]])
    ask("POST", "/bank/columns?campaign=b2026&name=answer.xlsx", "finance", content=bank)
    ask("POST", "/bank/read?campaign=b2026&name=answer.xlsx", "finance", content=bank)
    _ask_bank(asking)
    _ask_registers(asking, founded, dossier)
    _ask_linkage(asking, dossier)
    ask("GET", "/phases?campaign=b2026")
    ask("GET", "/access?kind=identities")
    ask("GET", "/sample?seed=2026&size=2")
    ask("POST", "/replays")
    while ask("GET", "/replays")["state"] == "running":
        time.sleep(0.05)
    ask("GET", "/events?limit=1")
    ask("GET", "/notices/{notice_id}", None, notice_id=notice["id"])
    written = ask(
        "POST",
        "/notices/{notice_id}/objections",
        None,
        body={"case": case, "text": "此人家庭并不困难"},
        notice_id=notice["id"],
    )
    ask("GET", "/objections/{number}", None, number=written["number"])
    (waiting,) = ask("GET", "/objections", "approver")["rows"]
    lodged = asking._officers["inspector"].post(
        ObjectionLodged(
            campaign="b2026",
            unit="tea",
            case=case,
            notice=notice["id"],
            received=written["number"],
            opening=Opening.model_validate(waiting["opening"]),
            text="此人家庭并不困难",
        )
    )
    ask(
        "POST",
        "/objections/{number}/lodged",
        "inspector",
        body={"statement": lodged["id"]},
        number=written["number"],
    )
    ask("GET", f"/objections/open?wait_for={lodged['position']}", "inspector")
    _ask_slips(asking)
    _ask_tray(asking)
    ask("GET", "/rosters/columns", "tea-clerk")
    roster = "姓名,公民身份号码,对象类别,致困原因\n张三,35012119800101001X,困难职工,因病\n".encode()
    ask("POST", "/rosters/read?campaign=b2026&unit=tea&name=roster.csv", "tea-clerk", content=roster)
    deadline = time.monotonic() + 10
    while client.get("/checkpoint").status_code == 404:
        assert time.monotonic() < deadline
    for path in ("/checkpoint", "/checkpoint/key", "/healthz", "/position", "/metrics", "/demo/officers"):
        ask("GET", path, None)
    _ask_papers(asking, paid, notice["id"])
    ask("GET", "/proof/{position}", position="1")
    ask("GET", "/consistency/{old}/{new}", old="5", new="20")
    return dict(sorted(asking.found.items()))


def asked_all() -> Iterator[dict[str, dict[str, Any]]]:
    """On a ledger of its own."""
    with tempfile.TemporaryDirectory(prefix="songnuan-examples-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedServer(folder / "server") as server:
            with OpenStore(Store(folder / "data", server.url)) as store:
                founded = prepare(store)
                with store.writer() as writer:
                    founded.found(writer)
                    paid, _, _ = founded.paid(writer)
                    case, dossier = founded.nominated(writer)
            with service(founded, folder) as client:
                yield ask_all(client, founded, paid, case, dossier)


if __name__ == "__main__":
    FILE.write_text(
        orjson.dumps(next(asked_all()), option=orjson.OPT_INDENT_2).decode() + "\n", encoding="utf-8"
    )
