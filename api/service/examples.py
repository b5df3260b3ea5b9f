"""Examples in the OpenAPI: what a small ledger really answered, kept in ``examples.json``.

``python -m tests.http.examples`` asks every operation and writes them anew; a test holds their shape
against what is answered now.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.service.problems import documented

FILE = Path(__file__).with_name("examples.json")


@cache
def examples() -> dict[str, dict[str, Any]]:
    """By method and path: ``status``, ``media`` and ``answer``, and for some ``body``, what was sent."""
    found: dict[str, dict[str, Any]] = orjson.loads(FILE.read_bytes())
    return found


def with_examples(app: FastAPI) -> dict[str, Any]:
    """The application's OpenAPI with its examples; made once."""
    if app.openapi_schema is None:
        described = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                _add_refusals(operation["responses"], _OF_HEADS)
                if "requestBody" in operation:
                    _add_refusals(operation["responses"], _OF_BODIES)
                _add(operation, examples().get(f"{method} {path}"))
        app.openapi_schema = described
    return app.openapi_schema


_OF_HEADS = (414, 431)
_OF_BODIES = (408, 413, 415, 422, 503)


def _add_refusals(responses: dict[str, Any], statuses: tuple[int, ...]) -> None:
    """What is refused before a route is asked, by ``api/service/protocol.py`` and ``bodies.py``."""
    for status, response in documented(*statuses).items():
        responses.setdefault(str(status), {name: said for name, said in response.items() if name != "model"})


def _add(operation: dict[str, Any], example: dict[str, Any] | None) -> None:
    if example is None:
        return
    if "body" in example and "requestBody" in operation:
        for media, content in operation["requestBody"]["content"].items():
            as_lines = media == "application/x-ndjson"
            content["example"] = (
                orjson.dumps(example["body"]).decode() + "\n" if as_lines else example["body"]
            )
    response = operation["responses"].get(example["status"])
    if response is not None and example["answer"] is not None:
        response.setdefault("content", {}).setdefault(example["media"], {})["example"] = example["answer"]
