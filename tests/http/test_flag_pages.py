"""The list of flags, page by page: it says how many there are, and never cuts without saying so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.founding import Founded
from tests.http.serving import Officer, service


def test_flags_come_page_by_page_with_their_total(founded: Founded, tmp_path: Path) -> None:
    with founded.store.writer() as writer:
        for unit in ("tea", "sugar", "tea"):
            founded.paid(writer, unit=unit)
    with service(founded, tmp_path) as client:
        inspector = Officer(client, founded, "inspector").sign_in()
        whole = inspector.get("/flags", limit=500)
        assert whole["total"] == len(whole["rows"]) >= 3
        assert whole["next"] is None
        pages: list[Any] = []
        after: dict[str, Any] = {}
        while True:
            page = inspector.get("/flags", limit=1, **after)
            assert page["total"] == (None if after else whole["total"])
            pages += page["rows"]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert [row["flag"] for row in pages] == [row["flag"] for row in whole["rows"]]
        answer = inspector.get("/flags", 422, after="4.1.x")
        assert answer["code"] == "parameter-invalid"
