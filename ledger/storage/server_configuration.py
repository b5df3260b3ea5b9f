"""What an embedded server's data folder is made with (内置数据库的配置): its settings, who is let in, how text is compared."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_CONFIGURATION = """
# Written by Songnuan at initialisation; change freely, it is not written again.
listen_addresses = ''
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = {buffers}MB
max_wal_size = 4GB
wal_keep_size = 256MB
random_page_cost = 1.1
timezone = 'UTC'
log_timezone = 'UTC'
"""

_ACCESS = """
local all all trust
local replication all trust
"""

_BYTE_BY_BYTE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
"""Text is compared byte by byte."""
FIRST_WITH_BUILTIN_LOCALE = 17

MOST_BUFFER_MEGABYTES = 1024
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def configuration() -> str:
    """The settings that a new data folder is given."""
    return _CONFIGURATION.format(buffers=_buffer_megabytes())


def files_beside() -> dict[str, str]:
    """The configuration files of a data folder, each with what it says where it is missing.

    Some distributions keep these files elsewhere, so that a copy of the data lacks them.
    """
    return {"postgresql.conf": configuration(), "pg_hba.conf": _ACCESS, "pg_ident.conf": ""}


def initialisation(major: int) -> Sequence[str]:
    """The options of initdb, of a major version of PostgreSQL."""
    return (
        "--username=songnuan",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        *(_BYTE_BY_BYTE if major >= FIRST_WITH_BUILTIN_LOCALE else ()),
        "--data-checksums",
        "--no-instructions",
    )


def _buffer_megabytes() -> int:
    """An eighth of the memory that this process may use, between 128 MiB and 1 GiB.

    Indexes over marks are hit at random, so that a large ledger is followed faster with more of them.
    """
    usable = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if _CGROUP_LIMIT.exists() and (limit := _CGROUP_LIMIT.read_text().strip()).isdigit():
        usable = min(usable, int(limit))
    return min(MOST_BUFFER_MEGABYTES, max(128, usable // 8 // 2**20))
