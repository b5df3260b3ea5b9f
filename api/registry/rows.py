"""The registry as it is answered (登记应答): units, officers with their keys, campaigns with their policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ledger.domain.event import Grant
from projections.frame.column import Title
from projections.views.registry_rows import OfficerRow, UnitRow
from projections.views.roster_rows import TermsRow


@dataclass
class Unit(UnitRow):
    """A unit; of one above the reader's own ``staff_count`` is null, and its name alone is said."""


@dataclass
class OfficerKey:
    """An officer's key: since when, until when, and where it signed last."""

    key: str
    valid_from: Annotated[str, Title("启用", "since")]
    revoked_from: Annotated[str | None, Title("注销", "until")]
    compromised: Annotated[bool, Title("疑似外泄", "compromised")]
    last_used: Annotated[int | None, Title("最后使用", "last used")]


@dataclass
class Officer(OfficerRow):
    """An officer with keys, and with the roles that the reader may know of; null is none ever given."""

    grants: Annotated[list[Grant] | None, Title("岗位", "roles")]
    keys: Annotated[list[OfficerKey], Title("密钥", "keys")]


@dataclass
class Campaign(TermsRow):
    """A campaign with its policy as it stood, since that position."""

    position: int
