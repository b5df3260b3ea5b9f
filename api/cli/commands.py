"""What each command shows (命令登记): one declaration for each, as ``api/service/operations.py`` has for HTTP.

The access log and the tests go by it. A command that is not here is none, and fails the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ledger.writing.access_log import AccessKind


class Command(NamedTuple):
    """What the access log says of a command; where ``kind`` is None, ``because`` says why it has no line.

    What a ledger refuses leaves a line whatever stands here.
    """

    kind: AccessKind | None
    because: str = ""


_STATEMENT = Command(None, "a statement is recorded in the ledger itself")
_KEYS = Command(None, "an officer's own key")
_WORDS = Command(None, "words")
_REGISTRY = Command(None, "the registry")
_FORM = Command(None, "a form")
_PUBLIC_LOG = Command(None, "the public log")
_CONDITION = Command(None, "how the ledger and its machine are")
_SUMS = Command(None, "sums")
_FINDINGS = Command(None, "what is wrong, by position and code")
_COPIES = Command(None, "a copy that goes on by itself; nothing is shown")

COMMANDS: Mapping[str, Command] = {
    "roster": Command("persons"),
    "flags": Command("persons"),
    "flag show": Command("persons"),
    "identity kept": Command("persons"),
    "demo": Command("persons"),
    "identity show": Command("identities"),
    "link": Command("identities"),
    "timeline": Command("search"),
    "balance": Command("search"),
    "objection": Command("search"),
    "show receipt": Command("search"),
    "import": Command("look-up"),
    "diff": Command("export"),
    "events": Command("export"),
    "export bundle": Command("export"),
    "export tiles": Command("export"),
    "backup take": Command("export"),
    "replay": Command("export"),
    "rebuild": Command("export"),
    "access": Command("access-log"),
    "init": _STATEMENT,
    "sign": Command(None, "what its own file says"),
    "countersign": Command(None, "what its own file says"),
    "submit": _STATEMENT,
    "identity seal": _STATEMENT,
    "identity erase": _STATEMENT,
    "unit register": _STATEMENT,
    "officer enrol": _STATEMENT,
    "officer identify": _STATEMENT,
    "officer roles": _STATEMENT,
    "campaign open": _STATEMENT,
    "campaign amend": _STATEMENT,
    "campaign close": _STATEMENT,
    "fund allocate": _STATEMENT,
    "fund transfer": _STATEMENT,
    "fund return": _STATEMENT,
    "clock accept": _STATEMENT,
    "set-back accept": _STATEMENT,
    "upgrade rules": _STATEMENT,
    "key rotate": _STATEMENT,
    "key revoke": _STATEMENT,
    "key rotate-ledger": _STATEMENT,
    "key new": _KEYS,
    "key show": _KEYS,
    "key protect": _KEYS,
    "unit list": _REGISTRY,
    "officer list": _REGISTRY,
    "officer exclusions": _REGISTRY,
    "campaign show": _REGISTRY,
    "campaign template": _FORM,
    "form": _FORM,
    "summary": _SUMS,
    "simulate": Command(None, "how well the rules find made-up frauds"),
    "show types": _WORDS,
    "show refusals": _WORDS,
    "show access": _WORDS,
    "show authority": _WORDS,
    "checkpoint": _PUBLIC_LOG,
    "proof": _PUBLIC_LOG,
    "cosign": _PUBLIC_LOG,
    "timestamp": _PUBLIC_LOG,
    "witness": _PUBLIC_LOG,
    "verify ledger": _FINDINGS,
    "verify bundle": _FINDINGS,
    "verify proof": _FINDINGS,
    "status": _CONDITION,
    "clock status": _CONDITION,
    "doctor": _CONDITION,
    "serve": Command(None, "the service records what it answers"),
    "vault rotate": Command(None, "keys are wrapped anew, identities are not opened"),
    "vault retire": Command(None, "keys are destroyed; nothing is shown"),
    "backup wal": _COPIES,
    "backup keep": _COPIES,
    "backup status": _CONDITION,
    "backup restore": Command(None, "a ledger is put back; nothing is shown"),
    "backup rehearse": Command(None, "a ledger is put back for a while; nothing is shown"),
    "replica run": _COPIES,
    "replica status": _CONDITION,
    "replica promote": _CONDITION,
    "replica rejoin": _COPIES,
    "replica stop": _CONDITION,
    "upgrade server": Command(None, "a ledger is moved; nothing is shown"),
}
"""Rows of persons, identities in clear, searches, exports, look-ups and the access log itself are
recorded before anything is printed; the rest says why it is not."""


def command(name: str) -> Command:
    """What stands here of a command, ``flag show``.

    Raises:
        RuntimeError: nothing does.
    """
    if name not in COMMANDS:
        raise RuntimeError(f"songnuan {name} does not say what it shows: add it to api/cli/commands.py")
    return COMMANDS[name]
