"""How a paper is proved (文书的核验): the log's checkpoint or an entry's proof as a QR code, and the commands to check it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import psycopg
import segno

from api.papers.paper import Proof
from ledger.crypto.merkle import leaf_hash
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.checkpoint import Proof as EntryProof
from ledger.log.note import NoteKey
from ledger.log.proofs import NO_CHECKPOINT, latest_checkpoint, prove, size_of

MOST_CODE_BYTES = 2_300
"""A QR code of more is too fine to be read from paper."""


class PaperLog(NamedTuple):
    """The log, as far as papers say of it: its newest checkpoint of at most so many entries, an entry's proof, its keys."""

    checkpoint: Callable[[int], bytes | None]
    prove: Callable[[int], EntryProof]
    keys: Sequence[NoteKey]

    def checkpoint_proof(self, upto: int, campaign: str | None) -> Proof:
        """The newest checkpoint of at most ``upto`` entries, and how the history up to there is verified.

        Raises:
            Refused: ``no-checkpoint``.
        """
        raw = self.checkpoint(upto)
        if raw is None:
            raise NO_CHECKPOINT.refused()
        checkpoint, key = self._opened(raw)
        file = f"songnuan-{campaign or 'all'}-{checkpoint.size}.zip"
        of = "" if campaign is None else f" --campaign {campaign}"
        return Proof(
            heading="核验方法",
            code=qr_code(raw.decode()),
            width=34,
            caption="检查点（台账密钥签署）",
            texts=[
                *_said(checkpoint),
                "导出审计包并离线验证，无须联网和数据库；验证公钥应由审计方另行取得、自行保管。",
            ],
            hashes=[("根哈希", checkpoint.root.hex())],
            commands=[
                f"songnuan export bundle {file}{of} --to {checkpoint.size}",
                f"songnuan verify bundle {file} --verifier-key \\\n  '{key.text}'",
            ],
        )

    def entry_proof(self, position: int, entry: bytes) -> Proof:
        """That the entry at a position is in the log, under its newest checkpoint, and how that is verified.

        Raises:
            Refused: ``not-yet-published``.
        """
        proof = self.prove(position)
        if len(proof.text.encode()) > MOST_CODE_BYTES:
            # Without the witnesses' lines: the ledger's own signature proves it too.
            own = self.checkpoint(size_of(proof.checkpoint))
            assert own is not None
            proof = EntryProof(proof.leaf_index, proof.path, own)
        checkpoint, key = self._opened(proof.checkpoint)
        leaf = leaf_hash(entry).hex()
        return Proof(
            heading="核验方法",
            code=qr_code(proof.text),
            width=46,
            caption=f"第 {position:,} 号记录的证明",
            texts=[
                f"本文书所据签署件的登记序号：{position:,}",
                *_said(checkpoint),
                f"扫描二维码，将内容存为 {position}.tlog-proof，即可离线验证；验证公钥应由审计方另行取得、自行保管。",
            ],
            hashes=[("叶哈希", leaf), ("根哈希", checkpoint.root.hex())],
            commands=[
                f"songnuan verify proof {position}.tlog-proof --leaf \\\n  {leaf} --verifier-key \\\n"
                f"  '{key.text}'"
            ],
        )

    def _opened(self, raw: bytes) -> tuple[Checkpoint, NoteKey]:
        """A checkpoint with the key that signed it, which an older one has from before a rotation."""
        checkpoint, note = open_checkpoint(raw, self.keys)
        signed = {(line.name, line.key_id) for line in note.signatures}
        return checkpoint, next(key for key in self.keys if (key.name, key.key_id) in signed)


def log_of(connection: psycopg.Connection[Any], keys: Sequence[NoteKey]) -> PaperLog:
    """The log in a database."""
    return PaperLog(partial(latest_checkpoint, connection), partial(prove, connection), keys)


def qr_code(text: str) -> str:
    """A text as a QR code (SVG), with the quiet zone around it that readers need."""
    return str(segno.make(text, error="l", micro=False, boost_error=False).svg_inline(border=4))


def _said(checkpoint: Checkpoint) -> list[str]:
    return [
        f"台账：{checkpoint.origin}",
        f"检查点：含第 1 至 {checkpoint.size:,} 号记录",
    ]
