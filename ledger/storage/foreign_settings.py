"""Settings of another server (原库的设置) that keep a copy of it from working: what a restore takes back.

A base backup brings along the configuration of the server that it was taken from. There its standbys,
libraries, certificates and archive are; here they are not, and a database that was set read-only takes
nothing. Pure: files are read by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

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

_LINE = re.compile(r"""\s*([A-Za-z_]\w*)\s*(?:=\s*|\s)\s*('(?:[^']|''|\\')*'|[^\s#']+)""")
_MEANS = {"on": "on", "true": "on", "yes": "on", "1": "on", "off": "off", "false": "off", "no": "off"}
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


def _meant(value: str) -> str:
    return _MEANS.get(value.lower(), value)
