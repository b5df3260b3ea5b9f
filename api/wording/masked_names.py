"""Masked names (脱敏姓名): what people see of whom a case is about, unless an identity is revealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from api.gate import Row, ScopedViews
from api.wording.titles import category_titles
from api.wording.vocabulary import policies_seen, words_known
from ledger.domain.policy.vocabulary import ListName
from ledger.identity.documents import EnterpriseIdentity, masked_name
from ledger.identity.vault import Sealed, Vault
from projections.frame.column import Fen, Title


@dataclass
class Named:
    """What :func:`named` adds to a case: the masked name, titles of its words, and what stays paid."""

    masked_name: Annotated[str, Title("姓名或名称", "name")]
    category_title: Annotated[str, Title("类别", "category")]
    purpose_title: Annotated[str | None, Title("帮扶用途", "purpose")]
    visit_mode_title: Annotated[str | None, Title("走访方式", "mode of visit")]
    kept_fen: Annotated[Fen, Title("实发（元）", "paid")]


def named(found: list[Row], views: ScopedViews, vault: Vault) -> None:
    """Adds the masked name, the titles of category, purpose and mode of visit, and what stays paid, to each case."""
    titles = category_titles(views)
    names = masked_names(views, vault, [row["dossier"] for row in found])
    for row in found:
        row["masked_name"] = names.get(row["dossier"], "—")
        row["category_title"] = titles.get((row["campaign"], row["category"]), row["category"])
        row["kept_fen"] = row["paid_fen"] - row["returned_fen"]
    _say_words(found, views)


WORDS: tuple[ListName, ...] = ("purpose", "visit_mode")
"""The words that a nomination says, by the list of the same name."""


def _say_words(found: list[Row], views: ScopedViews) -> None:
    """Adds what the words of each nomination are called; one of no policy that is seen stays as it is."""
    said = [name for name in WORDS if any(row.get(name) is not None for row in found)]
    policies = policies_seen(views) if said else []
    known = {name: words_known(name, policies) for name in said}
    for row in found:
        for name in WORDS:
            code = row.get(name)
            word = None if code is None else known[name].get(code)
            row[f"{name}_title"] = code if word is None else word.title


def masked_names(views: ScopedViews, vault: Vault, dossiers: list[str]) -> dict[str, str]:
    """Masked names of dossiers; one whose identity was erased or sealed has none."""
    return {dossier: each.name for dossier, each in masked_persons(views, vault, dossiers).items()}


class MaskedPerson(NamedTuple):
    """What a paper says of whom a dossier is about: the masked name, and how the numbers end (证件号码、账号后四位)."""

    name: str
    number_end: str
    account_end: str


def masked_persons(views: ScopedViews, vault: Vault, dossiers: list[str]) -> dict[str, MaskedPerson]:
    """Whom dossiers are about, masked; one whose identity was erased or sealed is not there."""
    rows = views.rows(
        "SELECT DISTINCT ON (v.dossier) v.id, v.dossier, v.key_version, v.wrapped_key, v.box FROM vault v"
        " WHERE v.dossier = ANY(%(dossiers)s) AND NOT v.sealed ORDER BY v.dossier, v.id DESC",
        dossiers=dossiers,
    )
    found = {}
    for row in rows:
        identity = vault.open(Sealed(**row)).identity
        number = identity.credit_code if isinstance(identity, EnterpriseIdentity) else identity.number
        found[row["dossier"]] = MaskedPerson(
            masked_name(identity.name), _end_of(number), _end_of(identity.account or "")
        )
    return found


def _end_of(number: str) -> str:
    """The last four characters of a number; nothing of one so short that they would be most of it."""
    return number[-4:] if len(number) >= 8 else ""


def named_categories(views: ScopedViews, campaign: str) -> dict[str, str]:
    """The titles of one campaign's categories, by code."""
    return {code: title for (of, code), title in category_titles(views).items() if of == campaign}
