"""Requests that nobody would send in good faith, to every operation that the service documents."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

TIMES = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "2026-02-30T00:00:00+08:00",
    "2026-01-15T09:30:00",
    "2026-01-15",
    "24:00",
)
HOSTILE = (
    "",
    " ",
    "0",
    "-1",
    "1.5",
    "١٢",
    "1e9",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 5_000,
    "NaN",
    "true",
    "x" * 5_000,
    "' OR 1=1 --",
    "../../etc/passwd",
    "%",
    "{}",
    "\ud800",
    "\u202e",
    "é",
    "张三",
    "b2026",
    "tea",
    "county",
    "line/b2026/workers",
    "110101199003070011",
    *TIMES,
)
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=40)
SCALARS = TEXTS | st.none() | st.booleans() | st.integers() | st.floats()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "application/x-ndjson",
    "application/octet-stream",
    "multipart/form-data; boundary=x",
    "text/plain",
    "x",
    "",
)
FIELDS = {
    "content-encoding": ("gzip", "br", "identity", "gzip, gzip", "x" * 500),
    "accept": ("text/html", "*/*;q=0", "x"),
    "accept-encoding": ("gzip", "identity;q=0", "x"),
    "range": ("bytes=0-", "bytes=-1", "x"),
    "if-none-match": ("*", 'W/"0-0-x"', '"' + "x" * 9_000 + '"'),
    "last-event-id": ("-1", "x", "9" * 40),
    "origin": ("https://evil.example", "null"),
    "x-request-id": ("x", "9" * 32),
    "x-forwarded-proto": ("https", "javascript"),
    "expect": ("100-continue", "x"),
    "cookie": ("songnuan_session=x", "songnuan_session", "=;=;", "songnuan_session=" + "x" * 9_000),
}


GOOD = {
    "campaign": ("b2026",),
    "unit": ("tea", "county"),
    "as_of": ("1", "2026-01-12", "2026-01-12T09:30"),
    "since": ("1",),
    "account": ("line/b2026/workers",),
    "name": ("a.csv", "a.xlsx", "b2026", "tea"),
    "year": ("2026",),
    "seed": ("x",),
    "tag": ("unit:tea",),
}
"""What some parameters are well asked with."""


@dataclass(frozen=True)
class Parameter:
    """One of the names in a query: whether it must be there, and what it is well asked with."""

    name: str
    required: bool
    good: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """What may be asked: a method, a path's template, what its path and query take, and a good body."""

    method: str
    path: str
    within: dict[str, Parameter]
    query: tuple[Parameter, ...]
    body: Any


@dataclass(frozen=True)
class Request:
    """What is asked."""

    operation: Operation
    url: str
    content: bytes
    fields: dict[str, str] = field(default_factory=dict)
    officer: int = 0


def operations(openapi: dict[str, Any], names: list[str]) -> list[Operation]:
    """All that the service documents; ``names`` are ids of what is there."""
    found = []
    for path, methods in openapi["paths"].items():
        for method, said in methods.items():
            parameters = {
                place: {
                    each["name"]: _parameter(each, names)
                    for each in said.get("parameters", ())
                    if each["in"] == place
                }
                for place in ("path", "query")
            }
            content = said.get("requestBody", {}).get("content", {})
            body = content.get("application/json", {}).get("example")
            query = tuple(parameters["query"].values())
            found.append(Operation(method.upper(), path, parameters["path"], query, body))
    return found


def _parameter(said: dict[str, Any], names: list[str]) -> Parameter:
    schema = said.get("schema", {})
    for each in schema.get("anyOf", [schema]):
        if "enum" in each:
            good = tuple(map(str, each["enum"]))
            break
        if each.get("type") in ("integer", "number"):
            good = ("1", "2", "20")
            break
    else:
        good = GOOD.get(said["name"], tuple(names))
    return Parameter(said["name"], said.get("required", False), good)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


@st.composite
def _changed(draw: st.DrawFn, value: Any) -> Any:
    """A good body with one part of it that is not."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(_changed(value[name]))}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        return [*value[:-1], draw(_changed(value[-1]))]
    return draw(VALUES)


def _bodies(operation: Operation, statement: dict[str, Any]) -> st.SearchStrategy[bytes]:
    good = operation.body if operation.body is not None else statement
    deep = st.sampled_from((b"[", b'{"a":', b'[{"":')).flatmap(
        lambda opening: st.integers(1, 20_000).map(lambda count: opening * count)
    )
    many = st.sampled_from((b"[],", b"{},", b"1,", b'"",')).map(lambda one: b"[" + one * 15_000 + b"1]")
    lines = st.lists(_changed(statement).map(_dumped), min_size=1, max_size=5).map(b"\n".join)
    return st.one_of(
        _changed(good).map(_dumped),
        _changed(statement).map(_dumped),
        VALUES.map(_dumped),
        lines,
        lines.map(lambda each: b"[" + each.replace(b"\n", b",") + b"]"),
        deep,
        many,
        st.binary(max_size=200),
        st.sampled_from(
            (
                b"",
                b"{",
                b"nul",
                b"\xef\xbb\xbf{}",
                '{"text":"\ud800"}'.encode("utf-8", "surrogatepass"),
                b'{"key":"\\ud800"}',
                b'{"case":"\\u0000","text":"\\u0000\\u0000\\u0000\\u0000\\u0000"}',
                b'{"case":1' + b"0" * 5_000 + b"}",
                b"x" * 70_000,
                b"PK\x03\x04" + b"\0" * 100,
                gzip.compress(b"{}", mtime=0),
                "姓名,公民身份号码\n张三,1\n".encode(),
                '账号,金额,结果\n"'.encode() + b"9" * 300 + b"\n",
            )
        ),
    )


def _asked_with(parameter: Parameter) -> st.SearchStrategy[str]:
    return st.integers(0, 4).flatmap(lambda n: st.sampled_from(parameter.good) if n else TEXTS)


@st.composite
def requests(draw: st.DrawFn, asked: list[Operation], statement: dict[str, Any], officers: int) -> Request:
    """A request to one of the operations, as one of the officers or as nobody (0)."""
    operation = draw(st.sampled_from(asked))
    path = operation.path
    while "{" in path:
        before, _, rest = path.partition("{")
        name, _, after = rest.partition("}")
        path = before + _quoted(draw(_asked_with(operation.within[name.partition(":")[0]]))) + after
    query = {
        each.name: draw(_asked_with(each))
        for each in operation.query
        if draw(st.integers(0, 19 if each.required else 2))
    }
    url = path + "?" * bool(query) + "&".join(f"{name}={_quoted(value)}" for name, value in query.items())
    takes_body = operation.method in ("POST", "PUT") or draw(st.integers(0, 19)) == 19
    content = draw(_bodies(operation, statement)) if takes_body else b""
    fields = {
        name: draw(st.sampled_from(some)) for name, some in FIELDS.items() if draw(st.integers(0, 29)) == 29
    }
    if content:
        fields["content-type"] = draw(st.sampled_from(TYPES))
    fields["x-forwarded-for"] = f"10.{draw(st.integers(0, 255))}.{draw(st.integers(0, 255))}.1"
    return Request(operation, url, content, fields, draw(st.integers(0, officers)))
