"""Who may read all entries without a session (上级读取): machines of a higher level, by requests under their keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import Depends, Request

from api.service.access import Principal
from api.service.access_recording import note_reader
from api.service.dependencies import ReadAccess, signed_in
from api.service.nonces import Nonces
from api.service.rate_limit import ASKED_BY_READER, FAILED_BY_ADDRESS, client_group
from api.service.service import service_of
from api.service.signed_requests import is_signed, verified_key
from ledger.domain.federation import UpperReader
from ledger.errors import Refused
from ledger.events.federation import readers_of

AS_AUDITOR = ({"role": "auditor", "unit": None, "campaign": None},)
"""What a reader of a higher level may see of the history: all of it, as an auditor over everything."""


def upper_reader(request: Request) -> Principal:
    """The reader whose key signed a request.

    Raises:
        Refused: ``request-signature-invalid`` or ``reader-not-enrolled``; ``too-many-requests``.
    """
    service = service_of(request)
    readers = {each.key_id: each for each in readers_of(service.writer.state)}

    def public_key(key_id: str) -> bytes | None:
        found = readers.get(key_id)
        return None if found is None else bytes.fromhex(found.public_key)

    try:
        key = verified_key(request, public_key, service.part(Nonces))
    except Refused:
        service.rate_limiter.take(FAILED_BY_ADDRESS, client_group(request))
        raise
    reader = _principal(readers[key])
    note_reader(request, reader)
    service.rate_limiter.take(ASKED_BY_READER, reader.key)
    return reader


def _principal(reader: UpperReader) -> Principal:
    return Principal(reader.id, reader.name, None, reader.key_id, AS_AUDITOR)


def history_access(request: Request) -> Iterator[ReadAccess]:
    """What who asks may see: an officer of a session, or a reader of a higher level."""
    service = service_of(request)
    reader = upper_reader(request) if is_signed(request) else signed_in(request)
    with ExitStack() as stack:
        yield ReadAccess(reader, service.state, lambda: stack.enter_context(service.reads.connection()))


HistoryAccess = Annotated[ReadAccess, Depends(history_access)]
