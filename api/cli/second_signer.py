"""A second officer's key, for what two must sign: ``--second KEY`` anywhere in a command that signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class SecondSigner:
    """Which key file, and where its passphrase is."""

    key: Path | None = None
    passphrase_file: Path | None = None


_given = SecondSigner()


def given() -> SecondSigner:
    """What the command line named."""
    return _given


def take_second(arguments: list[str]) -> list[str]:
    """Takes ``--second`` and ``--second-passphrase-file`` out of the arguments."""
    global _given
    found = SecondSigner()
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        name, equals, value = argument.partition("=")
        if name not in ("--second", "--second-passphrase-file"):
            rest.append(argument)
            continue
        path = Path(value if equals else next(left, ""))
        if name == "--second":
            found.key = path
        else:
            found.passphrase_file = path
    _given = found
    return rest
