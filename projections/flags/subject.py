"""What a subject is (疑点对象): whom or what a flag is about."""

from __future__ import annotations

from typing import NamedTuple

from ledger.events.payout import AidDelivered, Disbursed

SUBJECT_TITLES = {
    "person": ("个人", "person"),
    "case": ("申报", "nomination"),
    "payout": ("发放", "payout"),
    "dossier": ("档案", "dossier"),
    "household": ("家庭", "household"),
    "account": ("账户", "account"),
    "phone": ("电话", "phone"),
    "address": ("住址", "address"),
    "event": ("记录", "entry"),
    "unit": ("单位", "unit"),
    "officer": ("人员", "officer"),
    "line": ("资金项目", "fund line"),
    "key": ("密钥", "key"),
    "pair": ("两份档案", "two dossiers"),
}

NO_CAMPAIGN = "-"
"""The campaign of a subject that stands outside all campaigns: a key, an officer, a dossier."""


class Subject(NamedTuple):
    """Whom or what a flag is about, within a campaign: its kind and name."""

    campaign: str
    kind: str
    name: str

    @property
    def text(self) -> str:
        """``kind:campaign/name``: the subject as one key.

        >>> Subject("b2026", "unit", "tea").text, Subject(NO_CAMPAIGN, "officer", "li").text
        ('unit:b2026/tea', 'officer:-/li')
        """
        return f"{self.kind}:{self.campaign}/{self.name}"


PAID = (Disbursed, AidDelivered)
"""Events by which something reaches a recipient."""
