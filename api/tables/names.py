"""Dossiers by what is typed (按姓名、号码查找): a masked name, the ends of a masked number, or the whole by its mark.

What is looked for is what everybody is shown, masked; somebody who types a whole name, number, account or phone finds
whom they know already, by its mark (盲索引), and the access log says that they looked.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from api.gate import Row, ScopedViews
from ledger.errors import IdentityFault
from ledger.identity import documents
from ledger.identity.blind_index import Marker
from ledger.identity.documents import EnterpriseIdentity, masked_document, masked_name
from ledger.identity.vault import Sealed, Vault

MOST_RENEWED = 2_000
"""So many dossiers are read anew one by one; where more were touched, all are."""
LEAST_OF_A_NUMBER = 4

_NEWEST = (
    "SELECT DISTINCT ON (v.dossier) v.id, v.dossier FROM vault v WHERE NOT v.sealed{of}"
    " ORDER BY v.dossier, v.id DESC"
)
_BOXES = "SELECT v.id, v.dossier, v.key_version, v.wrapped_key, v.box FROM vault v WHERE v.id = ANY(%(ids)s)"
_TOUCHED = (
    "SELECT DISTINCT t.dossier FROM timeline t WHERE t.position > %(seen)s AND t.position <= %(head)s"
    " AND t.dossier IS NOT NULL"
)


class _Known(NamedTuple):
    """A dossier's newest row of the vault, with what is shown of it: the masked name, masked numbers."""

    row: str
    name: str
    numbers: tuple[str, ...]

    def has(self, word: str) -> bool:
        """Whether a word, in lower case, is in the masked name, or is an end of a masked number."""
        if word in self.name:
            return True
        return len(word) >= LEAST_OF_A_NUMBER and any(
            word == number or (word.isalnum() and (number.startswith(word) or number.endswith(word)))
            for number in self.numbers
        )


class MaskedNames:
    """What is shown of every dossier, kept so that a search opens each identity once.

    It goes on with the ledger: what was touched since is read anew. Whether an identity still stands, and lies within
    the scope of who asks, is asked of the database each time.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._seen = 0
        self._lock = threading.Lock()

    def renew(self, everything: ScopedViews, vault: Vault) -> None:
        """Reads what was filed, amended, sealed or erased since, out of views without a scope."""
        with self._lock:
            head = int(
                everything.rows("SELECT coalesce(max(t.position), 0) AS head FROM timeline t")[0]["head"]
            )
            if head == self._seen:
                return
            touched = self._touched(everything, head)
            known = {} if touched is None else dict(self._known)
            for dossier in touched or ():
                known.pop(dossier, None)
            of = "" if touched is None else " AND v.dossier = ANY(%(touched)s)"
            newest = {
                row["id"]: row["dossier"]
                for row in everything.rows(_NEWEST.format(of=of), touched=touched or [])
            }
            for row in everything.rows(_BOXES, ids=list(newest)) if newest else ():
                known[row["dossier"]] = _shown(row, vault)
            self._known, self._seen = known, head

    def _touched(self, everything: ScopedViews, head: int) -> list[str] | None:
        """The dossiers that were touched since; None where all have to be read."""
        if self._seen == 0:
            return None
        found = everything.rows(_TOUCHED, seen=self._seen, head=head)
        return None if len(found) > MOST_RENEWED else [row["dossier"] for row in found]

    def dossiers(self, views: ScopedViews, word: str) -> list[str]:
        """The dossiers within the scope of which a word is shown; none that was erased or sealed."""
        sought = word.lower()
        found = {known.row: dossier for dossier, known in self._known.items() if known.has(sought)}
        if not found:
            return []
        standing = views.rows(
            "SELECT v.id FROM vault v WHERE v.id = ANY(%(ids)s) AND NOT v.sealed", ids=list(found)
        )
        return [found[row["id"]] for row in standing]


def _shown(row: Row, vault: Vault) -> _Known:
    identity = vault.open(Sealed(**row)).identity
    number = identity.credit_code if isinstance(identity, EnterpriseIdentity) else identity.number
    numbers = [masked_document(number)]
    if identity.account:
        numbers.append(masked_document(identity.account))
    return _Known(row["id"], masked_name(identity.name).lower(), tuple(each.lower() for each in numbers))


# --- Somebody's own name or number ---------------------------------------------------------------


class Marks(NamedTuple):
    """The marks that a word may be of, by the field that they stand in; none where it is nobody's."""

    person: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    name: tuple[str, ...] = ()


def marks_meant(marker: Marker, word: str, today: date) -> Marks:
    """The marks of a whole name, number, account or phone that a word may be.

    >>> marker = Marker(bytes(32))
    >>> marks_meant(marker, "工会", date(2027, 1, 1)).name == (marker.mark("name", "工会"),)
    True
    >>> marks_meant(marker, "500", date(2027, 1, 1))
    Marks(person=(), account=(), phone=(), name=())
    """
    person = [
        *_marked(marker, "person", lambda: documents.document_number(word, today=today)),
        *_marked(marker, "enterprise", lambda: documents.credit_code(word)),
    ]
    return Marks(
        tuple(person),
        tuple(_marked(marker, "account", lambda: documents.personal_account(word))),
        tuple(_marked(marker, "phone", lambda: documents.phone(word))),
        tuple(_marked(marker, "name", lambda: documents.person_name(word)) if _HAN.search(word) else ()),
    )


_HAN = re.compile(r"[\u3400-\u9fff]")


def _marked(marker: Marker, field: str, normal: Callable[[], str]) -> Iterable[str]:
    try:
        return [marker.mark(field, normal())]
    except IdentityFault:
        return []


def dossiers_marked(views: ScopedViews, marks: Marks) -> list[str]:
    """The dossiers within the scope that have one of the marks now."""
    either = {
        "person": "d.person = ANY(%(person)s)",
        "account": "d.marks ->> 'account' = ANY(%(account)s)",
        "phone": "d.marks ->> 'phone' = ANY(%(phone)s)",
        "name": "d.marks ->> 'name' = ANY(%(name)s)",
    }
    asked = [condition for field, condition in either.items() if getattr(marks, field)]
    if not asked:
        return []
    found = views.rows(
        "SELECT DISTINCT d.dossier FROM dossiers d WHERE d.to_position IS NULL AND NOT d.erased"
        f" AND ({' OR '.join(asked)})",
        **{field: list(values) for field, values in marks._asdict().items()},
    )
    return [row["dossier"] for row in found]
