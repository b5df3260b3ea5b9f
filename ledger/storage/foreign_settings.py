"""Settings of another server (原库的设置) that keep a copy of it from working: what a restore takes back.

A base backup brings along the configuration of the server that it was taken from. There its standbys,
libraries, certificates and archive are; here they are not, and a database that was set read-only takes
nothing. Pure: files are read by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from psycopg.conninfo import make_conninfo

HARMLESS: Mapping[str, str] = {
    # Nothing is written.
    "default_transaction_read_only": "off",
    # Every commit waits for a standby that is not there.
    "synchronous_standby_names": "",
    # Recovery follows another server, waits, or has a second target, which PostgreSQL refuses.
    "primary_conninfo": "",
    "primary_slot_name": "",
    "recovery_min_apply_delay": "0",
    "recovery_target": "",
    "recovery_target_name": "",
    "recovery_target_lsn": "",
    "recovery_target_time": "",
    "recovery_target_xid": "",
    # Commands and archives of the other machine.
    "archive_mode": "off",
    "archive_command": "",
    "archive_library": "",
    "archive_cleanup_command": "",
    "recovery_end_command": "",
    # The server is reached by its own socket; the other one may hold the addresses still.
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_group": "",
    "unix_socket_permissions": "0777",
    # Files and libraries that are not here.
    "ssl": "off",
    "shared_preload_libraries": "",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "logging_collector": "off",
    "external_pid_file": "",
    # What this machine may not have.
    "huge_pages": "try",
    # Without it nothing is set back afterwards.
    "allow_alter_system": "on",
}
"""Each setting that can keep a restored server from working, and the value with which it does not."""

OF_THIS_MACHINE = (
    "listen_addresses",
    "port",
    "unix_socket_group",
    "unix_socket_permissions",
    "ssl",
    "external_pid_file",
    "huge_pages",
)
"""Those that a standby has of its own; in all else it is as its primary is."""

KEPT: Mapping[str, str] = {
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "session_replication_role": "origin",
    "role": "none",
    "search_path": '"$user", public',
    "statement_timeout": "0",
    "lock_timeout": "0",
    "transaction_timeout": "0",
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
"""Settings kept for a database or a role that can keep sessions from coming about, or from doing what they
do, and the value with which they do not."""

FIRST_SESSION = (
    "session_preload_libraries",
    "local_preload_libraries",
    "default_transaction_read_only",
    "role",
    "statement_timeout",
    "idle_session_timeout",
)
"""Those of them that an administrator's session must be free of to take the others back."""


def freed(url: str) -> str:
    """The URL of an administrator's session that nothing kept for its database and role hinders."""
    options = " ".join(f"-c {name}={KEPT[name]}" for name in FIRST_SESSION)
    return make_conninfo(url, options=options)


_LINE = re.compile(r"""\s*([A-Za-z_]\w*)\s*(?:=\s*|\s)\s*('(?:[^']|''|\\')*'|[^\s#']+)""")
_MEANS = {
    "on": "on",
    "true": "on",
    "yes": "on",
    "1": "on",
    "off": "off",
    "false": "off",
    "no": "off",
    '""': "",
}
_UNTOLD = {"listen_addresses": ("", "localhost"), "archive_command": ("", "(disabled)")}


def read_settings(texts: Iterable[str]) -> dict[str, str]:
    r"""What configuration files say, the last line of each setting; names in small letters.

    >>> read_settings(["port = 5433 # here\nfsync on\n#ssl = on\n", "Port = '5434'\nX = 'it''s'"])
    {'port': '5434', 'fsync': 'on', 'x': "it's"}
    """
    found: dict[str, str] = {}
    for text in texts:
        for line in text.splitlines():
            match = _LINE.match(line)
            if match is not None:
                value = match[2]
                if value.startswith("'"):
                    value = value[1:-1].replace("''", "'").replace("\\'", "'")
                found[match[1].lower()] = value
    return found


def hindering(found: Mapping[str, str]) -> dict[str, str]:
    """The settings among those found that keep a copy from working, as they were set.

    >>> hindering({"default_transaction_read_only": "yes", "port": "5432", "work_mem": "4MB"})
    {'default_transaction_read_only': 'yes'}
    """
    return {
        name: found[name]
        for name, harmless in HARMLESS.items()
        if name in found
        and _meant(found[name]) != _meant(harmless)
        and found[name] not in _UNTOLD.get(name, ())
    }


def is_kept_from_working(name: str, value: str) -> bool:
    """Whether a setting that is kept for a database or a role keeps its sessions from working.

    >>> is_kept_from_working("statement_timeout", "1ms"), is_kept_from_working("work_mem", "4MB")
    (True, False)
    """
    harmless = KEPT.get(name.lower())
    return harmless is not None and _meant(value) != _meant(harmless)


def _meant(value: str) -> str:
    return _MEANS.get(value.lower(), value)
