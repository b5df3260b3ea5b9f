"""An entry (记录): what is stored and hashed, one row and one leaf for one admitted statement.

``{"envelope":…,"marks":{…},"recorded_at":"…"}``, at most 65,535 bytes, kept verbatim. The envelope's
own bytes stand in it as they were signed.
"""

from __future__ import annotations

from typing import Any

import orjson
import pybase64

from ledger.domain.event import Event, VerifiedEvent
from ledger.errors import Rule
from ledger.statements.statement import canonical_plain, read_statement

LARGEST_ENTRY_BYTES = 65_535

ENTRY_TOO_LARGE = Rule(
    "entry-too-large",
    zh="记录过大：{found} 字节，上限 {expected} 字节",
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


_PAYLOAD = len(b'{"envelope":{"payload":"')
_MARKS = b',"marks":{'
_KEY_ID = b'"keyid":"'
_RECORDED_AT = len(b',"recorded_at":"2026-01-10T00:00:00.000000Z"}')


def act_of(entry: bytes) -> VerifiedEvent:
    """What was decided, out of a stored entry. Signature and body are not checked here again.

    An entry has one spelling, so that its parts are cut out where they stand. Replay lives on this
    function: it builds tuples directly and calls little.
    """
    payload_ends = entry.index(b'"', _PAYLOAD)
    marks_start = entry.rindex(_MARKS) + 9
    statement = read_statement(pybase64.b64decode(entry[_PAYLOAD:payload_ends]))
    last = entry.rindex(_KEY_ID, payload_ends, marks_start)
    signers: tuple[str, ...] = (entry[last + 9 : last + 73].decode(),)
    while (last := entry.rfind(_KEY_ID, payload_ends, last)) > 0:
        signers = (entry[last + 9 : last + 73].decode(), *signers)
    return tuple.__new__(
        VerifiedEvent,
        (
            statement,
            Event.builds[statement.type](statement.body),
            signers,
            orjson.loads(entry[marks_start:-_RECORDED_AT]),
            entry[-29:-2].decode(),
        ),
    )


def batch_root(entry: bytes) -> str | None:
    """The root, in Base64, of the batch tree that the first signature is over; None for a single one."""
    signatures = entry.find(b'"signatures":[{"batch":{', _PAYLOAD)
    if signatures < 0:
        return None
    root = entry.index(b'"root":"', signatures) + 8
    return entry[root : root + 44].decode()
