"""Who may ask what over HTTP: by role, unit and campaign; every denial with its reason."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from ledger.domain.event import Grant
from ledger.events.campaign import CampaignOpened
from ledger.events.dossier import IdentityRevealed
from ledger.events.funds import FundAllocated
from ledger.events.oversight import CaseClosed, CaseOpened, FlagKey
from ledger.events.registry import RolesChanged
from tests.founding import Founded
from tests.http.serving import Enter
from tests.http.sharing import OneService
from tests.scene import policy


class TestWhoMayRead(OneService):
    PATHS = (
        "/units",
        "/officers",
        "/campaigns",
        "/roster",
        "/roster/counts",
        "/roster/checks?campaign=b2026&cases=x",
        "/criteria",
        "/balances",
        "/balances?by=unit",
        "/postings?account=line/b2026/workers",
        "/summary?campaign=b2026",
        "/flags",
        "/flags/by-rule",
        "/flags/by-unit",
        "/rules",
        "/event-types",
        "/timeline/unit?name=tea",
        "/timeline/officer?name=finance",
        "/diff?what=roster&since=1",
        "/notices",
        "/reports/annex-2?campaign=b2026",
        "/investigations",
        "/flags/by-week",
        "/graph?node=unit:tea",
        "/graph/among?node=unit:tea",
        "/graph/path?node=unit:tea&to=officer:finance",
        "/bank/days?campaign=b2026",
        "/phases?campaign=b2026",
        "/sample?seed=1",
        "/replays",
        "/bundle",
        "/objections/open",
        "/rosters/columns",
        "/dossiers/019bf000-0000-7000-8000-000000000000",
        "/payouts?case=x",
        "/events",
        "/tile/entries/000.p/1",
        "/statements/019bf000-0000-7000-8000-000000000000",
    )

    @pytest.mark.parametrize("path", PATHS)
    def test_nobody_without_a_session(self, client: TestClient, path: str) -> None:
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")

    @pytest.mark.parametrize(
        ("officer", "path"),
        [
            ("tea-clerk", "/balances"),
            ("tea-clerk", "/postings?account=line/b2026/workers"),
            ("tea-clerk", "/flags"),
            ("tea-clerk", "/flags/by-rule"),
            ("tea-confirmer", "/flags"),
            ("tea-confirmer", "/balances?by=unit"),
            ("registrar", "/roster"),
            ("registrar", "/flags"),
            ("registrar", "/payouts?case=x"),
            ("registrar", "/dossiers/019bf000-0000-7000-8000-000000000000"),
            ("finance", "/events"),
            ("finance", "/diff?what=roster&since=1"),
            ("finance", "/timeline/officer?name=finance"),
            ("approver", "/events"),
            ("approver", "/investigations"),
            ("tea-clerk", "/roster?unit=sugar"),
            ("tea-clerk", "/roster?unit=county"),
            ("tea-clerk", "/summary?campaign=b2026&unit=sugar"),
        ],
    )
    def test_what_an_officer_may_not_read(self, enter: Enter, officer: str, path: str) -> None:
        denied = enter(officer).get(path, status=403)
        assert denied["code"] == "reading-not-allowed"
        assert denied["details"]["roles"]
        assert "?" not in denied["message"]["zh"]

    def test_a_clerk_sees_their_own_unit_alone(self, enter: Enter, founded: Founded) -> None:
        clerk = enter("tea-clerk")
        assert {row["unit"] for row in clerk.rows("/roster")} == {"tea"}
        assert {row["unit"] for row in clerk.rows("/roster/counts")} == {"tea"}
        other = enter("sugar-clerk")
        assert other.rows("/roster") == []
        assert other.rows("/roster/counts") == []
        assert other.rows("/balances", by="unit") == []
        assert other.rows("/summary", campaign="b2026") == []
        assert other.rows("/timeline/unit", name="tea") == []
        assert {row["officer"] for row in other.rows("/officers")} == {"sugar-clerk", "sugar-confirmer"}

    def test_a_lines_timeline_goes_with_the_lines(self, enter: Enter) -> None:
        asked = {"name": "b2026/workers"}
        assert "FundAllocated" in {row["type"] for row in enter("finance").rows("/timeline/line", **asked)}
        assert enter("tea-clerk").get("/timeline/line", status=403, **asked)

    def test_an_approver_over_the_county_sees_all_below_it(self, enter: Enter) -> None:
        approver = enter("approver")
        assert {row["unit"] for row in approver.rows("/roster", unit="tea")} == {"tea"}
        assert len(approver.rows("/roster")) == 2
        assert [row["line"] for row in approver.rows("/balances")] == ["workers"]
        assert approver.rows("/summary", campaign="b2026")

    def test_what_does_not_exist_is_said(self, enter: Enter) -> None:
        auditor = enter("auditor")
        for path, parameters in (
            ("/roster", {"campaign": "none"}),
            ("/roster", {"unit": "none"}),
            ("/postings", {"account": "none"}),
            ("/flag", {"flag": "none|none"}),
            ("/statements/none", {}),
            ("/timeline/event", {"name": "none"}),
        ):
            assert auditor.get(path, status=404, **parameters)["code"] == "reference-unknown"


class TestWhoMayAsk:
    def test_an_auditor_of_one_unit_reads_no_others_history(self, enter: Enter) -> None:
        grants = [Grant(role="auditor", unit="tea")]
        enter("registrar").post(RolesChanged(officer="tea-clerk2", grants=grants, reason="审计"))
        auditor = enter("tea-clerk2")
        for path in ("/events", "/diff?what=roster&since=1", "/tile/entries/000.p/1", "/events/live"):
            assert auditor.get(path, status=403)["code"] == "reading-not-allowed"
        assert {row["unit"] for row in auditor.rows("/timeline/officer", name="tea-clerk")} == {"tea"}
        assert auditor.rows("/timeline/officer", name="approver")
        assert {row["unit"] for row in auditor.rows("/timeline/officer", name="approver")} == {"tea"}

    def test_an_officer_for_one_campaign_sees_no_other(self, enter: Enter) -> None:
        grants = [Grant(role="approver", unit="county", campaign="b2026")]
        enter("registrar").post(RolesChanged(officer="tea-clerk2", grants=grants, reason="专管"))
        officer = enter("tea-clerk2")
        assert len(officer.rows("/roster")) == 2
        assert officer.rows("/balances")
        enter("approver").post(
            CampaignOpened(campaign="c2026", unit="county", title="另一活动", policy=policy())
        )
        receipt = enter("finance").post(FundAllocated(campaign="c2026", line="workers", amount_fen=1))
        found = officer.rows("/balances", wait_for=receipt["position"])
        assert {row["campaign"] for row in found} == {"b2026"}
        assert officer.get("/balances", status=403, campaign="c2026")["code"] == "reading-not-allowed"

    def test_whom_inspectors_watch_does_not_see_it(self, client: TestClient, enter: Enter) -> None:
        inspector, clerk = enter("inspector"), enter("tea-clerk")
        case = clerk.rows("/roster")[0]
        opened = CaseOpened(
            unit="tea",
            campaign="b2026",
            title="线索",
            text="群众反映",
            flags=[FlagKey(rule="no-public-notice", subject=f"case:b2026/{case['case_id']}", raised_at=5)],
        )
        position = inspector.post(opened)["position"]
        shown = IdentityRevealed(unit="tea", dossier=case["dossier"], purpose="核查")
        position = inspector.post(shown)["position"]
        secret = {"CaseOpened", "IdentityRevealed"}
        for kind, name in (("unit", "tea"), ("case", case["case_id"])):
            asked = {"name": name, "wait_for": position}
            assert not secret & {row["type"] for row in clerk.rows(f"/timeline/{kind}", **asked)}
            assert secret <= {row["type"] for row in inspector.rows(f"/timeline/{kind}", **asked)}

    def test_a_discipline_cases_timeline_is_for_those_who_oversee(self, enter: Enter) -> None:
        inspector = enter("inspector")
        flag = FlagKey(rule="no-public-notice", subject="unit:b2026/tea", raised_at=5)
        opened = inspector.post(CaseOpened(unit="tea", title="线索", text="群众反映", flags=[flag]))
        closed = CaseClosed(
            unit="tea", investigation=opened["id"], finding="unsubstantiated", amount_fen=0, text="查无实据"
        )
        asked = {"name": opened["id"], "wait_for": inspector.post(closed)["position"]}
        types = [row["type"] for row in enter("auditor").rows("/timeline/investigation", **asked)]
        assert types == ["CaseOpened", "CaseClosed"]
        denied = enter("finance").get("/timeline/investigation", status=403, **asked)
        assert denied["code"] == "reading-not-allowed"
