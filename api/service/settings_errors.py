"""Errors of the settings, in the words of whoever wrote them: which setting, what is wrong, no secret."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_settings import SettingsError

from ledger.errors import Misconfigured
from ledger.validation_words import ValueProblem, problem_words

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LONGEST_SHOWN = 40


@contextmanager
def settings_explained(settings: type[Any], file: str) -> Iterator[None]:
    """Turn what the settings' library raises into an error with a stable code.

    Raises:
        Misconfigured: ``setting-invalid``, ``setting-unknown``, ``settings-file-malformed`` or
            ``settings-file-unreadable``.
    """
    try:
        if os.path.lexists(file) and not Path(file).is_file():
            raise Misconfigured(
                "settings-file-unreadable",
                f"设置文件 {file} 不是文件",
                f"the settings file {file} is not a file",
            )
        yield
    except ValidationError as error:
        raise _explained(settings, file, error.errors(include_url=False)) from None
    except SettingsError as error:
        raise _malformed_json(settings, error) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _malformed_file(file, error) from None
    except OSError as error:
        raise Misconfigured(
            "settings-file-unreadable",
            f"读不了设置文件 {file}",
            f"cannot read the settings file {file}: {error.strerror}",
        ) from None


def _explained(settings: type[Any], file: str, errors: list[ErrorDetails]) -> Misconfigured:
    unknown = [str(error["loc"][0]) for error in errors if error["type"] == "extra_forbidden"]
    if unknown:
        names = "、".join(unknown)
        return Misconfigured(
            "setting-unknown",
            f"{file} 中没有名为 {names} 的设置",
            f"{file} has settings that do not exist: {', '.join(unknown)}",
        )
    zh, en = [], []
    for error in errors:
        name = variable(str(error["loc"][0]))
        zh_problem, en_problem = _problem(settings, error)
        zh.append(f"{name}：{zh_problem}")
        en.append(f"{name}: {en_problem}")
    return Misconfigured("setting-invalid", "设置有误。" + "；".join(zh), "; ".join(en))


def variable(field: str) -> str:
    """A setting's name in the environment."""
    return f"SONGNUAN_{field.upper()}"


def _problem(settings: type[Any], error: ErrorDetails) -> tuple[str, str]:
    own = error.get("ctx", {}).get("error")
    if isinstance(own, ValueProblem):
        return own.zh, own.en
    if error["type"] == "literal_error":
        choices = _choices(settings.model_fields[str(error["loc"][0])].annotation)
        found = str(error["input"])[:LONGEST_SHOWN]
        return (
            f"应为 {'、'.join(choices)} 之一，实为 {found}",
            f"expected one of {', '.join(choices)}, got {found}",
        )
    return problem_words(error)


def _choices(annotation: Any) -> list[str]:
    """The values that a literal, or a union with one, takes."""
    if get_origin(annotation) is Literal:
        return [str(each) for each in get_args(annotation)]
    if get_origin(annotation) in (Union, UnionType):
        return [choice for part in get_args(annotation) for choice in _choices(part)]
    return []


def _malformed_json(settings: type[Any], error: SettingsError) -> Misconfigured:
    field = next((name for name in settings.model_fields if f'"{name}"' in str(error)), None)
    name = "SONGNUAN_…" if field is None else variable(field)
    return Misconfigured(
        "setting-invalid",
        f"设置有误。{name}：应为 JSON",
        f"{name}: expected JSON",
    )


def _malformed_file(file: str, error: ValueError) -> Misconfigured:
    if isinstance(error, UnicodeDecodeError):
        return Misconfigured(
            "settings-file-malformed",
            f"设置文件 {file} 不是 UTF-8",
            f"the settings file {file} is not UTF-8",
        )
    # The library's words name the line and column, and quote at most one character.
    return Misconfigured(
        "settings-file-malformed",
        f"设置文件 {file} 的写法有误：{error}",
        f"the settings file {file} is not TOML: {error}",
    )
