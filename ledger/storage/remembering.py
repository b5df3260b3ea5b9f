"""What the data folder remembers, and a restored ledger (恢复与最高检查点): it may not end before it unsaid.

A fresh folder takes its memory from what was restored. One that remembers more keeps its memory
where the loss was accepted: nothing is recorded until a registrar has signed for it.
"""

from __future__ import annotations

import shutil

from ledger.errors import Incomplete, Misconfigured
from ledger.log.high_water import CheckpointMemory, check_not_set_back
from ledger.log.proofs import head, latest_checkpoint
from ledger.postgres.connection import connect
from ledger.storage.embedded import EmbeddedServer


def check_remembered(
    server: EmbeddedServer, memory: CheckpointMemory, position: int, *, accept_loss: bool
) -> int | None:
    """Hold a restored ledger against the memory; how many entries were published where it lacks some.

    A restored database that is refused is taken away again.

    Raises:
        Incomplete: ``restore-set-back``, unless ``accept_loss``.
        Misconfigured: ``set-back-memory``.
    """
    remembered = memory.read()
    try:
        with connect(server.url) as connection:
            check_not_set_back(connection, remembered, head(connection))
    except Misconfigured:
        assert remembered is not None
        if accept_loss:
            return remembered.size
        server.halt()
        shutil.rmtree(server.data)
        raise Incomplete(
            "restore-set-back",
            f"此数据目录记得已公布到第 {remembered.size} 号，备份只到第 {position} 号，或与之不同。请用更新的备份；"
            "确认放弃其后的记录才用 --accept-loss",
            f"the data folder remembers {remembered.size} published entries, the backup reaches {position}, or holds"
            " others. Use a later backup; --accept-loss only to give up what came after",
        ) from None
    return None


def remember_restored(server: EmbeddedServer, memory: CheckpointMemory) -> None:
    """Take the memory from the restored ledger."""
    with connect(server.url) as connection:
        note = latest_checkpoint(connection)
    if note is not None:
        memory.keep(note)
