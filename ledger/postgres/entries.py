"""What all who append to the table of entries, or wait for it, have in common: one lock, one channel."""

from __future__ import annotations

APPEND_LOCK = 0x736F6E67_00000002
"""The advisory lock that every appender takes in its transaction: positions are given under it alone."""
CHANNEL = "songnuan_entries"
"""The channel on which each transaction that appended is announced (``NOTIFY``)."""
