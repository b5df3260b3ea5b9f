"""Changes in words (差异用语): whom each is about by masked name, and both sides with names for codes."""

from __future__ import annotations

from api.gate import Row, ScopedViews
from api.history.difference import What
from api.wording.in_words import in_words
from api.wording.masked_names import masked_names
from api.wording.subjects import name_subjects
from api.wording.titles import CodeTitles
from ledger.identity.vault import Vault


def say_changes(found: list[Row], what: What, views: ScopedViews, vault: Vault) -> None:
    """Adds to each change whom or what it is about, and what stood before and after in Chinese and English."""
    if what == "roster":
        names = masked_names(views, vault, [row["about"]["dossier"] for row in found])
        for row in found:
            row["about"]["name"] = names.get(row["about"]["dossier"], "—")
    elif what == "flags":
        subjects = [{"flag": row["key"], "subject": row["about"]["subject"]} for row in found]
        name_subjects(subjects, views, vault)
        for row, named in zip(found, subjects, strict=True):
            row["about"]["name"] = named["about"]
    titles = CodeTitles(views)
    for row in found:
        for side in ("before", "after"):
            row[f"{side}_said"] = in_words(titles, row[side] or {})
