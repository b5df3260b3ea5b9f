"""The history in the database, as a source for an audit and as the contents of a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import psycopg

from ledger.audit.audit import Disclosed
from ledger.audit.entry_checks import Chunk, Held, left_out
from ledger.crypto.merkle import leaf_hash
from ledger.domain.entry import act_of
from ledger.domain.event import VerifiedEvent
from ledger.events.campaign import CampaignClosed, CampaignOpened, PolicyAmended
from ledger.events.dossier import DossierFiled
from ledger.events.filing_comparison import FilingsCompared
from ledger.events.linkage import PersonsLinked

READ_ENTRIES = 2_000
MOST_ENTRIES = 2**63 - 1


class Recorded:
    """The entries from the first to ``size``, their checkpoints, and the enrolled keys."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        size: int,
        figures: Mapping[str, int],
        *,
        whole: bool = False,
    ) -> None:
        """``whole`` gives checkpoints and timestamps over more than ``size`` too.

        None can be there where the connection sees one moment and ``size`` is the head in it.
        """
        self._connection = connection
        self._size = size
        self._figures = figures
        self._covered = MOST_ENTRIES if whole else size

    @property
    def size(self) -> int:
        """How many entries there are said to be."""
        return self._size

    @property
    def partial(self) -> bool:
        """Nothing is left out."""
        return False

    def entries(self) -> Iterator[bytes]:
        """The entries one by one; one that is no statement as its leaf hash in Base64, in quotes."""
        return chain.from_iterable(chunk.read() for chunk in self.chunks())

    def chunks(self) -> Iterator[Chunk]:
        """Every row in order of position; a gap shows as a wrong root."""
        after = 0
        while after < self._size:
            rows = self._connection.execute(
                "SELECT position, data, statement_id IS NULL FROM ledger.entries"
                " WHERE position > %s AND position <= %s ORDER BY position LIMIT %s",
                (after, self._size, READ_ENTRIES),
                binary=True,
            ).fetchall()
            if not rows:
                return
            yield Held([left_out(leaf_hash(data)) if foreign else data for _, data, foreign in rows])
            after = rows[-1][0]

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """Every checkpoint up to there, with its cosignatures."""
        after = 0
        while True:
            rows = self._connection.execute(
                "SELECT size, note, ARRAY(SELECT line FROM ledger.cosignatures s WHERE s.size = c.size"
                " ORDER BY witness) FROM ledger.checkpoints c WHERE size > %s AND size <= %s"
                " ORDER BY size LIMIT %s",
                (after, self._covered, READ_ENTRIES),
            ).fetchall()
            if not rows:
                return
            for size, note, cosignatures in rows:
                yield size, (note + "".join(cosignatures)).encode()
            after = rows[-1][0]

    def chains(self) -> Iterator[tuple[int, bytes, bytes | None]]:
        """Size, note and chain of each checkpoint, by size."""
        after = 0
        while rows := self._connection.execute(
            "SELECT size, note, chain FROM ledger.checkpoints WHERE size > %s AND size <= %s"
            " ORDER BY size LIMIT %s",
            (after, self._covered, READ_ENTRIES),
        ).fetchall():
            for size, note, signed in rows:
                yield size, note.encode(), None if signed is None else signed.encode()
            after = rows[-1][0]

    def keys(self) -> Mapping[str, bytes]:
        """All keys that were ever enrolled, the ledger's own among them."""
        rows = self._connection.execute(
            "SELECT value ->> 'id', value ->> 'public_key' FROM ledger.standing"
            " WHERE key >= 'key/' AND key < 'key0'"
        )
        return {keyid: _raw(public_key) for keyid, public_key in rows if keyid is not None}

    def identities(self) -> Iterator[Disclosed]:
        """None: the vault's identities stay in it."""
        return iter(())

    def timestamps(self) -> Iterator[tuple[int, bytes]]:
        """Every timestamp on a checkpoint up to there."""
        rows = self._connection.execute(
            "SELECT size, response FROM ledger.timestamps WHERE size <= %s ORDER BY size, authority",
            (self._covered,),
        ).fetchall()
        return ((size, bytes(response)) for size, response in rows)

    def figures(self) -> Mapping[str, int]:
        """What was stated at the end."""
        return self._figures


def _raw(public_key: str | None) -> bytes:
    """A stored public key; empty where it is none, which no key's id fits."""
    try:
        return bytes.fromhex(public_key or "")
    except ValueError:
        return b""


def of_campaign(recorded: Recorded, campaign: str) -> Iterator[bytes]:
    """The entries with all that is not about one campaign left out.

    What stays is what names the campaign, the dossiers of those nominated in it, and what is about
    no campaign and no dossier: units, officers, keys, days, and the terms of the other campaigns.
    """
    dossiers = {
        act.event.dossier
        for act in map(act_of, _statements(recorded))
        if getattr(act.event, "campaign", None) == campaign and hasattr(act.event, "dossier")
    }
    for entry in recorded.entries():
        if entry[:1] == b'"' or _is_about(act_of(entry), campaign, dossiers):
            yield entry
        else:
            yield left_out(leaf_hash(entry))


def _statements(recorded: Recorded) -> Iterator[bytes]:
    return (entry for entry in recorded.entries() if entry[:1] != b'"')


def _is_about(act: VerifiedEvent, campaign: str, dossiers: set[str]) -> bool:
    event = act.event
    if isinstance(event, CampaignOpened | PolicyAmended | CampaignClosed):
        return True
    of = getattr(event, "campaign", None)
    if of is not None:
        return bool(of == campaign)
    if isinstance(event, DossierFiled):
        return act.id in dossiers
    if isinstance(event, PersonsLinked | FilingsCompared):
        return False
    dossier = getattr(event, "dossier", None)
    return dossier is None or dossier in dossiers
