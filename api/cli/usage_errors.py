"""What is wrong with how a command was called (用法错误), in this product's words instead of the library's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from typer import BadParameter
from typer.exceptions import TyperException

from api.cli.exit_codes import Misused
from ledger.validation_words import problem_words

_PATHS = (
    (r"(?:path|file|dir) '(.*)' does not exist\.", "{} 不存在", "{} does not exist"),
    (r"(?:path|file|dir) '(.*)' is a file\.", "{} 是文件，应为文件夹", "{} is a file, not a folder"),
    (
        r"(?:path|file|dir) '(.*)' is a directory\.",
        "{} 是文件夹，应为文件",
        "{} is a folder, not a file",
    ),
    (r"(?:path|file|dir) '(.*)' is not readable\.", "{} 无权读取", "{} may not be read"),
    (r"(?:path|file|dir) '(.*)' is not writable\.", "{} 无权写入", "{} may not be written"),
)
"""What the library says of a path, and the same in both languages; tests/unit/test_usage.py tries each."""


def misused(error: TyperException) -> Misused:
    """The error that the library raised, told in both languages, with how to see the help page."""
    zh, en = _told(error)
    context = getattr(error, "ctx", None)
    path = "songnuan" if context is None else context.command_path
    return Misused(f"{zh}。用法见 {path} --help", f"{en}; see {path} --help")


def not_text(error: Exception, arguments: Sequence[str]) -> Misused | None:
    """The error that an argument is in no encoding of this terminal; None where something else is wrong.

    Python hands on such bytes as halves of surrogates, which no database and no document takes. A path may have them.
    """
    if not isinstance(error, UnicodeEncodeError) or "surrogates" not in error.reason:
        return None
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            shown = argument.encode(errors="surrogateescape").decode(errors="replace")
            return Misused(
                f"参数不是 UTF-8 文字：{shown}；请把终端的字符集设为 UTF-8 后重新输入",
                f"an argument is no text in UTF-8: {shown}; set the terminal to UTF-8 and give it again",
            )
    return None


def no_such_command(name: str, known: list[str]) -> Misused:
    """No command of that name is here; the nearest are named."""
    near = get_close_matches(name, known)
    zh, en = f"没有名为 {name} 的命令", f"there is no command {name}"
    if near:
        listed = "、".join(near)
        zh, en = f"{zh}，是否为 {listed}", f"{en}, did you mean {', '.join(near)}"
    return Misused(f"{zh}？" if near else zh, f"{en}?" if near else en)


def _told(error: Any) -> tuple[str, str]:
    if hasattr(error, "param_type"):
        return f"缺少 {_named(error)}", f"{_named(error)} is missing"
    if isinstance(error, BadParameter):
        zh, en = _value(error)
        return f"{_named(error)} 的值不对：{zh}", f"{_named(error)}: {en}"
    if hasattr(error, "possibilities"):
        near = list(error.possibilities or ())
        zh, en = f"没有选项 {error.option_name}", f"there is no option {error.option_name}"
        return (
            (f"{zh}，是否为 {'、'.join(near)}", f"{en}, did you mean {', '.join(near)}") if near else (zh, en)
        )
    if hasattr(error, "option_name"):
        if "does not take a value" in error.message:
            return f"{error.option_name} 不带值", f"{error.option_name} takes no value"
        return f"{error.option_name} 后面缺少值", f"{error.option_name} lacks its value"
    extra = re.fullmatch(r"Got unexpected extra arguments?\(?s?\)? \((.*)\)", error.message)
    if extra:
        return f"多出了 {extra[1]}", f"{extra[1]} is more than was asked for"
    return "命令写法有误", "the command cannot be read"


def _named(error: Any) -> str:
    """The option by its longest name, the argument by its own."""
    parameter = error.param
    if parameter is None:
        return str(error.param_hint or "")
    return str(max(parameter.opts, key=len)) if parameter.param_type_name == "option" else str(parameter.name)


def _value(error: BadParameter) -> tuple[str, str]:
    if isinstance(error.__cause__, ValidationError):
        return problem_words(error.__cause__.errors()[0])
    for pattern, zh, en in _PATHS:
        found = re.fullmatch(pattern, error.message)
        if found:
            return zh.format(found[1]), en.format(found[1])
    return "无法识别", "it cannot be used"
