"""A policy as a file to edit (方案文件): TOML with what each field means and where it comes from, above the field.

What is written is read back as the same policy: :func:`read_policy` takes it, and JSON as well.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from api.campaigns.plans import explanation
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import Explained


class PolicyUnreadable(Explained):
    """A policy's file is neither JSON nor TOML."""


def read_policy(data: bytes, name: str) -> dict[str, Any]:
    """The policy's members in a file's bytes.

    Raises:
        PolicyUnreadable: ``policy-file``, with the line.
    """
    json = data.lstrip().startswith(b"{")
    try:
        members: dict[str, Any] = orjson.loads(data) if json else tomllib.loads(data.decode())
    except orjson.JSONDecodeError as error:
        raise PolicyUnreadable(
            "policy-file",
            f"方案文件 {name} 第 {error.lineno} 行第 {error.colno} 列不是 JSON",
            f"the policy {name} is no JSON at line {error.lineno}, column {error.colno}",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyUnreadable(
            "policy-file",
            f"方案文件 {name} 既不是 JSON 也不是 TOML（UTF-8），无法读取：请核对引号、括号和等号",
            f"the policy {name} is neither JSON nor TOML in UTF-8: {error}",
        ) from None
    return members


def policy_lines(policy: Policy) -> Iterator[str]:
    """The policy's lines: fields that are set with their explanation and source, then those that are not, as comments.

    Plain fields come first, for a table of TOML takes all that follows it.
    """
    members = policy.model_dump(mode="json", exclude_none=True)
    plain = {name: value for name, value in members.items() if not _is_table(value)}
    for name, value in plain.items():
        yield from _explained(policy, name)
        yield f"{name} = {_value(value)}" if value != [] else f"# {name} = []"
        yield ""
    for name in (name for name in Policy.model_fields if name not in members):
        yield from _explained(policy, name)
        yield f"# {name} = "
        yield ""
    for name, value in members.items():
        if name not in plain:
            yield from _explained(policy, name)
            yield from _table((name,), value)


def _explained(policy: Policy, name: str) -> Iterator[str]:
    meaning, source = explanation(name), policy.source_of_field(name)
    if meaning is not None:
        yield f"# {meaning.zh}"
        yield f"# {meaning.en}"
    if source is not None:
        yield f"# 依据 source: {source}"


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _table(way: tuple[str, ...], value: Any) -> Iterator[str]:
    """A part as a table, or several as an array of tables; the first has its fields explained."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield f"[[{'.'.join(way)}]]"
            yield from _members(way, each, explained=number == 0)
    else:
        yield f"[{'.'.join(way)}]"
        yield from _members(way, value, explained=True)


def _members(way: tuple[str, ...], members: Mapping[str, Any], *, explained: bool) -> Iterator[str]:
    for name, value in members.items():
        if _is_table(value) and not isinstance(value, dict):
            continue
        meaning = explanation(".".join((*way, name))) if explained else None
        if meaning is not None:
            yield f"# {meaning.zh} / {meaning.en}"
        yield f"{name} = {_value(value)}"
    yield ""
    for name, value in members.items():
        if _is_table(value) and not isinstance(value, dict):
            yield from _table((*way, name), value)


def _value(value: Any) -> str:
    """A value of TOML; a part within a line as an inline table."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return orjson.dumps(value).decode()
