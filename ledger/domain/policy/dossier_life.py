"""What a policy asks of a dossier's life (建档管理要求) before somebody is nominated on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ledger.domain.fields import Text
from ledger.domain.policy.part import OfCategories


class DossierLifeRules(OfCategories):
    """Whether a dossier must be on file (在档), visited (入户调查), discussed (集体研究), and how lately reviewed.

    ``review_months`` counts from when it was placed on file or last reviewed (年度复核).
    """

    on_file_required: bool = True
    visit_required: bool = True
    discussion_required: bool = False
    review_months: Annotated[int, Field(ge=1, le=60)] | None = None
    source: Text
