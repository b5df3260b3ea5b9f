"""What shows the words behind a digest (封存信息): the salt, and when they came.

The digest is an event of the ledger from the moment that the public's words came; who takes them down shows
with the opening that these are the words.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from ledger.domain.event import utc, utc_text
from ledger.domain.fields import PLAIN, Moment
from ledger.statements.statement import canonical

Salt = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32,128}$"), PLAIN]
"""The salt of a commitment, hex."""


def objection_digest(salt: bytes, received_at: datetime, text: str) -> str:
    """Hex SHA-256 over the salt and what was written when, in canonical JSON."""
    return _digest(salt, utc_text(received_at), text)


def _digest(salt: bytes, received_at: str, text: str) -> str:
    return sha256(salt + canonical({"received_at": received_at, "text": text})).hexdigest()


class Opening(BaseModel):
    """The salt beside what the public wrote, and when it was received, UTC to the microsecond."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    salt: Salt
    received_at: Moment

    def digest_of(self, text: str) -> str:
        """The digest that these words were committed to by, if they are the ones."""
        return _digest(bytes.fromhex(self.salt), utc(self.received_at), text)
