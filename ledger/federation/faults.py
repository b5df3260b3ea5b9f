"""What keeps a mirror from going on (镜像异常): faults of the ledger that is followed, and of the mirror's own store."""

from __future__ import annotations

from typing import Any

from ledger.domain.federation import FAULT_TITLES, Fault
from ledger.errors import Explained, Refused


class Faulty(Explained):
    """The ledger that is followed is not what its log has committed to, or does not show it.

    ``size`` is that of the checkpoint in question, ``position`` the entry's where it is one, ``finding`` says what.
    """

    def __init__(self, fault: Fault, size: int, finding: Refused, position: int | None = None) -> None:
        self.fault: Fault = fault
        self.size = size
        self.position = position
        self.finding = finding
        zh, en = FAULT_TITLES[fault]
        at_zh, at_en = ("", "") if position is None else (f"，登记序号 {position}", f", entry {position}")
        super().__init__(
            f"mirror-{fault}",
            f"下级台账异常：{zh}（检查点第 {size} 号{at_zh}）：{finding.message('zh')}（{finding.code}）",
            f"the ledger followed is at fault: {en} (checkpoint of {size}{at_en}):"
            f" {finding.message('en')} ({finding.code})",
        )

    def to_json(self) -> dict[str, Any]:
        """For scripts and the API."""
        return {
            "fault": self.fault,
            "size": self.size,
            "position": self.position,
            "finding": self.finding.to_json(),
        }


class MirrorDamaged(Explained):
    """What the mirror itself had kept is not what it was: nothing is said of the ledger by it."""

    def __init__(self, file: str) -> None:
        self.file = file
        super().__init__(
            "mirror-damaged",
            f"镜像自己保存的文件已损坏或被改动：{file}。请移走该台账的镜像目录，重新读取",
            f"a file that the mirror had kept is damaged or was altered: {file}. Put this ledger's mirror away and let"
            " it be read anew",
        )


class FeedFailed(Explained):
    """What was asked for could not be read; ``withheld`` where it was refused or is not there."""

    def __init__(self, code: str, zh: str, en: str, *, withheld: bool = False) -> None:
        self.withheld = withheld
        super().__init__(code, zh, en)


class NotTheLogs(FeedFailed):
    """What came is no checkpoint that this log signed: whoever sent it, it is no evidence against the ledger."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(
            "checkpoint-not-the-logs",
            f"取得的检查点不是该台账签发的：{refusal.message('zh')}（{refusal.code}）",
            f"what came is no checkpoint that this ledger's log signed: {refusal.message('en')} ({refusal.code})",
        )


class TooFar(FeedFailed):
    """The checkpoint claims more new entries than are read at once."""

    def __init__(self, taken: int, most: int) -> None:
        super().__init__(
            "checkpoint-too-far",
            f"检查点一次增长 {taken:,} 条，超过上限 {most:,} 条：请向该台账核实",
            f"the checkpoint is {taken:,} entries further, {most:,} at most are read: ask that ledger why",
        )
