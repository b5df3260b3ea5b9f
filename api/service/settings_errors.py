"""Errors of the settings, in the words of whoever wrote them: which setting, what is wrong, no secret."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import ValidationError

from ledger.errors import Misconfigured
from ledger.system_words import reason_of
from ledger.validation_words import ValueProblem, problem_words

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LONGEST_SHOWN = 40


class WrongSetting(NamedTuple):
    """One thing that is wrong: the setting, or the file where it is the whole of it, and what is the matter."""

    name: str
    code: str
    zh: str
    en: str


class SettingsWrong(Misconfigured):
    """The settings cannot be used; ``wrong`` has all that is the matter with them, one thing each."""

    def __init__(self, wrong: Iterable[WrongSetting]) -> None:
        self.wrong = tuple(wrong)
        codes = {each.code for each in self.wrong}
        code = codes.pop() if len(codes) == 1 else "setting-invalid"
        beginning = "设置有误。" if code == "setting-invalid" else ""
        super().__init__(
            code,
            beginning + "；".join(each.zh for each in self.wrong),
            "; ".join(each.en for each in self.wrong),
        )


@contextmanager
def settings_explained(settings: type[Any], file: str | None) -> Iterator[None]:
    """Turn what the settings' library raises into an error with a stable code; without a file none is read.

    Raises:
        SettingsWrong: ``setting-invalid``, ``setting-unknown``, ``settings-file-malformed`` or
            ``settings-file-unreadable``.
    """
    try:
        if file is not None and os.path.lexists(file) and not Path(file).is_file():
            raise _unreadable(file, f"设置文件 {file} 不是文件", f"the settings file {file} is not a file")
        yield
    except ValidationError as error:
        raise SettingsWrong(
            _explained(settings, str(file), each) for each in error.errors(include_url=False)
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _malformed_file(str(file), error) from None
    except OSError as error:
        zh, en = reason_of(error)
        raise _unreadable(
            str(file), f"无法读取设置文件 {file}：{zh}", f"cannot read the settings file {file}: {en}"
        ) from None


def _unreadable(file: str, zh: str, en: str) -> SettingsWrong:
    return SettingsWrong([WrongSetting(file, "settings-file-unreadable", zh, en)])


def _explained(settings: type[Any], file: str, error: ErrorDetails) -> WrongSetting:
    field = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        near = nearest(field, settings.model_fields)
        return WrongSetting(
            field,
            "setting-unknown",
            f"{file} 中没有名为 {field} 的设置" + (f"（最接近的是 {near}）" if near else ""),
            f"{file} has {field}, which is no setting" + (f" (the nearest is {near})" if near else ""),
        )
    zh, en = _problem(settings, error)
    name = variable(field)
    return WrongSetting(field, "setting-invalid", f"{name}：{zh}", f"{name}: {en}")


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that was probably meant; None where none is near.

    >>> nearest("data_dri", ["data_dir", "lang"])
    'data_dir'
    """
    return next(iter(get_close_matches(name, known, n=1)), None)


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


def _malformed_file(file: str, error: ValueError) -> SettingsWrong:
    if isinstance(error, UnicodeDecodeError):
        zh, en = f"设置文件 {file} 不是 UTF-8", f"the settings file {file} is not UTF-8"
    else:
        # The library's words name the line and column, and quote at most one character.
        zh = f"设置文件 {file} 不是 TOML，写法有误：{error}"
        en = f"the settings file {file} is not TOML: {error}"
    return SettingsWrong([WrongSetting(file, "settings-file-malformed", zh, en)])
