"""The environment's variables (环境变量): which of those that look like ours are none, and which was meant.

The settings' library reads the names that it knows and passes over all others, so that a mistyped
one would count for nothing without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from api.service.settings import Settings
from api.service.settings_errors import nearest, variable
from ledger.identity.secrets import ENVIRONMENT_PREFIX

PREFIX = "SONGNUAN"
OTHERS = frozenset(
    {
        # What commands take beside the settings.
        "SONGNUAN_KEY",
        "SONGNUAN_PASSPHRASE",
        "SONGNUAN_SECOND_PASSPHRASE",
        "SONGNUAN_SERVER",
        "SONGNUAN_PRIMARY_URL",
        "SONGNUAN_TARGET_URL",
        # What compose.yaml takes.
        "SONGNUAN_HOST",
        "SONGNUAN_DB_PASSWORD",
    }
)
ALIKE = 0.8
"""How alike the beginning of a name is to ours where it was mistyped."""


class UnknownVariable(NamedTuple):
    """A variable that nothing reads, and the one that was probably meant."""

    name: str
    meant: str | None

    def said(self) -> tuple[str, str]:
        """What to tell of it, in Chinese and English; its value may be secret and is not told."""
        zh = f"环境变量 {self.name} 不是任何设置，不起作用"
        en = f"the environment variable {self.name} is no setting and does nothing"
        if self.meant is None:
            return zh, en
        return f"{zh}；最接近的是 {self.meant}", f"{en}; the nearest is {self.meant}"


def unknown_variables(names: Iterable[str]) -> list[UnknownVariable]:
    """Those of an environment's names that look like ours and that nothing reads, in order.

    >>> unknown_variables(["SONGNUAN_DATABSE_URL", "SONGNUAN_LANG", "PATH"])
    [UnknownVariable(name='SONGNUAN_DATABSE_URL', meant='SONGNUAN_DATABASE_URL')]
    """
    known = {variable(each) for each in Settings.model_fields} | OTHERS
    return [
        UnknownVariable(name, _meant(name.upper(), known))
        for name in sorted(names)
        if _looks_like_ours(name.upper())
        and name.upper() not in known
        and not name.startswith(ENVIRONMENT_PREFIX)
    ]


def _meant(name: str, known: Iterable[str]) -> str | None:
    """By what comes after our prefix, which all have in common."""
    near = nearest(name.partition("_")[2], [each.removeprefix(f"{PREFIX}_") for each in known])
    return None if near is None else f"{PREFIX}_{near}"


def _looks_like_ours(name: str) -> bool:
    beginning, separator, _ = name.partition("_")
    return bool(separator and get_close_matches(beginning, [PREFIX], cutoff=ALIKE))
