"""The OpenAPI's examples and the pages' types are those of what is answered now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.app import create_app
from api.service.examples import examples
from api.service.settings import Settings
from tests.founding import Founded
from tests.http.examples import ask_all, shape
from tests.http.openapi import COLUMNS, TYPES, columns, documented, types
from tests.http.serving import service

WITHOUT = {
    "post /session",
    "delete /session",
    "get /events/live",
    "get /bundle",
    "get /papers/payment-form",
    "get /papers/cash-receipts",
    "get /exports/{export}/file",
    "get /readyz",
    "get /tile/{level}/{path}",
    "get /tile/entries/{path}",
    "get /federation/{followed}/cases",
    "get /federation/{followed}/entries/{position}",
    "get /federation/{origin}/checkpoint",
}
"""Operations whose answer is a cookie, nothing, a stream or bytes, or of a ledger below, which the examples have none of."""


def test_every_operation_has_an_example_of_the_shape_that_it_answers(
    founded: Founded, tmp_path: Path
) -> None:
    with founded.store.writer() as writer:
        paid, _, _ = founded.paid(writer)
        case, dossier = founded.nominated(writer)
    with service(founded, tmp_path) as client:
        asked = ask_all(client, founded, paid, case, dossier)
    differing = [
        name for name, answer in asked.items() if shape(answer["answer"]) != shape(examples()[name]["answer"])
    ]
    assert differing == [], "python -m tests.http.examples writes them anew"
    described: dict[str, Any] = create_app(Settings()).openapi()
    operations = {f"{m} {path}" for path, found in described["paths"].items() for m in found}
    assert operations - examples().keys() == WITHOUT
    roster = described["paths"]["/roster"]["get"]["responses"]["200"]["content"]["application/json"]
    assert roster["example"]["rows"][0]["campaign"] == "b2026"


def test_the_pages_types_and_columns_are_those_of_the_openapi() -> None:
    described = documented()
    assert TYPES.read_text() == types(described), "python -m tests.http.openapi writes them anew"
    assert COLUMNS.read_text() == columns(described), "python -m tests.http.openapi writes them anew"
