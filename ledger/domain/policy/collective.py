"""Help to a unit or a site without named persons (集体慰问): within which sums a policy lets it be given."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ledger.domain.fields import PositiveFen, Text
from ledger.domain.policy.part import Part


class CollectiveRules(Part):
    """Within which sums a site is visited (集体慰问标准): a cap per visit, a cap per head, a share of the line.

    ``share_permille`` is how much of what a line was given may go to sites, in thousandths; above it a flag is
    raised. ``source`` says where the sums stand.
    """

    per_visit_cap_fen: PositiveFen
    per_head_cap_fen: PositiveFen | None = None
    share_permille: Annotated[int, Field(ge=1, le=1000)] = 1000
    source: Text
