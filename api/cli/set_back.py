"""``songnuan set-back``: going on from a copy of the database that lacks what was published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from api.cli.language import say
from api.cli.opening import KeyFile, opened, signer
from api.cli.output import AsJson
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.service.settings import Settings
from ledger.errors import Misconfigured
from ledger.events.recovery import NOTHING_LOST, SetBackAccepted
from ledger.log.checkpoint import Checkpoint
from ledger.log.high_water import check_not_set_back
from ledger.log.note import NoteKey
from ledger.log.proofs import head
from ledger.storage.store import OpenStore


def accept(
    key: KeyFile,
    reason: Annotated[str, typer.Option(help=say("原因", "why"))],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by a registrar over everything; then the data folder takes the database as it is."""
    witnesses = Settings().witness_keys()
    with opened() as store:
        event = set_back_event(store, reason, witnesses)
        with store.writer(accepts_set_back=True) as writer:
            receipt = writer.record(signer(store, key, passphrase_file).sign(event))
        # A break before this line leaves the refusal standing, and the command is given again.
        store.checkpoint_memory.forget()
    print_receipt(receipt, as_json)


def set_back_event(
    store: OpenStore, reason: str, witnesses: Sequence[tuple[str, NoteKey]] = ()
) -> SetBackAccepted:
    """The event that names what was published and is not here.

    Raises:
        Refused: ``nothing-lost`` where the database holds all that the data folder remembers, and all
            that the witnesses have signed.
        Explained: ``witness-failed`` where one of them cannot be asked, ``log-forked`` where one knows
            another history.
    """
    # Here, so that the other commands start without a client for the network.
    from api.log.cosigning import seen_and_lost

    remembered = store.checkpoint_memory.read()
    lost: list[Checkpoint] = []
    with store.connect() as connection:
        found = head(connection)
        try:
            check_not_set_back(connection, remembered, found)
        except Misconfigured:
            assert remembered is not None
            lost.append(remembered)
        lost += seen_and_lost(connection, witnesses, store.log_keys())
    if not lost:
        raise NOTHING_LOST.refused(expected=0 if remembered is None else remembered.size, found=found)
    newest = max(lost, key=lambda each: each.size)
    return SetBackAccepted(size=newest.size, root=newest.root.hex(), head=found, reason=reason)
