"""Chinese first, English on request: ``--lang en`` anywhere, or ``SONGNUAN_LANG=en``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.wording.words import Words


LANGUAGES = ("zh", "en")


def take_language(arguments: list[str]) -> list[str]:
    """Takes ``--lang`` out of the arguments and sets the language, before any help is written.

    Raises:
        Misused: it is none that there is.
    """
    rest: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument == "--lang":
            _set_language(next(given, ""))
        elif argument.startswith("--lang="):
            _set_language(argument.removeprefix("--lang="))
        else:
            rest.append(argument)
    return rest


def _set_language(named: str) -> None:
    if named not in LANGUAGES:
        # Here, since errors are told in the language.
        from api.cli.exit_codes import Misused

        listed = "、".join(LANGUAGES)
        raise Misused(
            f"--lang 应为 {listed} 之一，实为 {named or '空'}",
            f"--lang is one of {', '.join(LANGUAGES)}, got {named or 'nothing'}",
        )
    os.environ["SONGNUAN_LANG"] = named


def language() -> str:
    """``zh`` or ``en``."""
    return "en" if os.environ.get("SONGNUAN_LANG", "zh").startswith("en") else "zh"


def say(zh: str, en: str) -> str:
    """The text in the language chosen."""
    return en if language() == "en" else zh


def titled(titles: tuple[str, str]) -> str:
    """One of a pair of Chinese and English titles."""
    return say(*titles)


def words_now() -> Words:
    """The words for what the views say, in the language chosen."""
    # Here, so that commands that say nothing of the views start without the events' types.
    from api.wording.words import Words

    return Words(language())
