"""Whom or what flags are about in words (涉及对象): a masked name, a unit, a line, and never a mark alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from api.gate import Row, ScopedViews
from api.wording.masked_names import masked_names
from api.wording.titles import CodeKind, CodeTitles
from ledger.identity.vault import Vault
from projections.flags.subject import SUBJECT_TITLES

_DOSSIERS = {
    "case": "SELECT case_id AS name, dossier FROM cases WHERE case_id = ANY(%(names)s)",
    "payout": "SELECT payout AS name, dossier FROM payouts WHERE payout = ANY(%(names)s)",
    "person": "SELECT person AS name, min(dossier) AS dossier FROM dossiers"
    " WHERE person = ANY(%(names)s) GROUP BY person",
}
"""The dossier behind a subject that has one; a dossier is its own."""
_TITLED: Mapping[str, CodeKind] = {"unit": "unit", "officer": "officer"}


def name_subjects(found: list[Row], views: ScopedViews, vault: Vault) -> None:
    """Adds to each flag whom or what it is about, as far as the reader may know."""
    subjects = {row["flag"]: _subject(row["subject"]) for row in found}
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, name in subjects.values():
        by_kind[kind].add(name)
    dossiers = {("dossier", name): name for name in by_kind["dossier"]}
    for kind, query in _DOSSIERS.items():
        for row in views.rows(query, names=sorted(by_kind[kind])) if by_kind[kind] else ():
            dossiers[kind, row["name"]] = row["dossier"]
    names = masked_names(views, vault, sorted(set(dossiers.values())))
    titled = CodeTitles(views)
    for row in found:
        kind, name = subjects[row["flag"]]
        known = names.get(dossiers.get((kind, name), ""))
        if known is None and kind in _TITLED:
            known = titled.title(_TITLED[kind], name)
        elif kind == "line":
            # What a unit holds of a line: line@unit.
            line, _, unit = name.partition("@")
            held_by = f"（{titled.title('unit', unit)}）" if unit else ""
            known = titled.title("line", line) + held_by
        elif kind == "event":
            known = f"（登记序号 {name}）"
        row["about"] = f"{SUBJECT_TITLES[kind][0]} {known or '…' + name[-8:]}".replace(" （", "（")


def _subject(text: str) -> tuple[str, str]:
    kind, _, rest = text.partition(":")
    return kind, rest.partition("/")[2]
