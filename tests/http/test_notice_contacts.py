"""A notice says who posted it, who takes objections, and how they and the supervisors are reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.domain.event import parse_event
from ledger.domain.policy.public_notice import NoticeContacts
from ledger.errors import Refused
from ledger.events.nomination import NoticePosted
from tests.founding import Founded
from tests.http.serving import service
from tests.scene import NOBODY, ON

CONTACTS = NoticeContacts(
    issuer="某县总工会",
    objections_to="县总工会权益保障部",
    phone="0570-88123456",
    supervising_phone="0570-88123457",
    address="解放路 1 号",
)


def test_everybody_reads_who_is_reached_and_how(founded: Founded, tmp_path: Path) -> None:
    with founded.store.writer() as writer:
        case, _ = founded.nominated(writer)
        period: dict[str, Any] = {"start": founded.day(), "end": founded.day(7)}
        posted = NoticePosted(**ON, cases=[case], place="公告栏", contacts=CONTACTS, **period)
        said = founded.record(writer, "tea-confirmer", posted).id
        silent = founded.record(
            writer, "tea-confirmer", NoticePosted(**ON, cases=[case], place="门口", **period)
        ).id
    with service(founded, tmp_path) as client:
        notice = client.get(f"/notices/{said}").json()
        assert (notice["contacts"], notice["place"]) == (CONTACTS.model_dump(), "公告栏")
        older = client.get(f"/notices/{silent}").json()
        assert (older["contacts"], older["place"]) == (None, "门口")


@pytest.mark.parametrize("phone", ["值班室", "1", "0570-88123456 转 2"])
def test_a_telephone_is_a_number(phone: str) -> None:
    body = {**ON, "cases": [NOBODY], "start": "2026-01-10", "end": "2026-01-17", "place": "门口"}
    with pytest.raises(Refused, match="phone") as refused:
        parse_event("NoticePosted.v1", {**body, "contacts": CONTACTS.model_dump() | {"phone": phone}})
    assert refused.value.code == "body-invalid"
