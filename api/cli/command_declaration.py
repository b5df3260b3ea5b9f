"""What is declared of a command and of a group (命令登记的各项): :mod:`api.cli.commands` declares each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.writing.access_log import AccessKind


class Shown(NamedTuple):
    """What the access log says of a command; where ``kind`` is None, ``because`` says why it has no line.

    What a ledger refuses leaves a line whatever stands here.
    """

    kind: AccessKind | None
    because: str = ""


class Command(NamedTuple):
    """A command: its function, ``module:name``; its help in Chinese and English; what it shows.

    One that is ``offline`` works on files alone: it reads no setting, and what verifying needs is
    enough to run it. One that is ``forbearing`` reads the settings itself, also where some are wrong.
    """

    function: str
    zh: str
    en: str
    shows: Shown
    offline: bool = False
    forbearing: bool = False


class Group(NamedTuple):
    """A group of commands: its help, and the function of the group named ``by_itself``, if it has one."""

    zh: str
    en: str
    by_itself: str | None = None
