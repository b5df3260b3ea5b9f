"""What a body may be stands in the OpenAPI, each content type with an example of its own form."""

from __future__ import annotations

import orjson

from api.app import create_app
from api.service.settings import Settings


def test_statements_are_taken_as_json_and_as_lines() -> None:
    operation = create_app(Settings()).openapi()["paths"]["/statements"]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {"application/json", "application/x-ndjson"}
    one, many = content["application/json"]["schema"]["oneOf"]
    assert (one["type"], many["type"], many["items"]) == ("object", "array", one)
    line = content["application/x-ndjson"]["example"]
    assert line.endswith("\n")
    assert orjson.loads(line) == content["application/json"]["example"]
    assert "examples" not in content["application/json"]
    assert all(kind in operation["requestBody"]["description"] for kind in content)
