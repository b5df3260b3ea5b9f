"""What the fields of events are called and what they hold (签署件的字段), for people who write or read one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ledger.domain.event import Event
from ledger.domain.references import KIND_TITLES


class EventField(NamedTuple):
    """A field: its name, its title in Chinese and English, what it holds in both, whether it must be there."""

    name: str
    zh: str
    en: str
    shape_zh: str
    shape_en: str
    required: bool


@cache
def titles() -> Mapping[str, str]:
    """The titles by field, and by ``Name.field`` where an event calls it otherwise."""
    return tomllib.loads(files("api.wording").joinpath("event_fields.toml").read_text("utf-8"))


def title(kind: type[Event], field: str) -> str:
    """What a field is called in Chinese."""
    return titles().get(f"{kind.NAME}.{field}") or titles()[field]


def fields_of(kind: type[Event]) -> list[EventField]:
    """The fields of an event, in their order."""
    schema = kind.model_json_schema()
    defined: Mapping[str, Any] = schema.get("$defs", {})
    required = schema.get("required", [])
    named = {each.path[0]: each.names.kind for each in kind.REFERENCES if each.path}
    found = []
    for name, value in schema["properties"].items():
        shape_zh, shape_en = _shape(name, value, defined)
        if name in named:
            zh, en = KIND_TITLES[named[name]]
            shape_zh, shape_en = f"{shape_zh}（{zh}）", f"{shape_en} ({en})"
        found.append(
            EventField(name, title(kind, name), name.replace("_", " "), shape_zh, shape_en, name in required)
        )
    return found


def _shape(name: str, schema: Mapping[str, Any], defined: Mapping[str, Any]) -> tuple[str, str]:
    """What a value looks like, from its JSON schema."""
    if "$ref" in schema:
        return _shape(name, defined[schema["$ref"].rpartition("/")[2]], defined)
    if "anyOf" in schema:
        parts = [_shape(name, each, defined) for each in schema["anyOf"] if each.get("type") != "null"]
        return " 或 ".join(zh for zh, _ in parts), " or ".join(en for _, en in parts)
    if "enum" in schema or "const" in schema:
        words = schema.get("enum", [schema.get("const")])
        listed = ", ".join(str(each) for each in words)
        return f"{listed} 之一" if len(words) > 1 else listed, f"one of {listed}" if len(
            words
        ) > 1 else listed
    kind = schema.get("type")
    if kind == "array":
        zh, en = _shape(name, schema.get("items", {}), defined)
        most = schema.get("maxItems")
        return (
            f"列表，每项为{zh}" + (f"，至多 {most} 项" if most else ""),
            f"list of {en}" + (f", at most {most}" if most else ""),
        )
    if kind == "object":
        members = ", ".join(schema.get("properties", {}))
        return f"对象 {{{members}}}", f"object {{{members}}}"
    if kind == "integer":
        return (
            ("整数，单位为分", "whole number, in fen") if name.endswith("_fen") else ("整数", "whole number")
        )
    if kind == "boolean":
        return "true 或 false", "true or false"
    return _text_shape(schema)


def _text_shape(schema: Mapping[str, Any]) -> tuple[str, str]:
    pattern = schema.get("pattern", "")
    if pattern == r"^\d{4}-\d\d-\d\d$":
        return "日期，如 2026-01-15", "date like 2026-01-15"
    if pattern == "^[0-9a-f]{64}$":
        return "64 位十六进制", "64 hex digits"
    if pattern.startswith("^[0-9a-f]{8}-"):
        return "编号（UUIDv7）", "id (UUIDv7)"
    if pattern == "^[a-z0-9][a-z0-9.-]{0,47}$":
        return "代码", "code"
    if "maxLength" in schema:
        most = schema["maxLength"]
        return f"文字，至多 {most} 字", f"text of at most {most} characters"
    return "文字", "text"
