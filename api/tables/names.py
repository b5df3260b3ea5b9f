"""Dossiers by a masked name (按脱敏姓名查找): what is typed is looked for in what everybody is shown, and in no more."""

from __future__ import annotations

import threading

from api.gate import ScopedViews
from ledger.identity.documents import masked_name
from ledger.identity.vault import Sealed, Vault

MOST_KEPT = 200_000
_NEWEST = (
    "SELECT DISTINCT ON (v.dossier) v.id, v.dossier FROM vault v WHERE NOT v.sealed"
    " ORDER BY v.dossier, v.id DESC"
)
_BOXES = "SELECT v.id, v.dossier, v.key_version, v.wrapped_key, v.box FROM vault v WHERE v.id = ANY(%(ids)s)"


class MaskedNames:
    """Masked names by the vault's row, so that a search opens each identity once; none of an erased one is found."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def dossiers(self, views: ScopedViews, vault: Vault, word: str) -> list[str]:
        """The dossiers within the scope whose masked name has a word in it."""
        newest = {row["id"]: row["dossier"] for row in views.rows(_NEWEST)}
        unknown = [name for name in newest if name not in self._names]
        opened = {}
        if unknown:
            for row in views.rows(_BOXES, ids=unknown):
                opened[row["id"]] = masked_name(vault.open(Sealed(**row)).identity.name).lower()
        with self._lock:
            if len(self._names) + len(opened) > MOST_KEPT:
                self._names.clear()
            self._names.update(opened)
            known = {**{name: self._names.get(name, "") for name in newest}, **opened}
        sought = word.lower()
        return [newest[name] for name, said in known.items() if sought in said]
