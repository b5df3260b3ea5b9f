"""Desks: what waits for each role, counted as the list that it leads to, and nothing of other units."""

from __future__ import annotations

from typing import Any

import pytest

from api.desks.matters import MATTERS
from api.service.access import MAY_READ
from api.tables.catalogue import TABLES
from tests.http.serving import Enter
from tests.http.sharing import OneService

LISTS = {"roster": "cases", "flags": "flags", "payouts": "payouts", "entries": "events"}


def test_a_matter_is_on_the_desks_of_those_alone_who_may_read_it() -> None:
    for matter in MATTERS:
        assert matter.roles <= MAY_READ[matter.resource], matter.code
    assert set.union(*(set(matter.roles) for matter in MATTERS)) == set(MAY_READ["registry"])
    assert len({matter.code for matter in MATTERS}) == len(MATTERS)


class TestADesk(OneService):
    @pytest.mark.parametrize(
        "name", ["tea-clerk", "tea-confirmer", "approver", "finance", "auditor", "inspector"]
    )
    def test_its_figures_are_those_of_the_lists_that_it_leads_to(self, enter: Enter, name: str) -> None:
        officer = enter(name)
        desk = officer.rows("/desk")
        assert desk
        # Those that count cases, flags or payouts in a state count what the list shows by the same address.
        for row in desk:
            filters = [f"{key}={value}" for key, value in row["query"].items() if key != "by"]
            if row["page"] not in LISTS or row["code"] in (
                "notices",
                "approve",
                "objections",
                "rosters-due",
            ):
                continue
            table = TABLES[LISTS[row["page"]]]
            found: Any = officer.get(f"/tables/{table.name}/totals", filter=filters)
            assert row["rows"] == found["total"], row["code"]

    def test_each_has_its_own(self, enter: Enter) -> None:
        codes = {
            name: {row["code"] for row in enter(name).rows("/desk", campaign="b2026")}
            for name in ("tea-clerk", "tea-confirmer", "approver", "finance", "inspector", "registrar")
        }
        assert codes["tea-clerk"] == {"sent-back", "rosters-due", "held", "hand-out"}
        assert {"confirm", "announce"} <= codes["tea-confirmer"]
        assert "approve" in codes["approver"]
        assert {"pay", "unmatched", "held"} <= codes["finance"]
        assert {"grave-flags", "investigations"} <= codes["inspector"]
        (confirm,) = (row for row in enter("tea-confirmer").rows("/desk") if row["code"] == "confirm")
        assert confirm["rows"] == 1
        (unmatched,) = (row for row in enter("finance").rows("/desk") if row["code"] == "unmatched")
        assert unmatched["rows"] == 1
        assert unmatched["amount_fen"] > 0
