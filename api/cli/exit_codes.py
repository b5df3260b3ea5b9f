"""The command's exit codes (退出码), for scripts; ``songnuan --help`` lists them."""

from __future__ import annotations

from ledger.errors import Explained, Incomplete, Misconfigured, SongnuanError, Unavailable

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3
EXIT_MISCONFIGURED = 4
EXIT_PARTLY = 5
EXIT_DIFFERS = 6


class Misused(Explained):
    """The command was given what it cannot use; its exit code is 2."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("usage", zh, en)


def exit_code(error: SongnuanError) -> int:
    """The exit code of an error."""
    if isinstance(error, Misused):
        return EXIT_USAGE
    if isinstance(error, Incomplete):
        return EXIT_DIFFERS
    if isinstance(error, Unavailable):
        return EXIT_UNAVAILABLE
    if isinstance(error, Misconfigured):
        return EXIT_MISCONFIGURED
    return EXIT_REFUSED
