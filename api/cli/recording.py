"""Recording what the command line shows (命令行查阅记录), as the service records what it answers.

Who sits at the command line is no officer to the ledger: the line names the command, and by a keyed
mark the machine and its user.
"""

from __future__ import annotations

import getpass
import socket

import psycopg

from api.access_kinds import RECORDED_COMMANDS, safe_name
from ledger.access_log import AccessLine, address_mark, append_lines, read_head, unavailable
from ledger.clock import utc_now
from ledger.event import utc_text
from ledger.store import OpenStore


def record_shown(
    store: OpenStore,
    command: str,
    *,
    campaign: str | None = None,
    unit: str | None = None,
    subject: str | None = None,
    rows: int | None = None,
    elsewhere: int | None = None,
    key: str | None = None,
) -> None:
    """Record a question before its answer is shown; ``rows`` is None for what comes as a stream.

    Raises:
        Unavailable: ``access-log-unavailable``; then nothing may be shown.
    """
    line = AccessLine(
        kind=RECORDED_COMMANDS[command],
        what=f"songnuan {command}",
        key=key,
        campaigns=None if campaign is None else (safe_name(campaign),),
        units=None if unit is None else (safe_name(unit),),
        subject=None if subject is None else safe_name(subject),
        rows=rows,
        elsewhere=elsewhere,
        address=address_mark(store.secrets().mark_key, f"{getpass.getuser()}@{socket.gethostname()}"),
    )
    try:
        with store.connect() as connection:
            append_lines(connection, read_head(connection), [line.members(utc_text(utc_now()))])
    except psycopg.Error:
        raise unavailable() from None
