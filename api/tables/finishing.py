"""What is added to rows once they are found (补充内容): masked names, and what changed in words."""

from __future__ import annotations

from api.gate import Row, ScopedViews
from api.history.difference import change_of
from api.wording.masked_names import masked_names
from api.wording.words import in_both
from ledger.identity.vault import Vault


def name_dossiers(found: list[Row], views: ScopedViews, vault: Vault) -> None:
    """Adds the masked name of whom each row's dossier is about."""
    names = masked_names(views, vault, [row["dossier"] for row in found if row["dossier"] is not None])
    for row in found:
        row["masked_name"] = names.get(row["dossier"], "—")


def name_pairs(found: list[Row], views: ScopedViews, vault: Vault) -> None:
    """The same of both dossiers of a pair."""
    sides = ("first", "second")
    names = masked_names(views, vault, [row[side] for row in found for side in sides])
    for row in found:
        for side in sides:
            row[f"{side}_name"] = names.get(row[side], "—")


def name_changes(found: list[Row], views: ScopedViews, vault: Vault) -> None:
    """The same; and of both sides only what differs where a row changed, in words."""
    name_dossiers(found, views, vault)
    for row in found:
        said = change_of(row["before"], row["after"]) or {"before": {}, "after": {}}
        for side in ("before", "after"):
            row[side] = said[side]
            row[f"{side}_said"] = in_both(said[side] or {})
