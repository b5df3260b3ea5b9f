"""Chinese first, English on request: ``--lang en`` anywhere, or ``SONGNUAN_LANG=en``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.wording.words import Words


def take_language(arguments: list[str]) -> list[str]:
    """Takes ``--lang`` out of the arguments and sets the language, before any help is written."""
    rest: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument == "--lang":
            os.environ["SONGNUAN_LANG"] = next(given, "zh")
        elif argument.startswith("--lang="):
            os.environ["SONGNUAN_LANG"] = argument.removeprefix("--lang=")
        else:
            rest.append(argument)
    return rest


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
