"""An entry (账目): what is stored and hashed, one row and one leaf for one admitted statement.

``{"envelope":…,"marks":{…},"recorded_at":"…"}``, at most 65,535 bytes, kept verbatim. The envelope's
own bytes stand in it as they were signed.
"""

from __future__ import annotations

from binascii import a2b_base64
from typing import Any

import orjson

from ledger.errors import Rule
from ledger.event import Act, parse_event
from ledger.statement import Statement, canonical_plain

LARGEST_ENTRY_BYTES = 65_535

ENTRY_TOO_LARGE = Rule(
    "entry-too-large",
    zh="账目过大：{found} 字节，上限 {expected} 字节",
    en="the entry is too large: {found} bytes, at most {expected}",
)


def write_entry(envelope: bytes, marks: dict[str, str], recorded_at: str) -> bytes:
    """The entry's bytes, around the envelope's own; raises ``entry-too-large``."""
    entry = b'{"envelope":%b,"marks":%b,"recorded_at":"%b"}' % (
        envelope,
        canonical_plain(marks),
        recorded_at.encode(),
    )
    if len(entry) > LARGEST_ENTRY_BYTES:
        raise ENTRY_TOO_LARGE.refused(expected=LARGEST_ENTRY_BYTES, found=len(entry))
    return entry


def read_entry(entry: bytes) -> dict[str, Any]:
    """The entry as JSON: envelope, marks, recorded_at."""
    value: dict[str, Any] = orjson.loads(entry)
    return value


def act_of(entry: bytes) -> Act:
    """What was decided, out of a stored entry. Signatures are not checked here again."""
    value = orjson.loads(entry)
    envelope = value["envelope"]
    statement = Statement(**orjson.loads(a2b_base64(envelope["payload"])))
    return Act(
        statement,
        parse_event(statement.type, statement.body),
        tuple([signature["keyid"] for signature in envelope["signatures"]]),
        value["marks"],
        value["recorded_at"],
    )
